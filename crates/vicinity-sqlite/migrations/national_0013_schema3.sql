-- Rows of schema 2 said more than rows may: they go, and what reviewers noted of them stays with their ids. Hubs send coarser ones.
-- kept_review: the review of a row that is to come again.
ALTER TABLE projections ADD COLUMN kept_review TEXT;
UPDATE projections SET kept_review = review, json = NULL, month = NULL, area = '', facets = '', review = 'gone' WHERE json IS NOT NULL;
DELETE FROM row_counts;
