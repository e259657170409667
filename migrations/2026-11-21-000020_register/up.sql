-- An entry of the register of tenants is changed from the version that was seen, as every record is; and a tenant can do without
-- modules of the product. The names that are off stand here, so that a new module is on everywhere.
ALTER TABLE tenants
    ADD COLUMN version integer NOT NULL DEFAULT 1,
    ADD COLUMN modules_off text[] NOT NULL DEFAULT '{}',
    ADD CONSTRAINT ck_tenants_modules_off CHECK (modules_off <@ ARRAY['DISTRIBUTION', 'INVENTORY']
        AND ('DISTRIBUTION' = ANY (modules_off) OR NOT 'INVENTORY' = ANY (modules_off)));
