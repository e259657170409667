//! Reading orders: one, a page of them, how many wait.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use diesel::QueryableByName;
use diesel::sql_types::{BigInt, Text};
use diesel_async::RunQueryDsl as _;
use futures_util::TryFutureExt as _;
use vitaran_kernel::{DealerId, FinancialYear, IstDate, OrderId, OrderNumber};

use super::lock::LockError;
use super::status::Status;
use super::{HistoryEntry, OrderDetail, OrderHeader, OrderLine, OrderSummary};
use crate::access::{Allowed, SalesOrdersRead};
use crate::db::{
    Batch, Count, DbError, Limit, Page, Paged, Since, Statement, Sweep, TenantTx, count_each,
};
use crate::master::ListError;

/// Newest or oldest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum OrderSort {
    #[default]
    NewestFirst,
    OldestFirst,
}

/// Which orders a list shows. Empty means all.
#[derive(Debug, Clone, Default)]
pub struct OrderFilter {
    pub statuses: Vec<Status>,
    pub dealer: Option<DealerId>,
    /// Placed on this day in India, or later.
    pub placed_from: Option<IstDate>,
    /// Placed on this day in India, or earlier.
    pub placed_to: Option<IstDate>,
    /// The beginning of an order number, its running number alone, or the beginning of a dealer's name or code.
    pub q: String,
    /// Only orders with a line that waits for stock.
    pub is_short: bool,
    /// Only what changed since, in the order of the changes.
    pub since: Option<Since>,
    pub sort: OrderSort,
}

/// Of an order `o`: approved or being picked, with a line that its reservation does not cover.
pub(super) const WAITS_FOR_STOCK: &str = "o.status IN ('APPROVED', 'PICKING') AND EXISTS (SELECT FROM order_lines l \
     WHERE l.tenant_id = o.tenant_id AND l.order_id = o.id AND l.reserved_quantity < l.quantity - l.short_closed_quantity)";

/// A page of orders. A dealer's people get their own dealer's, whatever the filter says.
pub async fn list(
    tx: &TenantTx,
    by: &Allowed<SalesOrdersRead>,
    filter: &OrderFilter,
    page: &Page,
) -> Result<Paged<OrderSummary>, ListError> {
    let (rows, sweep) = rows(tx, by, filter, page).await?;
    Ok(paged(rows, sweep, page.limit))
}

/// Lines that a page of orders holds at most; the first order's are given whatever their number.
pub const MAX_LINES_LISTED: usize = 2_000;

/// As [`list`], each order with its lines. All lines are read in one query, and a page that would hold too many of them ends
/// earlier than its length.
pub async fn list_with_lines(
    tx: &TenantTx,
    by: &Allowed<SalesOrdersRead>,
    filter: &OrderFilter,
    page: &Page,
) -> Result<Paged<(OrderSummary, Vec<OrderLine>)>, ListError> {
    let (rows, sweep) = rows(tx, by, filter, page).await?;
    let (rows, limit) = within_lines(rows, page.limit);
    let found = paged(rows, sweep, limit);
    let ids: Vec<uuid::Uuid> = found.rows.iter().map(|order| order.id.as_uuid()).collect();
    let lines: Vec<LineOf> = Statement::new(format!(
        "SELECT l.order_id, {LINE} WHERE l.tenant_id = $1 AND l.order_id = ANY ($2) ORDER BY l.order_id, l.line_no"
    ))
    .bind(tx.tenant().as_uuid())
    .bind(ids)
    .load(&mut tx.reader())
    .await?;
    let mut by_order: HashMap<OrderId, Vec<OrderLine>> = HashMap::new();
    for LineOf { order_id, line } in lines {
        by_order.entry(order_id).or_default().push(line);
    }
    Ok(found.map(|order| {
        let lines = by_order.remove(&order.id).unwrap_or_default();
        (order, lines)
    }))
}

#[derive(QueryableByName)]
struct LineOf {
    #[diesel(sql_type = diesel::sql_types::Uuid)]
    order_id: OrderId,
    #[diesel(embed)]
    line: OrderLine,
}

/// Pure: as many of the orders as have few enough lines together, with one more if there is one, and the limit that says so.
fn within_lines(mut rows: Vec<OrderSummary>, limit: Limit) -> (Vec<OrderSummary>, Limit) {
    let mut total = 0_usize;
    let fitting = rows.iter().take(limit.rows()).take_while(|order| {
        total = total.saturating_add(usize::try_from(order.line_count).unwrap_or(0));
        total <= MAX_LINES_LISTED
    });
    let fitting = fitting.count().max(1);
    match u16::try_from(fitting).ok().and_then(Limit::new) {
        Some(fewer) if fitting < limit.rows() => {
            rows.truncate(fitting.saturating_add(1));
            (rows, fewer)
        }
        _ => (rows, limit),
    }
}

