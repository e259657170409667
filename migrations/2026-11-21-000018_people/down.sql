DROP TABLE email_changes;
DELETE FROM account_mails WHERE kind IN ('INVITATION', 'NEW_EMAIL', 'EMAIL_CHANGED');
ALTER TABLE account_mails
    DROP COLUMN about,
    DROP CONSTRAINT ck_account_mails_kind,
    ADD CONSTRAINT ck_account_mails_kind CHECK (kind IN ('PASSWORD_CHANGED', 'TOKENS_COPIED', 'NEW_PASSWORD'));
-- What is made anew after the migrations and reads what goes.
DROP FUNCTION IF EXISTS lookup.invitation(bytea);
DROP POLICY IF EXISTS visible_to_colleagues ON users;
DROP TRIGGER IF EXISTS last_administrator_changed ON memberships;
DROP TRIGGER IF EXISTS last_administrator_deleted ON memberships;
DROP TABLE invitations;
ALTER TABLE memberships DROP COLUMN removed_at, DROP COLUMN version;
