//! Cancelling: by the dealer while the order waits, by staff until it is packed. The credit hold goes, the reserved stock
//! goes to whoever waits for it, and a pick list is closed.

use serde_json::json;
use vitaran_kernel::{Note, OrderId};

use super::OrderDetail;
use super::lock::{LockError, lock, reload};
use super::set_status::set_status;
use super::status::{Status, Verb};
use crate::access::{Allowed, SalesOrdersCancel};
use crate::db::{Batch, DbError, TenantTx};
use crate::dealers::credit;
use crate::notifications::{self, Event, Telling};
use crate::problem::{Fault, Faults, Invalid, Kind, Problem};
use crate::stock;

#[derive(Debug, Default)]
pub struct CancelOrder {
    /// Required once the order is being picked.
    pub reason: Option<Note<500>>,
    pub expected_version: Option<i32>,
}

impl CancelOrder {
    /// The reason as typed; blank is none.
    pub fn parse(reason: &str, expected_version: Option<i32>) -> Result<Self, Invalid> {
        let mut faults = Faults::new();
        let reason = faults.optional("/reason", reason, Note::parse);
        faults.check()?;
        Ok(CancelOrder {
            reason,
            expected_version,
        })
    }
}

#[derive(Debug, thiserror::Error)]
pub enum CancelOrderError {
    #[error(transparent)]
    Order(#[from] LockError),
    #[error("Say why: the warehouse has begun to pick this order")]
    ReasonRequired,
    #[error(transparent)]
    Db(#[from] DbError),
}

impl Problem for CancelOrderError {
    fn kind(&self) -> Kind {
        match self {
            CancelOrderError::Order(error) => error.kind(),
            CancelOrderError::ReasonRequired => Kind::Invalid,
            CancelOrderError::Db(error) => error.kind(),
        }
    }

    fn code(&self) -> &'static str {
        match self {
            CancelOrderError::Order(error) => error.code(),
            CancelOrderError::ReasonRequired => "orders.reason_required",
            CancelOrderError::Db(error) => error.code(),
        }
    }

    fn faults(&self) -> Vec<Fault> {
        match self {
            CancelOrderError::ReasonRequired => {
                vec![Fault::new("/reason", "required", self.to_string())]
            }
            _ => Vec::new(),
        }
    }

    fn facts(&self) -> serde_json::Map<String, serde_json::Value> {
        match self {
            CancelOrderError::Order(error) => error.facts(),
            _ => serde_json::Map::new(),
        }
    }
}

/// Cancels an order.
pub async fn cancel(
    tx: &mut TenantTx,
    by: &Allowed<SalesOrdersCancel>,
    id: OrderId,
    input: CancelOrder,
) -> Result<OrderDetail, CancelOrderError> {
    let order = lock(tx, by.actor(), id, input.expected_version).await?;
    let step = order.step(Verb::Cancel, by.actor())?;
    if order.status == Status::Picking && input.reason.is_none() {
        return Err(CancelOrderError::ReasonRequired);
    }
    let mut batch = Batch::new();
    set_status(
        &mut batch,
        tx,
        id,
        order.dealer,
        step,
        input.reason.as_ref().map(Note::as_str),
    )?;
    if order.status != Status::Placed {
        credit::release(&mut batch, tx, order.dealer, id);
        let (tenant, order, now) = (
            batch.bind(tx.tenant().as_uuid()),
            batch.bind(id.as_uuid()),
            batch.bind(tx.now()),
        );
        batch.part("unpicked", format!("UPDATE pick_lists SET closed_at = {now} WHERE tenant_id = {tenant} AND order_id = {order} AND closed_at IS NULL"));
    }
    let params = json!({"reason": input.reason, "by": by.actor().name()});
    notifications::queue(
        &mut batch,
        tx,
        &Telling {
            event: Event::OrderCancelled,
            order: id,
            dealer: order.dealer,
            invoice: None,
            to: &order.addressee,
            params,
        },
    )?;
    batch.execute(tx).await?;
    if order.status != Status::Placed {
        // After the status: the freed stock must not go back to this very order.
        stock::release(tx, id, order.location).await?;
    }
    Ok(reload(tx, id).await?)
}
