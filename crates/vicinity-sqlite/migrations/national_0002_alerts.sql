-- Alerts that stand, by the hub that published them. What was withdrawn or has ended is not here.
CREATE TABLE alerts (
    id   BLOB NOT NULL,
    hub  INTEGER NOT NULL,
    area TEXT NOT NULL,
    text TEXT NOT NULL,
    ends INTEGER NOT NULL,
    PRIMARY KEY (hub, id)
) STRICT, WITHOUT ROWID;
