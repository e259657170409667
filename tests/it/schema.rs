//! What the database itself promises, read from its catalogue: a new table that breaks a promise fails here before anybody
//! has used it.

use diesel_async::{AsyncConnection as _, AsyncPgConnection, RunQueryDsl as _};
use vitaran_tests::Database;

#[derive(diesel::QueryableByName)]
struct Name {
    #[diesel(sql_type = diesel::sql_types::Text)]
    name: String,
}

/// The rows of a query that must find nothing, or the names it finds.
async fn names(database: &Database, sql: &str) -> Vec<String> {
    let mut connection = AsyncPgConnection::establish(&database.url_of("app_owner"))
        .await
        .expect("the owner's connection");
    let rows: Vec<Name> = diesel::sql_query(sql)
        .load(&mut connection)
        .await
        .expect(sql);
    rows.into_iter().map(|row| row.name).collect()
}

async fn none(sql: &str) {
    let database = Database::create().await;
    assert_eq!(names(&database, sql).await, Vec::<String>::new(), "{sql}");
}

const TENANT_TABLES: &str = "SELECT c.oid, c.relname, c.relrowsecurity, c.relforcerowsecurity FROM pg_class c \
    JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'tenant_id' AND NOT a.attisdropped \
    WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')";

/// Tables without a tenant, each with its reason.
const WITHOUT_TENANT: [(&str, &str); 18] = [
    ("__diesel_schema_migrations", "the migrations that ran"),
    (
        "access_tokens",
        "found by hash before the tenant is known; nobody but the look-up reads them",
    ),
    (
        "account_links",
        "found by hash before anybody is known; one sees the row whose secret one holds",
    ),
    (
        "account_mails",
        "mails about a person's account, which web writes and cannot read",
    ),
    (
        "email_changes",
        "found by hash before anybody is known; one sees the row whose secret one holds",
    ),
    ("eway_thresholds", "the law is the same for everybody"),
    (
        "pending_sign_ins",
        "found by hash before anybody is known; one sees the row whose secret one holds",
    ),
    (
        "recovery_codes",
        "a person may work for several tenants; one sees one's own",
    ),
    (
        "request_counts",
        "counted before anybody is known: networks and numbers",
    ),
    (
        "rotated_tokens",
        "found by hash before the tenant is known; nobody but the look-up reads them",
    ),
    (
        "second_factors",
        "a person may work for several tenants; one sees one's own, and staff those of their colleagues",
    ),
    (
        "sessions",
        "found by hash before the tenant is known; one sees one's own, and staff those inside their distributor",
    ),
    (
        "sign_in_tries",
        "counted under a hash of what was typed, before anybody is known",
    ),
    ("tax_classes", "the law is the same for everybody"),
    ("tax_rates", "the law is the same for everybody"),
    ("tenants", "the register of tenants: name and address word"),
    (
        "users",
        "a person may work for several tenants; one sees oneself and one's colleagues",
    ),
    (
        "whatsapp_error_classes",
        "the provider's codes are the same for everybody",
    ),
];

#[tokio::test]
async fn every_table_has_a_tenant_or_a_reason() {
    let database = Database::create().await;
    let found = names(
        &database,
        "SELECT c.relname::text AS name FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') \
         AND NOT EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'tenant_id' AND NOT a.attisdropped) ORDER BY 1",
    )
    .await;
    assert_eq!(found, WITHOUT_TENANT.map(|(table, _)| table));
}

#[tokio::test]
async fn every_tenant_table_forces_row_level_security() {
    none(&format!("SELECT relname::text AS name FROM ({TENANT_TABLES}) t WHERE NOT (relrowsecurity AND relforcerowsecurity)")).await;
}

