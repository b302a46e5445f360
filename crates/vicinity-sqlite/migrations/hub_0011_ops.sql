-- How many operations a document's log has: what it costs to load it is known before it is loaded. Those that are here already get
-- a guess that is rather too high; the next change of each puts it right.
ALTER TABLE documents ADD COLUMN ops INTEGER NOT NULL DEFAULT 0;
UPDATE documents SET ops = (SELECT coalesce(sum(length(chunk)), 0) / 16 FROM feed WHERE kind = 0 AND feed.doc = documents.doc);
