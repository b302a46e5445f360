SELECT month, cells, person, made_at, without, seen_only FROM published
    WHERE month >= ?1 AND month <= ?2 ORDER BY month
