-- What lets people and programs in, and how each of it ends.
--
-- A sign-in to the API is a session like a browser's: it has a device and an address, it is listed and ended in one place, and
-- with its row go all its tokens. Its `id_hash` is the hash of the refresh token in force.
ALTER TABLE sessions
    -- Names a session to people; its hash would be a step towards its secret.
    ADD COLUMN id uuid NOT NULL DEFAULT gen_random_uuid(),
    ADD COLUMN kind text NOT NULL DEFAULT 'BROWSER',
    ADD CONSTRAINT uq_sessions_id UNIQUE (id),
    ADD CONSTRAINT ck_sessions_kind CHECK (kind IN ('BROWSER', 'API'));
ALTER TABLE sessions ALTER COLUMN id DROP DEFAULT, ALTER COLUMN kind DROP DEFAULT;
-- The sessions inside a distributor, newest first.
CREATE INDEX ix_sessions_acting_tenant ON sessions (acting_tenant, id DESC);

-- Access tokens live 15 minutes, so those of before are not worth moving. Whose they are is their session's to say.
DROP TABLE access_tokens;
CREATE TABLE access_tokens (
    token_hash bytea PRIMARY KEY,
    session_id uuid NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL,
    CONSTRAINT ck_access_tokens_token_hash CHECK (octet_length(token_hash) = 32)
);
CREATE INDEX ix_access_tokens_session_id ON access_tokens (session_id);
CREATE INDEX ix_access_tokens_expires_at ON access_tokens (expires_at);

-- Refresh tokens that were used. Whoever shows one again has a copy, and so has somebody else: the session ends.
CREATE TABLE rotated_tokens (
    token_hash bytea PRIMARY KEY,
    session_id uuid NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
    rotated_at timestamptz NOT NULL DEFAULT now(),
    -- When the token would have expired unused; past it there is nothing to find out.
    expires_at timestamptz NOT NULL,
    CONSTRAINT ck_rotated_tokens_token_hash CHECK (octet_length(token_hash) = 32)
);
CREATE INDEX ix_rotated_tokens_session_id ON rotated_tokens (session_id);
CREATE INDEX ix_rotated_tokens_expires_at ON rotated_tokens (expires_at);

-- Keys of programs. One is its maker's delegate: it may what it names and its maker still may.
CREATE TABLE api_keys (
    tenant_id     uuid NOT NULL,
    id            uuid NOT NULL,
    membership_id uuid NOT NULL,
    name          text NOT NULL,
    secret_hash   bytea NOT NULL,
    last4         text NOT NULL,
    -- Codes of permissions, and networks in CIDR, parted by spaces. No network means any address.
    scopes        text NOT NULL,
    networks      text NOT NULL,
    created_at    timestamptz NOT NULL,
    created_by    text NOT NULL,
    expires_at    timestamptz NOT NULL,
    -- The key that takes its place; until `expires_at` both work.
    replaced_by   uuid,
    revoked_at    timestamptz,
    revoked_by    text,
    -- At most once a minute.
    last_used_at  timestamptz,
    last_used_ip  text,
    PRIMARY KEY (tenant_id, id),
    CONSTRAINT fk_api_keys_membership FOREIGN KEY (tenant_id, membership_id) REFERENCES memberships (tenant_id, id),
    CONSTRAINT fk_api_keys_replaced_by FOREIGN KEY (tenant_id, replaced_by) REFERENCES api_keys (tenant_id, id),
    CONSTRAINT ck_api_keys_secret_hash CHECK (octet_length(secret_hash) = 32),
    CONSTRAINT ck_api_keys_texts CHECK (length(name) BETWEEN 1 AND 80 AND length(last4) = 4 AND length(scopes) BETWEEN 1 AND 4000 AND length(networks) <= 1000),
    CONSTRAINT ck_api_keys_expires_at CHECK (expires_at <= created_at + interval '366 days'),
    CONSTRAINT ck_api_keys_revoked CHECK ((revoked_at IS NULL) = (revoked_by IS NULL))
);
-- A key is looked up before its tenant is known. Two secrets of 256 bits do not meet.
CREATE INDEX ix_api_keys_secret_hash ON api_keys (secret_hash);

-- Their columns change with this release; they are made anew after the migrations.
DROP FUNCTION IF EXISTS lookup.session(bytea);
DROP FUNCTION IF EXISTS lookup.bearer(bytea);
