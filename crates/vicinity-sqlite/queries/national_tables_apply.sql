INSERT INTO hub_tables (hub, month, survivors, cells, mark) VALUES (?1, ?2, ?3, ?4, ?5)
    ON CONFLICT DO UPDATE SET survivors = excluded.survivors, cells = excluded.cells, mark = excluded.mark
