-- A tenant's standing data: who it is by law, where it keeps stock, how it numbers documents.
CREATE TABLE tenant_settings (
    tenant_id           uuid PRIMARY KEY REFERENCES tenants (id),
    upi_vpa             text,
    upi_payee           text,
    invoice_declaration text NOT NULL,
    invoice_terms       text,
    support_phone       text,
    support_email       text,
    updated_at          timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT ck_tenant_settings_upi CHECK ((upi_vpa IS NULL) = (upi_payee IS NULL)),
    CONSTRAINT ck_tenant_settings_texts CHECK (length(invoice_declaration) <= 500 AND length(invoice_terms) <= 1000)
);

CREATE TABLE gst_registrations (
    tenant_id      uuid NOT NULL REFERENCES tenants (id),
    id             uuid NOT NULL,
    gstin          text NOT NULL,
    legal_name     text NOT NULL,
    trade_name     text,
    state_code     text NOT NULL,
    line1          text NOT NULL,
    line2          text,
    city           text NOT NULL,
    pincode        text NOT NULL,
    lut_number     text,
    lut_valid_from date,
    lut_valid_to   date,
    is_active      boolean NOT NULL DEFAULT true,
    PRIMARY KEY (tenant_id, id),
    CONSTRAINT uq_gst_registrations_tenant_id_gstin UNIQUE (tenant_id, gstin),
    CONSTRAINT ck_gst_registrations_state CHECK (state_code = left(gstin, 2)),
    CONSTRAINT ck_gst_registrations_lut CHECK ((lut_number IS NULL) = (lut_valid_from IS NULL) AND (lut_number IS NULL) = (lut_valid_to IS NULL))
);

CREATE TABLE locations (
    tenant_id       uuid NOT NULL,
    id              uuid NOT NULL,
    registration_id uuid NOT NULL,
    name            text NOT NULL,
    is_default      boolean NOT NULL DEFAULT false,
    is_active       boolean NOT NULL DEFAULT true,
    PRIMARY KEY (tenant_id, id),
    CONSTRAINT fk_locations_registration FOREIGN KEY (tenant_id, registration_id) REFERENCES gst_registrations (tenant_id, id),
    CONSTRAINT uq_locations_tenant_id_name UNIQUE (tenant_id, name)
);
CREATE UNIQUE INDEX uq_locations_tenant_id_default ON locations (tenant_id) WHERE is_default;

-- CGST Rule 46(b): one or more series, each consecutive, at most 16 characters, unique in a financial year.
-- A series belongs to one document kind of one registration.
CREATE TABLE document_series (
    tenant_id       uuid NOT NULL,
    id              uuid NOT NULL,
    registration_id uuid NOT NULL,
    kind            text NOT NULL,
    prefix          text NOT NULL,
    is_active       boolean NOT NULL DEFAULT true,
    PRIMARY KEY (tenant_id, id),
    CONSTRAINT fk_document_series_registration FOREIGN KEY (tenant_id, registration_id) REFERENCES gst_registrations (tenant_id, id),
    CONSTRAINT uq_document_series_tenant_id_prefix UNIQUE (tenant_id, registration_id, prefix),
    CONSTRAINT ck_document_series_kind CHECK (kind IN ('INVOICE')),
    CONSTRAINT ck_document_series_prefix CHECK (prefix ~ '^[A-Z1-9][A-Z0-9]{0,2}$')
);
CREATE UNIQUE INDEX uq_document_series_tenant_id_kind ON document_series (tenant_id, registration_id, kind) WHERE is_active;

-- The counter of a series in a financial year. A rolled-back document returns its number, for the row is part
-- of the document's transaction; it is drawn last, since everybody who numbers waits here.
CREATE TABLE document_counters (
    tenant_id       uuid NOT NULL,
    registration_id uuid NOT NULL,
    series_id       uuid NOT NULL,
    financial_year  smallint NOT NULL,
    last_number     integer NOT NULL,
    last_issued_on  date NOT NULL,
    last_hash       text NOT NULL,
    PRIMARY KEY (tenant_id, registration_id, series_id, financial_year),
    CONSTRAINT fk_document_counters_series FOREIGN KEY (tenant_id, series_id) REFERENCES document_series (tenant_id, id),
    CONSTRAINT ck_document_counters_last_number CHECK (last_number BETWEEN 1 AND 999999)
);

CREATE TABLE order_counters (
    tenant_id      uuid NOT NULL REFERENCES tenants (id),
    financial_year smallint NOT NULL,
    last_number    integer NOT NULL,
    PRIMARY KEY (tenant_id, financial_year),
    CONSTRAINT ck_order_counters_last_number CHECK (last_number BETWEEN 1 AND 999999)
);
