SELECT number, role, revoked_at IS NOT NULL,
    coalesce((SELECT counter FROM incarnations WHERE incarnations.device = number AND incarnation = ?2), 0) FROM devices WHERE device = ?1
