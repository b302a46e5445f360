UPDATE invites SET used_by = ?2 WHERE code_hash = ?1 AND role = 'country' AND expires_at > ?3 AND (used_by IS NULL OR used_by = ?2)
    RETURNING country
