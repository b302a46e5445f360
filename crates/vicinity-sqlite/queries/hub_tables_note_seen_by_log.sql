UPDATE documents SET seen = 1 WHERE doc = ?1 AND seen = 0 AND EXISTS
    (SELECT 1 FROM feed JOIN devices ON number = feed.device WHERE feed.doc = ?1 AND kind = 0 AND relayed = 0 AND role = 'responder')
