-- By what a place on the board is counted: its month and, a line each, dimension and code. Places are worked out anew.
ALTER TABLE board ADD COLUMN month TEXT NOT NULL DEFAULT '';
ALTER TABLE board ADD COLUMN facets TEXT NOT NULL DEFAULT '';
ALTER TABLE board ADD COLUMN response_minutes INTEGER;
ALTER TABLE board ADD COLUMN countable INTEGER NOT NULL DEFAULT 0;
CREATE INDEX board_month ON board (month);
UPDATE board SET turns_at = 0;

-- What was refused is listed by incident, device and reason, without reading the bytes that are kept of it.
CREATE INDEX quarantine_listed ON quarantine (incident, device, reason, at);

-- What national has not confirmed is counted without reading what it says.
DROP INDEX projections_unsent;
CREATE INDEX projections_unsent ON projections (doc, sent, version) WHERE sent < version;

-- What waits is counted by device, without reading it.
CREATE INDEX waiting_device ON waiting (device);
