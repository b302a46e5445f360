-- The queue and the news of a signed-in reviewer read indexes only: a count up to 10,000 must not read 10,000 rows.
-- A row without content is 'gone', so that no query has to look at the content.
UPDATE projections SET review = 'gone' WHERE json IS NULL;
DROP INDEX projections_review;
DROP INDEX projections_changed;
CREATE INDEX projections_waiting ON projections (received_at, row, review, hub, area) WHERE review IN ('new', 'changed');
CREATE INDEX projections_reviewed ON projections (review, received_at, row, hub, area);
CREATE INDEX projections_received ON projections (received_at, review);
CREATE INDEX projections_changed ON projections (changed_at, received_at, review) WHERE changed_at > received_at;
CREATE INDEX projections_gone ON projections (changed_at, review) WHERE review = 'gone';
