WITH RECURSIVE named (area) AS (
    SELECT min(area) FROM projections WHERE hub = ?1 AND area > '' AND json IS NOT NULL
    UNION ALL
    SELECT (SELECT min(area) FROM projections WHERE hub = ?1 AND area > named.area AND json IS NOT NULL) FROM named WHERE named.area IS NOT NULL
    ) SELECT area FROM named WHERE area IS NOT NULL LIMIT ?2
