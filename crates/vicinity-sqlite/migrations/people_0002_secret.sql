-- bytes: what marks of forms, known browsers and cookies' names are made from. Wrong tries are counted in memory, by name and by where
-- they come from: a count by name alone lets anybody keep its owner out.
CREATE TABLE secret (
    one   INTEGER PRIMARY KEY CHECK (one = 1),
    bytes BLOB NOT NULL
) STRICT;

ALTER TABLE people DROP COLUMN failures;
ALTER TABLE people DROP COLUMN locked_until;
