-- Count tables. seen: whether a responder's device, or a person at the board, ever wrote in the document.
ALTER TABLE documents ADD COLUMN seen INTEGER NOT NULL DEFAULT 0;
UPDATE documents SET seen = 1 WHERE doc IN (SELECT doc FROM desk_changes)
    OR doc IN (SELECT doc FROM feed JOIN devices ON number = feed.device WHERE kind = 0 AND relayed = 0 AND role = 'responder');
-- survivor: the hash of the survivor's code; empty without one. Places are computed again, because consent to counts alone decides now.
ALTER TABLE board ADD COLUMN survivor TEXT NOT NULL DEFAULT '';
UPDATE board SET turns_at = 0;

-- What is in the tables at national: a line for each incident, and a mark for each month.
CREATE TABLE counted (
    doc      INTEGER PRIMARY KEY,
    survivor BLOB NOT NULL,
    mark     BLOB NOT NULL
) STRICT;
CREATE TABLE counted_months (
    month TEXT PRIMARY KEY,
    mark  BLOB NOT NULL
) STRICT, WITHOUT ROWID;

-- other: the row that may be of the same incident. over: national asks this no more.
ALTER TABLE questions ADD COLUMN other BLOB;
ALTER TABLE questions ADD COLUMN over INTEGER NOT NULL DEFAULT 0;