#[tokio::test]
async fn every_tenant_table_leads_to_the_register_of_tenants_but_the_trail_of_those_that_do() {
    none(&format!(
        "WITH RECURSIVE led AS ( \
             SELECT conrelid AS oid FROM pg_constraint WHERE contype = 'f' AND confrelid = 'tenants'::regclass \
             UNION \
             SELECT k.conrelid FROM pg_constraint k JOIN led ON k.confrelid = led.oid WHERE k.contype = 'f' \
               AND NOT EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = k.conrelid AND a.attnum = ANY (k.conkey) AND NOT a.attnotnull)) \
         SELECT t.relname::text AS name FROM ({TENANT_TABLES}) t WHERE t.oid NOT IN (SELECT oid FROM led) AND t.relname <> 'audit_trail'"
    ))
    .await;
}

#[tokio::test]
async fn every_tenant_table_has_the_one_policy_with_both_halves() {
    none(&format!(
        "SELECT t.relname::text AS name FROM ({TENANT_TABLES}) t WHERE NOT EXISTS ( \
             SELECT FROM pg_policy p WHERE p.polrelid = t.oid AND p.polname = 'tenant_isolation' AND p.polpermissive AND p.polcmd = '*' \
               AND pg_get_expr(p.polqual, p.polrelid) = pg_get_expr(p.polwithcheck, p.polrelid) \
               AND pg_get_expr(p.polqual, p.polrelid) LIKE '(tenant_id = ( SELECT (NULLIF(current_setting(''app.tenant_id''::text, true), ''''::text))::uuid AS %' )"
    ))
    .await;
}

#[tokio::test]
async fn a_dealers_own_data_is_restricted_to_the_dealer() {
    none(&format!(
        "SELECT t.relname::text AS name FROM ({TENANT_TABLES}) t \
         WHERE (t.relname = 'dealers' OR EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = t.oid AND a.attname = 'dealer_id' AND NOT a.attisdropped)) \
           AND NOT EXISTS (SELECT FROM pg_policy p WHERE p.polrelid = t.oid AND p.polname = 'dealer_scope' AND NOT p.polpermissive AND p.polcmd = '*' \
                           AND p.polqual IS NOT NULL AND p.polwithcheck IS NOT NULL)"
    ))
    .await;
}

/// Tables of a tenant that a dealer's session reads in full, each with its reason.
const OPEN_TO_DEALERS: [(&str, &str); 13] = [
    ("categories", "the catalogue is what a dealer orders from"),
    (
        "document_series",
        "prefixes of invoice numbers, which every invoice shows",
    ),
    (
        "gst_registrations",
        "the seller's GSTINs and addresses, which every invoice shows",
    ),
    (
        "idempotency_keys",
        "restricted by person instead, see own_answers",
    ),
    ("locations", "an order names the warehouse that serves it"),
    (
        "order_counters",
        "a dealer who orders draws the next order number",
    ),
    (
        "price_list_items",
        "a dealer's price comes from its list, or else from the default one",
    ),
    (
        "price_lists",
        "a dealer's price comes from its list, or else from the default one",
    ),
    ("product_words", "the search of the catalogue"),
    ("products", "the catalogue is what a dealer orders from"),
    (
        "stock_balances",
        "the catalogue says what is in stock, and an order is checked against it",
    ),
    (
        "tenant_settings",
        "what invoices and pages say of the distributor: support, terms, UPI",
    ),
    (
        "webhook_subscriptions",
        "an order that is placed is told to whoever listens: ids alone, no address and no secret",
    ),
];

#[tokio::test]
async fn what_a_dealers_session_may_read_is_its_own_or_has_a_reason_to_be_open() {
    let database = Database::create().await;
    let found = names(
        &database,
        &format!(
            "SELECT t.relname::text AS name FROM ({TENANT_TABLES}) t WHERE has_any_column_privilege('app_user', t.oid, 'SELECT') \
               AND NOT EXISTS (SELECT FROM pg_policy p WHERE p.polrelid = t.oid AND p.polname = 'dealer_scope' AND NOT p.polpermissive AND p.polcmd = '*' \
                               AND p.polroles = ARRAY['app_user'::regrole::oid] \
                               AND pg_get_expr(p.polqual, p.polrelid) LIKE '%app.dealer_scope%') ORDER BY 1"
        ),
    )
    .await;
    assert_eq!(found, OPEN_TO_DEALERS.map(|(table, _)| table));
}

