-- Row-level security, made from the catalogue: a new table with tenant_id is isolated before anybody thinks of it.
-- Re-run whole after every migration; running it twice changes nothing.
--
-- One form everywhere. NULLIF, because the setting is '' and not NULL after the first transaction of a connection;
-- a sub-select, because it is then evaluated once a statement and not once a row. The comparison with 'all' stands inside
-- its sub-select: a boolean is taken to be true half of the time, a text to equal 'all' once in two hundred, and then the
-- planner would sort a tenant's whole history rather than read the 25 newest rows from an index.

DO $$
DECLARE
    t record;
    tenant constant text := $p$tenant_id = (SELECT NULLIF(current_setting('app.tenant_id', true), '')::uuid)$p$;
    staff constant text := $p$(SELECT current_setting('app.dealer_scope', true) = 'all')$p$;
    own_dealer constant text := $p$((SELECT current_setting('app.dealer_scope', true) = 'all') OR %I = (SELECT NULLIF(NULLIF(current_setting('app.dealer_scope', true), ''), 'all')::uuid))$p$;
BEGIN
    FOR t IN
        SELECT c.oid, c.relname,
               EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'dealer_id' AND NOT a.attisdropped) AS has_dealer
        FROM pg_class c
        JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'tenant_id' AND NOT a.attisdropped
        WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')
    LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t.relname);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', t.relname);
        EXECUTE format('DROP POLICY IF EXISTS tenant_isolation ON %I', t.relname);
        EXECUTE format('CREATE POLICY tenant_isolation ON %I USING (%s) WITH CHECK (%s)', t.relname, tenant, tenant);

        -- A dealer's session sees its own dealer's rows alone; unset means no rows. Dealers come in through web alone.
        EXECUTE format('DROP POLICY IF EXISTS dealer_scope ON %I', t.relname);
        IF t.has_dealer OR t.relname = 'dealers' THEN
            EXECUTE format('CREATE POLICY dealer_scope ON %I AS RESTRICTIVE TO app_user USING (%s) WITH CHECK (%s)', t.relname,
                format(own_dealer, CASE WHEN t.relname = 'dealers' THEN 'id' ELSE 'dealer_id' END),
                format(own_dealer, CASE WHEN t.relname = 'dealers' THEN 'id' ELSE 'dealer_id' END));
        ELSIF t.relname IN ('api_keys', 'audit_log', 'audit_seals', 'audit_trail', 'document_counters', 'impersonations', 'notification_attempts', 'pick_lists', 'roles', 'second_factor_rules', 'stock_ledger',
            'tenant_domains', 'webhook_attempts', 'webhook_endpoints', 'webhook_secrets', 'whatsapp_accounts') THEN
            EXECUTE format('CREATE POLICY dealer_scope ON %I AS RESTRICTIVE TO app_user USING (%s) WITH CHECK (%s)', t.relname, staff, staff);
        ELSIF t.relname IN ('webhook_deliveries', 'webhook_events') THEN
            -- What a dealer does is told to whoever listens; the dealer's session writes it down and reads nothing of it.
            EXECUTE format('CREATE POLICY dealer_scope ON %I AS RESTRICTIVE TO app_user USING (%s) WITH CHECK (true)', t.relname, staff);
        END IF;
    END LOOP;
END $$;

-- Whoever works at some locations sees and writes what is of those alone; unset means no rows. What hangs on an order is of the
-- order's location, and what hangs on an invoice or a message of that one's order: to ask costs nothing where all is seen,
-- because the comparison before it is made once a statement. A row that is written together with its order cannot be compared
-- with it yet; the order itself is.
DO $$
DECLARE
    t record;
    everywhere constant text := $p$(SELECT current_setting('app.location_scope', true) = 'all')$p$;
    own constant text := everywhere || $p$ OR location_id = ANY ((SELECT string_to_array(NULLIF(NULLIF(current_setting('app.location_scope', true), ''), 'all'), ','))::uuid[])$p$;
    through constant text := everywhere || $p$ OR EXISTS (SELECT FROM %1$I x WHERE x.tenant_id = %2$I.tenant_id AND x.id = %2$I.%3$I)$p$;
