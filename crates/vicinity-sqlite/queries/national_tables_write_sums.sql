INSERT INTO counts (month, area, dimension, code, n, seen) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
    ON CONFLICT DO UPDATE SET n = n + excluded.n, seen = seen + excluded.seen
