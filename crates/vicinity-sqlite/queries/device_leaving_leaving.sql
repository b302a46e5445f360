UPDATE documents SET settled_at = ?1 WHERE (settled_at IS NULL OR settled_at > ?1) AND shared
    AND NOT EXISTS (SELECT 1 FROM changes WHERE changes.doc = documents.doc AND state <> ?2)
    AND NOT EXISTS (SELECT 1 FROM statements WHERE statements.doc = documents.doc AND delivered = 0)
    AND NOT EXISTS (SELECT 1 FROM unhashed_codes WHERE unhashed_codes.doc = documents.doc)
    AND NOT EXISTS (SELECT 1 FROM waiting WHERE waiting.incident = documents.incident)
