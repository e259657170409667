ALTER TABLE invitations DROP COLUMN location_ids;
ALTER TABLE memberships DROP COLUMN location_ids;
