-- The hub's board: a place for each document, so that a list of tens of thousands needs no document read. A cache, made in the
-- transaction that writes the document; turns_at is when time alone changes it, 0 for a place that was never worked out.
-- kinds and groups: codes with a space before and after each.
CREATE TABLE board (
    doc         INTEGER PRIMARY KEY,
    closed      INTEGER NOT NULL,
    level       INTEGER NOT NULL,
    status      TEXT NOT NULL,
    clock       TEXT,
    due_at      INTEGER,
    reported_at INTEGER,
    area        TEXT NOT NULL,
    setting     TEXT NOT NULL,
    kinds       TEXT NOT NULL,
    groups      TEXT NOT NULL,
    conflicts   INTEGER NOT NULL,
    turns_at    INTEGER
) STRICT;
CREATE INDEX board_order ON board (closed, level, due_at, doc);
CREATE INDEX board_turns ON board (turns_at) WHERE turns_at IS NOT NULL;
CREATE INDEX board_conflicts ON board (doc) WHERE conflicts > 0;
INSERT INTO board (doc, closed, level, status, area, setting, kinds, groups, conflicts, turns_at)
    SELECT doc, 0, 0, '', '', '', '', '', 0, 0 FROM documents;

-- What each document links to, so that an incident's page finds who names it without reading every other. Kept as the board is.
CREATE TABLE links (
    target BLOB NOT NULL,
    doc    INTEGER NOT NULL,
    kind   TEXT NOT NULL,
    PRIMARY KEY (target, doc, kind)
) STRICT, WITHOUT ROWID;
CREATE INDEX links_doc ON links (doc);

-- Who at the board wrote a change that the hub signed.
CREATE TABLE desk_changes (
    doc    INTEGER NOT NULL,
    hash   BLOB NOT NULL,
    person TEXT NOT NULL,
    PRIMARY KEY (doc, hash)
) STRICT, WITHOUT ROWID;
