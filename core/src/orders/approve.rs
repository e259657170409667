//! Sales approve an order: it is put on credit hold if it fits the dealer's limit (000-49), and reserves what stock there
//! is. Stock never stops an approval; what is missing shows as short.
//!
//! Locks: order, credit, order lines, balances by product.

use serde_json::json;
use vitaran_kernel::{Money, Note, OrderId};

use super::OrderDetail;
use super::lock::{LockError, lock, write};
use super::set_status::set_status;
use super::status::{Status, Verb, state_facts, verbs_for};
use crate::access::{Allowed, SalesOrdersApprove};
use crate::db::{Batch, DbError, TenantTx};
use crate::dealers::credit::{self, CreditExceeded};
use crate::notifications::{self, Event, Telling};
use crate::problem::{Fault, Faults, Invalid, Kind, Problem};
use crate::stock;

#[derive(Debug, Default)]
pub struct ApproveOrder {
    pub note: Option<Note<500>>,
    /// The version the decision was made on; another one refuses the action.
    pub expected_version: Option<i32>,
}

impl ApproveOrder {
    /// The note as typed; blank is none.
    pub fn parse(note: &str, expected_version: Option<i32>) -> Result<Self, Invalid> {
        let mut faults = Faults::new();
        let note = faults.optional("/note", note, Note::parse);
        faults.check()?;
        Ok(ApproveOrder {
            note,
            expected_version,
        })
    }
}

#[derive(Debug, thiserror::Error)]
pub enum ApproveOrderError {
    #[error(transparent)]
    Order(#[from] LockError),
    #[error("This order is approved already")]
    AlreadyApproved {
        /// What this actor could do instead.
        allowed: Vec<Verb>,
    },
    /// The approver's own role stops below this order's total.
    #[error("You may approve orders up to ₹{}, and this one comes to ₹{}", .limit.grouped(), .order_total.grouped())]
    AboveYourLimit { limit: Money, order_total: Money },
    #[error(transparent)]
    CreditExceeded(#[from] CreditExceeded),
    #[error(transparent)]
    Db(#[from] DbError),
}

impl Problem for ApproveOrderError {
    fn kind(&self) -> Kind {
        match self {
            ApproveOrderError::Order(error) => error.kind(),
            ApproveOrderError::AlreadyApproved { .. } => Kind::Conflict,
            ApproveOrderError::AboveYourLimit { .. } | ApproveOrderError::CreditExceeded(_) => {
                Kind::Invalid
            }
            ApproveOrderError::Db(error) => error.kind(),
        }
    }

    fn code(&self) -> &'static str {
        match self {
            ApproveOrderError::Order(error) => error.code(),
            ApproveOrderError::AlreadyApproved { .. } => "orders.already_approved",
            ApproveOrderError::AboveYourLimit { .. } => "orders.above_your_limit",
            ApproveOrderError::CreditExceeded(_) => "orders.credit_exceeded",
            ApproveOrderError::Db(error) => error.code(),
        }
    }

    fn faults(&self) -> Vec<Fault> {
        match self {
            ApproveOrderError::AboveYourLimit { .. } | ApproveOrderError::CreditExceeded(_) => {
                vec![Fault::new("", self.code(), self.to_string())]
            }
            _ => Vec::new(),
        }
    }

    fn facts(&self) -> serde_json::Map<String, serde_json::Value> {
        match self {
            ApproveOrderError::Order(error) => error.facts(),
            ApproveOrderError::AlreadyApproved { allowed } => {
                state_facts(Status::Approved, allowed)
            }
            ApproveOrderError::AboveYourLimit { limit, order_total } => {
                serde_json::Map::from_iter([
                    ("limit".to_owned(), json!(limit)),
                    ("order_total".to_owned(), json!(order_total)),
                ])
            }
            ApproveOrderError::CreditExceeded(refused) => serde_json::Map::from_iter([(
                "credit".to_owned(),
                json!({"limit": refused.limit, "exposure": refused.exposure, "order_total": refused.order_total}),
            )]),
            ApproveOrderError::Db(_) => serde_json::Map::new(),
        }
    }
}

/// Approves a placed order.
pub async fn approve(
    tx: &mut TenantTx,
    by: &Allowed<SalesOrdersApprove>,
    id: OrderId,
    input: ApproveOrder,
) -> Result<OrderDetail, ApproveOrderError> {
    let order = lock(tx, by.actor(), id, input.expected_version).await?;
    if order.status == Status::Approved {
        let allowed = verbs_for(order.status, by.actor());
        return Err(ApproveOrderError::AlreadyApproved { allowed });
    }
    let step = order.step(Verb::Approve, by.actor())?;
    if let Some(limit) = by.actor().grant().approval_limit()
        && order.total > limit
    {
        let order_total = order.total;
        return Err(ApproveOrderError::AboveYourLimit { limit, order_total });
    }
    order.credit.check(order.total)?;
    stock::reserve(tx, id, order.location).await?;
    let mut batch = Batch::new();
    credit::hold(&mut batch, tx, order.dealer, id, order.total);
    set_status(
        &mut batch,
        tx,
        id,
        order.dealer,
        step,
        input.note.as_ref().map(Note::as_str),
    )?;
    let telling = Telling {
        event: Event::OrderApproved,
        order: id,
        dealer: order.dealer,
        invoice: None,
        to: &order.addressee,
        params: json!({}),
    };
    notifications::queue(&mut batch, tx, &telling)?;
    Ok(write(tx, batch, id).await?)
}
