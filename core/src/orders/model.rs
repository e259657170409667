//! Orders as they are read.

use chrono::{DateTime, Utc};
use diesel::QueryableByName;
use diesel::sql_types::{Bool, Integer, Nullable, Numeric, SmallInt, Text, Timestamptz, Uuid};
use serde::{Deserialize, Serialize};
use vitaran_kernel::{
    AddressId, DealerId, InvoiceId, LocationId, Money, OrderId, OrderLineId, ProductId, Quantity,
    Rate, StateCode, SupplyKind, TaxSplit, UnitPrice, Uqc,
};

use super::short_close::is_open_in;
use super::status::{Status, Verb, verbs_for};
use crate::access::{Actor, PermissionCode};
use crate::dealers::credit::Credit;
use crate::pricing::PriceSource;

/// An address as it stood when the order was placed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AddressSnapshot {
    pub line1: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line2: Option<String>,
    pub city: String,
    pub state_code: StateCode,
    pub pincode: String,
}

/// A party and its address as they stood.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PartySnapshot {
    pub name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trade_name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gstin: Option<String>,
    pub address: AddressSnapshot,
}

impl PartySnapshot {
    /// As people call it.
    pub fn called(&self) -> &str {
        self.trade_name.as_deref().unwrap_or(&self.name)
    }
}

/// A row of the order list.
#[derive(Debug, Clone, QueryableByName)]
pub struct OrderSummary {
    #[diesel(sql_type = Uuid)]
    pub id: OrderId,
    #[diesel(sql_type = Text)]
    pub number: String,
    #[diesel(sql_type = Text)]
    pub status: Status,
    #[diesel(sql_type = Integer)]
    pub version: i32,
    #[diesel(sql_type = Uuid)]
    pub dealer_id: DealerId,
    #[diesel(sql_type = Text)]
    pub dealer_name: String,
    #[diesel(sql_type = Timestamptz)]
    pub placed_at: DateTime<Utc>,
    #[diesel(sql_type = Timestamptz)]
    pub updated_at: DateTime<Utc>,
    #[diesel(sql_type = Integer)]
    pub line_count: i32,
    #[diesel(sql_type = Numeric)]
    pub total: Money,
}

impl OrderSummary {
    pub fn allowed_actions(&self, actor: &Actor) -> Vec<Verb> {
        verbs_for(self.status, actor)
    }
}

