//! Orders as programs read them. The warehouse's operations answer with the same [`Order`].

use chrono::{DateTime, NaiveDate, Utc};
use poem_openapi::{Enum, Object};
use uuid::Uuid;
use vitaran_core::access::Actor;
use vitaran_core::orders::{self, Status, Timeline, Verb};
use vitaran_core::pricing;

use crate::http::types::{Money, Quantity, Rate, UnitPrice};

/// Where an order stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[oai(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum OrderStatus {
    Placed,
    Approved,
    Rejected,
    Cancelled,
    Picking,
    Packed,
    Dispatched,
    Delivered,
}

impl From<Status> for OrderStatus {
    fn from(status: Status) -> Self {
        match status {
            Status::Placed => OrderStatus::Placed,
            Status::Approved => OrderStatus::Approved,
            Status::Rejected => OrderStatus::Rejected,
            Status::Cancelled => OrderStatus::Cancelled,
            Status::Picking => OrderStatus::Picking,
            Status::Packed => OrderStatus::Packed,
            Status::Dispatched => OrderStatus::Dispatched,
            Status::Delivered => OrderStatus::Delivered,
        }
    }
}

/// What the token may do with an order as it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[oai(rename_all = "snake_case")]
pub enum OrderAction {
    Approve,
    Reject,
    Cancel,
    StartPicking,
    Pack,
    Dispatch,
    Deliver,
}

impl From<Verb> for OrderAction {
    fn from(verb: Verb) -> Self {
        match verb {
            Verb::Approve => OrderAction::Approve,
            Verb::Reject => OrderAction::Reject,
            Verb::Cancel => OrderAction::Cancel,
            Verb::StartPicking => OrderAction::StartPicking,
            Verb::Pack => OrderAction::Pack,
            Verb::Dispatch => OrderAction::Dispatch,
            Verb::Deliver => OrderAction::Deliver,
        }
    }
}

fn actions(verbs: Vec<Verb>) -> Vec<OrderAction> {
    verbs.into_iter().map(OrderAction::from).collect()
}

/// Which price a line has: the first there is, in this order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[oai(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum PriceSource {
    /// Agreed with the dealer for this product.
    Override,
    /// The price list the dealer is on.
    DealerList,
    /// The distributor's default price list.
    DefaultList,
    /// The product's own price.
    Base,
}

impl From<pricing::PriceSource> for PriceSource {
    fn from(source: pricing::PriceSource) -> Self {
        match source {
            pricing::PriceSource::Override => PriceSource::Override,
            pricing::PriceSource::DealerList => PriceSource::DealerList,
            pricing::PriceSource::DefaultList => PriceSource::DefaultList,
            pricing::PriceSource::Base => PriceSource::Base,
        }
    }
}

/// The dealer an order is for.
#[derive(Debug, Clone, Object)]
#[oai(skip_serializing_if_is_none)]
pub struct OrderDealer {
    id: Uuid,
    name: String,
    /// Absent for a dealer who is not registered.
    gstin: Option<String>,
}

/// A postal address in India.
#[derive(Debug, Clone, Object)]
#[oai(skip_serializing_if_is_none)]
pub struct PostalAddress {
    line1: String,
    line2: Option<String>,
    city: String,
    /// Two digits, as the GSTIN begins with.
    state_code: String,
    /// Six digits.
    pincode: String,
}

/// Who buys, or who gets the goods, as it stood when the order was placed.
#[derive(Debug, Clone, Object)]
#[oai(skip_serializing_if_is_none)]
pub struct Party {
    /// The legal name.
    name: String,
    trade_name: Option<String>,
    gstin: Option<String>,
    address: PostalAddress,
}

impl From<orders::PartySnapshot> for Party {
    fn from(party: orders::PartySnapshot) -> Self {
        let orders::PartySnapshot {
            name,
            trade_name,
            gstin,
            address,
        } = party;
        let orders::AddressSnapshot {
            line1,
            line2,
            city,
            state_code,
            pincode,
        } = address;
        Party {
            name,
            trade_name,
            gstin,
            address: PostalAddress {
                line1,
                line2,
                city,
                state_code: state_code.to_string(),
                pincode,
            },
        }
    }
}

/// Where the supply takes place, which decides between CGST with SGST or UTGST, and IGST.
#[derive(Debug, Clone, Object)]
pub struct PlaceOfSupply {
    /// Two digits, as the GSTIN begins with; `96` is abroad.
    state_code: String,
    /// The clause of the IGST Act that decided, such as `10(1)(a)`.
    clause: String,
}

impl PlaceOfSupply {
    #[must_use]
    pub fn new(state_code: impl ToString, clause: impl Into<String>) -> Self {
        PlaceOfSupply {
            state_code: state_code.to_string(),
            clause: clause.into(),
        }
    }
}

/// The tax invoice of an order.
#[derive(Debug, Clone, Object)]
pub struct InvoiceRef {
    id: Uuid,
    number: String,
    /// Less than the order's when lines were closed short.
    total: Money,
}

