-- What people are told and asked at the edges of an account: whether its address is theirs, and when a domain goes.

-- Whether whoever has an account has shown that the mails to its address reach them. A link that somebody passed on shows
-- nothing of the kind.
ALTER TABLE users ADD COLUMN email_confirmed_at timestamptz;
-- Until now nobody has told accounts apart: those that there are keep what they could do.
UPDATE users SET email_confirmed_at = created_at;
ALTER TABLE invitations ADD COLUMN is_mailed boolean NOT NULL DEFAULT false;

-- Invitations that were mailed to an address in a day, by whomever; in place of a network stands the hash of the address.
ALTER TABLE request_counts DROP CONSTRAINT ck_request_counts_kind;
ALTER TABLE request_counts ADD CONSTRAINT ck_request_counts_kind CHECK (kind IN ('ANY', 'SIGN_IN', 'INVITATION'));

ALTER TABLE account_mails DROP CONSTRAINT ck_account_mails_kind;
ALTER TABLE account_mails ADD CONSTRAINT ck_account_mails_kind CHECK (kind IN ('PASSWORD_CHANGED', 'TOKENS_COPIED', 'NEW_PASSWORD', 'INVITATION', 'NEW_EMAIL', 'EMAIL_CHANGED',
    'SECOND_FACTOR_ON', 'SECOND_FACTOR_OFF', 'SECOND_FACTOR_RESET', 'RECOVERY_CODE_USED', 'WEBHOOK_OFF', 'DOMAIN_MISSING', 'DOMAIN_LAPSED'));
