-- How times are read. Of a device: by how much the hub's clock was ahead at its last contact and the one before, when these were,
-- and what is taken for the request at hand (NULL: nobody knows, as of a file). Of a change: what is known of the clock that it
-- was written by. Of a document: its times that are read otherwise than they are written, as JSON.
ALTER TABLE devices ADD COLUMN skew_at INTEGER;
ALTER TABLE devices ADD COLUMN skew_before INTEGER;
ALTER TABLE devices ADD COLUMN skew_before_at INTEGER;
ALTER TABLE devices ADD COLUMN skew_now INTEGER;
ALTER TABLE feed ADD COLUMN skew INTEGER;
ALTER TABLE waiting ADD COLUMN skew INTEGER;
ALTER TABLE documents ADD COLUMN times TEXT NOT NULL DEFAULT '{}';
-- Zones count now: places and projections are worked out anew.
UPDATE documents SET recheck_at = 0;
UPDATE board SET turns_at = 0;
