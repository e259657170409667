//! What the database's catalogue says of isolation: claims about all tables, views, sequences and functions at once, each with
//! what breaks it.

use super::probe::WORKER_FINDS;
use super::{Claim, Role};
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

/// All other tables, those of other schemas with theirs.
pub(super) async fn other_tables(owner: &mut Session) -> Result<Vec<String>, OpsError> {
    let sql = format!(
        "SELECT oid::regclass::text AS line FROM pg_class WHERE relnamespace IN {OUR_SCHEMAS} AND relkind IN ('r', 'p') \
         AND oid NOT IN (SELECT oid FROM ({TENANT_TABLES}) t) ORDER BY 1"
    );
    owner.lines(&sql).await
}

/// How many functions there are that no extension brought.
pub(super) async fn functions(owner: &mut Session) -> Result<usize, OpsError> {
    let sql = format!(
        "SELECT p.oid::text AS line FROM pg_proc p WHERE p.pronamespace IN {OUR_SCHEMAS} \
         AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e')"
    );
    Ok(owner.lines(&sql).await?.len())
}

/// The look-ups of web, which see more than it does.
const LOOK_UPS: &str = "lookup.login(text),lookup.session(bytea),lookup.bearer(bytea),lookup.refresh(bytea),lookup.key(bytea),lookup.invitation(bytea),lookup.domain(text)";

/// Each claim about a role, with a query of what breaks it.
fn questions(role: Role) -> Vec<(&'static str, String)> {
    let mut questions = vec![
        (
            "has no power over row-level security, owns nothing and is a member of no other role",
            format!(
                "SELECT 'it is a superuser or bypasses it' AS line FROM pg_roles WHERE rolname = current_user AND (rolsuper OR rolbypassrls OR rolcreaterole) \
                 UNION ALL SELECT 'owns ' || oid::regclass FROM pg_class WHERE relowner = (SELECT oid FROM pg_roles WHERE rolname = current_user) AND relnamespace IN {OUR_SCHEMAS} \
                 UNION ALL SELECT 'is a member of ' || roleid::regrole FROM pg_auth_members WHERE member = (SELECT oid FROM pg_roles WHERE rolname = current_user)"
            ),
        ),
        (
            "meets row-level security on every table of tenants, as its owner does",
            format!(
                "SELECT relname::text AS line FROM ({TENANT_TABLES}) t WHERE NOT (relrowsecurity AND relforcerowsecurity)"
            ),
        ),
        (
            "finds none of the planner's statistics of these tables, which show values",
            format!(
                "SELECT DISTINCT s.tablename::text AS line FROM pg_stats s JOIN ({TENANT_TABLES}) t ON t.relname = s.tablename WHERE s.schemaname = 'public'"
            ),
        ),
        (
            "finds no view, materialized view or foreign table that would go round it, and no sequence that counts all tenants together",
            format!(
                "SELECT oid::regclass::text AS line FROM pg_class WHERE relnamespace IN {OUR_SCHEMAS} AND relkind IN ('v', 'm', 'f', 'S')"
            ),
        ),
        (
            "finds no function that is trusted with rows before row-level security has chosen them",
            format!(
                "SELECT oid::regprocedure::text AS line FROM pg_proc WHERE proleakproof AND pronamespace IN {OUR_SCHEMAS}"
            ),
        ),
        ways_round(role),
        no_key_across(),
    ];
    questions.extend(rules(role));
    questions
}

fn no_key_across() -> (&'static str, String) {
    let sql = format!(
        "SELECT k.conname::text AS line FROM pg_constraint k JOIN ({TENANT_TABLES}) child ON child.oid = k.conrelid \
         JOIN ({TENANT_TABLES}) parent ON parent.oid = k.confrelid \
         JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = k.conkey[1] JOIN pg_attribute b ON b.attrelid = k.confrelid AND b.attnum = k.confkey[1] \
         WHERE k.contype = 'f' AND (a.attname <> 'tenant_id' OR b.attname <> 'tenant_id')"
    );
    (
        "finds no key that could point from one tenant's row to another's",
        sql,
    )
}

