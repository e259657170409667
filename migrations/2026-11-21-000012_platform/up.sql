-- The record of a creating request, so that a repeated one gets the first answer and does nothing twice.
CREATE TABLE idempotency_keys (
    tenant_id    uuid NOT NULL REFERENCES tenants (id),
    actor_id     uuid NOT NULL,
    key          text NOT NULL,
    operation    text NOT NULL,
    request_hash text NOT NULL,
    status_code  smallint NOT NULL,
    body         text NOT NULL,
    created_at   timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, actor_id, key),
    CONSTRAINT ck_idempotency_keys_key CHECK (length(key) BETWEEN 1 AND 255)
);
CREATE INDEX ix_idempotency_keys_created_at ON idempotency_keys (created_at);

-- Who did what to a tenant's masters and settings. Orders, stock and money keep histories of their own.
CREATE TABLE audit_log (
    tenant_id      uuid NOT NULL REFERENCES tenants (id),
    id             uuid NOT NULL,
    at             timestamptz NOT NULL,
    by_user        uuid,
    by_name        text NOT NULL,
    -- The platform admin behind a support visit.
    on_behalf_of   text,
    action         text NOT NULL,
    object_kind    text NOT NULL,
    object_id      uuid,
    detail         jsonb NOT NULL,
    PRIMARY KEY (tenant_id, id)
);
CREATE INDEX ix_audit_log_tenant_id_object ON audit_log (tenant_id, object_kind, object_id, id DESC);
