-- A batch of statements that is under way is forgotten when nothing more of it comes for long.
ALTER TABLE blobs ADD COLUMN touched_at INTEGER NOT NULL DEFAULT 0;
CREATE INDEX blobs_touched ON blobs (touched_at);

-- Receipts of a device for one erasure are counted.
CREATE INDEX erase_receipts_of ON erase_receipts (device, incident, confirmed_at);
