//! The goods leave, and at that moment the tax invoice exists (CGST Act section 31(1): at or before removal).
//!
//! One transaction: stock deducted under locks, ledger, shipment, invoice with its number, the receivable in place of the
//! credit hold, the PDF's and the message's jobs. Any refusal leaves everything as it was, the next number included.

use chrono::{DateTime, Utc};
use diesel::QueryableByName;
use diesel::sql_types::{
    Bool, Jsonb, Nullable, Numeric, SmallInt, Text as SqlText, Timestamptz, Uuid,
};
use diesel_async::RunQueryDsl as _;
use serde::Deserialize;
use serde_json::{Value, json};
use vitaran_kernel::supply::{BuyerTreatment, Delivery, SupplyFacts, decide};
use vitaran_kernel::{
    EwayBillNumber, Gstin, Hsn, IstDate, Money, OrderId, OrderLineId, ProductId, Quantity, Rate,
    RegistrationId, SeriesId, ShipmentId, Sku, StateCode, StockEntryId, SupplyKind, Text,
    UnitPrice, Uqc, VehicleNumber,
};

use crate::access::{Allowed, WarehouseDispatchWrite};
use crate::db::{Batch, DbError, Statement, TenantTx};
use crate::invoicing::document::{Buyer, PostalAddress, Seller, ShipTo, Transport};
use crate::invoicing::{self, DraftFacts, DraftLine, DrawNumberError};
use crate::live::Subject;
use crate::notifications::{self, Event, Telling};
use crate::orders::{self, LockError, LockedOrder, OrderDetail, PartySnapshot, Verb};
use crate::problem::{Fault, Faults, Invalid, Kind, Problem};

/// The longest road in India is well below this, in kilometres.
const MAX_DISTANCE_KM: u16 = 4000;

/// Above this a consignment may not move without an e-way bill (CGST Rule 138(1)).
const EWAY_BILL_ABOVE_RUPEES: i64 = 50_000;

/// Whether a consignment of this value, tax included, needs an e-way bill.
pub fn needs_eway_bill(value: Money) -> bool {
    value > Money::from_rupees(EWAY_BILL_ABOVE_RUPEES)
}

/// The dispatch form as typed.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct DispatchForm {
    pub transporter: String,
    pub lr_number: String,
    pub lr_date: String,
    pub vehicle_number: String,
    pub distance_km: String,
    pub eway_bill_number: String,
}

/// A checked [`DispatchForm`].
#[derive(Debug)]
pub struct DispatchOrder {
    pub transporter: Text<120>,
    /// Of the lorry receipt or another transport document.
    pub lr_number: Option<Text<40>>,
    pub lr_date: Option<IstDate>,
    pub vehicle_number: Option<VehicleNumber>,
    pub distance_km: Option<u16>,
    pub eway_bill_number: Option<EwayBillNumber>,
    pub expected_version: Option<i32>,
}

