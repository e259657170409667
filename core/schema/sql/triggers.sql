-- Rules that hold even for somebody with the owner's rights: histories only grow, snapshots stay as they were written.

CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% on % is refused: %', TG_OP, TG_TABLE_NAME, TG_ARGV[0]
        USING ERRCODE = 'check_violation', CONSTRAINT = 'append_only', TABLE = TG_TABLE_NAME;
END $$;

DO $$
DECLARE
    t text;
    snapshot record;
    columns text;
BEGIN
    FOREACH t IN ARRAY ARRAY['audit_log', 'audit_seals', 'audit_trail', 'dealer_ledger', 'invoice_lines', 'invoice_tax_summary', 'invoices', 'notification_attempts',
                             'order_status_history', 'receipt_allocations', 'stock_ledger']
    LOOP
        EXECUTE format('DROP TRIGGER IF EXISTS append_only ON %I', t);
        EXECUTE format('CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON %I FOR EACH ROW EXECUTE FUNCTION refuse_change(%L)', t, 'the table only grows');
        EXECUTE format('DROP TRIGGER IF EXISTS append_only_truncate ON %I', t);
        EXECUTE format('CREATE TRIGGER append_only_truncate BEFORE TRUNCATE ON %I FOR EACH STATEMENT EXECUTE FUNCTION refuse_change(%L)', t, 'the table only grows');
    END LOOP;

    -- Every column is frozen but those named: a new column is a snapshot until somebody says otherwise.
    FOR snapshot IN
        SELECT * FROM (VALUES
            ('orders', ARRAY['status', 'version', 'updated_at']),
            ('order_lines', ARRAY['reserved_quantity', 'picked_quantity', 'short_closed_quantity', 'short_close_reason']),
            ('shipments', ARRAY['delivered_at']),
            ('receipts', ARRAY['allocated'])
        ) AS v (relname, live)
    LOOP
        SELECT string_agg(quote_ident(a.attname), ', ') INTO columns
        FROM pg_attribute a
        WHERE a.attrelid = snapshot.relname::regclass AND a.attnum > 0 AND NOT a.attisdropped AND NOT a.attname = ANY (snapshot.live);
        EXECUTE format('DROP TRIGGER IF EXISTS snapshot ON %I', snapshot.relname);
        EXECUTE format('CREATE TRIGGER snapshot BEFORE UPDATE OF %s ON %I FOR EACH ROW EXECUTE FUNCTION refuse_change(%L)', columns, snapshot.relname, 'the snapshot stays as it was written');
        EXECUTE format('DROP TRIGGER IF EXISTS kept ON %I', snapshot.relname);
        EXECUTE format('CREATE TRIGGER kept BEFORE DELETE ON %I FOR EACH ROW EXECUTE FUNCTION refuse_change(%L)', snapshot.relname, 'documents are kept');
    END LOOP;
END $$;

-- A distributor always has somebody who may do everything. Actions look before they change; this holds for whatever else writes,
-- and two who write at once wait for each other's administrators.
CREATE OR REPLACE FUNCTION keep_an_administrator() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM memberships m
    WHERE m.tenant_id = OLD.tenant_id AND m.role = 'ADMIN' AND m.role_id IS NULL AND m.is_active
    ORDER BY m.id FOR UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION '% on % is refused: the last administrator stays', TG_OP, TG_TABLE_NAME
            USING ERRCODE = 'check_violation', CONSTRAINT = 'last_administrator', TABLE = TG_TABLE_NAME;
    END IF;
    RETURN NULL;
END $$;
DROP TRIGGER IF EXISTS last_administrator_changed ON memberships;
CREATE TRIGGER last_administrator_changed AFTER UPDATE OF role, role_id, is_active ON memberships FOR EACH ROW
    WHEN (OLD.role = 'ADMIN' AND OLD.role_id IS NULL AND OLD.is_active AND NOT (NEW.role = 'ADMIN' AND NEW.role_id IS NULL AND NEW.is_active))
    EXECUTE FUNCTION keep_an_administrator();
DROP TRIGGER IF EXISTS last_administrator_deleted ON memberships;
CREATE TRIGGER last_administrator_deleted AFTER DELETE ON memberships FOR EACH ROW
    WHEN (OLD.role = 'ADMIN' AND OLD.role_id IS NULL AND OLD.is_active) EXECUTE FUNCTION keep_an_administrator();
