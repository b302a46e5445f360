-- Where changes came from: requests as their devices signed them. body is the request as it came, or NULL once something in
-- it was erased or may not be kept; vouched then has the hashes of the changes that the hub took from it.
CREATE TABLE envelopes (
    id          INTEGER PRIMARY KEY,
    device      INTEGER NOT NULL,
    incarnation INTEGER NOT NULL,
    counter     INTEGER NOT NULL,
    proof       BLOB NOT NULL,
    body        BLOB,
    vouched     BLOB
) STRICT;

-- Incidents that a body says something of though no row of the feed came from it: what it repeated, and what was refused.
CREATE TABLE envelope_incidents (
    incident BLOB NOT NULL,
    envelope INTEGER NOT NULL,
    PRIMARY KEY (incident, envelope)
) STRICT, WITHOUT ROWID;

-- Every key that a device ever enrolled with: it proves what it sent then.
CREATE TABLE device_keys (
    device     INTEGER NOT NULL,
    public_key BLOB NOT NULL,
    PRIMARY KEY (device, public_key)
) STRICT, WITHOUT ROWID;
INSERT INTO device_keys (device, public_key) SELECT number, public_key FROM devices;

ALTER TABLE feed ADD COLUMN envelope INTEGER;
ALTER TABLE waiting ADD COLUMN envelope INTEGER;
CREATE INDEX feed_envelope ON feed (envelope) WHERE envelope IS NOT NULL;

-- The audit's last link, so that a cut end shows.
INSERT INTO meta (key, value) SELECT 'audit_head', chain FROM audit ORDER BY id DESC LIMIT 1;

-- What each device has here, so that none fills the disk: changes and envelopes; refused changes.
ALTER TABLE devices ADD COLUMN stored_bytes INTEGER NOT NULL DEFAULT 0;
ALTER TABLE devices ADD COLUMN refused_bytes INTEGER NOT NULL DEFAULT 0;
UPDATE devices SET
    stored_bytes = (SELECT coalesce(sum(length(chunk)), 0) FROM feed WHERE kind = 0 AND feed.device = number)
        + (SELECT coalesce(sum(length(chunk)), 0) FROM waiting WHERE waiting.device = number),
    refused_bytes = (SELECT coalesce(sum(length(chunk) + 128), 0) FROM quarantine WHERE quarantine.device = number);
