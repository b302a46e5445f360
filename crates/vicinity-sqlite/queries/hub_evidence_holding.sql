SELECT envelope FROM feed WHERE kind = 0 AND doc = ?2 AND envelope IS NOT NULL
    UNION SELECT envelope FROM waiting WHERE incident = ?1 AND envelope IS NOT NULL
    UNION SELECT envelope FROM envelope_incidents WHERE incident = ?1
