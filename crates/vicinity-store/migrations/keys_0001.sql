-- What opens sealed statements, for those they were sealed to: apart from the bodies, so that a deleted key is not in the
-- bodies' backups.
CREATE TABLE wraps (
    id      BLOB PRIMARY KEY,
    key_set INTEGER NOT NULL,
    bytes   BLOB NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX wraps_key_set ON wraps (key_set);

CREATE TABLE keys (
    incident    BLOB NOT NULL,
    entry       TEXT NOT NULL,
    wrap        BLOB NOT NULL,
    wrapped_key BLOB NOT NULL,
    PRIMARY KEY (incident, entry)
) STRICT, WITHOUT ROWID;
CREATE INDEX keys_wrap ON keys (wrap);
