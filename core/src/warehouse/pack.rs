//! Packing: only when every line is picked in full, or sales have closed the rest of it short (000-51).

use diesel::QueryableByName;
use diesel::sql_types::{Numeric, SmallInt, Text};
use diesel_async::RunQueryDsl as _;
use serde_json::json;
use vitaran_kernel::{OrderId, Quantity};

use crate::access::{Allowed, WarehousePacksWrite};
use crate::db::{Batch, DbError, Statement, TenantTx};
use crate::orders::{self, LockError, OrderDetail, Verb};
use crate::problem::{Fault, Kind, Problem};

#[derive(Debug, Default)]
pub struct PackOrder {
    pub expected_version: Option<i32>,
}

/// A line that still has something to pick.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub struct UnpickedLine {
    #[diesel(sql_type = SmallInt)]
    pub line_no: i16,
    #[diesel(sql_type = Text)]
    pub sku: String,
    #[diesel(sql_type = Numeric)]
    pub open: Quantity,
    #[diesel(sql_type = Numeric)]
    pub picked: Quantity,
}

#[derive(Debug, thiserror::Error)]
pub enum PackOrderError {
    #[error(transparent)]
    Order(#[from] LockError),
    #[error("{} not picked in full: pick the rest, or have sales close it short", count(.lines.len()))]
    NotFullyPicked { lines: Vec<UnpickedLine> },
    #[error(transparent)]
    Db(#[from] DbError),
}

fn count(lines: usize) -> String {
    if lines == 1 {
        "1 line is".to_owned()
    } else {
        format!("{lines} lines are")
    }
}

impl Problem for PackOrderError {
    fn kind(&self) -> Kind {
        match self {
            PackOrderError::Order(error) => error.kind(),
            PackOrderError::NotFullyPicked { .. } => Kind::Invalid,
            PackOrderError::Db(error) => error.kind(),
        }
    }

    fn code(&self) -> &'static str {
        match self {
            PackOrderError::Order(error) => error.code(),
            PackOrderError::NotFullyPicked { .. } => "warehouse.not_fully_picked",
            PackOrderError::Db(error) => error.code(),
        }
    }

    fn faults(&self) -> Vec<Fault> {
        match self {
            PackOrderError::NotFullyPicked { lines } => lines
                .iter()
                .map(|line| {
                    let at = line.line_no.saturating_sub(1);
                    Fault::new(
                        format!("/lines/{at}"),
                        self.code(),
                        format!(
                            "Line {} ({}): {} of {} picked",
                            line.line_no, line.sku, line.picked, line.open
                        ),
                    )
                })
                .collect(),
            _ => Vec::new(),
        }
    }

    fn facts(&self) -> serde_json::Map<String, serde_json::Value> {
        match self {
            PackOrderError::Order(error) => error.facts(),
            PackOrderError::NotFullyPicked { lines } => {
                let lines = lines.iter().map(|line| json!({"line_no": line.line_no, "sku": line.sku, "open": line.open, "picked": line.picked})).collect();
                serde_json::Map::from_iter([("lines".to_owned(), serde_json::Value::Array(lines))])
            }
            PackOrderError::Db(_) => serde_json::Map::new(),
        }
    }
}

/// Packs a picked order and closes its pick list.
pub async fn pack(
    tx: &mut TenantTx,
    by: &Allowed<WarehousePacksWrite>,
    id: OrderId,
    input: PackOrder,
) -> Result<OrderDetail, PackOrderError> {
    let order = orders::lock(tx, by.actor(), id, input.expected_version).await?;
    let step = order.step(Verb::Pack, by.actor())?;
    let lines: Vec<UnpickedLine> = Statement::new(
        "SELECT line_no, sku, quantity - short_closed_quantity AS open, picked_quantity AS picked FROM order_lines \
         WHERE tenant_id = $1 AND order_id = $2 AND picked_quantity + short_closed_quantity < quantity ORDER BY line_no",
    )
    .bind(tx.tenant().as_uuid())
    .bind(id.as_uuid())
    .load(tx.conn()?)
    .await
    .map_err(DbError::from)?;
    if !lines.is_empty() {
        return Err(PackOrderError::NotFullyPicked { lines });
    }
    let mut batch = Batch::new();
    orders::set_status(&mut batch, tx, id, order.dealer, step, None)?;
    let (tenant, order_id, now) = (
        batch.bind(tx.tenant().as_uuid()),
        batch.bind(id.as_uuid()),
        batch.bind(tx.now()),
    );
    batch.part("finished", format!("UPDATE pick_lists SET closed_at = {now} WHERE tenant_id = {tenant} AND order_id = {order_id}"));
    Ok(orders::write(tx, batch, id).await?)
}
