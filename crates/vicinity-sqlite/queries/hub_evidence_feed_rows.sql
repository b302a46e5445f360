SELECT seq, chain, (SELECT incident FROM documents WHERE documents.doc = feed.doc), device, incarnation, relayed, kind, chunk, envelope
    FROM feed WHERE seq > ?1 ORDER BY seq LIMIT ?2
