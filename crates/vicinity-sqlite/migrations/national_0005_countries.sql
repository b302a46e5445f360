-- Months that this server has published, each once: never made anew, whatever comes late.
CREATE TABLE published (
    month   TEXT PRIMARY KEY,
    cells   TEXT NOT NULL,
    made_at INTEGER NOT NULL,
    sent    INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- The servers below this one, and the months that they published. No row of an incident comes from them.
ALTER TABLE invites ADD COLUMN country TEXT;
CREATE TABLE countries (
    number      INTEGER PRIMARY KEY,
    country     TEXT NOT NULL,
    device      BLOB NOT NULL UNIQUE,
    public_key  BLOB NOT NULL,
    incarnation INTEGER NOT NULL,
    counter     INTEGER NOT NULL,
    enrolled_at INTEGER NOT NULL,
    last_seen   INTEGER
) STRICT;
CREATE TABLE windows (
    country     INTEGER NOT NULL,
    month       TEXT NOT NULL,
    cells       TEXT NOT NULL,
    received_at INTEGER NOT NULL,
    PRIMARY KEY (country, month)
) STRICT, WITHOUT ROWID;
