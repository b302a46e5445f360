SELECT projection, version, json, facts FROM projections JOIN documents USING (doc)
    WHERE json IS NOT NULL ORDER BY projection
