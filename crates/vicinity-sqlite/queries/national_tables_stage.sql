INSERT INTO staged_tables (hub, month, survivors, cells) VALUES (?1, ?2, ?3, ?4)
    ON CONFLICT DO UPDATE SET survivors = excluded.survivors, cells = excluded.cells
