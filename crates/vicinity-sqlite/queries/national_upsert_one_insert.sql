INSERT INTO projections (projection, hub, version, json, month, area, facets, received_at, changed_at, review)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?8, ?9)
