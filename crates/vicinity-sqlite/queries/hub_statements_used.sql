SELECT (SELECT coalesce(sum(bytes), 0) FROM statements WHERE device = ?1)
    + (SELECT coalesce(sum(coalesce(length(refused), total)), 0) FROM blobs WHERE device = ?1)