/// The order itself, with what hangs on it one to one.
#[derive(Debug, Clone, QueryableByName)]
pub struct OrderHeader {
    #[diesel(sql_type = Uuid)]
    pub id: OrderId,
    #[diesel(sql_type = Text)]
    pub number: String,
    #[diesel(sql_type = Text)]
    pub status: Status,
    #[diesel(sql_type = Integer)]
    pub version: i32,
    #[diesel(sql_type = Text)]
    pub channel: String,
    #[diesel(sql_type = Uuid)]
    pub dealer_id: DealerId,
    #[diesel(sql_type = Text)]
    pub dealer_name: String,
    #[diesel(sql_type = Nullable<Text>)]
    pub dealer_gstin: Option<String>,
    #[diesel(sql_type = Uuid)]
    pub location_id: LocationId,
    #[diesel(sql_type = Text)]
    pub location_name: String,
    /// Whether the tenant has more than one location, so that naming it says something.
    #[diesel(sql_type = Bool)]
    pub shows_location: bool,
    #[diesel(sql_type = Uuid)]
    pub ship_to_address_id: AddressId,
    #[diesel(sql_type = diesel::sql_types::Jsonb)]
    bill_to: serde_json::Value,
    #[diesel(sql_type = diesel::sql_types::Jsonb)]
    ship_to: serde_json::Value,
    #[diesel(sql_type = Text)]
    pub pos_state: StateCode,
    #[diesel(sql_type = SmallInt)]
    pub pos_row: i16,
    #[diesel(sql_type = Text)]
    pub pos_clause: String,
    #[diesel(sql_type = Text)]
    pub supply_kind: SupplyKind,
    #[diesel(sql_type = Timestamptz)]
    pub placed_at: DateTime<Utc>,
    #[diesel(sql_type = Text)]
    pub placed_by_name: String,
    #[diesel(sql_type = Timestamptz)]
    pub updated_at: DateTime<Utc>,
    #[diesel(sql_type = Nullable<Text>)]
    pub client_reference: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    pub note: Option<String>,
    #[diesel(sql_type = Numeric)]
    pub subtotal: Money,
    #[diesel(sql_type = Numeric)]
    cgst: Money,
    #[diesel(sql_type = Numeric)]
    sgst: Money,
    #[diesel(sql_type = Numeric)]
    utgst: Money,
    #[diesel(sql_type = Numeric)]
    igst: Money,
    #[diesel(sql_type = Numeric)]
    pub round_off: Money,
    #[diesel(sql_type = Numeric)]
    pub total: Money,
    #[diesel(sql_type = Nullable<Uuid>)]
    pub invoice_id: Option<InvoiceId>,
    #[diesel(sql_type = Nullable<Text>)]
    pub invoice_number: Option<String>,
    /// Less than the order's when lines were closed short, and other when tax changed in between.
    #[diesel(sql_type = Nullable<Numeric>)]
    pub invoice_total: Option<Money>,
    #[diesel(sql_type = Nullable<Text>)]
    pub transporter: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    pub lr_number: Option<String>,
    #[diesel(sql_type = Nullable<diesel::sql_types::Date>)]
    pub lr_date: Option<chrono::NaiveDate>,
    #[diesel(sql_type = Nullable<Text>)]
    pub vehicle_number: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    pub eway_bill_number: Option<String>,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub dispatched_at: Option<DateTime<Utc>>,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub delivered_at: Option<DateTime<Utc>>,
    #[diesel(sql_type = Numeric)]
    credit_limit: Money,
    #[diesel(sql_type = Numeric)]
    holds: Money,
    #[diesel(sql_type = Numeric)]
    unpaid: Money,
    #[diesel(sql_type = Numeric)]
    unallocated: Money,
}

impl OrderHeader {
    pub fn tax(&self) -> TaxSplit {
        TaxSplit {
            cgst: self.cgst,
            sgst: self.sgst,
            utgst: self.utgst,
            igst: self.igst,
        }
    }

    /// The invoice's total, where it is not the order's.
    pub fn invoiced_otherwise(&self) -> Option<Money> {
        self.invoice_total.filter(|total| *total != self.total)
    }

    /// The dealer's credit as it stands now, this order's own hold included.
    pub fn credit(&self) -> Credit {
        Credit {
            limit: self.credit_limit,
            holds: self.holds,
            unpaid: self.unpaid,
            unallocated: self.unallocated,
        }
    }

    pub fn bill_to(&self) -> Option<PartySnapshot> {
        serde_json::from_value(self.bill_to.clone()).ok()
    }

    pub fn ship_to(&self) -> Option<PartySnapshot> {
        serde_json::from_value(self.ship_to.clone()).ok()
    }
}

