-- People reached in a month, and months without a report; sent: national has it as it is.
CREATE TABLE reached (
    month  TEXT PRIMARY KEY,
    people INTEGER,
    nil    INTEGER NOT NULL,
    sent   INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;
