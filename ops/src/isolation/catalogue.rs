//! What the database's catalogue says of isolation: claims about all tables at once, each with the rows that break it.

use super::Claim;
use crate::OpsError;
use crate::database::Session;

/// Tables with a tenant.
const TENANT_TABLES: &str = "SELECT c.oid, c.relname, c.relrowsecurity, c.relforcerowsecurity FROM pg_class c \
    JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'tenant_id' AND NOT a.attisdropped \
    WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')";

/// Ours, and neither PostgreSQL's own nor a temporary one.
const OUR_SCHEMAS: &str =
    "(SELECT oid FROM pg_namespace WHERE nspname !~ '^pg_' AND nspname <> 'information_schema')";

/// Their names, by the alphabet.
pub(super) async fn tenant_tables(owner: &mut Session) -> Result<Vec<String>, OpsError> {
    let sql = format!("SELECT relname::text AS line FROM ({TENANT_TABLES}) t ORDER BY 1");
    owner.lines(&sql).await
}

/// Each claim with a query of what breaks it.
fn questions() -> Vec<(&'static str, String)> {
    vec![
        (
            "the web server's role has no power over row-level security, owns nothing and is a member of no other role",
            format!(
                "SELECT 'it is a superuser or bypasses it' AS line FROM pg_roles WHERE rolname = current_user AND (rolsuper OR rolbypassrls OR rolcreaterole) \
                 UNION ALL SELECT 'owns ' || oid::regclass FROM pg_class WHERE relowner = (SELECT oid FROM pg_roles WHERE rolname = current_user) AND relnamespace IN {OUR_SCHEMAS} \
                 UNION ALL SELECT 'is a member of ' || roleid::regrole FROM pg_auth_members WHERE member = (SELECT oid FROM pg_roles WHERE rolname = current_user)"
            ),
        ),
        (
            "every table of tenants has row-level security, for its owner as well",
            format!(
                "SELECT relname::text AS line FROM ({TENANT_TABLES}) t WHERE NOT (relrowsecurity AND relforcerowsecurity)"
            ),
        ),
        (
            "what lets a row be seen or written asks for its tenant, for reading and for writing",
            format!(
                "SELECT t.relname::text AS line FROM ({TENANT_TABLES}) t WHERE NOT EXISTS (SELECT FROM pg_policy p WHERE p.polrelid = t.oid AND p.polpermissive) \
                 UNION ALL SELECT format('%s: %s', t.relname, p.polname) FROM ({TENANT_TABLES}) t JOIN pg_policy p ON p.polrelid = t.oid \
                 WHERE p.polpermissive AND p.polroles && ARRAY[0::oid, current_user::text::regrole::oid] \
                   AND (p.polcmd <> '*' OR pg_get_expr(p.polqual, p.polrelid) IS DISTINCT FROM pg_get_expr(p.polwithcheck, p.polrelid) \
                        OR pg_get_expr(p.polqual, p.polrelid) NOT LIKE '(tenant_id = ( SELECT (NULLIF(current_setting(''app.tenant_id''::text, true), ''''::text))::uuid AS %')"
            ),
        ),
        (
            "no key can point from one tenant's row to another's",
            format!(
                "SELECT k.conname::text AS line FROM pg_constraint k JOIN ({TENANT_TABLES}) child ON child.oid = k.conrelid \
                 JOIN ({TENANT_TABLES}) parent ON parent.oid = k.confrelid \
                 JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = k.conkey[1] JOIN pg_attribute b ON b.attrelid = k.confrelid AND b.attnum = k.confkey[1] \
                 WHERE k.contype = 'f' AND (a.attname <> 'tenant_id' OR b.attname <> 'tenant_id')"
            ),
        ),
        (
            "nothing that this role writes is unique across tenants, so that no refusal tells of another's row",
            format!(
                "SELECT i.indexrelid::regclass::text AS line FROM ({TENANT_TABLES}) t JOIN pg_index i ON i.indrelid = t.oid \
                 LEFT JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = i.indkey[0] \
                 WHERE (i.indisunique OR i.indisprimary OR i.indisexclusion) AND a.attname IS DISTINCT FROM 'tenant_id' \
                   AND NOT (i.indexrelid::regclass::text = 'uq_tenant_domains_name' AND pg_get_expr(i.indpred, i.indrelid) = '(status = ''VERIFIED''::text)' \
                            AND NOT has_column_privilege(i.indrelid, 'status', 'INSERT') AND NOT has_column_privilege(i.indrelid, 'status', 'UPDATE'))"
            ),
        ),
        (
            "there are no views, foreign tables or sequences that would go round it or count all tenants together",
            format!(
                "SELECT oid::regclass::text AS line FROM pg_class WHERE relnamespace IN {OUR_SCHEMAS} AND relkind IN ('v', 'm', 'f', 'S')"
            ),
        ),
        (
            "functions that see more than their caller are the six look-ups of a credential and that of a verified domain, and may not be replaced",
            format!(
                "SELECT p.oid::regprocedure::text AS line FROM pg_proc p WHERE p.prosecdef AND p.pronamespace IN {OUR_SCHEMAS} \
                   AND has_function_privilege(p.oid, 'EXECUTE') AND has_schema_privilege(p.pronamespace, 'USAGE') \
                   AND NOT (p.oid::regprocedure::text = ANY ('{{lookup.login(text),lookup.session(bytea),lookup.bearer(bytea),lookup.refresh(bytea),lookup.key(bytea),lookup.invitation(bytea),lookup.domain(text)}}') AND p.proconfig = '{{search_path=pg_catalog}}') \
                 UNION ALL SELECT 'may create in ' || nspname FROM pg_namespace WHERE has_schema_privilege(oid, 'CREATE') AND nspname !~ '^pg_'"
            ),
        ),
        (
            "the planner's statistics show no values of these tables",
            format!(
                "SELECT DISTINCT s.tablename::text AS line FROM pg_stats s JOIN ({TENANT_TABLES}) t ON t.relname = s.tablename WHERE s.schemaname = 'public'"
            ),
        ),
    ]
}

/// The claims, as the role that asks sees the catalogue.
pub(super) async fn claims(user: &mut Session) -> Result<Vec<Claim>, OpsError> {
    let mut claims = Vec::new();
    for (claim, sql) in questions() {
        let found = user.lines(&sql).await?;
        let broken = match found.as_slice() {
            [] => String::new(),
            some => format!(": {}", some.join(", ")),
        };
        claims.push(Claim {
            holds: found.is_empty(),
            line: format!(
                "{} {claim}{broken}",
                if found.is_empty() { "ok " } else { "NO " }
            ),
        });
    }
    Ok(claims)
}