fn paged(rows: Vec<OrderSummary>, sweep: Option<Sweep>, limit: Limit) -> Paged<OrderSummary> {
    match sweep {
        Some(sweep) => sweep.paged(rows, limit, |order| (order.updated_at, order.id)),
        None => Paged::from_lookahead(rows, limit, |order| (order.placed_at, order.id)),
    }
}

/// The rows of the page and one more, and the sweep they belong to where changes are wanted.
async fn rows(
    tx: &TenantTx,
    by: &Allowed<SalesOrdersRead>,
    filter: &OrderFilter,
    page: &Page,
) -> Result<(Vec<OrderSummary>, Option<Sweep>), ListError> {
    let mut statement = Statement::new(
        "SELECT o.id, o.number, o.status, o.version, o.dealer_id, coalesce(d.trade_name, d.legal_name) AS dealer_name, o.placed_at, o.updated_at, o.line_count, o.total \
         FROM orders o JOIN dealers d ON d.tenant_id = o.tenant_id AND d.id = o.dealer_id WHERE o.tenant_id = $1",
    )
    .bind(tx.tenant().as_uuid());
    if let Some(dealer) = by.actor().scope().own().or(filter.dealer) {
        let dealer = statement.push_bind(dealer.as_uuid());
        statement.push_sql(&format!(" AND o.dealer_id = {dealer}"));
    }
    tx.push_own_locations(&mut statement, "o.location_id");
    match filter.statuses.as_slice() {
        [] => {}
        [status] => {
            let status = statement.push_bind(status.as_str());
            statement.push_sql(&format!(" AND o.status = {status}"));
        }
        several => {
            let statuses = statement.push_bind(
                several
                    .iter()
                    .map(|status| status.as_str().to_owned())
                    .collect::<Vec<_>>(),
            );
            statement.push_sql(&format!(" AND o.status = ANY ({statuses})"));
        }
    }
    if let Some(from) = filter.placed_from {
        let from = statement.push_bind(from.start());
        statement.push_sql(&format!(" AND o.placed_at >= {from}"));
    }
    if let Some(to) = filter.placed_to {
        let to = statement.push_bind(to.add_days(1).start());
        statement.push_sql(&format!(" AND o.placed_at < {to}"));
    }
    search(&mut statement, filter.q.trim(), tx.today());
    if filter.is_short {
        statement.push_sql(&format!(" AND {WAITS_FOR_STOCK}"));
    }
    if let Some(since) = filter.since {
        let key = ("o.updated_at", "o.id");
        let sweep = since.end::<uuid::Uuid>(tx, &mut statement, page, key)?;
        let rows = statement.load(&mut tx.reader()).await?;
        return Ok((rows, Some(sweep)));
    }
    let (direction, beyond) = match filter.sort {
        OrderSort::NewestFirst => ("DESC", "<"),
        OrderSort::OldestFirst => ("ASC", ">"),
    };
    if let Some(cursor) = &page.after {
        let (at, id): (DateTime<Utc>, OrderId) = cursor.key()?;
        let (at, id) = (statement.push_bind(at), statement.push_bind(id.as_uuid()));
        statement.push_sql(&format!(" AND (o.placed_at, o.id) {beyond} ({at}, {id})"));
    }
    let limit = page.limit.sql(&mut statement);
    statement.push_sql(&format!(
        " ORDER BY o.placed_at {direction}, o.id {direction} LIMIT {limit}"
    ));
    let rows = statement.load(&mut tx.reader()).await?;
    Ok((rows, None))
}

/// Text comparisons only: they are leakproof, so row-level security lets them use an index.
fn search(statement: &mut Statement, q: &str, today: IstDate) {
    if q.is_empty() {
        return;
    }
    if let Ok(sequence) = q.parse::<i64>() {
        // "42" is order 42 of this financial year or the one before.
        let year = FinancialYear::of(today);
        let years = [
            Some(year),
            FinancialYear::try_new(year.start_year().saturating_sub(1)).ok(),
        ];
        let numbers: Vec<String> = years
            .into_iter()
            .flatten()
            .filter_map(|year| OrderNumber::format(year, sequence).ok())
            .map(|number| number.to_string())
            .collect();
        let numbers = statement.push_bind(numbers);
        statement.push_sql(&format!(" AND o.number = ANY ({numbers})"));
        return;
    }
    let (code, name) = (q.to_uppercase(), q.to_lowercase());
    let (c1, c2) = (
        statement.push_bind(code.clone()),
        statement.push_bind(after(&code)),
    );
    // One or the other: with both in one OR no index would do, and every order would be looked at.
    if code.starts_with(OrderNumber::START) {
        statement.push_sql(&format!(" AND o.number >= {c1} AND o.number < {c2}"));
        return;
    }
    let (n1, n2) = (
        statement.push_bind(name.clone()),
        statement.push_bind(after(&name)),
    );
    statement.push_sql(&format!(
        " AND o.dealer_id IN ( \
             SELECT id FROM dealers WHERE tenant_id = $1 AND sort_name >= {n1} AND sort_name < {n2} \
             UNION SELECT id FROM dealers WHERE tenant_id = $1 AND lower(trade_name) COLLATE \"C\" >= {n1} AND lower(trade_name) COLLATE \"C\" < {n2} \
             UNION SELECT id FROM dealers WHERE tenant_id = $1 AND code >= {c1} AND code < {c2})"
    ));
}

