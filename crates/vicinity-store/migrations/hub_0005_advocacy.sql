-- The advocacy log. hub 0 is what was written here; note and person stay here.
CREATE TABLE advocacy (
    id         BLOB NOT NULL,
    hub        INTEGER NOT NULL,
    day        TEXT NOT NULL,
    action     TEXT NOT NULL,
    kind       TEXT NOT NULL,
    area       TEXT NOT NULL,
    outcome    TEXT NOT NULL,
    note       TEXT NOT NULL,
    person     TEXT NOT NULL,
    written_at INTEGER NOT NULL,
    PRIMARY KEY (hub, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX advocacy_day ON advocacy (day);

-- What the report of a quarter asks for.
CREATE TABLE asks (
    quarter    TEXT PRIMARY KEY,
    text       TEXT NOT NULL,
    person     TEXT NOT NULL,
    written_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- By what a place on the board is counted: its month and, a line each, dimension and code. Places are worked out anew.
ALTER TABLE board ADD COLUMN month TEXT NOT NULL DEFAULT '';
ALTER TABLE board ADD COLUMN facets TEXT NOT NULL DEFAULT '';
ALTER TABLE board ADD COLUMN response_minutes INTEGER;
ALTER TABLE board ADD COLUMN countable INTEGER NOT NULL DEFAULT 0;
CREATE INDEX board_month ON board (month);
UPDATE board SET turns_at = 0;