/// Tables of a tenant that name a location, an order, an invoice or a message, and are seen from every location, each with its
/// reason.
const OPEN_TO_ALL_LOCATIONS: [(&str, &str); 4] = [
    (
        "dealer_ledger",
        "a dealer's account is one, wherever the goods came from",
    ),
    ("dealers", "a dealer may move from one location to another"),
    (
        "receipt_allocations",
        "a dealer's account is one, wherever the goods came from",
    ),
    (
        "receivables",
        "a dealer's account is one, wherever the goods came from",
    ),
];

#[tokio::test]
async fn what_is_of_a_location_is_restricted_to_it_or_has_a_reason_to_be_open() {
    let database = Database::create().await;
    let found = names(
        &database,
        &format!(
            "SELECT t.relname::text AS name FROM ({TENANT_TABLES}) t \
             WHERE EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = t.oid AND a.attname IN ('location_id', 'order_id', 'invoice_id', 'notification_id') AND NOT a.attisdropped) \
               AND NOT EXISTS (SELECT FROM pg_policy p WHERE p.polrelid = t.oid AND p.polname = 'location_scope' AND NOT p.polpermissive AND p.polcmd = '*' \
                               AND p.polroles = ARRAY['app_user'::regrole::oid] \
                               AND pg_get_expr(p.polqual, p.polrelid) LIKE '%app.location_scope%') ORDER BY 1"
        ),
    )
    .await;
    assert_eq!(found, OPEN_TO_ALL_LOCATIONS.map(|(table, _)| table));
    // What belongs to a location by a column of its own is not written for another one either.
    none(&format!(
        "SELECT t.relname::text AS name FROM ({TENANT_TABLES}) t JOIN pg_policy p ON p.polrelid = t.oid AND p.polname = 'location_scope' \
         WHERE EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = t.oid AND a.attname = 'location_id' AND NOT a.attisdropped) \
           AND pg_get_expr(p.polqual, p.polrelid) <> pg_get_expr(p.polwithcheck, p.polrelid)"
    ))
    .await;
}

#[tokio::test]
async fn a_kept_answer_is_restricted_to_the_person_who_asked() {
    none(
        "SELECT 'own_answers' AS name WHERE NOT EXISTS ( \
             SELECT FROM pg_policy p WHERE p.polrelid = 'idempotency_keys'::regclass AND p.polname = 'own_answers' AND NOT p.polpermissive AND p.polcmd = '*' \
               AND pg_get_expr(p.polqual, p.polrelid) = pg_get_expr(p.polwithcheck, p.polrelid) \
               AND pg_get_expr(p.polqual, p.polrelid) LIKE '(actor_id = %app.actor_id%')",
    )
    .await;
}

#[tokio::test]
async fn only_the_outbox_and_what_has_expired_are_seen_across_tenants() {
    let database = Database::create().await;
    let found = names(
        &database,
        &format!(
            "SELECT format('%s %s to %s', t.relname, p.polname, (SELECT string_agg(rolname, ',') FROM pg_roles WHERE oid = ANY (p.polroles))) AS name \
             FROM ({TENANT_TABLES}) t JOIN pg_policy p ON p.polrelid = t.oid \
             WHERE p.polpermissive AND p.polname <> 'tenant_isolation' ORDER BY 1"
        ),
    )
    .await;
    let expected = [
        "api_keys found_before_tenant to app_lookup",
        "audit_seals counted_by_owner to app_owner",
        "audit_trail counted_by_owner to app_owner",
        "audit_trail told_by_trigger to app_owner",
        "document_renders worker_finds_due to app_worker",
        "idempotency_keys worker_deletes_expired to app_worker",
        "idempotency_keys worker_finds_expired to app_worker",
        "impersonations found_before_tenant to app_lookup",
        "invitations found_before_tenant to app_lookup",
        "memberships found_before_tenant to app_lookup",
        "notification_logs worker_finds_due to app_worker",
        "roles found_before_tenant to app_lookup",
        "second_factor_rules found_before_tenant to app_lookup",
        "tenant_domains found_before_tenant to app_lookup",
        "tenant_domains worker_finds_due to app_worker",
        "webhook_deliveries worker_finds_due to app_worker",
        "webhook_endpoints worker_finds_removed to app_worker",
        "webhook_events worker_deletes_expired to app_worker",
        "webhook_events worker_finds_expired to app_worker",
        "webhook_secrets worker_deletes_expired to app_worker",
        "webhook_secrets worker_finds_expired to app_worker",
    ];
    assert_eq!(found, expected);
}

