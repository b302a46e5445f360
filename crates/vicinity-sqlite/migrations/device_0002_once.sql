-- What `log` was given, so that it counts once: keyed hashes that go with their incident. input: of one that came with an id.
-- line: of all lines up to it in a run without ids, until that run is finished.
CREATE TABLE logged (
    doc   INTEGER PRIMARY KEY REFERENCES documents (doc),
    input BLOB,
    run   INTEGER,
    line  BLOB
) STRICT;
CREATE UNIQUE INDEX logged_line ON logged (line) WHERE line IS NOT NULL;
CREATE INDEX logged_run ON logged (run) WHERE run IS NOT NULL;

-- Runs of `log` without ids. whole: the keyed hash of all lines of one that is finished.
CREATE TABLE runs (
    run   INTEGER PRIMARY KEY,
    whole BLOB
) STRICT;
CREATE UNIQUE INDEX runs_whole ON runs (whole) WHERE whole IS NOT NULL;

-- attached: the keyed hash of a photo or sound; each is once in an incident.
ALTER TABLE statements ADD COLUMN attached BLOB;
CREATE UNIQUE INDEX statements_attached ON statements (doc, attached) WHERE attached IS NOT NULL;
