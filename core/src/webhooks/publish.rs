//! Writing an event, as part of the change's own statement: once, with a delivery and a wake-up for each endpoint that
//! listens, and not at all when none does. It costs no round trip. One statement may tell of many orders that changed alike.

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
    add(
        batch,
        tx,
        event,
        1,
        &format!("SELECT 1 AS n, {data} AS data"),
    );
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
    /// In its row, whose version the statement raises.
    Raised(OrderId),
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
    let heard = listeners(event);
    let mut in_its_row = |id: OrderId| {
        let id = batch.bind(id.as_uuid());
        format!(
            "(SELECT * FROM orders WHERE tenant_id = {tenant} AND id = {id} AND EXISTS (SELECT FROM {heard}))"
        )
    };
    let (from, status, version) = match row {
        OrderRow::MovedTo(id, status) => {
            let from = in_its_row(id);
            let status = batch.bind(status);
            (from, format!("{status}::text"), "o.version + 1")
        }
        OrderRow::Raised(id) => (in_its_row(id), "o.status".to_owned(), "o.version + 1"),
        OrderRow::New(part) => (part.to_owned(), "o.status".to_owned(), "o.version"),
    };
    let told = order_told(&status, version);
    let data = format!("SELECT 1 AS n, {told} || {more} AS data FROM {from} o {OF_A_DEALER}");
    add(batch, tx, event, 1, &data);
}

/// Writes an event for each of these orders, as they stand.
pub(crate) async fn order_events_now(
    tx: &mut TenantTx,
    event: EventType,
    orders: &[OrderId],
) -> Result<(), DbError> {
    let mut batch = Batch::new();
    let tenant = batch.bind(tx.tenant().as_uuid());
    let ids: Vec<Uuid> = orders.iter().map(|order| order.as_uuid()).collect();
    let ids = batch.bind(ids);
    let told = order_told("o.status", "o.version");
    let data = format!(
        "SELECT wanted.n::integer AS n, {told} AS data FROM unnest({ids}::uuid[]) WITH ORDINALITY AS wanted (id, n) \
         JOIN orders o ON o.tenant_id = {tenant} AND o.id = wanted.id {OF_A_DEALER}"
    );
    add(&mut batch, tx, event, orders.len(), &data);
    batch.execute(tx).await
}

/// What an order's name is asked of.
const OF_A_DEALER: &str = "JOIN dealers d ON d.tenant_id = o.tenant_id AND d.id = o.dealer_id";

/// The SQL of what is told of an order `o` of a dealer `d`.
fn order_told(status: &str, version: &str) -> String {
    format!(
        "jsonb_build_object('order', jsonb_strip_nulls(jsonb_build_object('id', o.id, 'number', o.number, 'status', {status}, \
             'version', {version}, 'dealer', jsonb_build_object('id', d.id, 'name', coalesce(d.trade_name, d.legal_name)), \
             'placed_at', to_char(o.placed_at AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"'), 'total', o.total::text, \
             'client_reference', o.client_reference)))"
    )
}

/// The part that lists the endpoints to tell; a statement may tell of several events.
fn listeners(event: EventType) -> String {
    format!("{}_to", event.as_str().replace('.', "_"))
}

/// Adds the parts for so many events at most; `data` is a query of one row for each, numbered from 1.
fn add(batch: &mut Batch, tx: &TenantTx, event: EventType, events: usize, data: &str) {
    let (to, name) = (listeners(event), event.as_str().replace('.', "_"));
    let (tenant, code) = (
        batch.bind(tx.tenant().as_uuid()),
        batch.bind(event.as_str()),
    );
    let ids: Vec<Uuid> = (0..events)
        .map(|_| WebhookEventId::generate().as_uuid())
        .collect();
    let (ids, now) = (batch.bind(ids), batch.bind(tx.now()));
    let most = events.saturating_mul(MAX_ENDPOINTS);
    let deliveries: Vec<Uuid> = (0..most)
        .map(|_| WebhookDeliveryId::generate().as_uuid())
        .collect();
    let (deliveries, jobs) = (batch.bind(deliveries), batch.bind(job_ids(most)));
    let asked_by = batch.bind(asked_by());
    batch.part(
        &to,
        format!(
            "SELECT endpoint_id, row_number() OVER (ORDER BY endpoint_id)::integer AS n FROM webhook_subscriptions \
             WHERE tenant_id = {tenant} AND event = {code} ORDER BY endpoint_id LIMIT {MAX_ENDPOINTS}"
        ),
    );
    let told = format!("{name}_told");
    batch.part(
        &told,
        format!(
            "SELECT ({ids}::uuid[])[found.n] AS id, found.data FROM ({data}) found WHERE EXISTS (SELECT FROM {to})"
        ),
    );
    batch.part(
        &format!("{name}_event"),
        format!(
            "INSERT INTO webhook_events (tenant_id, id, event, occurred_at, data) SELECT {tenant}, id, {code}, {now}, data FROM {told}"
        ),
    );
    // Of each event to each endpoint, numbered through.
    let each = format!("{name}_each");
    batch.part(
        &each,
        format!(
            "SELECT told.id AS event_id, {to}.endpoint_id, (row_number() OVER (ORDER BY told.id, {to}.n))::integer AS n \
             FROM {told} told CROSS JOIN {to}"
        ),
    );
    batch.part(
        &format!("{name}_deliveries"),
        format!(
            "INSERT INTO webhook_deliveries (tenant_id, id, event_id, endpoint_id, created_at) \
             SELECT {tenant}, ({deliveries}::uuid[])[n], event_id, endpoint_id, {now} FROM {each}"
        ),
    );
    let payload = format!(
        "{asked_by} || jsonb_build_object('tenant', {tenant}::uuid, 'delivery', ({deliveries}::uuid[])[n])"
    );
    let job = format!("({jobs}::text[])[n]");
    batch.part(
        &format!("{name}_jobs"),
        insert_job_each_sql::<DeliverWebhook>(&job, &payload, &each),
    );
}
