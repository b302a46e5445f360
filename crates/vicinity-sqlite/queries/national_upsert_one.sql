UPDATE projections SET version = ?2, month = ?4, area = ?5, facets = ?6,
    changed_at = iif(json IS ?3, changed_at, ?7), json = ?3, review = ?8, kept_review = NULL WHERE row = ?1
