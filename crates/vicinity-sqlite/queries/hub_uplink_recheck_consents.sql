SELECT doc, incident, facts, disputes, times, first_at FROM documents WHERE recheck_at <= ?1 OR ended_at > ?1
    ORDER BY recheck_at DESC LIMIT ?2
