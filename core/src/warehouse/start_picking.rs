//! The warehouse takes an approved order on: its pick list comes to be, and what arrived since the approval is reserved.

use serde_json::json;
use vitaran_kernel::{OrderId, PickListId};

use crate::access::{Allowed, WarehousePicksWrite};
use crate::db::{Batch, DbError, TenantTx};
use crate::orders::{self, LockError, OrderDetail, Verb};
use crate::problem::{Kind, Problem};
use crate::stock;

#[derive(Debug, Default)]
pub struct StartPicking {
    pub expected_version: Option<i32>,
}

#[derive(Debug, thiserror::Error)]
pub enum StartPickingError {
    #[error(transparent)]
    Order(#[from] LockError),
    #[error(transparent)]
    Db(#[from] DbError),
}

impl Problem for StartPickingError {
    fn kind(&self) -> Kind {
        match self {
            StartPickingError::Order(error) => error.kind(),
            StartPickingError::Db(error) => error.kind(),
        }
    }

    fn code(&self) -> &'static str {
        match self {
            StartPickingError::Order(error) => error.code(),
            StartPickingError::Db(error) => error.code(),
        }
    }

    fn facts(&self) -> serde_json::Map<String, serde_json::Value> {
        match self {
            StartPickingError::Order(error) => error.facts(),
            StartPickingError::Db(_) => serde_json::Map::new(),
        }
    }
}

/// Starts picking; the pick list's lines are the order's open lines.
pub async fn start_picking(
    tx: &mut TenantTx,
    by: &Allowed<WarehousePicksWrite>,
    id: OrderId,
    input: StartPicking,
) -> Result<OrderDetail, StartPickingError> {
    let order = orders::lock(tx, by.actor(), id, input.expected_version).await?;
    let step = order.step(Verb::StartPicking, by.actor())?;
    stock::reserve(tx, id, order.location).await?;
    let mut batch = Batch::new();
    orders::set_status(&mut batch, tx, id, order.dealer, step, None)?;
    batch.insert(
        "pick_lists",
        &[json!({
            "tenant_id": tx.tenant(), "id": PickListId::generate(), "order_id": id, "location_id": order.location,
            "started_by": by.actor().user_id(), "started_by_name": by.actor().name(), "started_at": tx.now(),
        })],
    )?;
    Ok(orders::write(tx, batch, id).await?)
}
