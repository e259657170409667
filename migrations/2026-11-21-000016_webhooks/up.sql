-- Telling programs elsewhere what happens here: who listens to what, what happened, and what became of telling it.

CREATE TABLE webhook_endpoints (
    tenant_id       uuid NOT NULL REFERENCES tenants (id),
    id              uuid NOT NULL,
    url             text NOT NULL,
    description     text NOT NULL,
    events          text[] NOT NULL,
    version         integer NOT NULL DEFAULT 1,
    created_at      timestamptz NOT NULL,
    created_by      text NOT NULL,
    disabled_at     timestamptz,
    disabled_reason text,
    -- The circuit: failures in a row, since when, when the last one was, and until when nothing is sent there.
    failures        integer NOT NULL DEFAULT 0,
    failing_since   timestamptz,
    last_failed_at  timestamptz,
    paused_until    timestamptz,
    -- A removed one is found by nobody, and goes with its log in small batches.
    removed_at      timestamptz,
    PRIMARY KEY (tenant_id, id),
    CONSTRAINT ck_webhook_endpoints_texts CHECK (length(url) BETWEEN 1 AND 500 AND length(description) <= 200),
    CONSTRAINT ck_webhook_endpoints_events CHECK (cardinality(events) BETWEEN 1 AND 64),
    CONSTRAINT ck_webhook_endpoints_disabled CHECK ((disabled_at IS NULL) = (disabled_reason IS NULL)),
    CONSTRAINT ck_webhook_endpoints_disabled_reason CHECK (disabled_reason IN ('BY_HAND', 'GONE', 'FAILING')),
    CONSTRAINT ck_webhook_endpoints_failures CHECK (failures >= 0),
    CONSTRAINT ck_webhook_endpoints_removed CHECK (removed_at IS NULL OR disabled_at IS NOT NULL)
);

-- What an enabled endpoint listens to, a row for each event; without its address, because a dealer who places an order
-- reads this table.
CREATE TABLE webhook_subscriptions (
    tenant_id   uuid NOT NULL,
    event       text NOT NULL,
    endpoint_id uuid NOT NULL,
    PRIMARY KEY (tenant_id, event, endpoint_id),
    CONSTRAINT fk_webhook_subscriptions_endpoint FOREIGN KEY (tenant_id, endpoint_id) REFERENCES webhook_endpoints (tenant_id, id) ON DELETE CASCADE
);
CREATE INDEX ix_webhook_subscriptions_tenant_id_endpoint ON webhook_subscriptions (tenant_id, endpoint_id);

-- What deliveries are signed with: two while one takes the place of the other. Sealed with a key from the environment.
CREATE TABLE webhook_secrets (
    tenant_id     uuid NOT NULL,
    id            uuid NOT NULL,
    endpoint_id   uuid NOT NULL,
    sealed_secret text NOT NULL,
    created_at    timestamptz NOT NULL,
    created_by    text NOT NULL,
    -- None while no other has taken its place.
    expires_at    timestamptz,
    PRIMARY KEY (tenant_id, id),
    CONSTRAINT fk_webhook_secrets_endpoint FOREIGN KEY (tenant_id, endpoint_id) REFERENCES webhook_endpoints (tenant_id, id) ON DELETE CASCADE
);
CREATE INDEX ix_webhook_secrets_tenant_id_endpoint ON webhook_secrets (tenant_id, endpoint_id);

-- What happened, as it stood then; written in the transaction of the change, and only if somebody listens.
CREATE TABLE webhook_events (
    tenant_id   uuid NOT NULL REFERENCES tenants (id),
    id          uuid NOT NULL,
    event       text NOT NULL,
    occurred_at timestamptz NOT NULL,
    data        jsonb NOT NULL,
    PRIMARY KEY (tenant_id, id)
);
CREATE INDEX ix_webhook_events_occurred_at ON webhook_events (occurred_at);

-- The outbox: one event for one endpoint. A queue job is only the wake-up call.
CREATE TABLE webhook_deliveries (
    tenant_id       uuid NOT NULL,
    id              uuid NOT NULL,
    event_id        uuid NOT NULL,
    endpoint_id     uuid NOT NULL,
    status          text NOT NULL DEFAULT 'PENDING',
    attempts        integer NOT NULL DEFAULT 0,
    next_attempt_at timestamptz NOT NULL DEFAULT now(),
    lease_token     uuid,
    lease_until     timestamptz,
    response_status integer,
    last_error      text,
    created_at      timestamptz NOT NULL,
    ended_at        timestamptz,
    PRIMARY KEY (tenant_id, id),
    CONSTRAINT fk_webhook_deliveries_event FOREIGN KEY (tenant_id, event_id) REFERENCES webhook_events (tenant_id, id) ON DELETE CASCADE,
    CONSTRAINT fk_webhook_deliveries_endpoint FOREIGN KEY (tenant_id, endpoint_id) REFERENCES webhook_endpoints (tenant_id, id) ON DELETE CASCADE,
    CONSTRAINT uq_webhook_deliveries_tenant_id_event_endpoint UNIQUE (tenant_id, event_id, endpoint_id),
    CONSTRAINT ck_webhook_deliveries_status CHECK (status IN ('PENDING', 'SENDING', 'DELIVERED', 'FAILED')),
    CONSTRAINT ck_webhook_deliveries_ended CHECK ((ended_at IS NOT NULL) = (status IN ('DELIVERED', 'FAILED'))),
    CONSTRAINT ck_webhook_deliveries_attempts CHECK (attempts >= 0)
);
CREATE INDEX ix_webhook_deliveries_due ON webhook_deliveries (next_attempt_at) WHERE status IN ('PENDING', 'SENDING');
CREATE INDEX ix_webhook_deliveries_tenant_id_endpoint ON webhook_deliveries (tenant_id, endpoint_id, id DESC);
CREATE INDEX ix_webhook_deliveries_tenant_id_endpoint_status ON webhook_deliveries (tenant_id, endpoint_id, status, id DESC);

-- One attempt: what was sent and what came back. Written before anybody is called, so that an unknown outcome shows as a row
-- without an end.
CREATE TABLE webhook_attempts (
    tenant_id       uuid NOT NULL,
    id              uuid NOT NULL,
    delivery_id     uuid NOT NULL,
    attempt         integer NOT NULL,
    started_at      timestamptz NOT NULL,
    url             text NOT NULL,
    request_headers jsonb NOT NULL,
    duration_ms     integer,
    response_status integer,
    response_body   text,
    error           text,
    PRIMARY KEY (tenant_id, id),
    CONSTRAINT fk_webhook_attempts_delivery FOREIGN KEY (tenant_id, delivery_id) REFERENCES webhook_deliveries (tenant_id, id) ON DELETE CASCADE,
    CONSTRAINT ck_webhook_attempts_response_body CHECK (length(response_body) <= 1024)
);
CREATE INDEX ix_webhook_attempts_tenant_id_delivery ON webhook_attempts (tenant_id, delivery_id, id);