/// What policies and unique indexes say.
fn rules(role: Role) -> [(&'static str, String); 2] {
    const OF_TENANT: &str = "(tenant_id = ( SELECT (NULLIF(current_setting(''app.tenant_id''::text, true), ''''::text))::uuid AS %";
    // Beside it the worker finds what is due or has expired, while it is in no tenant.
    const IN_NONE: &str =
        "(( SELECT (NULLIF(current_setting(''app.tenant_id''::text, true), ''''::text) IS NULL)%";
    let found = WORKER_FINDS
        .map(|(table, _, _)| format!("'{table}'"))
        .join(", ");
    let (asks, but) = match role {
        Role::User => (
            "sees and writes rows by policies alone that ask for their tenant, for reading and for writing",
            String::new(),
        ),
        Role::Worker => (
            "sees and writes rows by policies alone that ask for their tenant, and finds what is due or has expired while it is in none",
            format!(
                "AND NOT (t.relname IN ({found}) AND p.polcmd IN ('r', 'd') AND pg_get_expr(p.polqual, p.polrelid) LIKE '{IN_NONE}')"
            ),
        ),
    };
    // Which names are verified is the worker's to write: the one index over all tenants is what tells it whose a name is.
    let (unique, may_be) = match role {
        Role::User => (
            "writes nothing that is unique across tenants, so that no refusal tells of another's row",
            "AND NOT has_column_privilege(i.indrelid, 'status', 'INSERT') AND NOT has_column_privilege(i.indrelid, 'status', 'UPDATE')",
        ),
        Role::Worker => (
            "writes nothing that is unique across tenants but the verified names, which lead to one each",
            "",
        ),
    };
    [
        (
            asks,
            format!(
                "SELECT t.relname::text AS line FROM ({TENANT_TABLES}) t WHERE NOT EXISTS (SELECT FROM pg_policy p WHERE p.polrelid = t.oid AND p.polpermissive) \
                 UNION ALL SELECT format('%s: %s', t.relname, p.polname) FROM ({TENANT_TABLES}) t JOIN pg_policy p ON p.polrelid = t.oid \
                 WHERE p.polpermissive AND p.polroles && ARRAY[0::oid, current_user::text::regrole::oid] \
                   AND (p.polcmd <> '*' OR pg_get_expr(p.polqual, p.polrelid) IS DISTINCT FROM pg_get_expr(p.polwithcheck, p.polrelid) \
                        OR pg_get_expr(p.polqual, p.polrelid) NOT LIKE '{OF_TENANT}') {but}"
            ),
        ),
        (
            unique,
            format!(
                "SELECT i.indexrelid::regclass::text AS line FROM ({TENANT_TABLES}) t JOIN pg_index i ON i.indrelid = t.oid \
                 LEFT JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = i.indkey[0] \
                 WHERE (i.indisunique OR i.indisprimary OR i.indisexclusion) AND a.attname IS DISTINCT FROM 'tenant_id' \
                   AND NOT (i.indexrelid::regclass::text = 'uq_tenant_domains_name' AND pg_get_expr(i.indpred, i.indrelid) = '(status = ''VERIFIED''::text)' {may_be})"
            ),
        ),
    ]
}

/// What it may call, and whether it may make something to call.
fn ways_round(role: Role) -> (&'static str, String) {
    let (claim, known) = match role {
        Role::User => (
            "may call no function that sees more than itself but the six look-ups of a credential and that of a verified domain, and may replace none",
            LOOK_UPS,
        ),
        Role::Worker => (
            "may call no function that sees more than itself, and may replace none",
            "",
        ),
    };
    let sql = format!(
        "SELECT p.oid::regprocedure::text AS line FROM pg_proc p WHERE p.prosecdef AND p.pronamespace IN {OUR_SCHEMAS} \
           AND has_function_privilege(p.oid, 'EXECUTE') AND has_schema_privilege(p.pronamespace, 'USAGE') \
           AND NOT (p.oid::regprocedure::text = ANY ('{{{known}}}') AND p.proconfig = '{{search_path=pg_catalog}}') \
         UNION ALL SELECT 'may create in ' || nspname FROM pg_namespace WHERE has_schema_privilege(oid, 'CREATE') AND nspname !~ '^pg_'"
    );
    (claim, sql)
}

/// The claims about a role, as it sees the catalogue itself.
pub(super) async fn claims((role, session): &mut (Role, Session)) -> Result<Vec<Claim>, OpsError> {
    let mut claims = Vec::new();
    for (claim, sql) in questions(*role) {
        let found = session.lines(&sql).await?;
        let broken = match found.as_slice() {
            [] => String::new(),
            some => format!(": {}", some.join(", ")),
        };
        let word = if found.is_empty() { "ok " } else { "NO " };
        claims.push(Claim {
            holds: found.is_empty(),
            line: format!("{word} {} {claim}{broken}", role.name()),
        });
    }
    Ok(claims)
}
