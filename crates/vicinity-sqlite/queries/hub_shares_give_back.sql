SELECT device, sum(length(chunk)) FROM feed WHERE kind = 0 AND doc = ?2 GROUP BY device
    UNION ALL SELECT device, sum(length(chunk)) FROM waiting WHERE incident = ?1 GROUP BY device
