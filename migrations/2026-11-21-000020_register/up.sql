-- An entry of the register of tenants is changed from the version that was seen, as every record is.
ALTER TABLE tenants ADD COLUMN version integer NOT NULL DEFAULT 1;
