//! Closing a line short: what cannot be supplied is given up, with a reason, so that the rest can be packed.
//!
//! Only staff who may decide for sales do it, while the order is approved or being picked. The last line with anything to
//! supply cannot be closed to nothing: such an order is cancelled instead.

use diesel::QueryableByName;
use diesel::sql_types::{Bool, Numeric, SmallInt, Text};
use diesel_async::RunQueryDsl as _;
use vitaran_kernel::{OrderId, OrderLineId, Quantity, Text as ShortText};

use super::OrderDetail;
use super::lock::{LockError, lock, write};
use super::set_status::{note, touch};
use super::status::{Status, WrongState};
use crate::access::{Allowed, SalesOrdersShortClose};
use crate::db::{Batch, DbError, Statement, TenantTx};
use crate::problem::{Fault, Faults, Invalid, Kind, Problem};
use crate::stock;

/// Whether lines of an order in this status can be closed short.
pub(super) fn is_open_in(status: Status) -> bool {
    matches!(status, Status::Approved | Status::Picking)
}

#[derive(Debug)]
pub struct ShortCloseLine {
    pub line: OrderLineId,
    pub reason: ShortText<200>,
}

impl ShortCloseLine {
    pub fn parse(line: &str, reason: &str) -> Result<Self, Invalid> {
        let mut faults = Faults::new();
        let line = faults.required("/line_id", line, "the line", OrderLineId::parse);
        let reason = faults.required(
            "/reason",
            reason,
            "why the rest cannot be supplied",
            ShortText::parse,
        );
        match (line, reason) {
            (Some(line), Some(reason)) => Ok(ShortCloseLine { line, reason }),
            _ => Err(faults.into_invalid()),
        }
    }
}

#[derive(Debug, thiserror::Error)]
pub enum ShortCloseError {
    #[error(transparent)]
    Order(#[from] LockError),
    #[error("This order has no such line")]
    NoSuchLine,
    #[error(transparent)]
    WrongState(#[from] WrongState),
    #[error("Nothing is missing from this line")]
    NothingMissing,
    #[error("This is the last line with anything to supply: cancel the order instead")]
    LastOpenLine,
    #[error(transparent)]
    Db(#[from] DbError),
}

impl Problem for ShortCloseError {
    fn kind(&self) -> Kind {
        match self {
            ShortCloseError::Order(error) => error.kind(),
            ShortCloseError::WrongState(error) => error.kind(),
            ShortCloseError::NoSuchLine
            | ShortCloseError::NothingMissing
            | ShortCloseError::LastOpenLine => Kind::Invalid,
            ShortCloseError::Db(error) => error.kind(),
        }
    }

    fn code(&self) -> &'static str {
        match self {
            ShortCloseError::Order(error) => error.code(),
            ShortCloseError::NoSuchLine => "orders.no_such_line",
            ShortCloseError::WrongState(error) => error.code(),
            ShortCloseError::NothingMissing => "orders.nothing_missing",
            ShortCloseError::LastOpenLine => "orders.last_open_line",
            ShortCloseError::Db(error) => error.code(),
        }
    }

    fn faults(&self) -> Vec<Fault> {
        match self {
            ShortCloseError::NoSuchLine
            | ShortCloseError::NothingMissing
            | ShortCloseError::LastOpenLine => {
                vec![Fault::new("/line_id", self.code(), self.to_string())]
            }
            _ => Vec::new(),
        }
    }

    fn facts(&self) -> serde_json::Map<String, serde_json::Value> {
        match self {
            ShortCloseError::Order(error) => error.facts(),
            ShortCloseError::WrongState(error) => error.facts(),
            _ => serde_json::Map::new(),
        }
    }
}

#[derive(QueryableByName)]
struct LineRow {
    #[diesel(sql_type = SmallInt)]
    line_no: i16,
    #[diesel(sql_type = Text)]
    sku: String,
    #[diesel(sql_type = Numeric)]
    missing: Quantity,
    #[diesel(sql_type = Numeric)]
    picked: Quantity,
    /// Whether another line still has something to supply.
    #[diesel(sql_type = Bool)]
    has_others: bool,
}

/// Gives up what is not picked of a line.
pub async fn short_close(
    tx: &mut TenantTx,
    by: &Allowed<SalesOrdersShortClose>,
    id: OrderId,
    input: ShortCloseLine,
) -> Result<OrderDetail, ShortCloseError> {
    let order = lock(tx, by.actor(), id, None).await?;
    if !is_open_in(order.status) {
        let rule = "A line can be closed short while its order is approved or being picked";
        return Err(WrongState::new(rule, order.status, by.actor()).into());
    }
    let rows: Vec<LineRow> = Statement::new(
        "SELECT line_no, sku, quantity - short_closed_quantity - picked_quantity AS missing, picked_quantity AS picked, \
                EXISTS (SELECT FROM order_lines x WHERE x.tenant_id = $1 AND x.order_id = $2 AND x.id <> l.id AND x.short_closed_quantity < x.quantity) AS has_others \
         FROM order_lines l WHERE tenant_id = $1 AND order_id = $2 AND id = $3 FOR UPDATE",
    )
    .bind(tx.tenant().as_uuid())
    .bind(id.as_uuid())
    .bind(input.line.as_uuid())
    .load(tx.conn()?)
    .await
    .map_err(DbError::from)?;
    let line = rows.into_iter().next().ok_or(ShortCloseError::NoSuchLine)?;
    if !line.missing.is_positive() {
        return Err(ShortCloseError::NothingMissing);
    }
    if !line.picked.is_positive() && !line.has_others {
        return Err(ShortCloseError::LastOpenLine);
    }
    stock::give_up_unpicked(tx, input.line, order.location, input.reason.as_str()).await?;
    let mut batch = Batch::new();
    touch(&mut batch, tx, id);
    let text = format!(
        "Line {} ({}) closed short by {}: {}",
        line.line_no, line.sku, line.missing, input.reason
    );
    note(&mut batch, tx, id, order.dealer, order.status, &text)?;
    Ok(write(tx, batch, id).await?)
}
