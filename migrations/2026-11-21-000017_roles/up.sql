-- Roles that a tenant makes for itself, each grown from a built-in one: that one decides where its people begin their work
-- and whether they are a dealer's. The built-in roles are code and have no row.
CREATE TABLE roles (
    tenant_id      uuid NOT NULL REFERENCES tenants (id),
    id             uuid NOT NULL,
    name           text NOT NULL,
    base           text NOT NULL,
    permissions    text[] NOT NULL,
    -- Orders up to this total, in rupees, may be approved; NULL for any.
    approval_limit numeric(14,2),
    version        integer NOT NULL DEFAULT 1,
    created_at     timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, id),
    -- What a membership's key leads to: a person's built-in role is the one that theirs grew from.
    CONSTRAINT uq_roles_tenant_id_id_base UNIQUE (tenant_id, id, base),
    CONSTRAINT ck_roles_base CHECK (base IN ('ADMIN', 'SALES', 'WAREHOUSE', 'ACCOUNTS', 'DEALER')),
    CONSTRAINT ck_roles_name CHECK (length(name) BETWEEN 1 AND 60),
    CONSTRAINT ck_roles_permissions CHECK (cardinality(permissions) BETWEEN 1 AND 128),
    CONSTRAINT ck_roles_approval_limit CHECK (approval_limit >= 0)
);
CREATE UNIQUE INDEX uq_roles_tenant_id_name ON roles (tenant_id, lower(name));

ALTER TABLE memberships
    ADD COLUMN role_id uuid,
    ADD CONSTRAINT fk_memberships_role FOREIGN KEY (tenant_id, role_id, role) REFERENCES roles (tenant_id, id, base);
CREATE INDEX ix_memberships_tenant_id_role ON memberships (tenant_id, role_id);
