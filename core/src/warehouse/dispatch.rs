//! The goods leave, and at that moment the tax invoice exists (CGST Act section 31(1): at or before removal).
//!
//! One transaction: stock deducted under locks, ledger, shipment, invoice with its number, the receivable in place of the
//! credit hold, the PDF's and the message's jobs. Any refusal leaves everything as it was, the next number included.

use diesel::QueryableByName;
use diesel::sql_types::{Numeric, SmallInt, Text as SqlText, Uuid};
use diesel_async::RunQueryDsl as _;
use serde_json::{Value, json};
use vitaran_kernel::{
    Hsn, OrderId, OrderLineId, ProductId, Quantity, Rate, ShipmentId, Sku, StockEntryId, UnitPrice,
    Uqc,
};

use super::DispatchOrder;
use super::dispatch_facts;
use crate::access::{Allowed, WarehouseDispatchWrite};
use crate::db::{Batch, DbError, Statement, TenantTx};
use crate::invoicing::{self, DraftLine, DrawNumberError};
use crate::notifications::{self, Event, Telling};
use crate::orders::{self, LockError, LockedOrder, OrderDetail, Verb};
use crate::problem::{Fault, Invalid, Kind, Problem};

/// A line for which the shelf has too little that is not promised to others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shortfall {
    pub line_no: i16,
    pub sku: String,
    pub wanted: Quantity,
    pub available: Quantity,
}