BEGIN
    FOR t IN SELECT * FROM (VALUES ('orders', NULL, NULL), ('pick_lists', NULL, NULL), ('stock_balances', NULL, NULL), ('stock_ledger', NULL, NULL),
        ('order_lines', 'orders', 'order_id'), ('order_status_history', 'orders', 'order_id'), ('credit_holds', 'orders', 'order_id'),
        ('shipments', 'orders', 'order_id'), ('invoices', 'orders', 'order_id'), ('notification_logs', 'orders', 'order_id'),
        ('invoice_lines', 'invoices', 'invoice_id'), ('invoice_tax_summary', 'invoices', 'invoice_id'), ('document_renders', 'invoices', 'invoice_id'),
        ('notification_attempts', 'notification_logs', 'notification_id')) AS bound (name, parent, key)
    LOOP
        EXECUTE format('DROP POLICY IF EXISTS location_scope ON %I', t.name);
        IF t.parent IS NULL THEN
            EXECUTE format('CREATE POLICY location_scope ON %I AS RESTRICTIVE TO app_user USING (%s) WITH CHECK (%s)', t.name, own, own);
        ELSE
            EXECUTE format('CREATE POLICY location_scope ON %I AS RESTRICTIVE TO app_user USING (%s) WITH CHECK (true)', t.name, format(through, t.parent, t.name, t.key));
        END IF;
    END LOOP;
    -- What tells of everybody's work is written by everybody, and read by those who work everywhere.
    FOR t IN SELECT unnest(ARRAY['audit_log', 'audit_seals', 'audit_trail', 'webhook_attempts', 'webhook_deliveries', 'webhook_events']) AS name
    LOOP
        EXECUTE format('DROP POLICY IF EXISTS location_scope ON %I', t.name);
        EXECUTE format('CREATE POLICY location_scope ON %I AS RESTRICTIVE TO app_user USING (%s) WITH CHECK (true)', t.name, everywhere);
    END LOOP;
END $$;

-- A kept answer is shown again to whoever asked, and to nobody else: it may hold all that they alone may see. Jobs and
-- commands have no user; their answers stand under the nil id, which no signed-in session has.
DROP POLICY IF EXISTS own_answers ON idempotency_keys;
CREATE POLICY own_answers ON idempotency_keys AS RESTRICTIVE TO app_user
    USING (actor_id = (SELECT coalesce(NULLIF(current_setting('app.actor_id', true), '')::uuid, '00000000-0000-0000-0000-000000000000')))
    WITH CHECK (actor_id = (SELECT coalesce(NULLIF(current_setting('app.actor_id', true), '')::uuid, '00000000-0000-0000-0000-000000000000')));

-- Due work is found across tenants, by the worker's role alone and on the outbox tables alone. That, and what has expired, is seen
-- from outside of every tenant: inside one the worker sees that tenant's rows and nothing else.
DROP POLICY IF EXISTS worker_finds_due ON notification_logs;
CREATE POLICY worker_finds_due ON notification_logs FOR SELECT TO app_worker USING ((SELECT NULLIF(current_setting('app.tenant_id', true), '') IS NULL) AND status IN ('PENDING', 'SENDING'));
DROP POLICY IF EXISTS worker_finds_due ON document_renders;
CREATE POLICY worker_finds_due ON document_renders FOR SELECT TO app_worker USING ((SELECT NULLIF(current_setting('app.tenant_id', true), '') IS NULL) AND status IN ('PENDING', 'RENDERING'));
DROP POLICY IF EXISTS worker_finds_due ON webhook_deliveries;
CREATE POLICY worker_finds_due ON webhook_deliveries FOR SELECT TO app_worker USING ((SELECT NULLIF(current_setting('app.tenant_id', true), '') IS NULL) AND status IN ('PENDING', 'SENDING'));

-- A look at a name's record is due like any other work; so is every verified name, which shows the worker whose it is.
DROP POLICY IF EXISTS worker_finds_due ON tenant_domains;
CREATE POLICY worker_finds_due ON tenant_domains FOR SELECT TO app_worker USING ((SELECT NULLIF(current_setting('app.tenant_id', true), '') IS NULL) AND check_due_at IS NOT NULL);

-- The trail is written by the triggers of audit.sql, which run as the owner and take the tenant from the row they tell of.
DROP POLICY IF EXISTS told_by_trigger ON audit_trail;
CREATE POLICY told_by_trigger ON audit_trail FOR INSERT TO app_owner WITH CHECK (true);
-- A migration looks how far the trails of all tenants have come.
DROP POLICY IF EXISTS counted_by_owner ON audit_trail;
CREATE POLICY counted_by_owner ON audit_trail FOR SELECT TO app_owner USING (true);
DROP POLICY IF EXISTS counted_by_owner ON audit_seals;
CREATE POLICY counted_by_owner ON audit_seals FOR SELECT TO app_owner USING (true);

