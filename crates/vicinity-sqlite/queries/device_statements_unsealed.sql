SELECT incident, entry, class, bytes, id FROM statements JOIN documents USING (doc) WHERE blob IS NULL AND delivered = 0 AND shared AND granted AND
    NOT EXISTS (SELECT 1 FROM changes WHERE changes.doc = statements.doc AND state <> ?1) ORDER BY bytes, id
