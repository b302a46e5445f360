SELECT area, dimension, code, sum(n) FROM counts
    WHERE month >= ?1 AND month <= ?2 AND instr(dimension, '/') > 0 GROUP BY area, dimension, code
