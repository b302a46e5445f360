-- Rows are coarser: they are made again, and sent again.
UPDATE documents SET recheck_at = 0;
