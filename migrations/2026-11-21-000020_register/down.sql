ALTER TABLE tenants DROP COLUMN version, DROP COLUMN modules_off;
