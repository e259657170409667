-- Who buys: the dealer, its addresses and people, and its credit.
CREATE TABLE price_lists (
    tenant_id  uuid NOT NULL REFERENCES tenants (id),
    id         uuid NOT NULL,
    name       text NOT NULL,
    is_default boolean NOT NULL DEFAULT false,
    is_active  boolean NOT NULL DEFAULT true,
    version    integer NOT NULL DEFAULT 1,
    PRIMARY KEY (tenant_id, id),
    CONSTRAINT uq_price_lists_tenant_id_name UNIQUE (tenant_id, name)
);
CREATE UNIQUE INDEX uq_price_lists_tenant_id_default ON price_lists (tenant_id) WHERE is_default;

CREATE TABLE dealers (
    tenant_id     uuid NOT NULL REFERENCES tenants (id),
    id            uuid NOT NULL,
    code          text COLLATE "C" NOT NULL,
    legal_name    text NOT NULL,
    sort_name     text COLLATE "C" NOT NULL GENERATED ALWAYS AS (lower(legal_name)) STORED,
    trade_name    text,
    -- REGISTERED and SEZ dealers have a GSTIN, an UNREGISTERED one has none (IGST Act section 10, 7(5)(b)).
    gst_treatment text NOT NULL,
    gstin         text,
    price_list_id uuid,
    -- The location that serves the dealer; null means the tenant's default one.
    location_id   uuid,
    email         text,
    is_active     boolean NOT NULL DEFAULT true,
    version       integer NOT NULL DEFAULT 1,
    created_at    timestamptz NOT NULL DEFAULT now(),
    updated_at    timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, id),
    CONSTRAINT fk_dealers_price_list FOREIGN KEY (tenant_id, price_list_id) REFERENCES price_lists (tenant_id, id),
    CONSTRAINT fk_dealers_location FOREIGN KEY (tenant_id, location_id) REFERENCES locations (tenant_id, id),
    CONSTRAINT uq_dealers_tenant_id_code UNIQUE (tenant_id, code),
    CONSTRAINT ck_dealers_gst_treatment CHECK (gst_treatment IN ('REGISTERED', 'UNREGISTERED', 'SEZ')),
    CONSTRAINT ck_dealers_gstin CHECK ((gst_treatment = 'UNREGISTERED') = (gstin IS NULL))
);
CREATE UNIQUE INDEX uq_dealers_tenant_id_gstin ON dealers (tenant_id, gstin) WHERE gstin IS NOT NULL;
CREATE INDEX ix_dealers_tenant_id_name ON dealers (tenant_id, sort_name, id);
CREATE INDEX ix_dealers_tenant_id_trade_name ON dealers (tenant_id, (lower(trade_name)) COLLATE "C") WHERE trade_name IS NOT NULL;

ALTER TABLE memberships
    ADD CONSTRAINT fk_memberships_dealer FOREIGN KEY (tenant_id, dealer_id) REFERENCES dealers (tenant_id, id);
CREATE INDEX ix_memberships_tenant_id_dealer ON memberships (tenant_id, dealer_id);

CREATE TABLE dealer_addresses (
    tenant_id   uuid NOT NULL,
    id          uuid NOT NULL,
    dealer_id   uuid NOT NULL,
    label       text NOT NULL,
    -- Whose place it is: the dealer's own, or a third party's to whom the dealer has goods sent (section 10(1)(b)).
    party       text NOT NULL DEFAULT 'DEALER',
    party_name  text,
    party_gstin text,
    line1       text NOT NULL,
    line2       text,
    city        text NOT NULL,
    state_code  text NOT NULL,
    pincode     text NOT NULL,
    is_billing  boolean NOT NULL DEFAULT false,
    is_active   boolean NOT NULL DEFAULT true,
    PRIMARY KEY (tenant_id, id),
    CONSTRAINT fk_dealer_addresses_dealer FOREIGN KEY (tenant_id, dealer_id) REFERENCES dealers (tenant_id, id),
    CONSTRAINT ck_dealer_addresses_party CHECK (party IN ('DEALER', 'THIRD_PARTY')),
    CONSTRAINT ck_dealer_addresses_party_name CHECK ((party = 'THIRD_PARTY') = (party_name IS NOT NULL)),
    CONSTRAINT ck_dealer_addresses_billing CHECK (NOT (is_billing AND party = 'THIRD_PARTY'))
);
CREATE INDEX ix_dealer_addresses_tenant_id_dealer ON dealer_addresses (tenant_id, dealer_id);
CREATE UNIQUE INDEX uq_dealer_addresses_tenant_id_billing ON dealer_addresses (tenant_id, dealer_id) WHERE is_billing;

