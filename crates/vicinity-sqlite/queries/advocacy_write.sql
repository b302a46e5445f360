INSERT INTO advocacy (id, hub, day, action, kind, area, outcome, note, person, written_at)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10) ON CONFLICT DO NOTHING
