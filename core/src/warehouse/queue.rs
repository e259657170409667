//! What the warehouse has before it: orders to pick, being picked, to dispatch; the oldest first.

use chrono::{DateTime, Utc};
use diesel::QueryableByName;
use diesel::sql_types::{BigInt, Integer, Jsonb, Nullable, Text, Timestamptz, Uuid};
use diesel_async::RunQueryDsl as _;
use vitaran_kernel::OrderId;

use crate::access::{Allowed, WarehouseDispatchWrite, WarehousePicksRead};
use crate::db::{DbError, Page, Paged, Statement, TenantTx};
use crate::master::ListError;
use crate::orders::Status;

/// So many names are offered while a transporter is typed.
const TRANSPORTERS: i64 = 12;

/// A section of the warehouse's queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Stage {
    #[default]
    ToPick,
    Picking,
    ToDispatch,
}

impl Stage {
    pub const ALL: [Stage; 3] = [Stage::ToPick, Stage::Picking, Stage::ToDispatch];

    /// The state of the orders in it.
    pub const fn status(self) -> Status {
        match self {
            Stage::ToPick => Status::Approved,
            Stage::Picking => Status::Picking,
            Stage::ToDispatch => Status::Packed,
        }
    }
}

/// An order in the queue.
#[derive(Debug, Clone, QueryableByName)]
pub struct QueuedOrder {
    #[diesel(sql_type = Uuid)]
    pub id: OrderId,
    #[diesel(sql_type = Text)]
    pub number: String,
    #[diesel(sql_type = Integer)]
    pub version: i32,
    #[diesel(sql_type = Text)]
    pub dealer_name: String,
    #[diesel(sql_type = Jsonb)]
    ship_to: serde_json::Value,
    #[diesel(sql_type = Timestamptz)]
    pub placed_at: DateTime<Utc>,
    /// Lines with anything left to supply.
    #[diesel(sql_type = BigInt)]
    pub open_lines: i64,
    /// Of the open lines, those picked in full.
    #[diesel(sql_type = BigInt)]
    pub picked_lines: i64,
    /// Of the open lines, those that the reservations do not cover.
    #[diesel(sql_type = BigInt)]
    pub short_lines: i64,
    /// Who picks or picked it.
    #[diesel(sql_type = Nullable<Text>)]
    pub picker: Option<String>,
}

impl QueuedOrder {
    /// The city it goes to, if the stored address has one.
    pub fn city(&self) -> Option<&str> {
        self.ship_to.pointer("/address/city")?.as_str()
    }
}

/// A page of a section, the oldest order first.
pub async fn queue(
    tx: &TenantTx,
    _by: &Allowed<WarehousePicksRead>,
    stage: Stage,
    page: &Page,
) -> Result<Paged<QueuedOrder>, ListError> {
    let mut statement = Statement::new(
        "SELECT o.id, o.number, o.version, coalesce(d.trade_name, d.legal_name) AS dealer_name, o.ship_to, o.placed_at, \
                n.open_lines, n.picked_lines, n.short_lines, p.started_by_name AS picker \
         FROM orders o JOIN dealers d ON d.tenant_id = o.tenant_id AND d.id = o.dealer_id \
         LEFT JOIN pick_lists p ON p.tenant_id = o.tenant_id AND p.order_id = o.id \
         CROSS JOIN LATERAL ( \
             SELECT count(*) AS open_lines, count(*) FILTER (WHERE l.picked_quantity = l.quantity - l.short_closed_quantity) AS picked_lines, \
                    count(*) FILTER (WHERE l.reserved_quantity < l.quantity - l.short_closed_quantity) AS short_lines \
             FROM order_lines l WHERE l.tenant_id = o.tenant_id AND l.order_id = o.id AND l.short_closed_quantity < l.quantity \
         ) n \
         WHERE o.tenant_id = $1 AND o.status = $2",
    )
    .bind(tx.tenant().as_uuid())
    .bind(stage.status().as_str());
    tx.push_own_locations(&mut statement, "o.location_id");
    if let Some(cursor) = &page.after {
        let (at, id): (DateTime<Utc>, OrderId) = cursor.key()?;
        let (at, id) = (statement.push_bind(at), statement.push_bind(id.as_uuid()));
        statement.push_sql(&format!(" AND (o.placed_at, o.id) > ({at}, {id})"));
    }
    let limit = page.limit.sql(&mut statement);
    statement.push_sql(&format!(" ORDER BY o.placed_at, o.id LIMIT {limit}"));
    let rows = statement.load(&mut tx.reader()).await?;
    Ok(Paged::from_lookahead(
        rows,
        page.limit,
        |order: &QueuedOrder| (order.placed_at, order.id),
    ))
}

#[derive(QueryableByName)]
struct TransporterRow {
    #[diesel(sql_type = Text)]
    transporter: String,
}

/// The transporters of the last shipments, the latest first, to choose from instead of typing.
pub async fn recent_transporters(
    tx: &mut TenantTx,
    _by: &Allowed<WarehouseDispatchWrite>,
) -> Result<Vec<String>, DbError> {
    let rows: Vec<TransporterRow> = Statement::new(
        "SELECT transporter FROM (SELECT transporter, dispatched_at FROM shipments WHERE tenant_id = $1 ORDER BY id DESC LIMIT 200) s \
         GROUP BY transporter ORDER BY max(dispatched_at) DESC LIMIT $2",
    )
    .bind(tx.tenant().as_uuid())
    .bind(TRANSPORTERS)
    .load(tx.conn()?)
    .await?;
    Ok(rows.into_iter().map(|row| row.transporter).collect())
}