#[derive(Debug, thiserror::Error)]
pub enum DispatchOrderError {
    #[error(transparent)]
    Order(#[from] LockError),
    #[error(transparent)]
    Invalid(#[from] Invalid),
    #[error("The stock does not cover {}", count(.lines.len()))]
    Shortfall { lines: Vec<Shortfall> },
    #[error("There is no active invoice series for the registration these goods leave from")]
    NoSeries,
    #[error("This order cannot be invoiced: {0}")]
    BadSnapshot(String),
    #[error(transparent)]
    Number(#[from] DrawNumberError),
    #[error(transparent)]
    Db(#[from] DbError),
}

fn count(lines: usize) -> String {
    if lines == 1 {
        "1 line of this order".to_owned()
    } else {
        format!("{lines} lines of this order")
    }
}

impl From<diesel::result::Error> for DispatchOrderError {
    fn from(error: diesel::result::Error) -> Self {
        DispatchOrderError::Db(error.into())
    }
}

impl Problem for DispatchOrderError {
    fn kind(&self) -> Kind {
        match self {
            DispatchOrderError::Order(error) => error.kind(),
            DispatchOrderError::Invalid(error) => error.kind(),
            DispatchOrderError::Shortfall { .. } => Kind::Invalid,
            DispatchOrderError::NoSeries => Kind::Conflict,
            DispatchOrderError::BadSnapshot(_) => Kind::Internal,
            DispatchOrderError::Number(error) => error.kind(),
            DispatchOrderError::Db(error) => error.kind(),
        }
    }

    fn code(&self) -> &'static str {
        match self {
            DispatchOrderError::Order(error) => error.code(),
            DispatchOrderError::Invalid(error) => error.code(),
            DispatchOrderError::Shortfall { .. } => "warehouse.stock_shortfall",
            DispatchOrderError::NoSeries => "invoices.no_series",
            DispatchOrderError::BadSnapshot(_) => "service.internal",
            DispatchOrderError::Number(error) => error.code(),
            DispatchOrderError::Db(error) => error.code(),
        }
    }

    fn faults(&self) -> Vec<Fault> {
        match self {
            DispatchOrderError::Invalid(error) => error.faults(),
            DispatchOrderError::Shortfall { lines } => lines
                .iter()
                .map(|line| {
                    let at = line.line_no.saturating_sub(1);
                    Fault::new(
                        format!("/lines/{at}"),
                        self.code(),
                        format!(
                            "Line {} ({}): {} wanted, {} available",
                            line.line_no, line.sku, line.wanted, line.available
                        ),
                    )
                })
                .collect(),
            _ => Vec::new(),
        }
    }

    fn facts(&self) -> serde_json::Map<String, Value> {
        match self {
            DispatchOrderError::Order(error) => error.facts(),
            DispatchOrderError::Shortfall { lines } => {
                let lines = lines.iter().map(|line| json!({"line_no": line.line_no, "sku": line.sku, "wanted": line.wanted, "available": line.available})).collect();
                serde_json::Map::from_iter([("lines".to_owned(), Value::Array(lines))])
            }
            _ => serde_json::Map::new(),
        }
    }
}

/// A picked line with its locked balance, and the rate of the day for the class the product is of now. A class without a
/// rate today makes the row unreadable, as it does when an order is priced: goods never leave tax-free by mistake.
#[derive(QueryableByName)]
struct LineRow {
    #[diesel(sql_type = Uuid)]
    id: OrderLineId,
    #[diesel(sql_type = SmallInt)]
    line_no: i16,
    #[diesel(sql_type = Uuid)]
    product_id: ProductId,
    #[diesel(sql_type = SqlText)]
    sku: Sku,
    #[diesel(sql_type = SqlText)]
    name: String,
    #[diesel(sql_type = SqlText)]
    hsn: Hsn,
    #[diesel(sql_type = SqlText)]
    uqc: Uqc,
    #[diesel(sql_type = Numeric)]
    ordered_rate: Rate,
    #[diesel(sql_type = Numeric)]
    rate_today: Rate,
    #[diesel(sql_type = Numeric)]
    unit_price: UnitPrice,
    #[diesel(sql_type = Numeric)]
    quantity: Quantity,
    #[diesel(sql_type = Numeric)]
    own_reserved: Quantity,
    #[diesel(sql_type = Numeric)]
    on_hand: Quantity,
    #[diesel(sql_type = Numeric)]
    reserved: Quantity,
}

impl LineRow {
    /// On hand and not promised to any other order.
    fn available(&self) -> Quantity {
        self.on_hand - self.reserved.saturating_sub(self.own_reserved)
    }

    /// What the timeline must say where the rate is another than the order's.
    fn difference(&self) -> Option<String> {
        (self.rate_today != self.ordered_rate).then(|| {
            format!(
                "GST on line {} ({}) is {} % now; it was {} % when the order was placed",
                self.line_no, self.sku, self.rate_today, self.ordered_rate
            )
        })
    }
}

/// Dispatches a packed order.
pub async fn dispatch(
    tx: &mut TenantTx,
    by: &Allowed<WarehouseDispatchWrite>,
    id: OrderId,
    input: DispatchOrder,
) -> Result<OrderDetail, DispatchOrderError> {
    let order = orders::lock(tx, by.actor(), id, input.expected_version).await?;
    let step = order.step(Verb::Dispatch, by.actor())?;
    let (lines, facts) = lock_lines_and_load_facts(tx, &order).await?;
    input.check_days(facts.ordered_on(), tx.today())?;
    let short = shortfalls(&lines);
    if !short.is_empty() {
        return Err(DispatchOrderError::Shortfall { lines: short });
    }
    let (Some(series), Some(prefix)) = (facts.series_id, facts.prefix.clone()) else {
        return Err(DispatchOrderError::NoSeries);
    };
    let today = facts.today()?;
    let mut notes = today.differences();
    notes.extend(lines.iter().filter_map(LineRow::difference));
    let mut batch = Batch::new();
    take_stock(&mut batch, tx, &order, &lines)?;
    let more = json!({"shipment": shipment_told(&input)});
    orders::set_status_telling(&mut batch, tx, id, order.dealer, step, None, more)?;
    for text in &notes {
        orders::note(&mut batch, tx, id, order.dealer, step.to(), text)?;
    }
    batch.insert("shipments", &[shipment_row(tx, by, &order, &input)])?;
    let facts = today.draft(&order, series, prefix, &input)?;
    let draft = invoicing::draft(facts, draft_lines(lines));
    // From here on everybody who numbers in this series waits for us.
    let drawn =
        invoicing::draw_number(tx, draft.facts.registration, series, &draft.facts.prefix).await?;
    let issued = invoicing::issue(&mut batch, tx, draft, drawn, &order.credit)?;
    let params = json!({"transporter": input.transporter, "lr_number": input.lr_number, "vehicle_number": input.vehicle_number, "invoice_number": issued.number});
    let telling = Telling {
        event: Event::OrderDispatched,
        order: id,
        dealer: order.dealer,
        invoice: Some(issued.id),
        to: &order.addressee,
        params,
    };
    notifications::queue(&mut batch, tx, &telling)?;
    Ok(orders::write(tx, batch, id).await?)
}

/// Both in one message.
async fn lock_lines_and_load_facts(
    tx: &TenantTx,
    order: &LockedOrder,
) -> Result<(Vec<LineRow>, dispatch_facts::FactsRow), DbError> {
    let (mut a, mut b) = (tx.reader(), tx.reader());
    Ok(futures_util::try_join!(
        lock_lines(tx, order).load(&mut a),
        dispatch_facts::statement(tx, order.id).get_result(&mut b)
    )?)
}

/// Locks the picked lines, then their balances by ascending product.
fn lock_lines(tx: &TenantTx, order: &LockedOrder) -> Statement {
    Statement::new(
        "WITH lines AS ( \
             SELECT * FROM order_lines WHERE tenant_id = $1 AND order_id = $2 AND picked_quantity > 0 FOR UPDATE \
         ), locked AS ( \
             SELECT product_id, on_hand, reserved FROM stock_balances \
             WHERE tenant_id = $1 AND location_id = $3 AND product_id IN (SELECT product_id FROM lines) ORDER BY product_id FOR UPDATE \
         ) \
         SELECT l.id, l.line_no, l.product_id, l.sku, l.name, l.hsn, l.uqc, l.tax_rate AS ordered_rate, t.rate AS rate_today, l.unit_price, \
                l.picked_quantity AS quantity, l.reserved_quantity AS own_reserved, coalesce(k.on_hand, 0) AS on_hand, coalesce(k.reserved, 0) AS reserved \
         FROM lines l JOIN products p ON p.tenant_id = $1 AND p.id = l.product_id LEFT JOIN locked k USING (product_id) \
         LEFT JOIN tax_rates t ON t.tax_class = p.tax_class AND t.valid_from <= $4 AND (t.valid_to IS NULL OR t.valid_to >= $4) \
         ORDER BY l.line_no",
    )
    .bind(tx.tenant().as_uuid())
    .bind(order.id.as_uuid())
    .bind(order.location.as_uuid())
    .bind(tx.today().as_naive())
}

/// Pure: the lines the shelf does not cover.
fn shortfalls(lines: &[LineRow]) -> Vec<Shortfall> {
    lines
        .iter()
        .filter(|line| line.quantity > line.available())
        .map(|line| Shortfall {
            line_no: line.line_no,
            sku: line.sku.to_string(),
            wanted: line.quantity,
            available: line.available(),
        })
        .collect()
}

/// Adds the deduction, the end of the reservations, and a ledger row for each line.
fn take_stock(
    batch: &mut Batch,
    tx: &TenantTx,
    order: &LockedOrder,
    lines: &[LineRow],
) -> Result<(), DbError> {
    let (tenant, location, id) = (
        batch.bind(tx.tenant().as_uuid()),
        batch.bind(order.location.as_uuid()),
        batch.bind(order.id.as_uuid()),
    );
    // Arrays, of which the planner expects a few elements; of a JSON array it expects a hundred, and reads all balances.
    let column = |of: fn(&LineRow) -> Quantity| {
        lines
            .iter()
            .map(|line| of(line).as_decimal())
            .collect::<Vec<_>>()
    };
    let products: Vec<_> = lines.iter().map(|line| line.product_id.as_uuid()).collect();
    let (products, quantities, own) = (
        batch.bind(products),
        batch.bind(column(|line| line.quantity)),
        batch.bind(column(|line| line.own_reserved)),
    );
    batch.part(
        "deducted",
        format!(
            "UPDATE stock_balances b SET on_hand = b.on_hand - t.quantity, reserved = b.reserved - t.own \
             FROM unnest({products}::uuid[], {quantities}::numeric[], {own}::numeric[]) AS t (product_id, quantity, own) \
             WHERE b.tenant_id = {tenant} AND b.location_id = {location} AND b.product_id = t.product_id"
        ),
    );
    batch.part("unreserved", format!("UPDATE order_lines SET reserved_quantity = 0 WHERE tenant_id = {tenant} AND order_id = {id} AND reserved_quantity > 0"));
    let ledger: Vec<Value> = lines
        .iter()
        .map(|line| {
            json!({
                "tenant_id": tx.tenant(), "id": StockEntryId::generate(), "location_id": order.location, "product_id": line.product_id, "kind": "DISPATCH",
                "quantity": Quantity::ZERO - line.quantity, "balance_after": line.on_hand - line.quantity, "order_id": order.id, "reference": order.number,
                "by_user": tx.actor().user_id(), "by_name": tx.actor().name(), "at": tx.now(),
            })
        })
        .collect();
    batch.insert("stock_ledger", &ledger)
}

fn shipment_row(
    tx: &TenantTx,
    by: &Allowed<WarehouseDispatchWrite>,
    order: &LockedOrder,
    input: &DispatchOrder,
) -> Value {
    json!({
        "tenant_id": tx.tenant(), "id": ShipmentId::generate(), "order_id": order.id, "dealer_id": order.dealer, "transporter": input.transporter,
        "lr_number": input.lr_number, "lr_date": input.lr_date, "vehicle_number": input.vehicle_number, "distance_km": input.distance_km,
        "eway_bill_number": input.eway_bill_number, "dispatched_at": tx.now(), "dispatched_by": by.actor().name(),
    })
}

/// The shipment as programs hear of it; what it does not have is left out.
fn shipment_told(input: &DispatchOrder) -> Value {
    let told = json!({
        "transporter": input.transporter, "lr_number": input.lr_number, "lr_date": input.lr_date, "vehicle_number": input.vehicle_number,
        "eway_bill_number": input.eway_bill_number,
    });
    match told {
        Value::Object(told) => told
            .into_iter()
            .filter(|(_, value)| !value.is_null())
            .collect(),
        other => other,
    }
}

fn draft_lines(lines: Vec<LineRow>) -> Vec<DraftLine> {
    lines
        .into_iter()
        .map(|line| DraftLine {
            order_line: line.id,
            product: line.product_id,
            sku: line.sku,
            name: line.name,
            hsn: line.hsn,
            uqc: line.uqc,
            quantity: line.quantity,
            unit_price: line.unit_price,
            tax_rate: line.rate_today,
        })
        .collect()
}