/// How the goods left.
#[derive(Debug, Clone, Object)]
#[oai(skip_serializing_if_is_none)]
pub struct Shipment {
    transporter: String,
    /// The transporter's consignment note.
    lr_number: Option<String>,
    lr_date: Option<NaiveDate>,
    vehicle_number: Option<String>,
    eway_bill_number: Option<String>,
    dispatched_at: Option<DateTime<Utc>>,
    delivered_at: Option<DateTime<Utc>>,
}

/// A product, how many of it, and how far they have come. Prices and tax are those of the day the order was placed.
#[derive(Debug, Clone, Object)]
#[oai(skip_serializing_if_is_none)]
pub struct OrderLine {
    id: Uuid,
    /// From 1, in the order's order.
    line_no: i16,
    product_id: Uuid,
    sku: String,
    name: String,
    hsn: String,
    /// Ordered.
    quantity: Quantity,
    /// Taken from the shelf so far.
    picked_quantity: Quantity,
    /// Of the stock, set aside for this line.
    reserved_quantity: Quantity,
    /// Given up: it will not be supplied.
    short_closed_quantity: Quantity,
    /// Still to be supplied and not covered by stock.
    short_quantity: Quantity,
    /// Why some of it was given up.
    short_close_reason: Option<String>,
    /// The unit's code in GST returns, such as `NOS`.
    unit: String,
    /// Before tax.
    unit_price: UnitPrice,
    price_source: PriceSource,
    /// The price list, where the price stands on one.
    price_list_name: Option<String>,
    /// The whole rate of GST.
    tax_rate: Rate,
    /// The line's value before tax.
    taxable: Money,
    cgst: Money,
    sgst: Money,
    utgst: Money,
    igst: Money,
    /// With tax.
    total: Money,
}

/// What of a line cannot be supplied as things stand. Nothing is reserved before the approval, so what is free counts.
fn shortage(status: orders::Status, line: &orders::OrderLine) -> vitaran_kernel::Quantity {
    match status {
        orders::Status::Placed => line.uncovered_quantity(),
        _ => line.short_quantity(),
    }
}

impl OrderLine {
    fn of(status: orders::Status, line: &orders::OrderLine) -> Self {
        let tax = line.tax();
        OrderLine {
            id: line.id.as_uuid(),
            line_no: line.line_no,
            product_id: line.product_id.as_uuid(),
            sku: line.sku.clone(),
            name: line.name.clone(),
            hsn: line.hsn.clone(),
            quantity: line.quantity.into(),
            picked_quantity: line.picked_quantity.into(),
            reserved_quantity: line.reserved_quantity.into(),
            short_closed_quantity: line.short_closed_quantity.into(),
            short_quantity: shortage(status, line).into(),
            short_close_reason: line.short_close_reason.clone(),
            unit: line.uqc.as_str().to_owned(),
            unit_price: line.unit_price.into(),
            price_source: line.price_source.into(),
            price_list_name: line.price_list_name.clone(),
            tax_rate: line.tax_rate.into(),
            taxable: line.taxable.into(),
            cgst: tax.cgst.into(),
            sgst: tax.sgst.into(),
            utgst: tax.utgst.into(),
            igst: tax.igst.into(),
            total: line.total.into(),
        }
    }
}

/// What a row of an order's history is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[oai(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum HistoryKind {
    /// The status changed.
    Moved,
    /// Something was noted, and `from` is `to`.
    Noted,
}

/// A row of an order's history.
#[derive(Debug, Clone, Object)]
#[oai(skip_serializing_if_is_none)]
pub struct HistoryEntry {
    kind: HistoryKind,
    /// Absent for the first row, in which the order came to be.
    from: Option<OrderStatus>,
    to: OrderStatus,
    at: DateTime<Utc>,
    /// Who did it, by name.
    by: String,
    /// The reason or remark, as its author wrote it.
    reason: Option<String>,
}

impl From<&orders::HistoryEntry> for HistoryEntry {
    fn from(entry: &orders::HistoryEntry) -> Self {
        HistoryEntry {
            kind: match entry.kind() {
                Timeline::Moved => HistoryKind::Moved,
                Timeline::Noted => HistoryKind::Noted,
            },
            from: entry.from_status.map(OrderStatus::from),
            to: entry.to_status.into(),
            at: entry.at,
            by: entry.by_name.clone(),
            reason: entry.reason.clone(),
        }
    }
}

