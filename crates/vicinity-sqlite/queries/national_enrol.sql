INSERT INTO hubs (device, public_key, incarnation, counter, enrolled_at, name) VALUES (?1, ?2, 0, 0, ?3, ?4) ON CONFLICT (device) DO UPDATE SET
    public_key = excluded.public_key, revoked_at = NULL, name = coalesce(excluded.name, name) WHERE revoked_at IS NULL OR public_key <> excluded.public_key
