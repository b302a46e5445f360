INSERT INTO documents (incident, heads, facts, disputes, first_at, recheck_at, ended_at, ops, times)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
