//! The only place that changes an order's status or version: the row, its history, and what is told of it in one.

use serde::Serialize;
use serde_json::{Map, Value, json};
use vitaran_kernel::{DealerId, HistoryId, OrderId, TenantId, UserId};

use super::status::{Status, Step};
use crate::db::{Batch, DbError, TenantTx};
use crate::live::Subject;
use crate::webhooks::{self, EventType, OrderRow};

#[derive(Serialize)]
struct HistoryRow<'a> {
    tenant_id: TenantId,
    id: HistoryId,
    order_id: OrderId,
    dealer_id: DealerId,
    kind: &'static str,
    from_status: Option<Status>,
    to_status: Status,
    reason: Option<&'a str>,
    by_user: Option<UserId>,
    by_name: &'a str,
    at: chrono::DateTime<chrono::Utc>,
}

fn history<'a>(
    tx: &'a TenantTx,
    order: OrderId,
    dealer: DealerId,
    from: Option<Status>,
    to: Status,
    kind: &'static str,
    reason: Option<&'a str>,
) -> HistoryRow<'a> {
    HistoryRow {
        tenant_id: tx.tenant(),
        id: HistoryId::generate(),
        order_id: order,
        dealer_id: dealer,
        kind,
        from_status: from,
        to_status: to,
        reason,
        by_user: tx.actor().user_id(),
        by_name: tx.actor().name(),
        at: tx.now(),
    }
}

/// What programs elsewhere hear of a step, by where it leads.
const fn event(to: Status) -> EventType {
    match to {
        Status::Placed => EventType::OrderPlaced,
        Status::Approved => EventType::OrderApproved,
        Status::Rejected => EventType::OrderRejected,
        Status::Cancelled => EventType::OrderCancelled,
        Status::Picking => EventType::OrderPicking,
        Status::Packed => EventType::OrderPacked,
        Status::Dispatched => EventType::OrderDispatched,
        Status::Delivered => EventType::OrderDelivered,
    }
}

/// Adds the step, its history and its event to a batch. The caller holds the order's lock.
pub(crate) fn set_status(
    batch: &mut Batch,
    tx: &mut TenantTx,
    order: OrderId,
    dealer: DealerId,
    step: Step,
    reason: Option<&str>,
) -> Result<(), DbError> {
    let mut more = Map::new();
    if let Some(reason) = reason {
        more.insert("reason".to_owned(), json!(reason));
    }
    set_status_telling(batch, tx, order, dealer, step, reason, Value::Object(more))
}

/// As [`set_status`]; `more` is what the event says beside the order.
pub(crate) fn set_status_telling(
    batch: &mut Batch,
    tx: &mut TenantTx,
    order: OrderId,
    dealer: DealerId,
    step: Step,
    reason: Option<&str>,
    more: Value,
) -> Result<(), DbError> {
    let (tenant, id) = (
        batch.bind(tx.tenant().as_uuid()),
        batch.bind(order.as_uuid()),
    );
    let (to, now) = (batch.bind(step.to().as_str()), batch.bind(tx.now()));
    batch.part("moved", format!("UPDATE orders SET status = {to}, version = version + 1, updated_at = {now} WHERE tenant_id = {tenant} AND id = {id}"));
    batch.insert(
        "order_status_history",
        &[history(
            tx,
            order,
            dealer,
            Some(step.from()),
            step.to(),
            "STATUS",
            reason,
        )],
    )?;
    let row = OrderRow::MovedTo(order, step.to().as_str());
    webhooks::order_event(batch, tx, event(step.to()), row, more);
    tx.changed(Subject::Order(order));
    Ok(())
}

/// Adds the first history row of a new order, and its event; `made` is the part of the batch that gives its row.
pub(crate) fn begin_history(
    batch: &mut Batch,
    tx: &mut TenantTx,
    order: OrderId,
    dealer: DealerId,
    made: &str,
) -> Result<(), DbError> {
    batch.insert(
        "order_status_history",
        &[history(
            tx,
            order,
            dealer,
            None,
            Status::Placed,
            "STATUS",
            None,
        )],
    )?;
    let row = OrderRow::New(made);
    webhooks::order_event(batch, tx, event(Status::Placed), row, json!({}));
    tx.changed(Subject::Order(order));
    Ok(())
}

/// Adds that an order changed and keeps its status, and the event of it. The caller holds the order's lock.
pub(crate) fn touch(batch: &mut Batch, tx: &mut TenantTx, order: OrderId) {
    let (tenant, id, now) = (
        batch.bind(tx.tenant().as_uuid()),
        batch.bind(order.as_uuid()),
        batch.bind(tx.now()),
    );
    batch.part("touched", format!("UPDATE orders SET version = version + 1, updated_at = {now} WHERE tenant_id = {tenant} AND id = {id}"));
    let row = OrderRow::Raised(order);
    webhooks::order_event(batch, tx, EventType::OrderUpdated, row, json!({}));
    tx.changed(Subject::Order(order));
}

/// Adds a note to the timeline that moves nothing.
pub(crate) fn note(
    batch: &mut Batch,
    tx: &TenantTx,
    order: OrderId,
    dealer: DealerId,
    status: Status,
    text: &str,
) -> Result<(), DbError> {
    batch.insert(
        "order_status_history",
        &[history(
            tx,
            order,
            dealer,
            Some(status),
            status,
            "NOTE",
            Some(text),
        )],
    )
}