impl DispatchForm {
    pub fn parse(&self) -> Result<DispatchOrder, Invalid> {
        let mut faults = Faults::new();
        let transporter = faults.required(
            "/transporter",
            &self.transporter,
            "the transporter, or “own vehicle”",
            Text::parse,
        );
        let lr_number = faults.optional("/lr_number", &self.lr_number, Text::parse);
        let lr_date = faults.optional("/lr_date", &self.lr_date, |text| {
            IstDate::parse(text.trim())
        });
        let vehicle_number = faults.optional(
            "/vehicle_number",
            &self.vehicle_number,
            VehicleNumber::parse,
        );
        let eway_bill_number = faults.optional(
            "/eway_bill_number",
            &self.eway_bill_number,
            EwayBillNumber::parse,
        );
        let distance_km = faults.optional("/distance_km", &self.distance_km, |text| {
            match text.trim().parse::<u16>() {
                Ok(km) if (1..=MAX_DISTANCE_KM).contains(&km) => Ok(km),
                _ => Err(format!(
                    "Enter whole kilometres from 1 to {MAX_DISTANCE_KM}"
                )),
            }
        });
        match transporter {
            Some(transporter) if faults.is_empty() => Ok(DispatchOrder {
                transporter,
                lr_number,
                lr_date,
                vehicle_number,
                distance_km,
                eway_bill_number,
                expected_version: None,
            }),
            _ => Err(faults.into_invalid()),
        }
    }
}

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
            DispatchOrderError::Shortfall { .. } => "warehouse.stock_shortfall",
            DispatchOrderError::NoSeries => "invoices.no_series",
            DispatchOrderError::BadSnapshot(_) => "service.internal",
            DispatchOrderError::Number(error) => error.code(),
            DispatchOrderError::Db(error) => error.code(),
        }
    }

    fn faults(&self) -> Vec<Fault> {
        match self {
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

/// Seller, series and everything the place of supply is decided on again, as they stand on the day of the invoice.
#[derive(QueryableByName)]
struct FactsRow {
    #[diesel(sql_type = Timestamptz)]
    placed_at: DateTime<Utc>,
    #[diesel(sql_type = Jsonb)]
    bill_to: Value,
    #[diesel(sql_type = Jsonb)]
    ship_to: Value,
    #[diesel(sql_type = SqlText)]
    pos_state: StateCode,
    #[diesel(sql_type = SqlText)]
    supply_kind: SupplyKind,
    #[diesel(sql_type = SqlText)]
    gst_treatment: String,
    #[diesel(sql_type = Bool)]
    to_third_party: bool,
    #[diesel(sql_type = Uuid)]
    registration_id: RegistrationId,
    #[diesel(sql_type = SqlText)]
    seller_legal_name: String,
    #[diesel(sql_type = Nullable<SqlText>)]
    seller_trade_name: Option<String>,
    #[diesel(sql_type = SqlText)]
    seller_gstin: Gstin,
    #[diesel(sql_type = SqlText)]
    line1: String,
    #[diesel(sql_type = Nullable<SqlText>)]
    line2: Option<String>,
    #[diesel(sql_type = SqlText)]
    city: String,
    #[diesel(sql_type = SqlText)]
    pincode: vitaran_kernel::Pincode,
    #[diesel(sql_type = Nullable<SqlText>)]
    lut_number: Option<String>,
    #[diesel(sql_type = Nullable<SqlText>)]
    support_phone: Option<vitaran_kernel::Phone>,
    #[diesel(sql_type = Nullable<SqlText>)]
    support_email: Option<vitaran_kernel::EmailAddress>,
    #[diesel(sql_type = Nullable<Uuid>)]
    series_id: Option<SeriesId>,
    #[diesel(sql_type = Nullable<SqlText>)]
    prefix: Option<String>,
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
    let lines = lock_lines(tx, &order).await?;
    let short = shortfalls(&lines);
    if !short.is_empty() {
        return Err(DispatchOrderError::Shortfall { lines: short });
    }
    let facts = load_facts(tx, &order).await?;
    let (Some(series), Some(prefix)) = (facts.series_id, facts.prefix.clone()) else {
        return Err(DispatchOrderError::NoSeries);
    };
    let notes = differences(&facts, &lines, &supply_facts(&facts));
    let mut batch = Batch::new();
    take_stock(&mut batch, tx, &order, &lines)?;
    orders::set_status(&mut batch, tx, id, order.dealer, step, None)?;
    for text in &notes {
        orders::note(&mut batch, tx, id, order.dealer, step.to(), text)?;
    }
    batch.insert("shipments", &[shipment_row(tx, by, &order, &input)])?;
    let draft_facts = draft_facts(&order, facts, series, prefix, &input)?;
    let draft = invoicing::draft(draft_facts, draft_lines(lines));
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
    batch.execute(tx).await?;
    tx.changed(Subject::Stock);
    Ok(orders::reload(tx, id).await?)
}

/// Locks the picked lines, then their balances by ascending product.
async fn lock_lines(tx: &mut TenantTx, order: &LockedOrder) -> Result<Vec<LineRow>, DbError> {
    Ok(Statement::new(
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
    .load(tx.conn()?)
    .await?)
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

async fn load_facts(tx: &mut TenantTx, order: &LockedOrder) -> Result<FactsRow, DbError> {
    Ok(Statement::new(
        "SELECT o.placed_at, o.bill_to, o.ship_to, o.pos_state, o.supply_kind, d.gst_treatment, a.party = 'THIRD_PARTY' AS to_third_party, \
                r.id AS registration_id, r.legal_name AS seller_legal_name, r.trade_name AS seller_trade_name, r.gstin AS seller_gstin, r.line1, r.line2, \
                r.city, r.pincode, CASE WHEN r.lut_valid_from <= $3 AND r.lut_valid_to >= $3 THEN r.lut_number END AS lut_number, \
                s.support_phone, s.support_email, ser.id AS series_id, ser.prefix \
         FROM orders o \
         JOIN dealers d ON d.tenant_id = o.tenant_id AND d.id = o.dealer_id \
         JOIN dealer_addresses a ON a.tenant_id = o.tenant_id AND a.id = o.ship_to_address_id \
         JOIN locations l ON l.tenant_id = o.tenant_id AND l.id = o.location_id \
         JOIN gst_registrations r ON r.tenant_id = l.tenant_id AND r.id = l.registration_id \
         JOIN tenant_settings s ON s.tenant_id = o.tenant_id \
         LEFT JOIN document_series ser ON ser.tenant_id = r.tenant_id AND ser.registration_id = r.id AND ser.kind = 'INVOICE' AND ser.is_active \
         WHERE o.tenant_id = $1 AND o.id = $2",
    )
    .bind(tx.tenant().as_uuid())
    .bind(order.id.as_uuid())
    .bind(tx.today().as_naive())
    .get_result(tx.conn()?)
    .await?)
}

fn state_of(party: &Value) -> Option<StateCode> {
    party
        .pointer("/address/state_code")
        .and_then(Value::as_str)
        .and_then(|code| code.parse().ok())
}

/// The place of supply by the law of the day the goods leave (decided again: the time of supply is the invoice).
fn supply_facts(facts: &FactsRow) -> SupplyFacts {
    let seller_state = facts.seller_gstin.state();
    let delivered_in = state_of(&facts.ship_to).unwrap_or(seller_state);
    let gstin = facts
        .bill_to
        .get("gstin")
        .and_then(Value::as_str)
        .and_then(|text| Gstin::parse(text).ok());
    let registered_in = gstin
        .map(|gstin| gstin.state())
        .or_else(|| state_of(&facts.bill_to))
        .unwrap_or(seller_state);
    SupplyFacts {
        seller_state,
        seller_has_lut: facts.lut_number.is_some(),
        buyer: match facts.gst_treatment.as_str() {
            "SEZ" => BuyerTreatment::Sez {
                state: registered_in,
            },
            "REGISTERED" => BuyerTreatment::Registered {
                state: registered_in,
            },
            _ => BuyerTreatment::Unregistered,
        },
        delivery: if facts.to_third_party {
            Delivery::ThirdParty {
                state: delivered_in,
            }
        } else {
            Delivery::OwnPlace {
                state: delivered_in,
            }
        },
    }
}

/// Pure: what the timeline must say where the law of today differs from the order.
fn differences(facts: &FactsRow, lines: &[LineRow], supply: &SupplyFacts) -> Vec<String> {
    let mut notes = Vec::new();
    let decision = decide(supply);
    if decision.place != facts.pos_state || decision.kind != facts.supply_kind {
        notes.push(format!(
            "Place of supply is {} now; it was {} when the order was placed",
            decision.place.name(),
            facts.pos_state.name()
        ));
    }
    for line in lines {
        if line.rate_today != line.ordered_rate {
            notes.push(format!(
                "GST on line {} ({}) is {} % now; it was {} % when the order was placed",
                line.line_no, line.sku, line.rate_today, line.ordered_rate
            ));
        }
    }
    notes
}

/// Adds the deduction, the end of the reservations, and a ledger row for each line.
fn take_stock(
    batch: &mut Batch,
    tx: &TenantTx,
    order: &LockedOrder,
    lines: &[LineRow],
) -> Result<(), DbError> {
    let taken: Vec<Value> = lines.iter().map(|line| json!({"product_id": line.product_id, "quantity": line.quantity, "own": line.own_reserved})).collect();
    let (tenant, location, id) = (
        batch.bind(tx.tenant().as_uuid()),
        batch.bind(order.location.as_uuid()),
        batch.bind(order.id.as_uuid()),
    );
    let taken = batch.bind(Value::Array(taken));
    batch.part(
        "deducted",
        format!(
            "UPDATE stock_balances b SET on_hand = b.on_hand - t.quantity, reserved = b.reserved - t.own \
             FROM jsonb_to_recordset({taken}) AS t (product_id uuid, quantity numeric, own numeric) \
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

/// A stored party as the invoice states it.
struct InvoiceParty {
    name: String,
    trade_name: Option<String>,
    gstin: Option<Gstin>,
    address: PostalAddress,
}

fn party(value: &Value) -> Result<InvoiceParty, DispatchOrderError> {
    let bad = |what: &str| DispatchOrderError::BadSnapshot(format!("its {what} cannot be read"));
    let party: PartySnapshot = serde_json::from_value(value.clone()).map_err(|_| bad("address"))?;
    let PartySnapshot {
        name,
        trade_name,
        gstin,
        address,
    } = party;
    let gstin = gstin
        .map(|text| Gstin::parse(&text))
        .transpose()
        .map_err(|_| bad("GSTIN"))?;
    let pincode = vitaran_kernel::Pincode::parse(&address.pincode).map_err(|_| bad("PIN code"))?;
    let lines = [Some(address.line1), address.line2]
        .into_iter()
        .flatten()
        .collect();
    Ok(InvoiceParty {
        name,
        trade_name,
        gstin,
        address: PostalAddress {
            lines,
            city: address.city,
            state: address.state_code,
            pincode,
        },
    })
}

fn draft_facts(
    order: &LockedOrder,
    facts: FactsRow,
    series: SeriesId,
    prefix: String,
    input: &DispatchOrder,
) -> Result<DraftFacts, DispatchOrderError> {
    let supply = decide(&supply_facts(&facts));
    let (buyer, ship_to) = (party(&facts.bill_to)?, party(&facts.ship_to)?);
    let is_zero_rated = supply.kind == SupplyKind::ZeroRated;
    Ok(DraftFacts {
        order: order.id,
        order_number: order.number.clone(),
        ordered_at: facts.placed_at,
        dealer: order.dealer,
        registration: facts.registration_id,
        series,
        prefix,
        seller: Seller {
            legal_name: facts.seller_legal_name,
            trade_name: facts.seller_trade_name,
            address: PostalAddress {
                lines: [Some(facts.line1), facts.line2]
                    .into_iter()
                    .flatten()
                    .collect(),
                city: facts.city,
                state: facts.seller_gstin.state(),
                pincode: facts.pincode,
            },
            gstin: facts.seller_gstin,
            phone: facts.support_phone,
            email: facts.support_email,
            lut_number: facts.lut_number.filter(|_| is_zero_rated),
        },
        buyer: Buyer {
            legal_name: buyer.name,
            trade_name: buyer.trade_name,
            gstin: buyer.gstin,
            address: buyer.address,
            phone: order
                .addressee
                .phone
                .as_deref()
                .and_then(|phone| vitaran_kernel::Phone::parse(phone).ok()),
        },
        ship_to: ShipTo {
            name: ship_to.name,
            gstin: ship_to.gstin,
            address: ship_to.address,
        },
        transport: Transport {
            transporter: Some(input.transporter.to_string()),
            lr_number: input.lr_number.as_ref().map(ToString::to_string),
            lr_date: input.lr_date,
            vehicle_number: input.vehicle_number.clone(),
            distance_km: input.distance_km,
            eway_bill_number: input.eway_bill_number.clone(),
        },
        supply,
        buyer_is_sez: facts.gst_treatment == "SEZ",
    })
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
