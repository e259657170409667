DELETE FROM account_mails WHERE kind = 'INVITATION';
ALTER TABLE account_mails
    DROP COLUMN about,
    DROP CONSTRAINT ck_account_mails_kind,
    ADD CONSTRAINT ck_account_mails_kind CHECK (kind IN ('PASSWORD_CHANGED', 'TOKENS_COPIED', 'NEW_PASSWORD'));
-- Made anew after the migrations; it reads the table that goes.
DROP FUNCTION IF EXISTS lookup.invitation(bytea);
DROP TABLE invitations;
ALTER TABLE memberships DROP COLUMN removed_at, DROP COLUMN version;
