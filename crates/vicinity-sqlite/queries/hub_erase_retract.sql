INSERT INTO projections (doc, projection, version, sent, refused, json)
    SELECT coalesce(?1, min(coalesce(min(doc), 0), 0) - 1), ?2, 1, 0, 0, NULL FROM projections WHERE true ON CONFLICT DO NOTHING
