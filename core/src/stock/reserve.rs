//! Promising stock to orders, never more than is there: Σ reserved ≤ on hand at every instant.
//!
//! Stock owns the reserved quantity of order lines. Lock order, always: order lines, then balances by ascending product.
//! A receipt holds balances already when it tops lines up, so it skips lines that others have locked instead of waiting;
//! those others see the new stock when they get to the balance. It also holds the orders it tops up, so that none is cancelled
//! between the look at its status and the reservation: FOR KEY SHARE, which whoever acts on an order (FOR UPDATE) excludes and
//! another top-up does not. Then it writes on them when they changed, for which it may wait for another top-up and for nobody
//! else; both have every balance they need by then and take the orders by ascending id, so neither waits for the other.

use diesel_async::RunQueryDsl as _;
use vitaran_kernel::{LocationId, OrderId, OrderLineId, ProductId};

use crate::db::{DbError, Statement, TenantTx};
use crate::live::Subject;
use crate::webhooks::{self, EventType};

/// Reserves min(free, open) for each line of an order. Never fails for want of stock: the rest is short (decision: approval
/// reserves what there is).
///
/// The balance is set from what was locked, both halves of it: PostgreSQL holds a changed row to its constraints first as the
/// statement's snapshot would have it, and in that goods which came in while the lock was waited for are not on hand yet.
pub(crate) async fn reserve(
    tx: &mut TenantTx,
    order: OrderId,
    location: LocationId,
) -> Result<(), DbError> {
    let tenant = tx.tenant();
    Statement::new(
        "WITH lines AS ( \
             SELECT id, product_id, quantity - short_closed_quantity - reserved_quantity AS wanted FROM order_lines \
             WHERE tenant_id = $1 AND order_id = $2 AND reserved_quantity + short_closed_quantity < quantity FOR UPDATE \
         ), locked AS ( \
             SELECT product_id, on_hand, reserved FROM stock_balances \
             WHERE tenant_id = $1 AND location_id = $3 AND product_id IN (SELECT product_id FROM lines) ORDER BY product_id FOR UPDATE \
         ), promised AS ( \
             SELECT lines.id, product_id, least(wanted, on_hand - reserved) AS quantity, on_hand, reserved \
             FROM lines JOIN locked USING (product_id) WHERE on_hand > reserved AND wanted > 0 \
         ), balances AS ( \
             UPDATE stock_balances b SET on_hand = p.on_hand, reserved = p.reserved + p.quantity FROM promised p \
             WHERE b.tenant_id = $1 AND b.location_id = $3 AND b.product_id = p.product_id \
         ) \
         UPDATE order_lines l SET reserved_quantity = l.reserved_quantity + p.quantity FROM promised p WHERE l.tenant_id = $1 AND l.id = p.id",
    )
    .bind(tenant.as_uuid())
    .bind(order.as_uuid())
    .bind(location.as_uuid())
    .execute(tx.conn()?)
    .await?;
    Ok(())
}

#[derive(diesel::QueryableByName)]
struct Freed {
    #[diesel(sql_type = diesel::sql_types::Uuid)]
    product_id: ProductId,
}

/// Gives back everything an order has reserved, and lets waiting orders have it. The order itself must have left the
/// statuses that wait for stock.
pub(crate) async fn release(
    tx: &mut TenantTx,
    order: OrderId,
    location: LocationId,
) -> Result<(), DbError> {
    let tenant = tx.tenant();
    let freed: Vec<Freed> = Statement::new(
        "WITH lines AS ( \
             SELECT id, product_id, reserved_quantity FROM order_lines WHERE tenant_id = $1 AND order_id = $2 AND reserved_quantity > 0 FOR UPDATE \
         ), locked AS ( \
             SELECT product_id FROM stock_balances \
             WHERE tenant_id = $1 AND location_id = $3 AND product_id IN (SELECT product_id FROM lines) ORDER BY product_id FOR UPDATE \
         ), balances AS ( \
             UPDATE stock_balances b SET reserved = b.reserved - lines.reserved_quantity FROM lines JOIN locked USING (product_id) \
             WHERE b.tenant_id = $1 AND b.location_id = $3 AND b.product_id = lines.product_id \
         ) \
         UPDATE order_lines l SET reserved_quantity = 0 FROM lines WHERE l.tenant_id = $1 AND l.id = lines.id RETURNING l.product_id",
    )
    .bind(tenant.as_uuid())
    .bind(order.as_uuid())
    .bind(location.as_uuid())
    .load(tx.conn()?)
    .await?;
    let products: Vec<ProductId> = freed.into_iter().map(|row| row.product_id).collect();
    top_up(tx, location, &products).await
}