-- What has expired is deleted across tenants; a row in force is out of reach.
DROP POLICY IF EXISTS worker_finds_expired ON idempotency_keys;
CREATE POLICY worker_finds_expired ON idempotency_keys FOR SELECT TO app_worker USING ((SELECT NULLIF(current_setting('app.tenant_id', true), '') IS NULL) AND created_at < now() - interval '24 hours');
DROP POLICY IF EXISTS worker_deletes_expired ON idempotency_keys;
CREATE POLICY worker_deletes_expired ON idempotency_keys FOR DELETE TO app_worker USING ((SELECT NULLIF(current_setting('app.tenant_id', true), '') IS NULL) AND created_at < now() - interval '24 hours');
DROP POLICY IF EXISTS worker_finds_expired ON webhook_events;
CREATE POLICY worker_finds_expired ON webhook_events FOR SELECT TO app_worker USING ((SELECT NULLIF(current_setting('app.tenant_id', true), '') IS NULL) AND occurred_at < now() - interval '30 days');
DROP POLICY IF EXISTS worker_deletes_expired ON webhook_events;
CREATE POLICY worker_deletes_expired ON webhook_events FOR DELETE TO app_worker USING ((SELECT NULLIF(current_setting('app.tenant_id', true), '') IS NULL) AND occurred_at < now() - interval '30 days');
DROP POLICY IF EXISTS worker_finds_removed ON webhook_endpoints;
CREATE POLICY worker_finds_removed ON webhook_endpoints FOR SELECT TO app_worker USING ((SELECT NULLIF(current_setting('app.tenant_id', true), '') IS NULL) AND removed_at IS NOT NULL);
DROP POLICY IF EXISTS worker_finds_expired ON webhook_secrets;
CREATE POLICY worker_finds_expired ON webhook_secrets FOR SELECT TO app_worker USING ((SELECT NULLIF(current_setting('app.tenant_id', true), '') IS NULL) AND expires_at < now());
DROP POLICY IF EXISTS worker_deletes_expired ON webhook_secrets;
CREATE POLICY worker_deletes_expired ON webhook_secrets FOR DELETE TO app_worker USING ((SELECT NULLIF(current_setting('app.tenant_id', true), '') IS NULL) AND expires_at < now());

-- Look-ups before the tenant is known: the pinned functions of functions.sql run as app_lookup, which sees these tables
-- and the columns granted to it, nothing else.
DROP POLICY IF EXISTS found_before_tenant ON memberships;
CREATE POLICY found_before_tenant ON memberships FOR SELECT TO app_lookup USING (true);
DROP POLICY IF EXISTS found_before_tenant ON roles;
CREATE POLICY found_before_tenant ON roles FOR SELECT TO app_lookup USING (true);
-- A dealer's session may see who else works for the dealer, and makes nobody a member.
DROP POLICY IF EXISTS made_by_staff ON memberships;
CREATE POLICY made_by_staff ON memberships AS RESTRICTIVE FOR INSERT TO app_user
    WITH CHECK ((SELECT current_setting('app.dealer_scope', true) = 'all'));
-- Whom else a dealer's people will work with is the staff's to know.
DROP POLICY IF EXISTS seen_by_staff ON invitations;
CREATE POLICY seen_by_staff ON invitations AS RESTRICTIVE TO app_user
    USING ((SELECT current_setting('app.dealer_scope', true) = 'all')) WITH CHECK ((SELECT current_setting('app.dealer_scope', true) = 'all'));
DROP POLICY IF EXISTS found_before_tenant ON api_keys;
CREATE POLICY found_before_tenant ON api_keys FOR SELECT TO app_lookup USING (true);
DROP POLICY IF EXISTS found_before_tenant ON invitations;
CREATE POLICY found_before_tenant ON invitations FOR SELECT TO app_lookup USING (true);
DROP POLICY IF EXISTS found_before_tenant ON tenant_domains;
CREATE POLICY found_before_tenant ON tenant_domains FOR SELECT TO app_lookup USING (status = 'VERIFIED');
DROP POLICY IF EXISTS found_before_tenant ON impersonations;
CREATE POLICY found_before_tenant ON impersonations FOR SELECT TO app_lookup USING (true);

