-- A hub. The feed is the truth: original change bytes in the order in which the hub took them. Documents are a cache.
CREATE TABLE meta (key TEXT PRIMARY KEY, value BLOB NOT NULL) STRICT, WITHOUT ROWID;

CREATE TABLE devices (
    number      INTEGER PRIMARY KEY,
    device      BLOB NOT NULL UNIQUE,
    role        TEXT NOT NULL,
    public_key      BLOB NOT NULL,
    enrolled_at INTEGER NOT NULL,
    code_hash   BLOB NOT NULL,
    last_seen   INTEGER,
    skew        INTEGER,
    revoked_at  INTEGER,
    digest      BLOB NOT NULL,
    recipient   TEXT
) STRICT;

-- One row a life of a device: a restored or cloned phone starts a new one, and the old one's counter stays.
CREATE TABLE incarnations (
    device      INTEGER NOT NULL REFERENCES devices (number),
    incarnation INTEGER NOT NULL,
    counter     INTEGER NOT NULL,
    PRIMARY KEY (device, incarnation)
) STRICT, WITHOUT ROWID;

CREATE TABLE invites (
    code_hash  BLOB PRIMARY KEY,
    role       TEXT NOT NULL,
    expires_at INTEGER NOT NULL,
    used_by    BLOB
) STRICT, WITHOUT ROWID;

-- Numbers are never used again: rows of other tables outlive an erased document.
CREATE TABLE documents (
    doc        INTEGER PRIMARY KEY AUTOINCREMENT,
    incident   BLOB NOT NULL UNIQUE,
    heads      BLOB NOT NULL,
    facts      TEXT NOT NULL,
    disputes   TEXT NOT NULL,
    first_at   INTEGER NOT NULL,
    recheck_at INTEGER
) STRICT;
CREATE INDEX documents_recheck ON documents (recheck_at) WHERE recheck_at IS NOT NULL;

-- kind 0: a change; 1: a document came into a device's scope; 2: it left; 3: a row of an erased document, of which only
-- the place and the chain stay.
CREATE TABLE feed (
    seq         INTEGER PRIMARY KEY,
    chain       BLOB NOT NULL,
    kind        INTEGER NOT NULL,
    doc         INTEGER NOT NULL,
    device      INTEGER NOT NULL,
    incarnation INTEGER NOT NULL,
    relayed     INTEGER NOT NULL,
    actor       BLOB,
    actor_seq   INTEGER,
    received_at INTEGER NOT NULL,
    chunk       BLOB
) STRICT;
CREATE UNIQUE INDEX feed_changes ON feed (doc, actor, actor_seq) WHERE kind = 0;
CREATE INDEX feed_scope ON feed (doc, device, seq, kind) WHERE kind <> 0;

-- Changes that wait for ancestors.
CREATE TABLE waiting (
    incident    BLOB NOT NULL,
    hash        BLOB NOT NULL,
    device      INTEGER NOT NULL,
    incarnation INTEGER NOT NULL,
    relayed     INTEGER NOT NULL,
    chunk       BLOB NOT NULL,
    PRIMARY KEY (incident, hash)
) STRICT, WITHOUT ROWID;

-- What was refused, with its reason: nothing is silently lost.
CREATE TABLE quarantine (
    id       INTEGER PRIMARY KEY,
    incident BLOB NOT NULL,
    device   INTEGER NOT NULL,
    reason   TEXT NOT NULL,
    at       INTEGER NOT NULL,
    hash     BLOB NOT NULL,
    chunk    BLOB NOT NULL,
    UNIQUE (incident, hash, reason)
) STRICT;

-- Which documents an educator's device may see. Responders see all.
CREATE TABLE scope (
    doc    INTEGER NOT NULL,
    device INTEGER NOT NULL,
    PRIMARY KEY (doc, device)
) STRICT, WITHOUT ROWID;
CREATE INDEX scope_device ON scope (device);

-- Documents that an educator's device let go of: they are in its scope again once something new of them is stored.
CREATE TABLE departed (
    doc    INTEGER NOT NULL,
    device INTEGER NOT NULL,
    PRIMARY KEY (doc, device)
) STRICT, WITHOUT ROWID;

-- What was erased: that it was, and when. It never expires: it is what keeps an incident from coming back.
CREATE TABLE tombstones (
    incident  BLOB PRIMARY KEY,
    erased_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Who may hold what was erased, and which life of which device said that it erased it.
CREATE TABLE erase_orders (
    device   INTEGER NOT NULL,
    incident BLOB NOT NULL,
    PRIMARY KEY (device, incident)
) STRICT, WITHOUT ROWID;
CREATE TABLE erase_receipts (
    device       INTEGER NOT NULL,
    incarnation  INTEGER NOT NULL,
    incident     BLOB NOT NULL,
    confirmed_at INTEGER NOT NULL,
    PRIMARY KEY (device, incarnation, incident)
) STRICT, WITHOUT ROWID;

-- What national is told of a document. Of an erased one the row stays until national confirmed that it took it back; a
-- row of a document that this hub does not hold has a number below 0. json is NULL once it was taken back.
CREATE TABLE projections (
    doc        INTEGER PRIMARY KEY,
    projection BLOB NOT NULL UNIQUE,
    version    INTEGER NOT NULL,
    sent       INTEGER NOT NULL,
    refused    INTEGER NOT NULL,
    json       TEXT
) STRICT;
CREATE INDEX projections_unsent ON projections (doc) WHERE sent < version;

CREATE TABLE questions (
    id       INTEGER PRIMARY KEY,
    doc      INTEGER NOT NULL,
    answer   TEXT,
    reported INTEGER NOT NULL
) STRICT;
CREATE INDEX questions_doc ON questions (doc);

-- Sealed statements. What opens them is in keys.db.
CREATE TABLE statements (
    doc         INTEGER NOT NULL,
    entry       TEXT NOT NULL,
    class       TEXT NOT NULL,
    device      INTEGER NOT NULL,
    received_at INTEGER NOT NULL,
    bytes       INTEGER NOT NULL,
    body        BLOB NOT NULL,
    UNIQUE (doc, entry)
) STRICT;
CREATE INDEX statements_device ON statements (device, bytes);

-- Batches of sealed statements on their way in. refused is not NULL once a batch was taken apart; its pieces are gone then.
CREATE TABLE blobs (
    id      INTEGER PRIMARY KEY,
    device  INTEGER NOT NULL,
    hash    BLOB NOT NULL,
    total   INTEGER NOT NULL,
    held    INTEGER NOT NULL,
    refused BLOB,
    UNIQUE (device, hash)
) STRICT;
CREATE TABLE pieces (
    blob  INTEGER NOT NULL REFERENCES blobs (id),
    at    INTEGER NOT NULL,
    bytes BLOB NOT NULL,
    UNIQUE (blob, at)
) STRICT;

-- Who was given what opens a statement. Append-only, chained; no content.
CREATE TABLE audit (
    id         INTEGER PRIMARY KEY,
    chain      BLOB NOT NULL,
    device     INTEGER NOT NULL,
    at         INTEGER NOT NULL,
    entry_hash BLOB NOT NULL
) STRICT;
