-- Administrators are told when a webhook endpoint was switched off for them.
ALTER TABLE account_mails DROP CONSTRAINT ck_account_mails_kind;
ALTER TABLE account_mails ADD CONSTRAINT ck_account_mails_kind CHECK (kind IN ('PASSWORD_CHANGED', 'TOKENS_COPIED', 'NEW_PASSWORD', 'INVITATION', 'NEW_EMAIL', 'EMAIL_CHANGED',
    'SECOND_FACTOR_ON', 'SECOND_FACTOR_OFF', 'SECOND_FACTOR_RESET', 'RECOVERY_CODE_USED', 'WEBHOOK_OFF'));
