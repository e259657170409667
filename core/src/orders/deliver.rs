//! The goods have arrived. It is the order's last step.

use chrono::{DateTime, Utc};
use diesel::QueryableByName;
use diesel::sql_types::Timestamptz;
use diesel_async::RunQueryDsl as _;
use serde_json::json;
use vitaran_kernel::{Note, OrderId};

use super::OrderDetail;
use super::lock::{LockError, lock, write};
use super::set_status::set_status;
use super::status::Verb;
use crate::access::{Allowed, WarehouseDeliverWrite};
use crate::db::{Batch, DbError, Statement, TenantTx};
use crate::notifications::{self, Event, Telling};
use crate::problem::{Fault, Faults, Invalid, Kind, Problem};

#[derive(Debug, Default)]
pub struct DeliverOrder {
    /// Who took the goods, or what was noted at the door.
    pub note: Option<Note<500>>,
    /// Not before the dispatch and not in the future; unset means now.
    pub delivered_at: Option<DateTime<Utc>>,
    pub expected_version: Option<i32>,
}

impl DeliverOrder {
    /// The note as typed; blank is none. No moment means now.
    pub fn parse(
        note: &str,
        delivered_at: Option<DateTime<Utc>>,
        expected_version: Option<i32>,
    ) -> Result<Self, Invalid> {
        let mut faults = Faults::new();
        let note = faults.optional("/note", note, Note::parse);
        faults.check()?;
        Ok(DeliverOrder {
            note,
            delivered_at,
            expected_version,
        })
    }
}

#[derive(Debug, thiserror::Error)]
pub enum DeliverOrderError {
    #[error(transparent)]
    Order(#[from] LockError),
    #[error(transparent)]
    Invalid(#[from] Invalid),
    #[error(transparent)]
    Db(#[from] DbError),
}

impl Problem for DeliverOrderError {
    fn kind(&self) -> Kind {
        match self {
            DeliverOrderError::Order(error) => error.kind(),
            DeliverOrderError::Invalid(error) => error.kind(),
            DeliverOrderError::Db(error) => error.kind(),
        }
    }

    fn code(&self) -> &'static str {
        match self {
            DeliverOrderError::Order(error) => error.code(),
            DeliverOrderError::Invalid(error) => error.code(),
            DeliverOrderError::Db(error) => error.code(),
        }
    }

    fn faults(&self) -> Vec<Fault> {
        match self {
            DeliverOrderError::Invalid(error) => error.faults(),
            _ => Vec::new(),
        }
    }

    fn facts(&self) -> serde_json::Map<String, serde_json::Value> {
        match self {
            DeliverOrderError::Order(error) => error.facts(),
            _ => serde_json::Map::new(),
        }
    }
}

#[derive(QueryableByName)]
struct Departure {
    #[diesel(sql_type = Timestamptz)]
    dispatched_at: DateTime<Utc>,
}

/// The moment, if goods that left when these did can have arrived at it.
async fn possible(
    tx: &mut TenantTx,
    id: OrderId,
    moment: DateTime<Utc>,
) -> Result<DateTime<Utc>, DeliverOrderError> {
    let left: Departure = Statement::new(
        "SELECT dispatched_at FROM shipments WHERE tenant_id = $1 AND order_id = $2",
    )
    .bind(tx.tenant().as_uuid())
    .bind(id.as_uuid())
    .get_result(tx.conn()?)
    .await
    .map_err(DbError::from)?;
    let fault = if moment < left.dispatched_at {
        Some(("too_early", "The goods had not been dispatched then"))
    } else if moment > tx.now() {
        Some(("in_the_future", "This moment is in the future"))
    } else {
        None
    };
    match fault {
        None => Ok(moment),
        Some((code, detail)) => Err(Invalid {
            faults: vec![Fault::new("/delivered_at", code, detail)],
        }
        .into()),
    }
}

/// Marks a dispatched order delivered.
pub async fn deliver(
    tx: &mut TenantTx,
    by: &Allowed<WarehouseDeliverWrite>,
    id: OrderId,
    input: DeliverOrder,
) -> Result<OrderDetail, DeliverOrderError> {
    let order = lock(tx, by.actor(), id, input.expected_version).await?;
    let step = order.step(Verb::Deliver, by.actor())?;
    let arrived = match input.delivered_at {
        Some(moment) => possible(tx, id, moment).await?,
        None => tx.now(),
    };
    let mut batch = Batch::new();
    set_status(
        &mut batch,
        tx,
        id,
        order.dealer,
        step,
        input.note.as_ref().map(Note::as_str),
    )?;
    let (tenant, order_id, at) = (
        batch.bind(tx.tenant().as_uuid()),
        batch.bind(id.as_uuid()),
        batch.bind(arrived),
    );
    batch.part("arrived", format!("UPDATE shipments SET delivered_at = {at} WHERE tenant_id = {tenant} AND order_id = {order_id}"));
    let telling = Telling {
        event: Event::OrderDelivered,
        order: id,
        dealer: order.dealer,
        invoice: None,
        to: &order.addressee,
        params: json!({}),
    };
    notifications::queue(&mut batch, tx, &telling)?;
    Ok(write(tx, batch, id).await?)
}
