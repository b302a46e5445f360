SELECT number, handle, role, csrf, language, theme, looked_at, seen_at FROM sessions JOIN people ON number = person
    WHERE token_hash = ?1 AND seen_at >= ?2 AND started_at >= ?3