/// A line with its progress and what the shelf says of it.
#[derive(Debug, Clone, QueryableByName)]
pub struct OrderLine {
    #[diesel(sql_type = Uuid)]
    pub id: OrderLineId,
    #[diesel(sql_type = SmallInt)]
    pub line_no: i16,
    #[diesel(sql_type = Uuid)]
    pub product_id: ProductId,
    #[diesel(sql_type = Text)]
    pub sku: String,
    #[diesel(sql_type = Text)]
    pub name: String,
    #[diesel(sql_type = Text)]
    pub hsn: String,
    #[diesel(sql_type = Text)]
    pub uqc: Uqc,
    #[diesel(sql_type = Nullable<Text>)]
    pub barcode: Option<String>,
    #[diesel(sql_type = Numeric)]
    pub tax_rate: Rate,
    #[diesel(sql_type = Numeric)]
    pub quantity: Quantity,
    #[diesel(sql_type = Numeric)]
    pub unit_price: UnitPrice,
    #[diesel(sql_type = Text)]
    pub price_source: PriceSource,
    #[diesel(sql_type = Nullable<Text>)]
    pub price_list_name: Option<String>,
    #[diesel(sql_type = Numeric)]
    pub taxable: Money,
    #[diesel(sql_type = Numeric)]
    cgst: Money,
    #[diesel(sql_type = Numeric)]
    sgst: Money,
    #[diesel(sql_type = Numeric)]
    utgst: Money,
    #[diesel(sql_type = Numeric)]
    igst: Money,
    #[diesel(sql_type = Numeric)]
    pub total: Money,
    #[diesel(sql_type = Numeric)]
    pub reserved_quantity: Quantity,
    #[diesel(sql_type = Numeric)]
    pub picked_quantity: Quantity,
    #[diesel(sql_type = Numeric)]
    pub short_closed_quantity: Quantity,
    #[diesel(sql_type = Nullable<Text>)]
    pub short_close_reason: Option<String>,
    /// On hand and not promised to anybody, at the order's location.
    #[diesel(sql_type = Numeric)]
    pub free_stock: Quantity,
}

impl OrderLine {
    pub fn tax(&self) -> TaxSplit {
        TaxSplit {
            cgst: self.cgst,
            sgst: self.sgst,
            utgst: self.utgst,
            igst: self.igst,
        }
    }

    /// What is still to be supplied: ordered less short-closed.
    pub fn open_quantity(&self) -> Quantity {
        self.quantity - self.short_closed_quantity
    }

    /// Open and not covered by a reservation.
    pub fn short_quantity(&self) -> Quantity {
        self.open_quantity().saturating_sub(self.reserved_quantity)
    }

    /// Open, not reserved, and not on the shelf either: what approving now would leave short.
    pub fn uncovered_quantity(&self) -> Quantity {
        self.short_quantity()
            .saturating_sub(self.free_stock.max(Quantity::ZERO))
    }

    /// What closing the line short would give up.
    pub fn unpicked_quantity(&self) -> Quantity {
        self.open_quantity().saturating_sub(self.picked_quantity)
    }

    /// Whether nothing is left to pick.
    pub fn is_picked(&self) -> bool {
        self.picked_quantity == self.open_quantity()
    }
}

/// What a row of the timeline is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Timeline {
    Moved,
    Noted,
}

/// A row of the timeline.
#[derive(Debug, Clone, QueryableByName)]
pub struct HistoryEntry {
    #[diesel(sql_type = Text)]
    kind: String,
    #[diesel(sql_type = Nullable<Text>)]
    pub from_status: Option<Status>,
    #[diesel(sql_type = Text)]
    pub to_status: Status,
    #[diesel(sql_type = Nullable<Text>)]
    pub reason: Option<String>,
    #[diesel(sql_type = Text)]
    pub by_name: String,
    #[diesel(sql_type = Timestamptz)]
    pub at: DateTime<Utc>,
}

impl HistoryEntry {
    pub fn kind(&self) -> Timeline {
        if self.kind == "NOTE" {
            Timeline::Noted
        } else {
            Timeline::Moved
        }
    }
}

/// Everything the order page shows.
#[derive(Debug, Clone)]
pub struct OrderDetail {
    pub header: OrderHeader,
    pub lines: Vec<OrderLine>,
    /// Oldest first.
    pub history: Vec<HistoryEntry>,
}

impl OrderDetail {
    pub fn allowed_actions(&self, actor: &Actor) -> Vec<Verb> {
        verbs_for(self.header.status, actor)
    }

    /// Whether this actor may close lines short now; which of them is for the line to say.
    pub fn may_short_close(&self, actor: &Actor) -> bool {
        is_open_in(self.header.status) && actor.has(PermissionCode::SalesOrdersShortClose)
    }

    /// Lines that cannot be supplied in full from what is reserved.
    pub fn short_lines(&self) -> impl Iterator<Item = &OrderLine> {
        self.lines
            .iter()
            .filter(|line| line.short_quantity().is_positive())
    }
}
