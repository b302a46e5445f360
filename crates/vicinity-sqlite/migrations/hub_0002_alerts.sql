-- Alerts that stand. own: published here; else they came from national. What was withdrawn or has ended is not here.
CREATE TABLE alerts (
    id   BLOB NOT NULL,
    own  INTEGER NOT NULL,
    area TEXT NOT NULL,
    text TEXT NOT NULL,
    ends INTEGER NOT NULL,
    PRIMARY KEY (own, id)
) STRICT, WITHOUT ROWID;
