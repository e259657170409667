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
