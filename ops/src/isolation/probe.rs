//! One table, tried: every way by which a session of one tenant could reach the other's rows. All of it is rolled back.

use super::Claim;
use crate::OpsError;
use crate::database::{Session, TenantRow};

/// What was found in one table.
#[derive(Debug)]
pub(super) struct Table {
    name: String,
    /// Rows of the other tenant there are to be hidden.
    hidden: usize,
    /// What was reached, in words; nothing if the table holds.
    reached: Vec<String>,
    /// Ways that the role has no right to at all.
    closed: usize,
}

/// Tries the table.
pub(super) async fn table(
    user: &mut Session,
    owner: &mut Session,
    name: &str,
    own: &TenantRow,
    other: &TenantRow,
) -> Result<Table, OpsError> {
    owner.begin_in(other.id).await?;
    let hidden = owner.counted(&format!("SELECT 1 FROM {name}")).await;
    owner.rollback().await?;
    let mut found = Table {
        name: name.to_owned(),
        hidden: hidden.map_err(OpsError::Refused)?,
        reached: Vec::new(),
        closed: 0,
    };
    let theirs = format!("tenant_id = '{}'", other.id);
    let columns = writable(user, name).await?;
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
    if let Some(column) = columns.first() {
        ways.push((
            "changes theirs",
            format!("UPDATE {name} SET {column} = {column} WHERE {theirs}"),
        ));
    }
    for (way, sql) in ways {
        user.begin_in(own.id).await?;
        let answer = if sql.starts_with("SELECT") {
            user.counted(&sql).await
        } else {
            user.touched(&sql).await
        };
        user.rollback().await?;
        found.judge(way, answer);
    }
    // The policy looks before NOT NULL does, so a row of nothing but its tenant reaches it.
    user.begin_in(own.id).await?;
    let pushed = user
        .touched(&format!(
            "INSERT INTO {name} (tenant_id) VALUES ('{}')",
            other.id
        ))
        .await;
    user.rollback().await?;
    match pushed {
        Err(refusal) if refusal.contains("row-level security policy") => {}
        other => found.judge("adds to theirs", other.map(|_| 1)),
    }
    user.run("BEGIN").await?;
    let nobodys = user.counted(&format!("SELECT 1 FROM {name}")).await;
    user.rollback().await?;
    found.judge("reads without a tenant", nobodys);
    Ok(found)
}

/// Columns that the role may change.
async fn writable(user: &mut Session, name: &str) -> Result<Vec<String>, OpsError> {
    let sql = format!(
        "SELECT quote_ident(attname) AS line FROM pg_attribute WHERE attrelid = '{name}'::regclass AND attnum > 0 AND NOT attisdropped \
         AND attgenerated = '' AND has_column_privilege(attrelid, attnum, 'UPDATE') ORDER BY attnum DESC"
    );
    user.lines(&sql).await
}

impl Table {
    /// No row is as it should be, and so is having no right. Whatever else happened was not foreseen, and so it counts.
    fn judge(&mut self, way: &str, answer: Result<usize, String>) {
        match answer {
            Ok(0) => {}
            Ok(rows) => self.reached.push(format!("{way} ({rows})")),
            Err(refusal) if refusal.contains("permission denied for") => {
                self.closed = self.closed.saturating_add(1);
            }
            Err(refusal) => self.reached.push(format!("{way}: {refusal}")),
        }
    }

    pub(super) fn claim(&self) -> Claim {
        let holds = self.reached.is_empty();
        let word = if holds { "ok " } else { "NO " };
        let line = if holds {
            format!(
                "{word} {}: {} row(s) hidden, {} way(s) not even allowed",
                self.name, self.hidden, self.closed
            )
        } else {
            format!("{word} {}: {}", self.name, self.reached.join("; "))
        };
        Claim { holds, line }
    }
}
