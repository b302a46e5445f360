INSERT INTO incarnations (device, incarnation, counter) VALUES (?1, ?2, ?3) ON CONFLICT (device, incarnation) DO UPDATE SET counter =
    excluded.counter WHERE excluded.counter > counter
