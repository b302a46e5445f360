-- People who sign in with a browser, in a file of their own: who may sign in is no evidence, and no backup brings back somebody
-- who was removed.
-- handle: what they sign in with, unique among those who are there. invite_hash: of an open one-time link. salt and hash: of the
-- password, NULL before the link was used. totp_last: the last step whose code was used, so that none works twice.
CREATE TABLE people (
    number         INTEGER PRIMARY KEY AUTOINCREMENT,
    handle         TEXT NOT NULL UNIQUE,
    role           TEXT NOT NULL,
    invited_at     INTEGER NOT NULL,
    invite_hash    BLOB UNIQUE,
    invite_expires INTEGER,
    totp           BLOB NOT NULL,
    totp_last      INTEGER NOT NULL DEFAULT 0,
    salt           BLOB,
    hash           BLOB,
    failures       INTEGER NOT NULL DEFAULT 0,
    locked_until   INTEGER NOT NULL DEFAULT 0,
    language       TEXT,
    theme          TEXT,
    looked_at      INTEGER NOT NULL DEFAULT 0,
    last_seen      INTEGER
) STRICT;

-- token_hash: of what lies in the browser's cookie, so that a copy of this table signs nobody in.
CREATE TABLE sessions (
    token_hash BLOB PRIMARY KEY,
    person     INTEGER NOT NULL REFERENCES people (number) ON DELETE CASCADE,
    csrf       TEXT NOT NULL,
    started_at INTEGER NOT NULL,
    seen_at    INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
