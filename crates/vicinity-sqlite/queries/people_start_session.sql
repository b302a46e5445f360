DELETE FROM sessions WHERE person = ?1 AND token_hash NOT IN
    (SELECT token_hash FROM sessions WHERE person = ?1 ORDER BY token_hash = ?2 DESC, seen_at DESC LIMIT ?3)