/// The first text behind all that begin with `prefix`.
fn after(prefix: &str) -> String {
    format!("{prefix}\u{10FFFF}")
}

/// An order with its lines and timeline.
pub async fn load(
    tx: &TenantTx,
    by: &Allowed<SalesOrdersRead>,
    id: OrderId,
) -> Result<OrderDetail, LockError> {
    let detail = detail(tx, id).await?.ok_or(LockError::NotFound)?;
    let is_theirs = by.actor().locations().has(detail.header.location_id);
    match by.actor().scope().own() {
        Some(own) if own != detail.header.dealer_id => Err(LockError::NotFound),
        _ if !is_theirs => Err(LockError::NotFound),
        _ => Ok(detail),
    }
}

/// Whether the actor would find the order: for who may hear of it, never instead of [`load`].
pub async fn is_seen(
    tx: &TenantTx,
    _by: &Allowed<SalesOrdersRead>,
    id: OrderId,
) -> Result<bool, DbError> {
    #[derive(QueryableByName)]
    struct Seen {
        #[diesel(sql_type = diesel::sql_types::Bool)]
        is_seen: bool,
    }
    let mut statement =
        Statement::new("SELECT EXISTS (SELECT FROM orders o WHERE o.tenant_id = $1 AND o.id = $2")
            .bind(tx.tenant().as_uuid())
            .bind(id.as_uuid());
    tx.push_own_locations(&mut statement, "o.location_id");
    statement.push_sql(") AS is_seen");
    let seen: Seen = statement.get_result(&mut tx.reader()).await?;
    Ok(seen.is_seen)
}

/// Writes a batch and reads the order as it stands then, all in one message. What the reads say counts only once the
/// write has succeeded; after one that failed the database refuses them.
pub(super) async fn write_and_read(
    tx: &TenantTx,
    batch: Batch,
    id: OrderId,
) -> Result<Option<OrderDetail>, DbError> {
    let mut connection = tx.reader();
    let written = batch.into_statement().execute(&mut connection);
    let (written, order) = futures_util::join!(written, detail(tx, id));
    written?;
    order
}

/// An order's line with what the shelf says of it, from `order_lines l`.
const LINE: &str = "l.id, l.line_no, l.product_id, l.sku, l.name, l.hsn, l.uqc, p.barcode, l.tax_rate, l.quantity, l.unit_price, l.price_source, l.price_list_name, \
     l.taxable, l.cgst, l.sgst, l.utgst, l.igst, l.total, l.reserved_quantity, l.picked_quantity, l.short_closed_quantity, l.short_close_reason, \
     coalesce(b.on_hand - b.reserved, 0) AS free_stock \
     FROM order_lines l \
     JOIN orders o ON o.tenant_id = l.tenant_id AND o.id = l.order_id \
     JOIN products p ON p.tenant_id = l.tenant_id AND p.id = l.product_id \
     LEFT JOIN stock_balances b ON b.tenant_id = l.tenant_id AND b.location_id = o.location_id AND b.product_id = l.product_id";

