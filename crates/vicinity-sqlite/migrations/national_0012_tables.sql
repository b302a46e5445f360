-- Counts travel as counts: what pages and files show is the sum of what hubs counted, never a count of rows.
DROP TABLE counts;
CREATE TABLE counts (
    month     TEXT NOT NULL,
    area      TEXT NOT NULL,
    dimension TEXT NOT NULL,
    code      TEXT NOT NULL,
    n         INTEGER NOT NULL,
    seen      INTEGER NOT NULL,
    PRIMARY KEY (month, area, dimension, code)
) STRICT, WITHOUT ROWID;

-- What each hub counted, as it sent it last. cells: one a line, as area, dimension, code, all and seen.
CREATE TABLE hub_tables (
    hub       INTEGER NOT NULL,
    month     TEXT NOT NULL,
    survivors INTEGER NOT NULL,
    cells     TEXT NOT NULL,
    mark      BLOB NOT NULL,
    PRIMARY KEY (hub, month)
) STRICT, WITHOUT ROWID;
CREATE INDEX hub_tables_month ON hub_tables (month, hub);
-- Parts of a set that is not complete.
CREATE TABLE staged_tables (
    hub       INTEGER NOT NULL,
    month     TEXT NOT NULL,
    survivors INTEGER NOT NULL,
    cells     TEXT NOT NULL,
    PRIMARY KEY (hub, month)
) STRICT, WITHOUT ROWID;
ALTER TABLE hubs ADD COLUMN tables_at INTEGER;

-- How many rows a hub has of a month.
CREATE TABLE row_counts (
    hub   INTEGER NOT NULL,
    month TEXT NOT NULL,
    n     INTEGER NOT NULL,
    PRIMARY KEY (hub, month)
) STRICT, WITHOUT ROWID;
INSERT INTO row_counts (hub, month, n) SELECT hub, month, count(*) FROM projections WHERE json IS NOT NULL GROUP BY hub, month;

-- A person publishes a month, once. Months that were made by themselves go.
DROP TABLE published;
CREATE TABLE published (
    month     TEXT PRIMARY KEY,
    cells     TEXT NOT NULL,
    person    TEXT NOT NULL,
    made_at   INTEGER NOT NULL,
    without   TEXT NOT NULL,
    seen_only INTEGER NOT NULL,
    sent      INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
-- Cells of countries' months are kept as one's own are: with an area, which is empty.
UPDATE windows SET cells = rtrim(' ' || replace(cells, char(10), char(10) || ' '), ' ');
ALTER TABLE projections DROP COLUMN countable;

-- other: the row that may be of the same incident. over: 0 while something is asked, 1 once it is over, 2 once the hub knows.
ALTER TABLE questions ADD COLUMN other BLOB;
ALTER TABLE questions ADD COLUMN over INTEGER NOT NULL DEFAULT 0;
CREATE INDEX questions_other ON questions (other) WHERE other IS NOT NULL;
