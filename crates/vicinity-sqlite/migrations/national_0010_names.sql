-- What people call a hub: given with its invitation, changed on a page.
ALTER TABLE invites ADD COLUMN name TEXT;
ALTER TABLE hubs ADD COLUMN name TEXT;
