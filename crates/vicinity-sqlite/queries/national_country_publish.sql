INSERT INTO published (month, cells, person, made_at, without, seen_only, sent) VALUES (?1, ?2, ?3, ?4, ?5, ?6, 0)
    ON CONFLICT DO NOTHING
