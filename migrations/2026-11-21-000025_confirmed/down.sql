DELETE FROM account_mails WHERE kind IN ('DOMAIN_MISSING', 'DOMAIN_LAPSED');
ALTER TABLE account_mails DROP CONSTRAINT ck_account_mails_kind;
ALTER TABLE account_mails ADD CONSTRAINT ck_account_mails_kind CHECK (kind IN ('PASSWORD_CHANGED', 'TOKENS_COPIED', 'NEW_PASSWORD', 'INVITATION', 'NEW_EMAIL', 'EMAIL_CHANGED',
    'SECOND_FACTOR_ON', 'SECOND_FACTOR_OFF', 'SECOND_FACTOR_RESET', 'RECOVERY_CODE_USED', 'WEBHOOK_OFF'));
DELETE FROM request_counts WHERE kind = 'INVITATION';
ALTER TABLE request_counts DROP CONSTRAINT ck_request_counts_kind;
ALTER TABLE request_counts ADD CONSTRAINT ck_request_counts_kind CHECK (kind IN ('ANY', 'SIGN_IN'));
ALTER TABLE invitations DROP COLUMN is_mailed;
ALTER TABLE users DROP COLUMN email_confirmed_at;
