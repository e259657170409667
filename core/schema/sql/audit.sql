-- The trail is written here: a function for each table, made from the catalogue, so that a new table is told of before anybody
-- thinks of it. Re-run whole after every migration.
--
-- It costs one insert a statement: the triggers are those of the statement and read its transition tables. Who and why come
-- from settings that travel with BEGIN. The functions run as the owner, because web and worker may not write the trail
-- themselves; they are pinned, take no argument and run no text.

CREATE SCHEMA IF NOT EXISTS trail;
REVOKE ALL ON SCHEMA trail FROM PUBLIC;

-- Enough of a number to tell one from another.
CREATE OR REPLACE FUNCTION trail.masked(p_text text) RETURNS text LANGUAGE sql IMMUTABLE
    RETURN '…' || right(p_text, 4);

-- A database that is restored from a dump into another cluster has its transactions numbered anew, from below those that its
-- trail tells of, and below its seals. So the trail counts on from where it was: what its numbers are ahead of the cluster's
-- is kept in a function, because a dump carries that too, and a trigger reads a constant for nothing. Nobody else writes
-- while a database is restored; at any other time whatever is visible lies below the snapshot's end.
DO $$
DECLARE
    ahead bigint := 0;
    last bigint;
    next bigint;
BEGIN
    IF to_regprocedure('public.trail_ahead()') IS NOT NULL THEN
        EXECUTE 'SELECT public.trail_ahead()' INTO ahead;
    END IF;
    -- The end of each tenant's trail, from its key: writers go on meanwhile, and a trail of years costs no more than a young one.
    SELECT max(greatest(rows.tx, seals.to_tx - 1)) INTO last FROM tenants t
    LEFT JOIN LATERAL (SELECT tx FROM audit_trail a WHERE a.tenant_id = t.id ORDER BY a.tenant_id DESC, a.tx DESC, a.n DESC LIMIT 1) rows ON true
    LEFT JOIN LATERAL (SELECT to_tx FROM audit_seals s WHERE s.tenant_id = t.id ORDER BY s.tenant_id DESC, s.n DESC LIMIT 1) seals ON true;
    next := pg_snapshot_xmax(pg_current_snapshot())::text::bigint;
    IF last >= next + ahead THEN
        ahead := last - next + 1;
    END IF;
    EXECUTE format('CREATE OR REPLACE FUNCTION public.trail_ahead() RETURNS bigint LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN %s::bigint', ahead);
    -- The log numbers its transactions as the trail does, so that each leads to the other.
    IF NOT EXISTS (SELECT FROM pg_attrdef d JOIN pg_attribute a ON a.attrelid = d.adrelid AND a.attnum = d.adnum
                   WHERE d.adrelid = 'public.audit_log'::regclass AND a.attname = 'tx' AND pg_get_expr(d.adbin, d.adrelid) LIKE '%trail_ahead()%') THEN
        ALTER TABLE audit_log ALTER COLUMN tx SET DEFAULT public.trail_ahead() + pg_current_xact_id()::text::bigint;
    END IF;
END $$;

DO $$
DECLARE
    t record;
    columns text[];
    live text[];
    key text[];
    quiet text[];
    amounts text[];
    row_key text;
    mode text;
    object_id text;
    join_on text;
    differs text;
    whole text;
    part text;
    body text;
    -- What is a secret by its name is told as changed and never shown; of a telephone number the last digits are.
    secret text;
    secrets constant text := '(password|secret|token|totp|recovery|seed|private|credential|_hash$|_sha256$|_sealed$)';
    masked constant text := '(^|_)phone($|_number$)';
    head constant text := 'INSERT INTO public.audit_trail (tenant_id, tx, n, actor_id, visit_id, request_id, via, table_name, op, row_key, object_id, before, after) SELECT ';
    who constant text := 'public.trail_ahead() + pg_current_xact_id()::text::bigint, seen + row_number() OVER ()::integer, actor, visit, request, via, TG_TABLE_NAME, TG_OP';
