-- What people call a device: given with its invitation, changed on a page. No device learns the name of another.
ALTER TABLE invites ADD COLUMN name TEXT;
ALTER TABLE devices ADD COLUMN name TEXT;
