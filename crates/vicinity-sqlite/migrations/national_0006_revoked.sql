-- Hubs and countries whose servers are let in no more.
ALTER TABLE hubs ADD COLUMN revoked_at INTEGER;
ALTER TABLE countries ADD COLUMN revoked_at INTEGER;
