//! One table of tenants, tried by one role: every way by which a session of one tenant could reach the other's rows. All of it
//! is rolled back.

use super::{Claim, Role};
use crate::OpsError;
use crate::database::{Session, TenantRow};

/// What was found in one table.
#[derive(Debug, Default)]
pub(super) struct Tried {
    /// What was reached, in words; nothing if the table holds.
    reached: Vec<String>,
    /// Ways that the role has no right to at all.
    closed: usize,
}

/// What the worker sees of tenants' rows while it is in no tenant, table by table, with the reason.
pub(super) const WORKER_FINDS: [(&str, &str, &str); 8] = [
    (
        "document_renders",
        "status IN ('PENDING', 'RENDERING')",
        "the PDFs that are due",
    ),
    (
        "idempotency_keys",
        "created_at < now() - interval '24 hours'",
        "kept answers that have expired",
    ),
    (
        "notification_logs",
        "status IN ('PENDING', 'SENDING')",
        "the messages that are due",
    ),
    (
        "tenant_domains",
        "check_due_at IS NOT NULL",
        "the names that are looked at, and whose each is",
    ),
    (
        "webhook_deliveries",
        "status IN ('PENDING', 'SENDING')",
        "the deliveries that are due",
    ),
    (
        "webhook_endpoints",
        "removed_at IS NOT NULL",
        "endpoints that were removed",
    ),
    (
        "webhook_events",
        "occurred_at < now() - interval '30 days'",
        "events that have expired",
    ),
    (
        "webhook_secrets",
        "expires_at < now()",
        "secrets that have expired",
    ),
];

/// How many rows of the other tenant there are to be hidden.
pub(super) async fn hidden(
    owner: &mut Session,
    name: &str,
    other: &TenantRow,
) -> Result<usize, OpsError> {
    owner.begin_in(other.id).await?;
    // The owner is a member of the look-ups' role, whose policies let it see some tables whole.
    let sql = format!("SELECT 1 FROM {name} WHERE tenant_id = '{}'", other.id);
    let hidden = owner.tried(&sql).await;
    owner.rollback().await?;
    hidden.map_err(OpsError::Refused)
}

/// Tries the table.
pub(super) async fn table(
    (role, session): &mut (Role, Session),
    name: &str,
    (own, other): (&TenantRow, &TenantRow),
    hidden: usize,
) -> Result<Claim, OpsError> {
    let mut found = Tried::default();
    for (way, sql) in ways(session, name, own, other).await? {
        session.begin_in(own.id).await?;
        let answer = session.tried(&sql).await;
        session.rollback().await?;
        found.judge(way, answer);
    }
    // The policy looks before NOT NULL does, so a row of nothing but its tenant reaches it.
    session.begin_in(own.id).await?;
    let pushed = session
        .tried(&format!(
            "INSERT INTO {name} (tenant_id) VALUES ('{}')",
            other.id
        ))
        .await;
    session.rollback().await?;
    match pushed {
        Err(refusal) if refusal.contains("row-level security policy") => {}
        other => found.judge("adds to theirs", other.map(|_| 1)),
    }
    let finds = WORKER_FINDS
        .iter()
        .find(|(table, _, _)| *role == Role::Worker && *table == name);
    let condition = finds.map_or("false", |(_, condition, _)| *condition);
    session.run("BEGIN").await?;
    let nobodys = session
        .tried(&format!(
            "SELECT 1 FROM {name} WHERE ({condition}) IS NOT TRUE"
        ))
        .await;
    session.rollback().await?;
    found.judge("reads without a tenant", nobodys);
    let mut held = format!("{hidden} row(s) hidden");
    if let Some((_, _, why)) = finds {
        held = format!("{held}, and outside of every tenant all but {why}");
    }
    let name = match role {
        Role::User => name.to_owned(),
        Role::Worker => format!("{name}, to the worker"),
    };
    Ok(found.claim(&name, &held))
}

/// Everything that could be asked of theirs from inside one's own.
async fn ways(
    session: &mut Session,
    name: &str,
    own: &TenantRow,
    other: &TenantRow,
) -> Result<Vec<(&'static str, String)>, OpsError> {
    let theirs = format!("tenant_id = '{}'", other.id);
    let mut ways = vec![
        (
            "reads theirs",
            format!("SELECT 1 FROM {name} WHERE {theirs}"),
        ),
        (
            "reads what is not its own",
            format!(
                "SELECT 1 FROM {name} WHERE tenant_id IS DISTINCT FROM '{}'",
                own.id
            ),
        ),
        (
            "locks theirs",
            format!("SELECT 1 FROM {name} WHERE {theirs} FOR UPDATE"),
        ),
        (
            "deletes theirs",
            format!("DELETE FROM {name} WHERE {theirs}"),
        ),
        (
            "takes theirs over",
            format!("UPDATE {name} SET tenant_id = '{}' WHERE {theirs}", own.id),
        ),
    ];
    if let Some(column) = writable(session, name).await?.first() {
        ways.push((
            "changes theirs",
            format!("UPDATE {name} SET {column} = {column} WHERE {theirs}"),
        ));
    }
    Ok(ways)
}

/// Columns that the role may change.
pub(super) async fn writable(session: &mut Session, name: &str) -> Result<Vec<String>, OpsError> {
    let sql = format!(
        "SELECT quote_ident(attname) AS line FROM pg_attribute WHERE attrelid = '{name}'::regclass AND attnum > 0 AND NOT attisdropped \
         AND attgenerated = '' AND has_column_privilege(attrelid, attnum, 'UPDATE') ORDER BY attnum DESC"
    );
    session.lines(&sql).await
}

impl Tried {
    /// No row is as it should be, and so is having no right. Whatever else happened was not foreseen, and so it counts.
    pub(super) fn judge(&mut self, way: &str, answer: Result<usize, String>) {
        match answer {
            Ok(0) => {}
            Ok(rows) => self.reached(&format!("{way} ({rows})")),
            Err(refusal) if refusal.contains("permission denied for") => {
                self.closed = self.closed.saturating_add(1);
            }
            Err(refusal) => self.reached(&format!("{way}: {refusal}")),
        }
    }

    pub(super) fn reached(&mut self, what: &str) {
        self.reached.push(what.to_owned());
    }

    /// What is said of the table; `held` is what it means that nothing was reached.
    pub(super) fn claim(self, name: &str, held: &str) -> Claim {
        let holds = self.reached.is_empty();
        let line = if holds {
            format!(
                "ok  {name}: {held}, {} way(s) not even allowed",
                self.closed
            )
        } else {
            format!("NO  {name}: {}", self.reached.join("; "))
        };
        Claim { holds, line }
    }
}
