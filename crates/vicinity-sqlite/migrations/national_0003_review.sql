-- Counts by month, area, dimension and code, kept where rows are written: pages of a million rows read no row. facets: by what a
-- row is counted, a code a line as "dimension code", so that a row that changes or goes is taken out of the counts it was in.
DROP TABLE facets;
CREATE TABLE counts (
    month     TEXT NOT NULL,
    area      TEXT NOT NULL,
    dimension TEXT NOT NULL,
    code      TEXT NOT NULL,
    n         INTEGER NOT NULL,
    PRIMARY KEY (month, area, dimension, code)
) STRICT, WITHOUT ROWID;

ALTER TABLE projections ADD COLUMN area TEXT NOT NULL DEFAULT '';
ALTER TABLE projections ADD COLUMN facets TEXT NOT NULL DEFAULT '';
ALTER TABLE projections ADD COLUMN received_at INTEGER NOT NULL DEFAULT 0;
ALTER TABLE projections ADD COLUMN changed_at INTEGER NOT NULL DEFAULT 0;
-- review: new, changed, verified, queried, duplicate, or gone for a row that was taken back.
ALTER TABLE projections ADD COLUMN review TEXT NOT NULL DEFAULT 'new';
ALTER TABLE projections ADD COLUMN reviewed_at INTEGER;
ALTER TABLE projections ADD COLUMN reviewer TEXT;
ALTER TABLE projections ADD COLUMN duplicate_of BLOB;
CREATE INDEX projections_review ON projections (review, received_at, row);
CREATE INDEX projections_changed ON projections (changed_at);
CREATE INDEX projections_alike ON projections (month, area) WHERE json IS NOT NULL;
CREATE INDEX projections_hub ON projections (hub, month) WHERE json IS NOT NULL;
ALTER TABLE questions ADD COLUMN answered_at INTEGER;
CREATE INDEX questions_projection ON questions (projection);