CREATE TABLE dealer_contacts (
    tenant_id      uuid NOT NULL,
    id             uuid NOT NULL,
    dealer_id      uuid NOT NULL,
    name           text NOT NULL,
    phone          text,
    email          text,
    language       text NOT NULL DEFAULT 'en',
    is_primary     boolean NOT NULL DEFAULT false,
    -- Consent to business messages: who gave it when and where, kept as evidence.
    whatsapp_opt_in_at     timestamptz,
    whatsapp_opt_in_source text,
    is_active      boolean NOT NULL DEFAULT true,
    PRIMARY KEY (tenant_id, id),
    CONSTRAINT fk_dealer_contacts_dealer FOREIGN KEY (tenant_id, dealer_id) REFERENCES dealers (tenant_id, id),
    CONSTRAINT ck_dealer_contacts_phone CHECK (phone ~ '^\+[1-9][0-9]{7,14}$'),
    CONSTRAINT ck_dealer_contacts_language CHECK (language IN ('en', 'hi', 'ta', 'mr', 'kn', 'te', 'gu', 'bn', 'ml', 'pa')),
    CONSTRAINT ck_dealer_contacts_opt_in CHECK ((whatsapp_opt_in_at IS NULL) = (whatsapp_opt_in_source IS NULL))
);
CREATE INDEX ix_dealer_contacts_tenant_id_dealer ON dealer_contacts (tenant_id, dealer_id);
CREATE UNIQUE INDEX uq_dealer_contacts_tenant_id_primary ON dealer_contacts (tenant_id, dealer_id) WHERE is_primary;

-- exposure = holds + unpaid - unallocated. The three sums are kept beside the limit so that one locked row answers
-- an approval; they always equal what credit_holds, receivables and receipts say.
CREATE TABLE dealer_credit (
    tenant_id    uuid NOT NULL,
    dealer_id    uuid NOT NULL,
    credit_limit numeric(14, 2) NOT NULL,
    holds        numeric(14, 2) NOT NULL DEFAULT 0,
    unpaid       numeric(14, 2) NOT NULL DEFAULT 0,
    unallocated  numeric(14, 2) NOT NULL DEFAULT 0,
    version      integer NOT NULL DEFAULT 1,
    PRIMARY KEY (tenant_id, dealer_id),
    CONSTRAINT fk_dealer_credit_dealer FOREIGN KEY (tenant_id, dealer_id) REFERENCES dealers (tenant_id, id),
    CONSTRAINT ck_dealer_credit_sums CHECK (credit_limit >= 0 AND holds >= 0 AND unpaid >= 0 AND unallocated >= 0)
);

CREATE TABLE price_list_items (
    tenant_id     uuid NOT NULL,
    price_list_id uuid NOT NULL,
    product_id    uuid NOT NULL,
    unit_price    numeric(14, 4) NOT NULL,
    PRIMARY KEY (tenant_id, price_list_id, product_id),
    CONSTRAINT fk_price_list_items_list FOREIGN KEY (tenant_id, price_list_id) REFERENCES price_lists (tenant_id, id),
    CONSTRAINT fk_price_list_items_product FOREIGN KEY (tenant_id, product_id) REFERENCES products (tenant_id, id),
    CONSTRAINT ck_price_list_items_unit_price CHECK (unit_price > 0)
);
CREATE INDEX ix_price_list_items_tenant_id_product ON price_list_items (tenant_id, product_id);

CREATE TABLE dealer_prices (
    tenant_id  uuid NOT NULL,
    dealer_id  uuid NOT NULL,
    product_id uuid NOT NULL,
    unit_price numeric(14, 4) NOT NULL,
    PRIMARY KEY (tenant_id, dealer_id, product_id),
    CONSTRAINT fk_dealer_prices_dealer FOREIGN KEY (tenant_id, dealer_id) REFERENCES dealers (tenant_id, id),
    CONSTRAINT fk_dealer_prices_product FOREIGN KEY (tenant_id, product_id) REFERENCES products (tenant_id, id),
    CONSTRAINT ck_dealer_prices_unit_price CHECK (unit_price > 0)
);
CREATE INDEX ix_dealer_prices_tenant_id_product ON dealer_prices (tenant_id, product_id);
