INSERT INTO countries (country, device, public_key, incarnation, counter, enrolled_at) VALUES (?1, ?2, ?3, 0, 0, ?4)
    ON CONFLICT (device) DO UPDATE SET public_key = excluded.public_key, revoked_at = NULL
    WHERE revoked_at IS NULL OR public_key <> excluded.public_key RETURNING number