-- Tables without a tenant that hold people's secrets: one may see what one already holds the key to.
ALTER TABLE users ENABLE ROW LEVEL SECURITY;
ALTER TABLE users FORCE ROW LEVEL SECURITY;
DROP POLICY IF EXISTS found_before_tenant ON users;
CREATE POLICY found_before_tenant ON users FOR SELECT TO app_lookup USING (true);
DROP POLICY IF EXISTS visible_to_colleagues ON users;
CREATE POLICY visible_to_colleagues ON users FOR SELECT
    USING (id = (SELECT NULLIF(current_setting('app.actor_id', true), '')::uuid)
        OR EXISTS (SELECT FROM memberships m WHERE m.user_id = users.id AND m.removed_at IS NULL));
DROP POLICY IF EXISTS added ON users;
CREATE POLICY added ON users FOR INSERT WITH CHECK (true);
DROP POLICY IF EXISTS changed_by_themselves ON users;
CREATE POLICY changed_by_themselves ON users FOR UPDATE
    USING (id = (SELECT NULLIF(current_setting('app.actor_id', true), '')::uuid));

DO $$
DECLARE
    t text;
    in_no_tenant constant text := $p$(SELECT NULLIF(current_setting('app.tenant_id', true), '') IS NULL)$p$;
BEGIN
    FOREACH t IN ARRAY ARRAY['sessions', 'access_tokens', 'rotated_tokens', 'account_links', 'email_changes', 'pending_sign_ins']
    LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', t);
        EXECUTE format('DROP POLICY IF EXISTS found_before_tenant ON %I', t);
        EXECUTE format('CREATE POLICY found_before_tenant ON %I FOR SELECT TO app_lookup USING (true)', t);
        EXECUTE format('DROP POLICY IF EXISTS opened ON %I', t);
        EXECUTE format('CREATE POLICY opened ON %I FOR INSERT WITH CHECK (true)', t);
        EXECUTE format('DROP POLICY IF EXISTS worker_finds_expired ON %I', t);
        EXECUTE format('CREATE POLICY worker_finds_expired ON %I FOR SELECT TO app_worker USING (%s AND expires_at < now())', t, in_no_tenant);
        EXECUTE format('DROP POLICY IF EXISTS worker_deletes_expired ON %I', t);
        EXECUTE format('CREATE POLICY worker_deletes_expired ON %I FOR DELETE TO app_worker USING (%s AND expires_at < now())', t, in_no_tenant);
    END LOOP;
END $$;

-- Tries to sign in are counted under a hash of what was typed: who types it may count. What is over goes.
ALTER TABLE sign_in_tries ENABLE ROW LEVEL SECURITY;
ALTER TABLE sign_in_tries FORCE ROW LEVEL SECURITY;
DROP POLICY IF EXISTS held ON sign_in_tries;
CREATE POLICY held ON sign_in_tries TO app_user
    USING (key = decode((SELECT NULLIF(current_setting('app.credential_hash', true), '')), 'hex'));
DROP POLICY IF EXISTS worker_finds_expired ON sign_in_tries;
CREATE POLICY worker_finds_expired ON sign_in_tries FOR SELECT TO app_worker USING ((SELECT NULLIF(current_setting('app.tenant_id', true), '') IS NULL) AND failed_at < now() - interval '24 hours');
DROP POLICY IF EXISTS worker_deletes_expired ON sign_in_tries;
CREATE POLICY worker_deletes_expired ON sign_in_tries FOR DELETE TO app_worker USING ((SELECT NULLIF(current_setting('app.tenant_id', true), '') IS NULL) AND failed_at < now() - interval '24 hours');
-- A session is seen by whoever holds its secret, by the person whose it is, and by the staff of the distributor it acts in, who
-- may end it and no more.
DROP POLICY IF EXISTS held ON sessions;
CREATE POLICY held ON sessions USING (id_hash = decode((SELECT NULLIF(current_setting('app.credential_hash', true), '')), 'hex'));
DROP POLICY IF EXISTS own ON sessions;
CREATE POLICY own ON sessions USING (user_id = (SELECT NULLIF(current_setting('app.actor_id', true), '')::uuid));
DROP POLICY IF EXISTS seen_by_staff ON sessions;
CREATE POLICY seen_by_staff ON sessions FOR SELECT TO app_user
    USING (acting_tenant = (SELECT NULLIF(current_setting('app.tenant_id', true), '')::uuid)
       AND (SELECT current_setting('app.dealer_scope', true) = 'all'));