/// An order: what was ordered at which prices, where it stands, and what may be done with it now.
#[derive(Debug, Clone, Object)]
#[oai(skip_serializing_if_is_none)]
pub struct Order {
    pub(super) id: Uuid,
    /// Such as `SO/26-27/000042`.
    number: String,
    status: OrderStatus,
    /// Counts the changes; send it back in `If-Match` as `"v7"`.
    pub(super) version: i32,
    dealer: OrderDealer,
    placed_at: DateTime<Utc>,
    /// Who placed it, by name.
    placed_by: String,
    bill_to: Option<Party>,
    ship_to: Option<Party>,
    /// One of the dealer's addresses, as given when the order was placed.
    ship_to_address_id: Uuid,
    /// The caller's own number for the order.
    client_reference: Option<String>,
    /// The dealer's remark.
    note: Option<String>,
    lines: Vec<OrderLine>,
    place_of_supply: PlaceOfSupply,
    /// All lines before tax.
    subtotal: Money,
    /// All taxes together.
    tax: Money,
    cgst: Money,
    sgst: Money,
    utgst: Money,
    igst: Money,
    /// What makes the total a whole rupee.
    round_off: Money,
    total: Money,
    /// What the token may do with the order now.
    allowed_actions: Vec<OrderAction>,
    /// Once it is dispatched.
    invoice: Option<InvoiceRef>,
    shipment: Option<Shipment>,
    /// Oldest first.
    history: Vec<HistoryEntry>,
}

impl Order {
    /// The order as this actor may see and use it.
    #[must_use]
    pub fn of(detail: &orders::OrderDetail, actor: &Actor) -> Self {
        let header = &detail.header;
        let tax = header.tax();
        Order {
            id: header.id.as_uuid(),
            number: header.number.clone(),
            status: header.status.into(),
            version: header.version,
            dealer: OrderDealer {
                id: header.dealer_id.as_uuid(),
                name: header.dealer_name.clone(),
                gstin: header.dealer_gstin.clone(),
            },
            placed_at: header.placed_at,
            placed_by: header.placed_by_name.clone(),
            bill_to: header.bill_to().map(Party::from),
            ship_to: header.ship_to().map(Party::from),
            ship_to_address_id: header.ship_to_address_id.as_uuid(),
            client_reference: header.client_reference.clone(),
            note: header.note.clone(),
            lines: detail
                .lines
                .iter()
                .map(|line| OrderLine::of(header.status, line))
                .collect(),
            place_of_supply: PlaceOfSupply::new(header.pos_state, header.pos_clause.clone()),
            subtotal: header.subtotal.into(),
            tax: tax.total().into(),
            cgst: tax.cgst.into(),
            sgst: tax.sgst.into(),
            utgst: tax.utgst.into(),
            igst: tax.igst.into(),
            round_off: header.round_off.into(),
            total: header.total.into(),
            allowed_actions: actions(detail.allowed_actions(actor)),
            invoice: invoice(header),
            shipment: shipment(header),
            history: detail.history.iter().map(HistoryEntry::from).collect(),
        }
    }
}

fn invoice(header: &orders::OrderHeader) -> Option<InvoiceRef> {
    Some(InvoiceRef {
        id: header.invoice_id?.as_uuid(),
        number: header.invoice_number.clone()?,
        total: header.invoice_total?.into(),
    })
}

fn shipment(header: &orders::OrderHeader) -> Option<Shipment> {
    Some(Shipment {
        transporter: header.transporter.clone()?,
        lr_number: header.lr_number.clone(),
        lr_date: header.lr_date,
        vehicle_number: header.vehicle_number.clone(),
        eway_bill_number: header.eway_bill_number.clone(),
        dispatched_at: header.dispatched_at,
        delivered_at: header.delivered_at,
    })
}

/// A row of the list of orders.
#[derive(Debug, Clone, Object)]
#[oai(skip_serializing_if_is_none)]
pub struct OrderSummary {
    id: Uuid,
    number: String,
    status: OrderStatus,
    version: i32,
    dealer: OrderDealer,
    placed_at: DateTime<Utc>,
    /// Of its last step, pick or short close. Stock that is promised to it later is no change of the order.
    updated_at: DateTime<Utc>,
    line_count: i32,
    total: Money,
    /// What the token may do with the order now.
    allowed_actions: Vec<OrderAction>,
    /// With `expand=lines` alone.
    lines: Option<Vec<OrderLine>>,
}

impl OrderSummary {
    /// The order as this actor may see and use it.
    #[must_use]
    pub fn of(summary: &orders::OrderSummary, actor: &Actor) -> Self {
        OrderSummary {
            id: summary.id.as_uuid(),
            number: summary.number.clone(),
            status: summary.status.into(),
            version: summary.version,
            dealer: OrderDealer {
                id: summary.dealer_id.as_uuid(),
                name: summary.dealer_name.clone(),
                gstin: None,
            },
            placed_at: summary.placed_at,
            updated_at: summary.updated_at,
            line_count: summary.line_count,
            total: summary.total.into(),
            allowed_actions: actions(summary.allowed_actions(actor)),
            lines: None,
        }
    }

    /// The same with its lines.
    #[must_use]
    pub fn with_lines(
        summary: &orders::OrderSummary,
        lines: &[orders::OrderLine],
        actor: &Actor,
    ) -> Self {
        let lines = lines.iter();
        let lines = lines.map(|line| OrderLine::of(summary.status, line));
        OrderSummary {
            lines: Some(lines.collect()),
            ..OrderSummary::of(summary, actor)
        }
    }
}
