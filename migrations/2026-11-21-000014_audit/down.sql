DROP SCHEMA IF EXISTS trail CASCADE;
DROP INDEX ix_audit_log_tenant_id_by_user;
ALTER TABLE audit_log DROP COLUMN tx, DROP COLUMN request_id;
DROP TABLE audit_seals, audit_trail;