DROP POLICY IF EXISTS ended_by_staff ON sessions;
CREATE POLICY ended_by_staff ON sessions FOR DELETE TO app_user
    USING (acting_tenant = (SELECT NULLIF(current_setting('app.tenant_id', true), '')::uuid)
       AND (SELECT current_setting('app.dealer_scope', true) = 'all'));

-- A mailed link is seen by whoever holds its secret, and by the person whose it is.
DO $$
DECLARE
    t text;
BEGIN
    FOREACH t IN ARRAY ARRAY['account_links', 'email_changes']
    LOOP
        EXECUTE format('DROP POLICY IF EXISTS held ON %I', t);
        EXECUTE format($p$CREATE POLICY held ON %I USING (token_hash = decode((SELECT NULLIF(current_setting('app.credential_hash', true), '')), 'hex'))$p$, t);
        EXECUTE format('DROP POLICY IF EXISTS own ON %I', t);
        EXECUTE format($p$CREATE POLICY own ON %I TO app_user USING (user_id = (SELECT NULLIF(current_setting('app.actor_id', true), '')::uuid))$p$, t);
    END LOOP;
END $$;

-- So is a sign-in that waits for its code.
DROP POLICY IF EXISTS held ON pending_sign_ins;
CREATE POLICY held ON pending_sign_ins TO app_user USING (secret_hash = decode((SELECT NULLIF(current_setting('app.credential_hash', true), '')), 'hex'));
DROP POLICY IF EXISTS own ON pending_sign_ins;
CREATE POLICY own ON pending_sign_ins TO app_user USING (user_id = (SELECT NULLIF(current_setting('app.actor_id', true), '')::uuid));

-- A second factor is its owner's. The staff of a distributor see which of its people have one, and may take it away while they work there.
ALTER TABLE second_factors ENABLE ROW LEVEL SECURITY;
ALTER TABLE second_factors FORCE ROW LEVEL SECURITY;
DROP POLICY IF EXISTS found_before_tenant ON second_factors;
CREATE POLICY found_before_tenant ON second_factors FOR SELECT TO app_lookup USING (true);
DROP POLICY IF EXISTS own ON second_factors;
CREATE POLICY own ON second_factors TO app_user USING (user_id = (SELECT NULLIF(current_setting('app.actor_id', true), '')::uuid));
DROP POLICY IF EXISTS seen_by_staff ON second_factors;
CREATE POLICY seen_by_staff ON second_factors FOR SELECT TO app_user
    USING (EXISTS (SELECT FROM memberships m WHERE m.user_id = second_factors.user_id AND m.is_active) AND (SELECT current_setting('app.dealer_scope', true) = 'all'));
DROP POLICY IF EXISTS reset_by_staff ON second_factors;
CREATE POLICY reset_by_staff ON second_factors FOR DELETE TO app_user
    USING (EXISTS (SELECT FROM memberships m WHERE m.user_id = second_factors.user_id AND m.is_active) AND (SELECT current_setting('app.dealer_scope', true) = 'all'));
ALTER TABLE recovery_codes ENABLE ROW LEVEL SECURITY;
ALTER TABLE recovery_codes FORCE ROW LEVEL SECURITY;
DROP POLICY IF EXISTS own ON recovery_codes;
CREATE POLICY own ON recovery_codes TO app_user USING (user_id = (SELECT NULLIF(current_setting('app.actor_id', true), '')::uuid));
DROP POLICY IF EXISTS found_before_tenant ON second_factor_rules;
CREATE POLICY found_before_tenant ON second_factor_rules FOR SELECT TO app_lookup USING (true);

-- The register of tenants is readable: a name and an address word. Only a platform admin adds to it or changes it.
ALTER TABLE tenants ENABLE ROW LEVEL SECURITY;
ALTER TABLE tenants FORCE ROW LEVEL SECURITY;
DROP POLICY IF EXISTS registered ON tenants;
CREATE POLICY registered ON tenants FOR SELECT USING (true);
DROP POLICY IF EXISTS kept_by_platform ON tenants;
CREATE POLICY kept_by_platform ON tenants TO app_user
    USING (EXISTS (SELECT FROM users u WHERE u.id = (SELECT NULLIF(current_setting('app.actor_id', true), '')::uuid) AND u.is_platform_admin))
    WITH CHECK (EXISTS (SELECT FROM users u WHERE u.id = (SELECT NULLIF(current_setting('app.actor_id', true), '')::uuid) AND u.is_platform_admin));
DROP POLICY IF EXISTS kept_by_owner ON tenants;
CREATE POLICY kept_by_owner ON tenants TO app_owner USING (true) WITH CHECK (true);
