ALTER TABLE memberships DROP COLUMN role_id;
DROP TABLE roles;