#[tokio::test]
async fn every_key_and_unique_index_of_a_tenant_table_begins_with_the_tenant() {
    none(&format!(
        "SELECT i.indexrelid::regclass::text AS name FROM ({TENANT_TABLES}) t JOIN pg_index i ON i.indrelid = t.oid \
         JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = i.indkey[0] \
         WHERE (i.indisunique OR i.indisprimary) AND a.attname <> 'tenant_id' \
           AND NOT (i.indexrelid::regclass::text = 'uq_tenant_domains_name' AND NOT has_column_privilege('app_user', i.indrelid, 'status', 'INSERT, UPDATE'))"
    ))
    .await;
    none(&format!(
        "SELECT t.relname::text AS name FROM ({TENANT_TABLES}) t WHERE NOT EXISTS (SELECT FROM pg_index i WHERE i.indrelid = t.oid AND i.indisprimary)"
    ))
    .await;
}

#[tokio::test]
async fn every_other_index_of_a_tenant_table_begins_with_the_tenant_or_serves_a_search_across_tenants()
 {
    let database = Database::create().await;
    let found = names(
        &database,
        &format!(
            "SELECT i.indexrelid::regclass::text AS name FROM ({TENANT_TABLES}) t JOIN pg_index i ON i.indrelid = t.oid \
             JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = i.indkey[0] \
             WHERE NOT i.indisunique AND a.attname <> 'tenant_id' ORDER BY 1"
        ),
    )
    .await;
    let expected = [
        "ix_api_keys_secret_hash",
        "ix_document_renders_due",
        "ix_idempotency_keys_created_at",
        "ix_invitations_token_hash",
        "ix_memberships_user_id",
        "ix_notification_logs_due",
        "ix_tenant_domains_check_due_at",
        "ix_webhook_deliveries_due",
        "ix_webhook_events_occurred_at",
    ];
    assert_eq!(found, expected);
}

#[tokio::test]
async fn no_row_can_point_into_another_tenant() {
    none(&format!(
        "SELECT k.conname::text AS name FROM pg_constraint k \
         JOIN ({TENANT_TABLES}) child ON child.oid = k.conrelid JOIN ({TENANT_TABLES}) parent ON parent.oid = k.confrelid \
         JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = k.conkey[1] \
         JOIN pg_attribute b ON b.attrelid = k.confrelid AND b.attnum = k.confkey[1] \
         WHERE k.contype = 'f' AND (a.attname <> 'tenant_id' OR b.attname <> 'tenant_id')"
    ))
    .await;
}

#[tokio::test]
async fn histories_and_documents_cannot_be_changed_by_web_or_worker() {
    none(
        "SELECT format('%s may %s %s', r.role, r.privilege, t.name) AS name \
         FROM unnest(ARRAY['audit_log', 'audit_seals', 'audit_trail', 'dealer_ledger', 'invoice_lines', 'invoice_tax_summary', 'invoices', 'notification_attempts', \
                           'order_status_history', 'receipt_allocations', 'stock_ledger']) AS t (name), \
              (SELECT * FROM unnest(ARRAY['app_user', 'app_worker', 'app_lookup']) AS role, unnest(ARRAY['UPDATE', 'DELETE']) AS privilege) r \
         WHERE has_table_privilege(r.role, 'public.' || t.name, r.privilege) OR (r.privilege = 'UPDATE' AND has_any_column_privilege(r.role, 'public.' || t.name, 'UPDATE'))",
    )
    .await;
}

