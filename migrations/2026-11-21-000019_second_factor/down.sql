DELETE FROM account_mails WHERE kind IN ('SECOND_FACTOR_ON', 'SECOND_FACTOR_OFF', 'SECOND_FACTOR_RESET', 'RECOVERY_CODE_USED');
ALTER TABLE account_mails DROP CONSTRAINT ck_account_mails_kind;
ALTER TABLE account_mails ADD CONSTRAINT ck_account_mails_kind CHECK (kind IN ('PASSWORD_CHANGED', 'TOKENS_COPIED', 'NEW_PASSWORD', 'INVITATION', 'NEW_EMAIL', 'EMAIL_CHANGED'));
DROP TABLE second_factor_rules;
DROP TABLE pending_sign_ins;
DROP TABLE recovery_codes;
DROP TABLE second_factors;
