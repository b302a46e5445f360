INSERT INTO reached (hub, month, people, nil) VALUES (?1, ?2, ?3, ?4)
    ON CONFLICT DO UPDATE SET people = excluded.people, nil = excluded.nil
