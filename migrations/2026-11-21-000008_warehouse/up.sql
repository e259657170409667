-- The warehouse's papers: a pick list per order, a shipment per dispatch.
CREATE TABLE pick_lists (
    tenant_id       uuid NOT NULL,
    id              uuid NOT NULL,
    order_id        uuid NOT NULL,
    location_id     uuid NOT NULL,
    started_by      uuid,
    started_by_name text NOT NULL,
    started_at      timestamptz NOT NULL,
    closed_at       timestamptz,
    PRIMARY KEY (tenant_id, id),
    CONSTRAINT fk_pick_lists_order FOREIGN KEY (tenant_id, order_id) REFERENCES orders (tenant_id, id),
    CONSTRAINT uq_pick_lists_tenant_id_order UNIQUE (tenant_id, order_id)
);

CREATE TABLE shipments (
    tenant_id        uuid NOT NULL,
    id               uuid NOT NULL,
    order_id         uuid NOT NULL,
    dealer_id        uuid NOT NULL,
    transporter      text NOT NULL,
    lr_number        text,
    lr_date          date,
    vehicle_number   text,
    distance_km      integer,
    eway_bill_number text,
    dispatched_at    timestamptz NOT NULL,
    dispatched_by    text NOT NULL,
    delivered_at     timestamptz,
    PRIMARY KEY (tenant_id, id),
    CONSTRAINT fk_shipments_order FOREIGN KEY (tenant_id, order_id) REFERENCES orders (tenant_id, id),
    CONSTRAINT uq_shipments_tenant_id_order UNIQUE (tenant_id, order_id),
    CONSTRAINT ck_shipments_distance CHECK (distance_km BETWEEN 1 AND 4000),
    CONSTRAINT ck_shipments_eway CHECK (eway_bill_number ~ '^[0-9]{12}$')
);
