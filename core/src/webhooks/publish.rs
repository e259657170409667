//! Writing an event, as part of the change's own statement: once, with a delivery and a wake-up for each endpoint that
//! listens, and not at all when none does. It costs no round trip.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;
use vitaran_kernel::{OrderId, TenantId, WebhookDeliveryId, WebhookEventId};

use super::EventType;
use super::model::MAX_ENDPOINTS;
use crate::db::{Batch, DbError, TenantTx};
use crate::jobs::{Job, asked_by, insert_job_each_sql, job_ids};

/// Wakes the worker for a delivery.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct DeliverWebhook {
    pub tenant: TenantId,
    pub delivery: WebhookDeliveryId,
}

impl Job for DeliverWebhook {
    const QUEUE: &'static str = "webhook";
    const MAX_ATTEMPTS: i32 = 3;
}

/// Adds an event whose data is known.
pub(crate) fn publish(batch: &mut Batch, tx: &TenantTx, event: EventType, data: Value) {
    let data = batch.bind(data);
    add(batch, tx, event, &format!("SELECT {data} AS data"));
}

/// Writes an event by itself, where the change is no batch.
pub(crate) async fn publish_now(
    tx: &mut TenantTx,
    event: EventType,
    data: Value,
) -> Result<(), DbError> {
    let mut batch = Batch::new();
    publish(&mut batch, tx, event, data);
    batch.execute(tx).await
}

/// Where an order's facts stand while the statement runs.
#[derive(Debug, Clone, Copy)]
pub(crate) enum OrderRow<'a> {
    /// In its row, which the statement moves on to this status.
    MovedTo(OrderId, &'a str),
    /// In the part of the statement that has just made it.
    New(&'a str),
}

/// Adds an event of an order, in the names of the API; `more` is what is said beside the order.
pub(crate) fn order_event(
    batch: &mut Batch,
    tx: &TenantTx,
    event: EventType,
    row: OrderRow<'_>,
    more: Value,
) {
    let (tenant, more) = (batch.bind(tx.tenant().as_uuid()), batch.bind(more));
    let (from, status, version) = match row {
        OrderRow::MovedTo(id, status) => {
            let (id, status) = (batch.bind(id.as_uuid()), batch.bind(status));
            let from = format!(
                "(SELECT * FROM orders WHERE tenant_id = {tenant} AND id = {id} AND EXISTS (SELECT FROM {}))",
                listeners(event)
            );
            (from, format!("{status}::text"), "o.version + 1")
        }
        OrderRow::New(part) => (part.to_owned(), "o.status".to_owned(), "o.version"),
    };
    let data = format!(
        "SELECT jsonb_build_object('order', jsonb_strip_nulls(jsonb_build_object('id', o.id, 'number', o.number, 'status', {status}, \
             'version', {version}, 'dealer', jsonb_build_object('id', d.id, 'name', coalesce(d.trade_name, d.legal_name)), \
             'placed_at', to_char(o.placed_at AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"'), 'total', o.total::text, \
             'client_reference', o.client_reference))) || {more} AS data \
         FROM {from} o JOIN dealers d ON d.tenant_id = o.tenant_id AND d.id = o.dealer_id"
    );
    add(batch, tx, event, &data);
}

/// The part that lists the endpoints to tell; a statement may tell of several events.
fn listeners(event: EventType) -> String {
    format!("{}_to", event.as_str().replace('.', "_"))
}

/// Adds the parts; `data` is a query of one row.
fn add(batch: &mut Batch, tx: &TenantTx, event: EventType, data: &str) {
    let (to, name) = (listeners(event), event.as_str().replace('.', "_"));
    let (tenant, code) = (
        batch.bind(tx.tenant().as_uuid()),
        batch.bind(event.as_str()),
    );
    let (id, now) = (
        batch.bind(WebhookEventId::generate().as_uuid()),
        batch.bind(tx.now()),
    );
    let deliveries: Vec<Uuid> = (0..MAX_ENDPOINTS)
        .map(|_| WebhookDeliveryId::generate().as_uuid())
        .collect();
    let (deliveries, jobs) = (batch.bind(deliveries), batch.bind(job_ids(MAX_ENDPOINTS)));
    let asked_by = batch.bind(asked_by());
    batch.part(
        &to,
        format!(
            "SELECT endpoint_id, row_number() OVER (ORDER BY endpoint_id)::integer AS n FROM webhook_subscriptions \
             WHERE tenant_id = {tenant} AND event = {code} ORDER BY endpoint_id LIMIT {MAX_ENDPOINTS}"
        ),
    );
    batch.part(
        &format!("{name}_event"),
        format!(
            "INSERT INTO webhook_events (tenant_id, id, event, occurred_at, data) \
             SELECT {tenant}, {id}, {code}, {now}, told.data FROM ({data}) told WHERE EXISTS (SELECT FROM {to})"
        ),
    );
    batch.part(
        &format!("{name}_deliveries"),
        format!(
            "INSERT INTO webhook_deliveries (tenant_id, id, event_id, endpoint_id, created_at) \
             SELECT {tenant}, ({deliveries}::uuid[])[n], {id}, endpoint_id, {now} FROM {to}"
        ),
    );
    let payload = format!(
        "{asked_by} || jsonb_build_object('tenant', {tenant}::uuid, 'delivery', ({deliveries}::uuid[])[n])"
    );
    let job = format!("({jobs}::text[])[n]");
    batch.part(
        &format!("{name}_jobs"),
        insert_job_each_sql::<DeliverWebhook>(&job, &payload, &to),
    );
}