/// Closes a line short at what is picked of it, gives back what it had reserved beyond that, and lets waiting orders have
/// it. One statement, for a line may neither be closed below its reservation nor wait for what it has given up.
pub(crate) async fn give_up_unpicked(
    tx: &mut TenantTx,
    line: OrderLineId,
    location: LocationId,
    reason: &str,
) -> Result<(), DbError> {
    let tenant = tx.tenant();
    let freed: Vec<Freed> = Statement::new(
        "WITH line AS ( \
             SELECT id, product_id, greatest(reserved_quantity - picked_quantity, 0) AS surplus FROM order_lines \
             WHERE tenant_id = $1 AND id = $2 FOR UPDATE \
         ), locked AS ( \
             SELECT product_id FROM stock_balances WHERE tenant_id = $1 AND location_id = $3 AND product_id IN (SELECT product_id FROM line) FOR UPDATE \
         ), balances AS ( \
             UPDATE stock_balances b SET reserved = b.reserved - line.surplus FROM line JOIN locked USING (product_id) \
             WHERE b.tenant_id = $1 AND b.location_id = $3 AND b.product_id = line.product_id \
         ) \
         UPDATE order_lines l SET reserved_quantity = l.reserved_quantity - line.surplus, short_closed_quantity = l.quantity - l.picked_quantity, \
                short_close_reason = $4 \
         FROM line WHERE l.tenant_id = $1 AND l.id = line.id RETURNING l.product_id",
    )
    .bind(tenant.as_uuid())
    .bind(line.as_uuid())
    .bind(location.as_uuid())
    .bind(reason)
    .load(tx.conn()?)
    .await?;
    let products: Vec<ProductId> = freed.into_iter().map(|row| row.product_id).collect();
    top_up(tx, location, &products).await
}

#[derive(diesel::QueryableByName)]
struct ToppedUp {
    #[diesel(sql_type = diesel::sql_types::Uuid)]
    id: OrderId,
    /// Whether any program listens to it.
    #[diesel(sql_type = diesel::sql_types::Bool)]
    is_heard: bool,
}

/// Lets approved orders that wait for these products have what is free now, oldest order first. Pages of those that got
/// something are told, and programs that listen. An order has a product on one line, so none that gives some up gets it back.
pub(crate) async fn top_up(
    tx: &mut TenantTx,
    location: LocationId,
    products: &[ProductId],
) -> Result<(), DbError> {
    if products.is_empty() {
        return Ok(());
    }
    let tenant = tx.tenant();
    let topped_up: Vec<ToppedUp> = Statement::new(
        "WITH waiting AS ( \
             SELECT l.id, l.product_id, l.quantity - l.short_closed_quantity - l.reserved_quantity AS wanted, o.placed_at \
             FROM order_lines l JOIN orders o ON o.tenant_id = l.tenant_id AND o.id = l.order_id \
             WHERE l.tenant_id = $1 AND l.product_id = ANY ($3) AND l.reserved_quantity + l.short_closed_quantity < l.quantity \
               AND o.location_id = $2 AND o.status IN ('APPROVED', 'PICKING') \
             ORDER BY l.id FOR UPDATE OF l SKIP LOCKED FOR KEY SHARE OF o SKIP LOCKED \
         ), locked AS ( \
             SELECT product_id, on_hand - reserved AS free FROM stock_balances \
             WHERE tenant_id = $1 AND location_id = $2 AND product_id IN (SELECT product_id FROM waiting) ORDER BY product_id FOR UPDATE \
         ), queued AS ( \
             SELECT w.id, w.product_id, w.wanted, locked.free, \
                    coalesce(sum(w.wanted) OVER (PARTITION BY w.product_id ORDER BY w.placed_at, w.id ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0) AS ahead \
             FROM waiting w JOIN locked USING (product_id) \
         ), promised AS ( \
             SELECT id, product_id, least(wanted, free - ahead) AS quantity FROM queued WHERE free > ahead \
         ), balances AS ( \
             UPDATE stock_balances b SET reserved = b.reserved + p.quantity FROM (SELECT product_id, sum(quantity) AS quantity FROM promised GROUP BY product_id) p \
             WHERE b.tenant_id = $1 AND b.location_id = $2 AND b.product_id = p.product_id \
         ), lines AS ( \
             UPDATE order_lines l SET reserved_quantity = l.reserved_quantity + p.quantity FROM promised p WHERE l.tenant_id = $1 AND l.id = p.id \
             RETURNING l.order_id \
         ), topped_up AS ( \
             SELECT id FROM orders WHERE tenant_id = $1 AND id IN (SELECT order_id FROM lines) ORDER BY id FOR NO KEY UPDATE \
         ) \
         UPDATE orders o SET updated_at = $4 FROM topped_up t WHERE o.tenant_id = $1 AND o.id = t.id \
         RETURNING o.id, EXISTS (SELECT FROM webhook_subscriptions WHERE tenant_id = $1 AND event = $5) AS is_heard",
    )
    .bind(tenant.as_uuid())
    .bind(location.as_uuid())
    .bind(products.iter().map(|id| id.as_uuid()).collect::<Vec<_>>())
    .bind(tx.now())
    .bind(EventType::OrderUpdated.as_str())
    .load(tx.conn()?)
    .await?;
    let mut told = Vec::new();
    for ToppedUp { id, is_heard } in topped_up {
        tx.changed(Subject::Order(id));
        if is_heard {
            told.push(id);
        }
    }
    if told.is_empty() {
        return Ok(());
    }
    webhooks::order_events_now(tx, EventType::OrderUpdated, &told).await
}
