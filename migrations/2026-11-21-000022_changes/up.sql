-- Programs that keep a copy ask for what changed since they asked last. Each list of changes is one scan of its index.
CREATE INDEX ix_orders_tenant_id_updated_at ON orders (tenant_id, updated_at, id);
CREATE INDEX ix_products_tenant_id_updated_at ON products (tenant_id, updated_at, id);
CREATE INDEX ix_dealers_tenant_id_updated_at ON dealers (tenant_id, updated_at, id);

-- An invoice never changes, but what is paid of it does.
ALTER TABLE receivables ADD COLUMN updated_at timestamptz NOT NULL DEFAULT now();
CREATE INDEX ix_receivables_tenant_id_updated_at ON receivables (tenant_id, updated_at, invoice_id);