#[tokio::test]
async fn nobody_but_the_owner_may_truncate_refer_or_add_triggers() {
    none(
        "SELECT format('%s may %s %s', role, privilege, c.relname) AS name FROM pg_class c, unnest(ARRAY['app_user', 'app_worker', 'app_lookup']) AS role, \
              unnest(ARRAY['TRUNCATE', 'REFERENCES', 'TRIGGER']) AS privilege \
         WHERE c.relkind IN ('r', 'p') AND c.relnamespace IN ('public'::regnamespace, 'apalis'::regnamespace) AND has_table_privilege(role, c.oid, privilege)",
    )
    .await;
}

#[tokio::test]
async fn the_queue_takes_jobs_from_web_and_shows_it_nothing_else() {
    let database = Database::create().await;
    let found = names(
        &database,
        "SELECT format('%s %s', c.relname, p) AS name FROM pg_class c, unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE']) AS p \
         WHERE c.relnamespace = 'apalis'::regnamespace AND c.relkind = 'r' AND has_table_privilege('app_user', c.oid, p) ORDER BY 1",
    )
    .await;
    assert_eq!(found, ["jobs INSERT", "jobs SELECT"]);
}

#[tokio::test]
async fn no_service_role_has_power_over_row_level_security() {
    none(
        "SELECT rolname::text AS name FROM pg_roles WHERE rolname IN ('app_user', 'app_worker', 'app_lookup', 'app_owner') AND (rolsuper OR rolbypassrls OR rolcreaterole) \
         UNION ALL SELECT rolname::text FROM pg_roles r WHERE rolname IN ('app_user', 'app_worker') \
           AND (EXISTS (SELECT FROM pg_class c WHERE c.relowner = r.oid) OR EXISTS (SELECT FROM pg_auth_members m WHERE m.member = r.oid)) \
         UNION ALL SELECT 'app_lookup can log in' FROM pg_roles WHERE rolname = 'app_lookup' AND rolcanlogin",
    )
    .await;
}

#[tokio::test]
async fn the_functions_that_see_more_are_the_pinned_look_ups_and_the_trails_triggers_alone() {
    let database = Database::create().await;
    let found = names(
        &database,
        "SELECT format('%s owned by %s %s', p.oid::regprocedure, r.rolname, array_to_string(p.proconfig, ' ')) AS name \
         FROM pg_proc p JOIN pg_roles r ON r.oid = p.proowner \
         WHERE p.prosecdef AND p.pronamespace NOT IN ('pg_catalog'::regnamespace, 'information_schema'::regnamespace, 'trail'::regnamespace) ORDER BY 1",
    )
    .await;
    let expected = [
        "lookup.bearer(bytea) owned by app_lookup search_path=pg_catalog",
        "lookup.domain(text) owned by app_lookup search_path=pg_catalog",
        "lookup.invitation(bytea) owned by app_lookup search_path=pg_catalog",
        "lookup.key(bytea) owned by app_lookup search_path=pg_catalog",
        "lookup.login(text) owned by app_lookup search_path=pg_catalog",
        "lookup.refresh(bytea) owned by app_lookup search_path=pg_catalog",
        "lookup.session(bytea) owned by app_lookup search_path=pg_catalog",
    ];
    assert_eq!(found, expected);
}

#[tokio::test]
async fn there_are_no_views_no_enum_types_and_no_sequences() {
    none(
        "SELECT relname::text AS name FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('v', 'm', 'f', 'S') \
         UNION ALL SELECT typname::text FROM pg_type WHERE typnamespace = 'public'::regnamespace AND typtype = 'e'",
    )
    .await;
}
