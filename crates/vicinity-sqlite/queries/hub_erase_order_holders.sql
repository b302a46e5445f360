INSERT INTO erase_orders (device, incident)
    SELECT number, ?1 FROM devices WHERE (role = 'responder' AND (revoked_at IS NULL OR last_seen IS NOT NULL)
    OR number IN (SELECT device FROM scope WHERE doc = ?2) OR number IN (SELECT device FROM feed WHERE kind = 0 AND doc = ?2)
    OR number IN (SELECT device FROM feed WHERE kind <> 0 AND doc = ?2)
    OR number IN (SELECT device FROM waiting WHERE incident = ?1) OR number IN (SELECT device FROM quarantine WHERE incident = ?1))
    ON CONFLICT DO NOTHING
