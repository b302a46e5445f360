INSERT INTO feed (seq, chain, kind, doc, device, incarnation, relayed, actor, actor_seq, received_at, chunk, envelope, skew)
    VALUES (?1, ?2, 0, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)
