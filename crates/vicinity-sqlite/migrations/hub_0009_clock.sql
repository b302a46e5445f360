-- A clock may be set back after it was ahead: what was worked out by it is worked out again. ended_at: when the last of a document's
-- grants ended, of those that had ended when consent was last looked at. placed_at: by which clock a place on the board was worked out.
ALTER TABLE documents ADD COLUMN ended_at INTEGER;
CREATE INDEX documents_ended ON documents (ended_at) WHERE ended_at IS NOT NULL;
ALTER TABLE board ADD COLUMN placed_at INTEGER NOT NULL DEFAULT 0;
CREATE INDEX board_placed ON board (placed_at);
-- What was looked at before this migration is looked at once more.
UPDATE documents SET recheck_at = 0 WHERE recheck_at IS NULL AND facts LIKE '%"expires_at"%';
