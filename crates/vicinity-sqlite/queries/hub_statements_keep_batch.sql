INSERT INTO keys (incident, entry, wrap, wrapped_key) VALUES (?1, ?2, ?3, ?4) ON CONFLICT (incident, entry) DO UPDATE SET wrap = excluded.wrap,
    wrapped_key = excluded.wrapped_key
