-- A dealer's cart, and the order it becomes. Lines are snapshots: a later edit of a master rewrites nothing.
CREATE TABLE cart_lines (
    tenant_id  uuid NOT NULL,
    dealer_id  uuid NOT NULL,
    product_id uuid NOT NULL,
    quantity   numeric(14, 3) NOT NULL,
    added_at   timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, dealer_id, product_id),
    CONSTRAINT fk_cart_lines_dealer FOREIGN KEY (tenant_id, dealer_id) REFERENCES dealers (tenant_id, id),
    CONSTRAINT fk_cart_lines_product FOREIGN KEY (tenant_id, product_id) REFERENCES products (tenant_id, id),
    CONSTRAINT ck_cart_lines_quantity CHECK (quantity > 0)
);

CREATE TABLE orders (
    tenant_id          uuid NOT NULL,
    id                 uuid NOT NULL,
    number             text COLLATE "C" NOT NULL,
    financial_year     smallint NOT NULL,
    dealer_id          uuid NOT NULL,
    location_id        uuid NOT NULL,
    status             text NOT NULL,
    version            integer NOT NULL DEFAULT 1,
    channel            text NOT NULL,
    placed_at          timestamptz NOT NULL,
    placed_by          uuid,
    placed_by_name     text NOT NULL,
    ship_to_address_id uuid NOT NULL,
    bill_to            jsonb NOT NULL,
    ship_to            jsonb NOT NULL,
    pos_state          text NOT NULL,
    -- The row of the place-of-supply table that decided, and the clause it rests on.
    pos_row            smallint NOT NULL,
    pos_clause         text NOT NULL,
    supply_kind        text NOT NULL,
    line_count         integer NOT NULL,
    subtotal           numeric(14, 2) NOT NULL,
    cgst               numeric(14, 2) NOT NULL,
    sgst               numeric(14, 2) NOT NULL,
    utgst              numeric(14, 2) NOT NULL,
    igst               numeric(14, 2) NOT NULL,
    round_off          numeric(14, 2) NOT NULL,
    total              numeric(14, 2) NOT NULL,
    client_reference   text,
    note               text,
    updated_at         timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, id),
    CONSTRAINT fk_orders_dealer FOREIGN KEY (tenant_id, dealer_id) REFERENCES dealers (tenant_id, id),
    CONSTRAINT fk_orders_location FOREIGN KEY (tenant_id, location_id) REFERENCES locations (tenant_id, id),
    CONSTRAINT fk_orders_ship_to FOREIGN KEY (tenant_id, ship_to_address_id) REFERENCES dealer_addresses (tenant_id, id),
    CONSTRAINT uq_orders_tenant_id_number UNIQUE (tenant_id, number),
    CONSTRAINT ck_orders_status CHECK (status IN ('PLACED', 'APPROVED', 'REJECTED', 'CANCELLED', 'PICKING', 'PACKED', 'DISPATCHED', 'DELIVERED')),
    CONSTRAINT ck_orders_channel CHECK (channel IN ('PORTAL', 'STAFF', 'API')),
    CONSTRAINT ck_orders_supply_kind CHECK (supply_kind IN ('INTRA_STATE', 'INTRA_UNION_TERRITORY', 'INTER_STATE', 'ZERO_RATED')),
    CONSTRAINT ck_orders_total CHECK (total = subtotal + cgst + sgst + utgst + igst + round_off AND total = trunc(total) AND total >= 0)
);
CREATE INDEX ix_orders_tenant_id_placed_at ON orders (tenant_id, placed_at DESC, id DESC);
CREATE INDEX ix_orders_tenant_id_status ON orders (tenant_id, status, placed_at DESC, id DESC);
CREATE INDEX ix_orders_tenant_id_dealer ON orders (tenant_id, dealer_id, placed_at DESC, id DESC);
CREATE UNIQUE INDEX uq_orders_tenant_id_client_reference ON orders (tenant_id, dealer_id, client_reference) WHERE client_reference IS NOT NULL AND status NOT IN ('CANCELLED', 'REJECTED');

