//! The trail: what every write did to every row, written by the database's triggers (`core/schema/sql/audit.sql`).

use diesel::QueryableByName;
use diesel::sql_types::{BigInt, Integer, Text};
use diesel_async::RunQueryDsl as _;
use sha2::{Digest as _, Sha256};

use crate::db::{DbError, Statement, TenantTx};

/// What the first seal is chained to.
pub(super) const GENESIS: &str = "";

/// Rows read at a time.
const CHUNK: i64 = 1_000;

/// A row as its seal sees it: one line of JSON, the same in every time zone.
const LINE: &str = "jsonb_build_array(tx, n, (extract(epoch FROM at) * 1000000)::bigint, actor_id, visit_id, request_id, via, \
    table_name, op, row_key, object_id, before, after)::text";

#[derive(QueryableByName)]
struct Line {
    #[diesel(sql_type = BigInt)]
    tx: i64,
    #[diesel(sql_type = Integer)]
    n: i32,
    #[diesel(sql_type = Text)]
    line: String,
}

/// What a seal is made over: the transactions from `from` to before `to`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Window {
    pub n: i32,
    pub from: i64,
    pub to: i64,
    pub previous_hash: String,
}

/// The number of rows in a window, and its hash: SHA-256 over a line that names seal, tenant, window and the hash before,
/// and a line for each row in order.
pub(super) async fn hash(tx: &mut TenantTx, window: &Window) -> Result<(i64, String), DbError> {
    let mut digest = Sha256::new();
    let head = format!(
        "{} {} {} {} {}\n",
        window.n,
        tx.tenant(),
        window.from,
        window.to,
        window.previous_hash
    );
    digest.update(head.as_bytes());
    let mut rows = 0_i64;
    // Places in a transaction begin at one.
    let mut after = (window.from, 0);
    loop {
        let lines: Vec<Line> = Statement::new(format!(
            "SELECT tx, n, {LINE} AS line FROM audit_trail WHERE tenant_id = $1 AND (tx, n) > ($2, $3) AND tx < $4 ORDER BY tx, n LIMIT $5"
        ))
        .bind(tx.tenant().as_uuid())
        .bind(after.0)
        .bind(after.1)
        .bind(window.to)
        .bind(CHUNK)
        .load(tx.conn()?)
        .await?;
        let Some(last) = lines.last() else { break };
        after = (last.tx, last.n);
        for line in &lines {
            digest.update(line.line.as_bytes());
            digest.update(b"\n");
            rows = rows.saturating_add(1);
        }
    }
    Ok((rows, hex::encode(digest.finalize())))
}
