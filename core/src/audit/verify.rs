//! Whether the trail is still what was sealed.

use diesel::QueryableByName;
use diesel::sql_types::{BigInt, Integer, Text};
use diesel_async::RunQueryDsl as _;

use super::trail::{self, GENESIS, Window};
use crate::access::{Allowed, PlatformAuditRead};
use crate::db::{DbError, Statement, TenantTx};

/// Seals read at a time.
const CHUNK: i64 = 500;

/// What was checked and what was found.
#[derive(Debug, Default)]
pub struct TrailReport {
    pub seals: usize,
    pub rows: i64,
    /// Rows that wait for their seal.
    pub unsealed: i64,
    /// The last seal's hash. Who has noted it down sees whether seals were taken off the end since.
    pub head: String,
    pub faults: Vec<String>,
}

#[derive(QueryableByName)]
struct Seal {
    #[diesel(sql_type = Integer)]
    n: i32,
    #[diesel(sql_type = BigInt)]
    from_tx: i64,
    #[diesel(sql_type = BigInt)]
    to_tx: i64,
    #[diesel(sql_type = BigInt)]
    row_count: i64,
    #[diesel(sql_type = Text)]
    previous_hash: String,
    #[diesel(sql_type = Text)]
    hash: String,
}

#[derive(QueryableByName)]
struct Rest {
    #[diesel(sql_type = BigInt)]
    unsealed: i64,
    #[diesel(sql_type = BigInt)]
    to_come: i64,
}

/// Recomputes every seal of the tenant's trail.
pub async fn verify_trail(
    tx: &mut TenantTx,
    _by: &Allowed<PlatformAuditRead>,
) -> Result<TrailReport, DbError> {
    let mut report = TrailReport::default();
    let (mut last, mut from, mut previous) = (0_i32, 0_i64, GENESIS.to_owned());
    loop {
        let seals: Vec<Seal> = Statement::new(
            "SELECT n, from_tx, to_tx, row_count, previous_hash, hash FROM audit_seals WHERE tenant_id = $1 AND n > $2 ORDER BY n LIMIT $3",
        )
        .bind(tx.tenant().as_uuid())
        .bind(last)
        .bind(CHUNK)
        .load(tx.conn()?)
        .await?;
        if seals.is_empty() {
            break;
        }
        for seal in seals {
            let chained = (last.saturating_add(1), from, previous.as_str());
            if (seal.n, seal.from_tx, seal.previous_hash.as_str()) != chained {
                report.faults.push(format!(
                    "seal {}: it does not follow the one before it",
                    seal.n
                ));
            }
            let window = Window {
                n: seal.n,
                from: seal.from_tx,
                to: seal.to_tx,
                previous_hash: seal.previous_hash,
            };
            let (rows, hash) = trail::hash(tx, &window).await?;
            report.faults.extend(
                difference(&seal.hash, seal.row_count, &hash, rows).map(|what| {
                    format!(
                        "seal {} (transactions {} to {}): {what}",
                        seal.n, window.from, window.to
                    )
                }),
            );
            report.seals = report.seals.saturating_add(1);
            report.rows = report.rows.saturating_add(rows);
            (last, from, previous) = (seal.n, seal.to_tx, seal.hash);
        }
    }
    report.head = previous;
    let rest: Rest = Statement::new(
        "SELECT count(*) AS unsealed, count(*) FILTER (WHERE tx >= trail_ahead() + pg_snapshot_xmax(pg_current_snapshot())::text::bigint) AS to_come \
         FROM audit_trail WHERE tenant_id = $1 AND tx >= $2",
    )
    .bind(tx.tenant().as_uuid())
    .bind(from)
    .get_result(tx.conn()?)
    .await?;
    report.unsealed = rest.unsealed;
    if rest.to_come > 0 {
        report.faults.push(format!(
            "{} row(s) name a transaction that has not been",
            rest.to_come
        ));
    }
    Ok(report)
}

/// What happened to the rows of a seal.
fn difference(sealed: &str, sealed_rows: i64, found: &str, rows: i64) -> Option<String> {
    if sealed == found && sealed_rows == rows {
        return None;
    }
    Some(match rows.cmp(&sealed_rows) {
        std::cmp::Ordering::Less => format!(
            "{} of its {sealed_rows} row(s) were removed",
            sealed_rows.saturating_sub(rows)
        ),
        std::cmp::Ordering::Greater => format!(
            "{} row(s) were added to its {sealed_rows}",
            rows.saturating_sub(sealed_rows)
        ),
        std::cmp::Ordering::Equal => "a row was changed".to_owned(),
    })
}
