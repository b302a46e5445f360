INSERT INTO devices (device, role, public_key, enrolled_at, code_hash, digest, name) VALUES (?1, ?2, ?3, ?4, ?5, zeroblob(16), ?6) ON CONFLICT (device) DO
    UPDATE SET public_key = excluded.public_key, role = excluded.role, code_hash = excluded.code_hash, name = coalesce(excluded.name, name) WHERE revoked_at IS NULL
