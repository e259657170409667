-- People of a distributor are invited, change their role, are switched off and go.
--
-- Who is gone keeps a row, for keys lead to it; nobody sees it, and it comes to life again when the person is made a member anew.
ALTER TABLE memberships
    ADD COLUMN version integer NOT NULL DEFAULT 1,
    ADD COLUMN removed_at timestamptz,
    ADD CONSTRAINT ck_memberships_removed_at CHECK (removed_at IS NULL OR (NOT is_active AND role_id IS NULL));

-- Who was invited and has not come yet. A row goes when it is accepted or taken back; the audit log tells what became of it.
CREATE TABLE invitations (
    tenant_id  uuid NOT NULL,
    id         uuid NOT NULL,
    email      text NOT NULL,
    role       text NOT NULL,
    -- One of the tenant's own. No key leads to it: a role may go, and the invitation then gives nothing.
    role_id    uuid,
    dealer_id  uuid,
    -- SHA-256 of the secret of the link in force.
    token_hash bytea NOT NULL,
    -- Whose gift it is: they must still have it to give when it is accepted.
    invited_by uuid NOT NULL,
    sendings   integer NOT NULL DEFAULT 1,
    version    integer NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, id),
    CONSTRAINT uq_invitations_tenant_id_email UNIQUE (tenant_id, email),
    CONSTRAINT fk_invitations_membership FOREIGN KEY (tenant_id, invited_by) REFERENCES memberships (tenant_id, id),
    CONSTRAINT fk_invitations_dealer FOREIGN KEY (tenant_id, dealer_id) REFERENCES dealers (tenant_id, id),
    CONSTRAINT ck_invitations_email CHECK (email = lower(email) AND length(email) <= 254),
    CONSTRAINT ck_invitations_role CHECK (role IN ('ADMIN', 'SALES', 'WAREHOUSE', 'ACCOUNTS', 'DEALER')),
    CONSTRAINT ck_invitations_dealer CHECK ((role = 'DEALER') = (dealer_id IS NOT NULL)),
    CONSTRAINT ck_invitations_token_hash CHECK (octet_length(token_hash) = 32)
);
-- A link is found before its tenant is known. Two secrets of 256 bits do not meet.
CREATE INDEX ix_invitations_token_hash ON invitations (token_hash);

ALTER TABLE account_mails
    -- What a mail is about, in words: who invites.
    ADD COLUMN about text,
    ADD CONSTRAINT ck_account_mails_about CHECK (length(about) <= 300),
    DROP CONSTRAINT ck_account_mails_kind,
    ADD CONSTRAINT ck_account_mails_kind CHECK (kind IN ('PASSWORD_CHANGED', 'TOKENS_COPIED', 'NEW_PASSWORD', 'INVITATION'));
