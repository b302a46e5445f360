INSERT INTO board (doc, closed, level, status, clock, due_at, reported_at, area, setting, kinds, groups, conflicts, turns_at,
    month, facets, response_minutes, countable, rank, sort, placed_at, survivor)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21)
    ON CONFLICT (doc) DO UPDATE SET closed = excluded.closed, level = excluded.level, status = excluded.status, clock = excluded.clock,
    due_at = excluded.due_at, reported_at = excluded.reported_at, area = excluded.area, setting = excluded.setting, kinds = excluded.kinds,
    groups = excluded.groups, conflicts = excluded.conflicts, turns_at = excluded.turns_at,
    month = excluded.month, facets = excluded.facets, response_minutes = excluded.response_minutes,
    countable = excluded.countable, rank = excluded.rank, sort = excluded.sort, placed_at = excluded.placed_at,
    survivor = excluded.survivor
