-- The trail: what every write did to every row, told by triggers (core/schema/sql/audit.sql) and not by whoever writes. The
-- audit log beside it stays what people read; both name the transaction and the request, so that each leads to the other.

-- A row's tenant is that of the row it tells of, which leads to tenants; a key of its own would be a look-up in every write.
CREATE TABLE audit_trail (
    tenant_id  uuid NOT NULL,
    -- The transaction, and the row's place in it. Numbers of transactions rise and none comes back, so that what one of them
    -- wrote is complete as soon as it is over: this is what the seals rest on.
    tx         bigint NOT NULL,
    n          integer NOT NULL,
    at         timestamptz NOT NULL DEFAULT now(),
    -- Who; none for jobs and commands, which `via` names. On a support visit the platform admin, and the visit.
    actor_id   uuid,
    visit_id   uuid,
    request_id uuid,
    -- The session, token, job or command by which they came.
    via        text,
    table_name text NOT NULL,
    op         text NOT NULL,
    -- The row's key without its tenant, and the record that people look it up under: a line's order, a price's list.
    row_key    text NOT NULL,
    object_id  uuid NOT NULL,
    -- Of a change the columns that differ. Secrets are masked.
    before     jsonb,
    after      jsonb,
    PRIMARY KEY (tenant_id, tx, n),
    CONSTRAINT ck_audit_trail_op CHECK (op IN ('INSERT', 'UPDATE', 'DELETE')),
    CONSTRAINT ck_audit_trail_n CHECK (n >= 1)
);
CREATE INDEX ix_audit_trail_tenant_id_object ON audit_trail (tenant_id, object_id, tx DESC, n DESC);
-- Who, when and by which request are the same in all rows of a transaction: its first row stands for them.
CREATE INDEX ix_audit_trail_tenant_id_actor ON audit_trail (tenant_id, actor_id, tx) WHERE n = 1;
CREATE INDEX ix_audit_trail_tenant_id_at ON audit_trail (tenant_id, at) WHERE n = 1;
CREATE INDEX ix_audit_trail_tenant_id_request ON audit_trail (tenant_id, request_id) WHERE n = 1;

-- The trail's seals: each holds the hash of what the transactions of a window wrote, and of the seal before it.
CREATE TABLE audit_seals (
    tenant_id     uuid NOT NULL REFERENCES tenants (id),
    n             integer NOT NULL,
    -- The window: transactions from the first to before the second. It begins where the seal before it ends.
    from_tx       bigint NOT NULL,
    to_tx         bigint NOT NULL,
    row_count     bigint NOT NULL,
    previous_hash text NOT NULL,
    hash          text NOT NULL,
    sealed_at     timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, n),
    CONSTRAINT ck_audit_seals_window CHECK (from_tx < to_tx AND row_count > 0 AND n >= 1)
);

ALTER TABLE audit_log ADD COLUMN tx bigint NOT NULL DEFAULT pg_current_xact_id()::text::bigint;
ALTER TABLE audit_log ADD COLUMN request_id uuid DEFAULT NULLIF(split_part(current_setting('app.origin', true), '|', 1), '')::uuid;
CREATE INDEX ix_audit_log_tenant_id_by_user ON audit_log (tenant_id, by_user, id DESC);
CREATE INDEX ix_audit_log_tenant_id_request ON audit_log (tenant_id, request_id);
