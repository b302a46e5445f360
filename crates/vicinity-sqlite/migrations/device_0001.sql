-- A device. Changes are the truth; documents are a cache.
CREATE TABLE meta (key TEXT PRIMARY KEY, value BLOB NOT NULL) STRICT, WITHOUT ROWID;

-- granted: the survivor agreed that it leaves the phone. shared: the hub has at least a part of it. settled_at: when the
-- hub was first seen to have all of it, NULL from each change on.
CREATE TABLE documents (
    doc      INTEGER PRIMARY KEY,
    incident BLOB NOT NULL UNIQUE,
    heads    BLOB NOT NULL,
    facts    TEXT NOT NULL,
    disputes TEXT NOT NULL,
    granted  INTEGER NOT NULL,
    shared   INTEGER NOT NULL,
    settled_at INTEGER
) STRICT;
CREATE INDEX documents_settled ON documents (settled_at);

-- Incidents that were here and are not any more; the hub has them.
CREATE TABLE departed (incident BLOB PRIMARY KEY) STRICT, WITHOUT ROWID;

-- state 0: unsent, 1: the hub has it, 2: the hub refused it.
CREATE TABLE changes (
    id        INTEGER PRIMARY KEY,
    doc       INTEGER NOT NULL REFERENCES documents (doc),
    actor     BLOB NOT NULL,
    actor_seq INTEGER NOT NULL,
    hash      BLOB NOT NULL,
    own       INTEGER NOT NULL,
    written_by INTEGER NOT NULL,
    state     INTEGER NOT NULL,
    refusal   TEXT,
    chunk     BLOB NOT NULL,
    UNIQUE (doc, actor, actor_seq)
) STRICT;
CREATE INDEX changes_unsent ON changes (id) WHERE state = 0;
CREATE INDEX changes_refused ON changes (id) WHERE state = 2;

CREATE TABLE waiting (
    incident   BLOB NOT NULL,
    hash       BLOB NOT NULL,
    written_by INTEGER NOT NULL,
    chunk      BLOB NOT NULL,
    PRIMARY KEY (incident, hash)
) STRICT, WITHOUT ROWID;

-- What was erased here by the hub's order. It never expires: a hub restored from before is told of it. told: it knows.
CREATE TABLE tombstones (
    incident BLOB PRIMARY KEY,
    proof    BLOB NOT NULL,
    told     INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX tombstones_untold ON tombstones (incident) WHERE told = 0;

-- Statements; the document names them by entry, class and size only. blob: the sealed batch that one is in. body is NULL
-- where only that it was delivered is kept.
CREATE TABLE statements (
    id        INTEGER PRIMARY KEY,
    doc       INTEGER NOT NULL,
    entry     TEXT NOT NULL,
    class     TEXT NOT NULL,
    bytes     INTEGER NOT NULL,
    body      BLOB,
    delivered INTEGER NOT NULL,
    blob      INTEGER REFERENCES blobs (id),
    place     INTEGER,
    UNIQUE (doc, entry)
) STRICT;
CREATE INDEX statements_unsealed ON statements (bytes) WHERE blob IS NULL AND delivered = 0;
CREATE INDEX statements_blob ON statements (blob) WHERE blob IS NOT NULL;

-- Sealed batches that wait for the hub.
CREATE TABLE blobs (
    id    INTEGER PRIMARY KEY,
    hash  BLOB NOT NULL,
    begun INTEGER NOT NULL,
    bytes BLOB NOT NULL
) STRICT;

-- Survivor codes typed before enrolment gave the key to hash them with. They never enter a document.
CREATE TABLE unhashed_codes (
    doc  INTEGER PRIMARY KEY,
    code TEXT NOT NULL
) STRICT;
