SELECT id, area, text, ends FROM alerts AS near WHERE hub <> ?1 AND ends > ?2
    AND (EXISTS (SELECT 1 FROM alerts WHERE hub = ?1 AND area = near.area AND ends > ?2)
    OR EXISTS (SELECT 1 FROM projections WHERE hub = ?1 AND area = near.area AND json IS NOT NULL))
    ORDER BY ends DESC, id LIMIT ?3
