-- Names of the internet under which a distributor's people come in, beside the installation's own address.
--
-- Anybody may write a name down; it counts once a TXT record beneath it shows that it is theirs. So a name that waits bars nobody
-- else from it, and one that is verified is one tenant's.
CREATE TABLE tenant_domains (
    tenant_id     uuid NOT NULL REFERENCES tenants (id),
    id            uuid NOT NULL,
    -- As DNS has it: small letters, other scripts in their ASCII form, no dot at the end.
    name          text NOT NULL,
    -- What the record must say. No secret: it stands in DNS for everybody to read.
    proof         text NOT NULL,
    status        text NOT NULL DEFAULT 'PENDING',
    -- The one that links in mails about orders lead to.
    is_primary    boolean NOT NULL DEFAULT false,
    -- What the last look at the record found.
    finding       text,
    -- Since when the record of a verified name is gone.
    missing_since timestamptz,
    verified_at   timestamptz,
    checked_at    timestamptz,
    -- When somebody last wanted the record looked at: how often it is looked at goes by that.
    asked_at      timestamptz NOT NULL,
    -- NULL when nobody looks any more.
    check_due_at  timestamptz,
    version       integer NOT NULL DEFAULT 1,
    created_at    timestamptz NOT NULL,
    created_by    text NOT NULL,
    PRIMARY KEY (tenant_id, id),
    CONSTRAINT uq_tenant_domains_tenant_id_name UNIQUE (tenant_id, name),
    CONSTRAINT ck_tenant_domains_name CHECK (name = lower(name) AND length(name) BETWEEN 4 AND 240),
    CONSTRAINT ck_tenant_domains_proof CHECK (length(proof) = 32),
    CONSTRAINT ck_tenant_domains_status CHECK (status IN ('PENDING', 'VERIFIED', 'LAPSED')),
    CONSTRAINT ck_tenant_domains_finding CHECK (finding IN ('FOUND', 'MISSING', 'OTHER', 'NO_ANSWER', 'TAKEN')),
    CONSTRAINT ck_tenant_domains_is_primary CHECK (NOT is_primary OR status = 'VERIFIED'),
    -- A verified name is looked at for as long as it is.
    CONSTRAINT ck_tenant_domains_verified CHECK (status <> 'VERIFIED' OR (verified_at IS NOT NULL AND check_due_at IS NOT NULL))
);
-- One name leads to one tenant. Web can verify none, so this tells no tenant of another's.
CREATE UNIQUE INDEX uq_tenant_domains_name ON tenant_domains (name) WHERE status = 'VERIFIED';
CREATE UNIQUE INDEX uq_tenant_domains_tenant_id_is_primary ON tenant_domains (tenant_id) WHERE is_primary;
CREATE INDEX ix_tenant_domains_check_due_at ON tenant_domains (check_due_at);
