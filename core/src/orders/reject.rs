//! Sales turn an order down, with a reason the dealer reads. It is an end: nothing was held or reserved.

use serde_json::json;
use vitaran_kernel::{Note, OrderId};

use super::OrderDetail;
use super::lock::{LockError, lock, write};
use super::set_status::set_status;
use super::status::Verb;
use crate::access::{Allowed, SalesOrdersReject};
use crate::db::{Batch, DbError, TenantTx};
use crate::notifications::{self, Event, Telling};
use crate::problem::{Fault, Kind, Problem};

#[derive(Debug)]
pub struct RejectOrder {
    pub reason: Note<500>,
    pub expected_version: Option<i32>,
}

impl RejectOrder {
    /// The reason as typed; blank is a fault beside the field.
    pub fn parse(
        reason: &str,
        expected_version: Option<i32>,
    ) -> Result<Self, crate::problem::Invalid> {
        let mut faults = crate::problem::Faults::new();
        match faults.required(
            "/reason",
            reason,
            "a reason the dealer can understand",
            Note::parse,
        ) {
            Some(reason) => Ok(RejectOrder {
                reason,
                expected_version,
            }),
            None => Err(faults.into_invalid()),
        }
    }
}

#[derive(Debug, thiserror::Error)]
pub enum RejectOrderError {
    #[error(transparent)]
    Order(#[from] LockError),
    #[error(transparent)]
    Db(#[from] DbError),
}

impl Problem for RejectOrderError {
    fn kind(&self) -> Kind {
        match self {
            RejectOrderError::Order(error) => error.kind(),
            RejectOrderError::Db(error) => error.kind(),
        }
    }

    fn code(&self) -> &'static str {
        match self {
            RejectOrderError::Order(error) => error.code(),
            RejectOrderError::Db(error) => error.code(),
        }
    }

    fn faults(&self) -> Vec<Fault> {
        Vec::new()
    }

    fn facts(&self) -> serde_json::Map<String, serde_json::Value> {
        match self {
            RejectOrderError::Order(error) => error.facts(),
            RejectOrderError::Db(_) => serde_json::Map::new(),
        }
    }
}

/// Rejects a placed order.
pub async fn reject(
    tx: &mut TenantTx,
    by: &Allowed<SalesOrdersReject>,
    id: OrderId,
    input: RejectOrder,
) -> Result<OrderDetail, RejectOrderError> {
    let order = lock(tx, by.actor(), id, input.expected_version).await?;
    let step = order.step(Verb::Reject, by.actor())?;
    let mut batch = Batch::new();
    set_status(
        &mut batch,
        tx,
        id,
        order.dealer,
        step,
        Some(input.reason.as_str()),
    )?;
    let params = json!({"reason": input.reason});
    notifications::queue(
        &mut batch,
        tx,
        &Telling {
            event: Event::OrderRejected,
            order: id,
            dealer: order.dealer,
            invoice: None,
            to: &order.addressee,
            params,
        },
    )?;
    Ok(write(tx, batch, id).await?)
}
