-- Stock per location: what is on hand, how much of it is promised, and every movement that made it so.
CREATE TABLE stock_balances (
    tenant_id   uuid NOT NULL,
    location_id uuid NOT NULL,
    product_id  uuid NOT NULL,
    on_hand     numeric(14, 3) NOT NULL DEFAULT 0,
    reserved    numeric(14, 3) NOT NULL DEFAULT 0,
    PRIMARY KEY (tenant_id, location_id, product_id),
    CONSTRAINT fk_stock_balances_location FOREIGN KEY (tenant_id, location_id) REFERENCES locations (tenant_id, id),
    CONSTRAINT fk_stock_balances_product FOREIGN KEY (tenant_id, product_id) REFERENCES products (tenant_id, id),
    CONSTRAINT ck_stock_balances_never_oversold CHECK (reserved >= 0 AND reserved <= on_hand)
);
CREATE INDEX ix_stock_balances_tenant_id_product ON stock_balances (tenant_id, product_id);

CREATE TABLE stock_ledger (
    tenant_id     uuid NOT NULL,
    id            uuid NOT NULL,
    location_id   uuid NOT NULL,
    product_id    uuid NOT NULL,
    kind          text NOT NULL,
    quantity      numeric(14, 3) NOT NULL,
    balance_after numeric(14, 3) NOT NULL,
    order_id      uuid,
    reference     text,
    reason        text,
    by_user       uuid,
    by_name       text NOT NULL,
    at            timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, id),
    CONSTRAINT fk_stock_ledger_balance FOREIGN KEY (tenant_id, location_id, product_id) REFERENCES stock_balances (tenant_id, location_id, product_id),
    CONSTRAINT ck_stock_ledger_kind CHECK (kind IN ('RECEIPT', 'ADJUSTMENT', 'DISPATCH')),
    CONSTRAINT ck_stock_ledger_balance_after CHECK (balance_after >= 0),
    CONSTRAINT ck_stock_ledger_quantity CHECK (quantity <> 0 AND (kind <> 'RECEIPT' OR quantity > 0) AND (kind <> 'DISPATCH' OR quantity < 0)),
    CONSTRAINT ck_stock_ledger_reason CHECK (kind <> 'ADJUSTMENT' OR reason IS NOT NULL),
    CONSTRAINT ck_stock_ledger_order CHECK ((kind = 'DISPATCH') = (order_id IS NOT NULL))
);
CREATE INDEX ix_stock_ledger_tenant_id_product ON stock_ledger (tenant_id, product_id, id DESC);
