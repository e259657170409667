-- Tenants, users and what ties them together. Users are global: one person may serve several distributors.
CREATE TABLE tenants (
    id          uuid PRIMARY KEY,
    slug        text NOT NULL,
    name        text NOT NULL,
    status      text NOT NULL DEFAULT 'ACTIVE',
    created_at  timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT uq_tenants_slug UNIQUE (slug),
    CONSTRAINT ck_tenants_slug CHECK (slug ~ '^[a-z0-9][a-z0-9-]{1,39}$'),
    CONSTRAINT ck_tenants_status CHECK (status IN ('ACTIVE', 'SUSPENDED'))
);

CREATE TABLE users (
    id                uuid PRIMARY KEY,
    email             text NOT NULL,
    name              text NOT NULL,
    password_hash     text NOT NULL,
    is_platform_admin boolean NOT NULL DEFAULT false,
    is_active         boolean NOT NULL DEFAULT true,
    created_at        timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT uq_users_email UNIQUE (email),
    CONSTRAINT ck_users_email CHECK (email = lower(email) AND length(email) <= 254)
);

CREATE TABLE memberships (
    tenant_id  uuid NOT NULL REFERENCES tenants (id),
    id         uuid NOT NULL,
    user_id    uuid NOT NULL REFERENCES users (id),
    role       text NOT NULL,
    -- The dealer a DEALER member orders for; no other role has one. The key to dealers follows with that table.
    dealer_id  uuid,
    is_active  boolean NOT NULL DEFAULT true,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, id),
    CONSTRAINT uq_memberships_tenant_id_user_id UNIQUE (tenant_id, user_id),
    CONSTRAINT ck_memberships_role CHECK (role IN ('ADMIN', 'SALES', 'WAREHOUSE', 'ACCOUNTS', 'DEALER')),
    CONSTRAINT ck_memberships_dealer CHECK ((role = 'DEALER') = (dealer_id IS NOT NULL))
);
-- The sign-in look-up starts from the user, before any tenant is known.
CREATE INDEX ix_memberships_user_id ON memberships (user_id);

-- A support visit of a platform admin inside a tenant: why, how long, whether it may write.
CREATE TABLE impersonations (
    tenant_id  uuid NOT NULL REFERENCES tenants (id),
    id         uuid NOT NULL,
    user_id    uuid NOT NULL REFERENCES users (id),
    user_name  text NOT NULL,
    reason     text NOT NULL,
    may_write  boolean NOT NULL DEFAULT false,
    started_at timestamptz NOT NULL,
    ends_at    timestamptz NOT NULL,
    ended_at   timestamptz,
    PRIMARY KEY (tenant_id, id),
    CONSTRAINT ck_impersonations_reason CHECK (length(reason) BETWEEN 5 AND 500),
    CONSTRAINT ck_impersonations_length CHECK (ends_at <= started_at + interval '60 minutes')
);

-- Browser sessions. The key is the SHA-256 of the cookie, so that a copy of this table opens nothing.
CREATE TABLE sessions (
    id_hash             bytea PRIMARY KEY,
    user_id             uuid NOT NULL REFERENCES users (id),
    -- Which of the user's memberships, or which support visit, the session acts as; both name a tenant.
    acting_tenant       uuid,
    membership_id       uuid,
    impersonation_id    uuid,
    data                jsonb NOT NULL,
    ip                  text,
    user_agent          text,
    created_at          timestamptz NOT NULL DEFAULT now(),
    last_seen_at        timestamptz NOT NULL DEFAULT now(),
    idle_timeout_s      integer NOT NULL,
    expires_at          timestamptz NOT NULL,
    absolute_expires_at timestamptz NOT NULL,
    CONSTRAINT ck_sessions_id_hash CHECK (octet_length(id_hash) = 32),
    CONSTRAINT ck_sessions_lengths CHECK (length(user_agent) <= 400 AND length(ip) <= 64 AND length(data::text) <= 8192)
);
CREATE INDEX ix_sessions_user_id ON sessions (user_id);
CREATE INDEX ix_sessions_expires_at ON sessions (expires_at);

-- Bearer tokens of the API: opaque, 15 minutes, stored as SHA-256.
CREATE TABLE access_tokens (
    token_hash    bytea PRIMARY KEY,
    user_id       uuid NOT NULL REFERENCES users (id),
    acting_tenant uuid,
    membership_id uuid,
    created_at    timestamptz NOT NULL DEFAULT now(),
    expires_at    timestamptz NOT NULL,
    CONSTRAINT ck_access_tokens_token_hash CHECK (octet_length(token_hash) = 32)
);
CREATE INDEX ix_access_tokens_expires_at ON access_tokens (expires_at);
