-- National: projection rows, no history, no incident.
CREATE TABLE meta (key TEXT PRIMARY KEY, value BLOB NOT NULL) STRICT, WITHOUT ROWID;

CREATE TABLE hubs (
    number      INTEGER PRIMARY KEY,
    device      BLOB NOT NULL UNIQUE,
    public_key      BLOB NOT NULL,
    incarnation INTEGER NOT NULL,
    counter     INTEGER NOT NULL,
    enrolled_at INTEGER NOT NULL,
    last_seen   INTEGER
) STRICT;

CREATE TABLE invites (
    code_hash  BLOB PRIMARY KEY,
    role       TEXT NOT NULL,
    expires_at INTEGER NOT NULL,
    used_by    BLOB
) STRICT, WITHOUT ROWID;

-- A retracted row keeps its id and version, so that an older version cannot bring it back; nothing else of it stays.
CREATE TABLE projections (
    row        INTEGER PRIMARY KEY,
    projection BLOB NOT NULL UNIQUE,
    hub        INTEGER NOT NULL,
    version    INTEGER NOT NULL,
    json       TEXT,
    month      TEXT,
    countable  INTEGER NOT NULL
) STRICT;
CREATE INDEX projections_month ON projections (month) WHERE json IS NOT NULL;

CREATE TABLE facets (
    row       INTEGER NOT NULL REFERENCES projections (row),
    dimension TEXT NOT NULL,
    code      TEXT NOT NULL,
    PRIMARY KEY (row, dimension, code)
) STRICT, WITHOUT ROWID;

CREATE TABLE questions (
    id         INTEGER PRIMARY KEY,
    projection BLOB NOT NULL,
    hub        INTEGER NOT NULL,
    code       TEXT NOT NULL,
    asked_at   INTEGER NOT NULL,
    received   INTEGER NOT NULL,
    answer     TEXT
) STRICT;
CREATE INDEX questions_open ON questions (hub) WHERE received = 0;
