-- Who comes first: a rank within the open and the closed ones, and what those of one rank are sorted by. A page of the board is a
-- walk along this index, and what stands above its list is counted on it. Places are worked out anew.
ALTER TABLE board ADD COLUMN rank INTEGER NOT NULL DEFAULT 0;
ALTER TABLE board ADD COLUMN sort INTEGER NOT NULL DEFAULT 0;
DROP INDEX board_order;
CREATE INDEX board_order ON board (closed, rank, sort, doc, level, due_at);
UPDATE board SET turns_at = 0;
