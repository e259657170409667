DROP INDEX ix_receivables_tenant_id_updated_at;
ALTER TABLE receivables DROP COLUMN updated_at;
DROP INDEX ix_dealers_tenant_id_updated_at;
DROP INDEX ix_products_tenant_id_updated_at;
DROP INDEX ix_orders_tenant_id_updated_at;
