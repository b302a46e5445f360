INSERT INTO reached (month, people, nil) VALUES (?1, ?2, ?3)
    ON CONFLICT DO UPDATE SET people = excluded.people, nil = excluded.nil, sent = 0
