SELECT envelopes.device, devices.device, incarnation, counter, proof, body, vouched
    FROM envelopes LEFT JOIN devices ON number = envelopes.device WHERE id = ?1
