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