/// The three reads travel together on the one connection.
pub(super) async fn detail(tx: &TenantTx, id: OrderId) -> Result<Option<OrderDetail>, DbError> {
    let tenant = tx.tenant().as_uuid();
    let with = |sql: &'static str| Statement::new(sql).bind(tenant).bind(id.as_uuid());
    let (mut a, mut b, mut c) = (tx.reader(), tx.reader(), tx.reader());
    let header = with(
        "SELECT o.id, o.number, o.status, o.version, o.channel, o.dealer_id, coalesce(d.trade_name, d.legal_name) AS dealer_name, d.gstin AS dealer_gstin, \
                o.location_id, loc.name AS location_name, EXISTS (SELECT FROM locations x WHERE x.tenant_id = $1 AND x.id <> o.location_id AND x.is_active) AS shows_location, \
                o.ship_to_address_id, o.bill_to, o.ship_to, o.pos_state, o.pos_row, o.pos_clause, o.supply_kind, o.placed_at, o.placed_by_name, o.updated_at, o.client_reference, o.note, \
                o.subtotal, o.cgst, o.sgst, o.utgst, o.igst, o.round_off, o.total, i.id AS invoice_id, i.number AS invoice_number, i.total AS invoice_total, \
                s.transporter, s.lr_number, s.lr_date, s.vehicle_number, s.eway_bill_number, s.dispatched_at, s.delivered_at, \
                c.credit_limit, c.holds, c.unpaid, c.unallocated \
         FROM orders o \
         JOIN dealers d ON d.tenant_id = o.tenant_id AND d.id = o.dealer_id \
         JOIN dealer_credit c ON c.tenant_id = o.tenant_id AND c.dealer_id = o.dealer_id \
         JOIN locations loc ON loc.tenant_id = o.tenant_id AND loc.id = o.location_id \
         LEFT JOIN invoices i ON i.tenant_id = o.tenant_id AND i.order_id = o.id \
         LEFT JOIN shipments s ON s.tenant_id = o.tenant_id AND s.order_id = o.id \
         WHERE o.tenant_id = $1 AND o.id = $2",
    )
    .load::<OrderHeader>(&mut a)
    .map_err(DbError::from);
    let lines = Statement::new(format!(
        "SELECT {LINE} WHERE l.tenant_id = $1 AND l.order_id = $2 ORDER BY l.line_no"
    ))
    .bind(tenant)
    .bind(id.as_uuid())
    .load::<OrderLine>(&mut b)
    .map_err(DbError::from);
    let history = with("SELECT kind, from_status, to_status, reason, by_name, at FROM order_status_history WHERE tenant_id = $1 AND order_id = $2 ORDER BY id")
        .load::<HistoryEntry>(&mut c)
        .map_err(DbError::from);
    let (header, lines, history) = futures_util::try_join!(header, lines, history)?;
    Ok(header.into_iter().next().map(|header| OrderDetail {
        header,
        lines,
        history,
    }))
}

/// How many orders stand in each open status.
#[derive(Debug, Clone, Default)]
pub struct OrderCounts(Vec<(Status, Count)>);

impl OrderCounts {
    /// Statuses in which an order waits for somebody.
    pub const OPEN: [Status; 5] = [
        Status::Placed,
        Status::Approved,
        Status::Picking,
        Status::Packed,
        Status::Dispatched,
    ];

    /// Zero for a closed status.
    pub fn of(&self, status: Status) -> Count {
        let found = self.0.iter().find(|(counted, _)| *counted == status);
        found.map_or(Count::default(), |(_, count)| *count)
    }
}

#[derive(QueryableByName)]
struct CountRow {
    #[diesel(sql_type = Text)]
    status: Status,
    #[diesel(sql_type = BigInt)]
    count: i64,
}

/// Counts the open orders by status, each up to `most`. Closed ones are many and nobody waits for them.
pub async fn count_by_status(
    tx: &TenantTx,
    _by: &Allowed<SalesOrdersRead>,
    most: i64,
) -> Result<OrderCounts, DbError> {
    let rows: Vec<CountRow> = count_each("orders", OrderCounts::OPEN.map(Status::as_str))
        .bind(tx.tenant().as_uuid())
        .bind(most.saturating_add(1))
        .load(&mut tx.reader())
        .await?;
    let counts = rows
        .into_iter()
        .map(|row| (row.status, Count::up_to(most, row.count)));
    Ok(OrderCounts(counts.collect()))
}

#[cfg(test)]
mod tests {
    use vitaran_kernel::Money;

    use super::*;

    fn order(line_count: i32) -> OrderSummary {
        OrderSummary {
            id: OrderId::generate(),
            number: String::new(),
            status: Status::Placed,
            version: 1,
            dealer_id: DealerId::generate(),
            dealer_name: String::new(),
            placed_at: DateTime::UNIX_EPOCH,
            updated_at: DateTime::UNIX_EPOCH,
            line_count,
            total: Money::ZERO,
        }
    }

    #[test]
    fn a_page_with_lines_ends_where_there_would_be_too_many_and_says_that_there_are_more() {
        let limit = Limit::new(10).unwrap();
        for (lines, shown) in [
            (vec![500; 4], 4),
            (vec![500, 500, 500, 500, 1], 4),
            (vec![1999, 1, 1], 2),
            (vec![9000, 1], 1),
            (vec![1; 11], 10),
            (vec![], 0),
        ] {
            let rows: Vec<OrderSummary> = lines.iter().map(|lines| order(*lines)).collect();
            let (cut, fewer) = within_lines(rows, limit);
            let page = paged(cut, None, fewer);
            assert_eq!(page.rows.len(), shown, "{lines:?}");
            assert_eq!(page.next.is_some(), shown < lines.len(), "{lines:?}");
        }
    }
}
