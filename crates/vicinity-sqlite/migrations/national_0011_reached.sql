-- People reached in a month, and months without a report, as each hub says.
CREATE TABLE reached (
    hub    INTEGER NOT NULL,
    month  TEXT NOT NULL,
    people INTEGER,
    nil    INTEGER NOT NULL,
    PRIMARY KEY (hub, month)
) STRICT, WITHOUT ROWID;
