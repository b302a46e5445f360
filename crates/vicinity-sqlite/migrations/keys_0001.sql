-- What opens sealed statements, for those they were sealed to: apart from the bodies, so that a deleted key is not in the
-- bodies' backups.
-- AUTOINCREMENT: a responder's device remembers up to which place it has tried.
CREATE TABLE wraps (
    place   INTEGER PRIMARY KEY AUTOINCREMENT,
    id      BLOB NOT NULL UNIQUE,
    key_set INTEGER NOT NULL,
    bytes   BLOB NOT NULL
) STRICT;
CREATE INDEX wraps_key_set ON wraps (key_set, place);

CREATE TABLE keys (
    incident    BLOB NOT NULL,
    entry       TEXT NOT NULL,
    wrap        BLOB NOT NULL,
    wrapped_key BLOB NOT NULL,
    PRIMARY KEY (incident, entry)
) STRICT, WITHOUT ROWID;
CREATE INDEX keys_wrap ON keys (wrap);