CREATE TABLE order_lines (
    tenant_id             uuid NOT NULL,
    id                    uuid NOT NULL,
    order_id              uuid NOT NULL,
    dealer_id             uuid NOT NULL,
    line_no               smallint NOT NULL,
    product_id            uuid NOT NULL,
    sku                   text NOT NULL,
    name                  text NOT NULL,
    hsn                   text NOT NULL,
    uqc                   text NOT NULL,
    tax_class             text NOT NULL,
    tax_rate              numeric(5, 2) NOT NULL,
    quantity              numeric(14, 3) NOT NULL,
    unit_price            numeric(14, 4) NOT NULL,
    price_source          text NOT NULL,
    price_list_name       text,
    taxable               numeric(14, 2) NOT NULL,
    cgst                  numeric(14, 2) NOT NULL,
    sgst                  numeric(14, 2) NOT NULL,
    utgst                 numeric(14, 2) NOT NULL,
    igst                  numeric(14, 2) NOT NULL,
    total                 numeric(14, 2) NOT NULL,
    -- Progress: the only columns that change after placing.
    reserved_quantity     numeric(14, 3) NOT NULL DEFAULT 0,
    picked_quantity       numeric(14, 3) NOT NULL DEFAULT 0,
    short_closed_quantity numeric(14, 3) NOT NULL DEFAULT 0,
    short_close_reason    text,
    PRIMARY KEY (tenant_id, id),
    CONSTRAINT fk_order_lines_order FOREIGN KEY (tenant_id, order_id) REFERENCES orders (tenant_id, id),
    CONSTRAINT fk_order_lines_product FOREIGN KEY (tenant_id, product_id) REFERENCES products (tenant_id, id),
    CONSTRAINT uq_order_lines_tenant_id_line_no UNIQUE (tenant_id, order_id, line_no),
    CONSTRAINT uq_order_lines_tenant_id_product UNIQUE (tenant_id, order_id, product_id),
    CONSTRAINT ck_order_lines_line_no CHECK (line_no BETWEEN 1 AND 500),
    CONSTRAINT ck_order_lines_quantity CHECK (quantity > 0),
    CONSTRAINT ck_order_lines_price_source CHECK (price_source IN ('OVERRIDE', 'DEALER_LIST', 'DEFAULT_LIST', 'BASE')),
    CONSTRAINT ck_order_lines_total CHECK (total = taxable + cgst + sgst + utgst + igst),
    CONSTRAINT ck_order_lines_progress CHECK (reserved_quantity >= 0 AND picked_quantity >= 0 AND short_closed_quantity >= 0
        AND picked_quantity + short_closed_quantity <= quantity AND reserved_quantity + short_closed_quantity <= quantity),
    CONSTRAINT ck_order_lines_short_close CHECK ((short_closed_quantity = 0) = (short_close_reason IS NULL))
);
CREATE INDEX ix_order_lines_tenant_id_product ON order_lines (tenant_id, product_id);
-- Lines that still wait for stock, oldest first: a receipt tops these up.
CREATE INDEX ix_order_lines_tenant_id_short ON order_lines (tenant_id, product_id, id) WHERE reserved_quantity + short_closed_quantity < quantity;

CREATE TABLE order_status_history (
    tenant_id   uuid NOT NULL,
    id          uuid NOT NULL,
    order_id    uuid NOT NULL,
    dealer_id   uuid NOT NULL,
    -- STATUS rows move the order; NOTE rows record what a reader of the timeline must know (a short close, a changed tax).
    kind        text NOT NULL DEFAULT 'STATUS',
    from_status text,
    to_status   text NOT NULL,
    reason      text,
    by_user     uuid,
    by_name     text NOT NULL,
    at          timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, id),
    CONSTRAINT fk_order_status_history_order FOREIGN KEY (tenant_id, order_id) REFERENCES orders (tenant_id, id),
    CONSTRAINT ck_order_status_history_kind CHECK (kind IN ('STATUS', 'NOTE'))
);
CREATE INDEX ix_order_status_history_tenant_id_order ON order_status_history (tenant_id, order_id, id);

CREATE TABLE credit_holds (
    tenant_id   uuid NOT NULL,
    order_id    uuid NOT NULL,
    dealer_id   uuid NOT NULL,
    amount      numeric(14, 2) NOT NULL,
    held_at     timestamptz NOT NULL,
    released_at timestamptz,
    PRIMARY KEY (tenant_id, order_id),
    CONSTRAINT fk_credit_holds_order FOREIGN KEY (tenant_id, order_id) REFERENCES orders (tenant_id, id),
    CONSTRAINT fk_credit_holds_credit FOREIGN KEY (tenant_id, dealer_id) REFERENCES dealer_credit (tenant_id, dealer_id),
    CONSTRAINT ck_credit_holds_amount CHECK (amount >= 0)
);
CREATE INDEX ix_credit_holds_tenant_id_dealer ON credit_holds (tenant_id, dealer_id) WHERE released_at IS NULL;