BEGIN
    FOR t IN
        SELECT c.oid, c.relname FROM pg_class c
        JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'tenant_id' AND NOT a.attisdropped
        WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r'
    LOOP
        EXECUTE format('DROP TRIGGER IF EXISTS trail_insert ON %I', t.relname);
        EXECUTE format('DROP TRIGGER IF EXISTS trail_update ON %I', t.relname);
        EXECUTE format('DROP TRIGGER IF EXISTS trail_delete ON %I', t.relname);
        CONTINUE WHEN t.relname IN (
            -- Trails themselves, which only grow.
            'audit_log', 'audit_seals', 'audit_trail', 'dealer_ledger', 'notification_attempts', 'order_status_history', 'receipt_allocations', 'stock_ledger',
            -- Parts of a document that never change; the document itself is told of.
            'invoice_lines', 'invoice_tax_summary',
            -- Sums and words that are made from other rows, and checked against them by `vitaran verify-invariants`.
            'product_words', 'receivables', 'stock_balances',
            -- Counters: what was drawn stands on the document.
            'document_counters', 'order_counters',
            -- The machinery of delivery: its steps are rows of notification_attempts and webhook_attempts; a PDF can be drawn
            -- again; what is listened to stands on the endpoint.
            'document_renders', 'notification_logs', 'webhook_attempts', 'webhook_deliveries', 'webhook_events', 'webhook_subscriptions',
            -- What a request was answered, kept for a day.
            'idempotency_keys',
            -- A wish; the order that it becomes is told of.
            'cart_lines');

        -- What stands behind the host of an address that is called may be a secret too.
        secret := secrets || CASE t.relname WHEN 'webhook_endpoints' THEN '|^url$' ELSE '' END;
        -- Documents are frozen by triggers of their own: the row itself says what was written, so its beginning is told without
        -- its content; that of an order's line is told by the order.
        mode := CASE WHEN t.relname IN ('invoices', 'orders', 'receipts', 'shipments') THEN 'brief'
                     WHEN t.relname = 'order_lines' THEN 'silent' ELSE 'whole' END;
        -- Whose history a row stands in.
        object_id := CASE
            WHEN t.relname IN ('credit_holds', 'invoices', 'order_lines', 'pick_lists', 'shipments') THEN 'order_id'
            WHEN t.relname IN ('dealer_addresses', 'dealer_contacts', 'dealer_credit', 'dealer_prices', 'receipts') THEN 'dealer_id'
            WHEN t.relname = 'price_list_items' THEN 'price_list_id'
            WHEN t.relname = 'webhook_secrets' THEN 'endpoint_id'
            WHEN EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = t.oid AND a.attname = 'id' AND NOT a.attisdropped) THEN 'id'
            ELSE 'tenant_id' END;
        -- Columns that say nothing of their own: counts of changes, sums of other rows, and what the house promises by itself
        -- when an order is approved, goods come in or leave.
        quiet := ARRAY['tenant_id', 'version', 'updated_at', 'sort_name']
            || CASE t.relname WHEN 'dealer_credit' THEN ARRAY['holds', 'unpaid', 'unallocated'] WHEN 'order_lines' THEN ARRAY['reserved_quantity']
                WHEN 'api_keys' THEN ARRAY['last_used_at', 'last_used_ip']
                WHEN 'webhook_endpoints' THEN ARRAY['failures', 'failing_since', 'last_failed_at', 'paused_until']
                WHEN 'tenant_domains' THEN ARRAY['finding', 'checked_at', 'asked_at', 'check_due_at'] ELSE '{}' END;

        SELECT array_agg(a.attname::text ORDER BY a.attnum) INTO columns
        FROM pg_attribute a WHERE a.attrelid = t.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attname <> ALL (quiet);
        -- Amounts are told as texts: a program that reads JSON numbers would make them floating.
        SELECT coalesce(array_agg(a.attname::text), '{}') INTO amounts
        FROM pg_attribute a WHERE a.attrelid = t.oid AND a.atttypid = 'numeric'::regtype AND NOT a.attisdropped;
        SELECT array_agg(a.attname::text ORDER BY k.place) INTO key
        FROM pg_index i CROSS JOIN LATERAL unnest(i.indkey) WITH ORDINALITY AS k (attnum, place)
        JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.attnum
        WHERE i.indrelid = t.oid AND i.indisprimary;
        SELECT coalesce(string_agg(format('%%1$s.%I::text', k), ' || ''/'' || '), '%1$s.tenant_id::text') INTO row_key FROM unnest(key) k WHERE k <> 'tenant_id';
        SELECT string_agg(format('o.%I = n.%I', k, k), ' AND ') INTO join_on FROM unnest(key) k;
        -- What a trigger of triggers.sql has frozen is not compared: each comparison costs at every write.
        SELECT array_agg(c) INTO live FROM unnest(columns) c
        WHERE NOT EXISTS (SELECT FROM pg_trigger g JOIN pg_attribute a ON a.attrelid = g.tgrelid AND a.attnum = ANY (g.tgattr)
                          WHERE g.tgrelid = t.oid AND g.tgname = 'snapshot' AND a.attname = c);
        SELECT coalesce(string_agg(format('o.%I IS DISTINCT FROM n.%I', c, c), ' OR '), 'false') INTO differs FROM unnest(live) c;

        -- A whole row, and the columns of an update that differ. A column without a value is left out.
        SELECT format('jsonb_strip_nulls(to_jsonb(%%1$s) - %L::text[]%s)', quiet || array_agg(c) FILTER (WHERE c ~ secret),
                      string_agg(CASE WHEN c ~ secret THEN format(' || CASE WHEN %%1$s.%I IS NULL THEN ''{}'' ELSE ''{"%s": "…"}'' END::jsonb', c, c)
                                      WHEN c ~ masked THEN format(' || jsonb_build_object(%L, trail.masked(%%1$s.%I))', c, c)
                                      WHEN c = ANY (amounts) THEN format(' || jsonb_build_object(%L, %%1$s.%I::text)', c, c) ELSE '' END, ''))
        INTO whole FROM unnest(columns) c;
        SELECT '''{}''::jsonb' || string_agg(format(' || CASE WHEN o.%I IS DISTINCT FROM n.%I THEN jsonb_build_object(%L, %s) ELSE ''{}'' END', c, c, c,
            CASE WHEN c ~ secret THEN format('CASE WHEN %%1$s.%I IS NULL THEN NULL ELSE ''…'' END', c)
                 WHEN c ~ masked THEN format('trail.masked(%%1$s.%I)', c)
                 WHEN c = ANY (amounts) THEN format('%%1$s.%I::text', c) ELSE format('%%1$s.%I', c) END), '')
        INTO part FROM unnest(live) c;
        part := coalesce(part, '''{}''::jsonb');

        body := format($body$
DECLARE
    origin constant text := coalesce(current_setting('app.origin', true), '');
    request constant uuid := NULLIF(split_part(origin, '|', 1), '');
    visit constant uuid := NULLIF(split_part(origin, '|', 2), '');
    via constant text := NULLIF(split_part(origin, '|', 3), '');
    actor constant uuid := NULLIF(current_setting('app.actor_id', true), '');
    seen constant integer := coalesce(NULLIF(current_setting('app.trail_rows', true), ''), '0');
    written integer;
BEGIN
    IF TG_OP = 'INSERT' THEN
        %1$sn.tenant_id, %2$s, %3$s, n.%4$I, NULL, %5$s FROM new_rows n;
    ELSIF TG_OP = 'UPDATE' THEN
        %1$sn.tenant_id, %2$s, %3$s, n.%4$I, %6$s, %7$s FROM old_rows o JOIN new_rows n ON %8$s WHERE %9$s;
    ELSE
        %1$so.tenant_id, %2$s, %10$s, o.%4$I, %11$s, NULL FROM old_rows o;
    END IF;
    GET DIAGNOSTICS written = ROW_COUNT;
    PERFORM set_config('app.trail_rows', (seen + written)::text, true);
    RETURN NULL;
END $body$,
            head, who, format(row_key, 'n'), object_id, CASE mode WHEN 'whole' THEN format(whole, 'n') ELSE 'NULL' END,
            format(part, 'o'), format(part, 'n'), join_on, differs, format(row_key, 'o'), format(whole, 'o'));
        EXECUTE format('CREATE OR REPLACE FUNCTION trail.%I() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS %L', t.relname, body);

        IF mode <> 'silent' THEN
            EXECUTE format('CREATE TRIGGER trail_insert AFTER INSERT ON %I REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION trail.%I()', t.relname, t.relname);
        END IF;
        EXECUTE format('CREATE TRIGGER trail_update AFTER UPDATE ON %I REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION trail.%I()', t.relname, t.relname);
        EXECUTE format('CREATE TRIGGER trail_delete AFTER DELETE ON %I REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION trail.%I()', t.relname, t.relname);
    END LOOP;
END $$;

REVOKE ALL ON ALL FUNCTIONS IN SCHEMA trail FROM PUBLIC;
