-- What keeps strangers from guessing passwords and from taking the service for themselves.

-- A hash that is made anew must not bring back a password that was changed meanwhile.
ALTER TABLE users ADD COLUMN password_changed_at timestamptz NOT NULL DEFAULT now();

-- How tries went for an account, by the network they came from; the empty network stands for all that the account is not
-- known from. The key is a hash of what was typed, which need not be anybody's address, and may be a password typed into
-- the wrong field.
CREATE TABLE sign_in_tries (
    key           bytea NOT NULL,
    network       text NOT NULL,
    failures      integer NOT NULL,
    failed_at     timestamptz NOT NULL,
    delayed_until timestamptz,
    succeeded_at  timestamptz,
    PRIMARY KEY (key, network),
    CONSTRAINT ck_sign_in_tries_key CHECK (octet_length(key) = 32),
    CONSTRAINT ck_sign_in_tries_network CHECK (length(network) <= 64)
);
CREATE INDEX ix_sign_in_tries_failed_at ON sign_in_tries (failed_at);

-- What all web processes together have counted of a network in a stretch of time. A crash may forget it.
CREATE UNLOGGED TABLE request_counts (
    kind       text NOT NULL,
    network    text NOT NULL,
    started_at timestamptz NOT NULL,
    count      bigint NOT NULL,
    PRIMARY KEY (kind, network, started_at),
    CONSTRAINT ck_request_counts_kind CHECK (kind IN ('ANY', 'SIGN_IN')),
    CONSTRAINT ck_request_counts_network CHECK (length(network) <= 64)
);
CREATE INDEX ix_request_counts_started_at ON request_counts (started_at);

-- Links that were mailed to choose a new password. The key is the SHA-256 of the link's secret; a link that was used is gone.
CREATE TABLE account_links (
    token_hash bytea PRIMARY KEY,
    user_id    uuid NOT NULL REFERENCES users (id),
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL,
    CONSTRAINT ck_account_links_token_hash CHECK (octet_length(token_hash) = 32)
);
CREATE INDEX ix_account_links_user_id ON account_links (user_id);
CREATE INDEX ix_account_links_expires_at ON account_links (expires_at);

-- The outbox of mails about accounts, which belong to no tenant. The secret of a link is sealed, and gone once it is sent.
CREATE TABLE account_mails (
    id              uuid PRIMARY KEY,
    kind            text NOT NULL,
    recipient       text NOT NULL,
    recipient_name  text NOT NULL,
    sealed_secret   text,
    status          text NOT NULL DEFAULT 'PENDING',
    attempts        integer NOT NULL DEFAULT 0,
    next_attempt_at timestamptz NOT NULL DEFAULT now(),
    lease_token     uuid,
    lease_until     timestamptz,
    last_error      text,
    created_at      timestamptz NOT NULL DEFAULT now(),
    sent_at         timestamptz,
    CONSTRAINT ck_account_mails_kind CHECK (kind IN ('PASSWORD_CHANGED', 'TOKENS_COPIED', 'NEW_PASSWORD')),
    CONSTRAINT ck_account_mails_status CHECK (status IN ('PENDING', 'SENDING', 'SENT', 'FAILED')),
    CONSTRAINT ck_account_mails_sealed_secret CHECK (sealed_secret IS NULL OR status IN ('PENDING', 'SENDING'))
);
CREATE INDEX ix_account_mails_due ON account_mails (next_attempt_at) WHERE status IN ('PENDING', 'SENDING');
CREATE INDEX ix_account_mails_created_at ON account_mails (created_at);
