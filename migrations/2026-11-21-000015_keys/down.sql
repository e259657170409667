DROP FUNCTION IF EXISTS lookup.session(bytea);
DROP FUNCTION IF EXISTS lookup.bearer(bytea);
DROP FUNCTION IF EXISTS lookup.refresh(bytea);
DROP FUNCTION IF EXISTS lookup.key(bytea);
DROP TABLE api_keys, rotated_tokens, access_tokens;
DELETE FROM sessions WHERE kind = 'API';
ALTER TABLE sessions DROP COLUMN id, DROP COLUMN kind;
DROP INDEX IF EXISTS ix_sessions_acting_tenant;
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
