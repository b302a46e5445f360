INSERT INTO people (handle, role, invited_at, invite_hash, invite_expires, totp) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
    ON CONFLICT (handle) DO UPDATE SET role = excluded.role, invited_at = excluded.invited_at, invite_hash = excluded.invite_hash,
    invite_expires = excluded.invite_expires, totp = excluded.totp, totp_last = 0, salt = NULL, hash = NULL
