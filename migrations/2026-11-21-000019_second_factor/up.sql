-- A second factor beside the password: the codes of an app on one's phone, and single-use codes for the day it is lost.
CREATE TABLE second_factors (
    user_id       uuid PRIMARY KEY REFERENCES users (id),
    sealed_secret text NOT NULL,
    -- When its first code was typed; until then it is being set up, and no sign-in asks for it.
    confirmed_at  timestamptz,
    -- The last stretch of 30 seconds whose code was used: no code works twice.
    last_step     bigint NOT NULL DEFAULT 0,
    created_at    timestamptz NOT NULL DEFAULT now()
);

-- What replaces the app once each. A code that was used is gone.
CREATE TABLE recovery_codes (
    user_id   uuid NOT NULL REFERENCES second_factors (user_id) ON DELETE CASCADE,
    code_hash bytea NOT NULL,
    PRIMARY KEY (user_id, code_hash),
    CONSTRAINT ck_recovery_codes_code_hash CHECK (octet_length(code_hash) = 32)
);

-- Who has typed the right password and not yet the code. The key is the SHA-256 of a cookie that opens nothing else.
CREATE TABLE pending_sign_ins (
    secret_hash bytea PRIMARY KEY,
    user_id     uuid NOT NULL REFERENCES users (id),
    created_at  timestamptz NOT NULL DEFAULT now(),
    expires_at  timestamptz NOT NULL,
    CONSTRAINT ck_pending_sign_ins_secret_hash CHECK (octet_length(secret_hash) = 32)
);
CREATE INDEX ix_pending_sign_ins_user_id ON pending_sign_ins (user_id);
CREATE INDEX ix_pending_sign_ins_expires_at ON pending_sign_ins (expires_at);

-- Which roles a tenant asks for a second factor: built-in ones, with all that grew from them, and its own.
CREATE TABLE second_factor_rules (
    tenant_id uuid PRIMARY KEY REFERENCES tenants (id),
    roles     text[] NOT NULL,
    role_ids  uuid[] NOT NULL,
    version   integer NOT NULL DEFAULT 1,
    CONSTRAINT ck_second_factor_rules_roles CHECK (roles <@ ARRAY['ADMIN', 'SALES', 'WAREHOUSE', 'ACCOUNTS', 'DEALER']),
    CONSTRAINT ck_second_factor_rules_role_ids CHECK (cardinality(role_ids) <= 100)
);

ALTER TABLE account_mails DROP CONSTRAINT ck_account_mails_kind;
ALTER TABLE account_mails ADD CONSTRAINT ck_account_mails_kind CHECK (kind IN ('PASSWORD_CHANGED', 'TOKENS_COPIED', 'NEW_PASSWORD', 'INVITATION', 'NEW_EMAIL', 'EMAIL_CHANGED',
    'SECOND_FACTOR_ON', 'SECOND_FACTOR_OFF', 'SECOND_FACTOR_RESET', 'RECOVERY_CODE_USED'));
