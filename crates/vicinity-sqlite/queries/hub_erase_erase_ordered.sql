UPDATE feed SET kind = 3, doc = 0, device = 0, incarnation = 0, relayed = 0, actor = NULL, actor_seq = NULL, received_at = 0, skew = NULL, chunk = NULL,
    envelope = NULL WHERE kind = 0 AND doc = ?1
