-- The outbox. A row is written in the transaction of the change it tells of; it is the truth, and a queue job is only
-- the wake-up call. A sweeper finds what a lost job would have sent.
CREATE TABLE notification_logs (
    tenant_id           uuid NOT NULL,
    id                  uuid NOT NULL,
    event               text NOT NULL,
    channel             text NOT NULL,
    order_id            uuid NOT NULL,
    dealer_id           uuid NOT NULL,
    invoice_id          uuid,
    -- The parameters of the template as they stood: a message never changes its words on a retry.
    params              jsonb NOT NULL,
    recipient           text,
    recipient_name      text,
    language            text NOT NULL DEFAULT 'en',
    status              text NOT NULL DEFAULT 'PENDING',
    skip_reason         text,
    attempts            integer NOT NULL DEFAULT 0,
    -- 'infinity' while the message waits for its PDF.
    next_attempt_at     timestamptz NOT NULL DEFAULT now(),
    lease_token         uuid,
    lease_until         timestamptz,
    provider_message_id text COLLATE "C",
    last_error_code     integer,
    last_error          text,
    created_at          timestamptz NOT NULL,
    sent_at             timestamptz,
    delivered_at        timestamptz,
    read_at             timestamptz,
    PRIMARY KEY (tenant_id, id),
    CONSTRAINT fk_notification_logs_order FOREIGN KEY (tenant_id, order_id) REFERENCES orders (tenant_id, id),
    CONSTRAINT uq_notification_logs_tenant_id_subject UNIQUE (tenant_id, order_id, event, channel),
    CONSTRAINT ck_notification_logs_event CHECK (event IN ('ORDER_PLACED', 'ORDER_APPROVED', 'ORDER_REJECTED', 'ORDER_CANCELLED', 'ORDER_DISPATCHED', 'ORDER_DELIVERED')),
    CONSTRAINT ck_notification_logs_channel CHECK (channel IN ('WHATSAPP', 'EMAIL')),
    CONSTRAINT ck_notification_logs_status CHECK (status IN ('PENDING', 'SENDING', 'SENT', 'DELIVERED', 'READ', 'FAILED', 'SKIPPED')),
    CONSTRAINT ck_notification_logs_skip CHECK ((status = 'SKIPPED') = (skip_reason IS NOT NULL)),
    CONSTRAINT ck_notification_logs_attempts CHECK (attempts >= 0)
);
CREATE INDEX ix_notification_logs_due ON notification_logs (next_attempt_at) WHERE status IN ('PENDING', 'SENDING');
CREATE INDEX ix_notification_logs_tenant_id_created_at ON notification_logs (tenant_id, created_at DESC, id DESC);
CREATE INDEX ix_notification_logs_tenant_id_status ON notification_logs (tenant_id, status, created_at DESC, id DESC);
CREATE INDEX ix_notification_logs_tenant_id_message ON notification_logs (tenant_id, provider_message_id) WHERE provider_message_id IS NOT NULL;

-- Written before the provider is called, so that an unknown outcome shows as a row without an end.
CREATE TABLE notification_attempts (
    tenant_id       uuid NOT NULL,
    id              uuid NOT NULL,
    notification_id uuid NOT NULL,
    attempt         integer NOT NULL,
    event           text NOT NULL,
    error_code      integer,
    detail          text,
    at              timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, id),
    CONSTRAINT fk_notification_attempts_notification FOREIGN KEY (tenant_id, notification_id) REFERENCES notification_logs (tenant_id, id),
    CONSTRAINT ck_notification_attempts_event CHECK (event IN ('STARTED', 'ACCEPTED', 'FAILED', 'UNKNOWN', 'CRASHED', 'REQUEUED', 'DELIVERED', 'READ', 'REFUSED'))
);
CREATE INDEX ix_notification_attempts_tenant_id_notification ON notification_attempts (tenant_id, notification_id, id);

-- A tenant's own WhatsApp number. The two secrets are encrypted with a key from the environment.
CREATE TABLE whatsapp_accounts (
    tenant_id           uuid NOT NULL REFERENCES tenants (id),
    id                  uuid NOT NULL,
    phone_number_id     text NOT NULL,
    waba_id             text NOT NULL,
    access_token        text NOT NULL,
    app_secret          text NOT NULL,
    verify_token_sha256 text NOT NULL,
    -- Set when the provider refuses the whole channel; nothing is sent until somebody looks.
    paused_at           timestamptz,
    paused_reason       text,
    updated_at          timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, id),
    CONSTRAINT uq_whatsapp_accounts_tenant_id UNIQUE (tenant_id)
);

-- What the provider's error codes mean for us. Data, because the provider changes it; an unknown code is retried.
CREATE TABLE whatsapp_error_classes (
    code_from integer PRIMARY KEY,
    code_to   integer NOT NULL,
    class     text NOT NULL,
    meaning   text NOT NULL,
    CONSTRAINT ck_whatsapp_error_classes_range CHECK (code_to >= code_from),
    CONSTRAINT ck_whatsapp_error_classes_class CHECK (class IN ('RETRY', 'RETRY_RECIPIENT_LATER', 'PAUSE_CHANNEL', 'PAUSE_TEMPLATE', 'RECIPIENT_PERMANENT', 'REQUEST_PERMANENT'))
);
