-- What dealers owe and pay. The ledger is append-only; receivables and receipts say what is still open.
CREATE TABLE dealer_ledger (
    tenant_id     uuid NOT NULL,
    id            uuid NOT NULL,
    dealer_id     uuid NOT NULL,
    kind          text NOT NULL,
    -- Positive when the dealer owes more (an invoice), negative when less (a receipt).
    amount        numeric(14, 2) NOT NULL,
    balance_after numeric(14, 2) NOT NULL,
    invoice_id    uuid,
    receipt_id    uuid,
    reference     text NOT NULL,
    at            timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, id),
    CONSTRAINT fk_dealer_ledger_dealer FOREIGN KEY (tenant_id, dealer_id) REFERENCES dealers (tenant_id, id),
    CONSTRAINT ck_dealer_ledger_kind CHECK ((kind = 'INVOICE' AND invoice_id IS NOT NULL AND amount >= 0) OR (kind = 'RECEIPT' AND receipt_id IS NOT NULL AND amount < 0))
);
CREATE INDEX ix_dealer_ledger_tenant_id_dealer ON dealer_ledger (tenant_id, dealer_id, id DESC);

CREATE TABLE receivables (
    tenant_id  uuid NOT NULL,
    invoice_id uuid NOT NULL,
    dealer_id  uuid NOT NULL,
    amount     numeric(14, 2) NOT NULL,
    paid       numeric(14, 2) NOT NULL DEFAULT 0,
    issued_at  timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, invoice_id),
    CONSTRAINT fk_receivables_invoice FOREIGN KEY (tenant_id, invoice_id) REFERENCES invoices (tenant_id, id),
    CONSTRAINT ck_receivables_paid CHECK (paid >= 0 AND paid <= amount)
);
CREATE INDEX ix_receivables_tenant_id_open ON receivables (tenant_id, dealer_id, issued_at, invoice_id) WHERE paid < amount;

CREATE TABLE receipts (
    tenant_id   uuid NOT NULL,
    id          uuid NOT NULL,
    dealer_id   uuid NOT NULL,
    amount      numeric(14, 2) NOT NULL,
    allocated   numeric(14, 2) NOT NULL,
    mode        text NOT NULL,
    reference   text NOT NULL,
    received_on date NOT NULL,
    recorded_at timestamptz NOT NULL,
    recorded_by text NOT NULL,
    PRIMARY KEY (tenant_id, id),
    CONSTRAINT fk_receipts_dealer FOREIGN KEY (tenant_id, dealer_id) REFERENCES dealers (tenant_id, id),
    CONSTRAINT uq_receipts_tenant_id_reference UNIQUE (tenant_id, dealer_id, mode, reference),
    CONSTRAINT ck_receipts_amount CHECK (amount > 0 AND allocated >= 0 AND allocated <= amount),
    CONSTRAINT ck_receipts_mode CHECK (mode IN ('UPI', 'NEFT', 'RTGS', 'IMPS', 'CHEQUE', 'CASH', 'CARD'))
);

CREATE TABLE receipt_allocations (
    tenant_id  uuid NOT NULL,
    id         uuid NOT NULL,
    receipt_id uuid NOT NULL,
    invoice_id uuid NOT NULL,
    dealer_id  uuid NOT NULL,
    amount     numeric(14, 2) NOT NULL,
    PRIMARY KEY (tenant_id, id),
    CONSTRAINT fk_receipt_allocations_receipt FOREIGN KEY (tenant_id, receipt_id) REFERENCES receipts (tenant_id, id),
    CONSTRAINT fk_receipt_allocations_receivable FOREIGN KEY (tenant_id, invoice_id) REFERENCES receivables (tenant_id, invoice_id),
    CONSTRAINT ck_receipt_allocations_amount CHECK (amount > 0)
);
CREATE INDEX ix_receipt_allocations_tenant_id_receipt ON receipt_allocations (tenant_id, receipt_id);
