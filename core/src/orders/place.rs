//! A dealer places an order (000-37), or staff place it for one: prices are resolved on the server, everything is stored as
//! it stands, and the number is drawn in the very last statement, since everybody who places an order waits for it.

use serde::Deserialize;
use serde_json::{Value, json};
use vitaran_kernel::{
    AddressId, DealerId, FinancialYear, Note, OrderId, OrderLineId, OrderNumber, Quantity, Sku,
    Text,
};

use super::cart::clear_cart_part;
use super::quote::{PlaceLine, ProductKey, Quote, QuotedLine, work_out};
use super::set_status::begin_history;
use super::{MAX_LINES, OrderDetail, Status, query};
use crate::access::{Allowed, DealerScope, SalesOrdersPlace};
use crate::db::{Batch, DbError, TenantTx};
use crate::notifications::{self, Event, Telling};
use crate::problem::{Fault, Faults, Invalid, Kind, Problem};

/// Where an order comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Channel {
    Portal,
    Staff,
    Api,
}

impl Channel {
    pub const fn as_str(self) -> &'static str {
        match self {
            Channel::Portal => "PORTAL",
            Channel::Staff => "STAFF",
            Channel::Api => "API",
        }
    }
}

/// A line as typed: a product by id or SKU, and a quantity.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct PlaceOrderLineForm {
    pub product_id: String,
    pub sku: String,
    pub quantity: String,
}

/// An order as typed.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct PlaceOrderForm {
    /// Whom staff order for; a dealer's people leave it out.
    pub dealer_id: String,
    pub ship_to_address_id: String,
    pub lines: Vec<PlaceOrderLineForm>,
    pub client_reference: String,
    pub note: String,
}

/// A checked [`PlaceOrderForm`].
#[derive(Debug, Clone)]
pub struct PlaceOrder {
    pub dealer: Option<DealerId>,
    pub ship_to: AddressId,
    pub lines: Vec<PlaceLine>,
    /// The caller's own number for the order; the same one twice is refused.
    pub client_reference: Option<Text<64>>,
    pub note: Option<Note<500>>,
}

impl PlaceOrderForm {
    pub fn parse(&self) -> Result<PlaceOrder, Invalid> {
        let mut faults = Faults::new();
        let dealer = faults.optional("/dealer_id", &self.dealer_id, DealerId::parse);
        let ship_to = faults.required(
            "/ship_to_address_id",
            &self.ship_to_address_id,
            "the address to send to",
            AddressId::parse,
        );
        let client_reference =
            faults.optional("/client_reference", &self.client_reference, Text::parse);
        let note = faults.optional("/note", &self.note, Note::parse);
        match self.lines.len() {
            0 => faults.add("/lines", "required", "An order needs at least one line"),
            n if n > MAX_LINES => faults.add(
                "/lines",
                "too_many",
                format!("An order has at most {MAX_LINES} lines"),
            ),
            _ => {}
        }
        let lines = self
            .lines
            .iter()
            .take(MAX_LINES)
            .enumerate()
            .filter_map(|(index, line)| line.parse(index, &mut faults))
            .collect();
        match ship_to {
            Some(ship_to) if faults.is_empty() => Ok(PlaceOrder {
                dealer,
                ship_to,
                lines,
                client_reference,
                note,
            }),
            _ => Err(faults.into_invalid()),
        }
    }
}

impl PlaceOrderLineForm {
    fn parse(&self, index: usize, faults: &mut Faults) -> Option<PlaceLine> {
        let pointer = |field: &str| format!("/lines/{index}/{field}");
        let product = match (self.product_id.trim(), self.sku.trim()) {
            ("", sku) => faults
                .required(&pointer("sku"), sku, "the SKU or the product", Sku::parse)
                .map(ProductKey::Sku),
            (id, "") => faults
                .take(&pointer("product_id"), id.parse())
                .map(ProductKey::Id),
            (_, _) => {
                faults.add(
                    pointer("sku"),
                    "ambiguous",
                    "Give the product or the SKU, not both",
                );
                None
            }
        };
        let quantity =
            faults.required(&pointer("quantity"), &self.quantity, "a quantity", |text| {
                Quantity::parse(text.trim())
            });
        Some(PlaceLine {
            product: product?,
            quantity: quantity?,
        })
    }
}

#[derive(Debug, thiserror::Error)]
pub enum PlaceOrderError {
    #[error(transparent)]
    Invalid(#[from] Invalid),
    #[error("An order with the reference {reference} exists already")]
    DuplicateReference { reference: String },
    #[error(transparent)]
    Db(#[from] DbError),
}

impl Problem for PlaceOrderError {
    fn kind(&self) -> Kind {
        match self {
            PlaceOrderError::Invalid(error) => error.kind(),
            PlaceOrderError::DuplicateReference { .. } => Kind::Conflict,
            PlaceOrderError::Db(error) => error.kind(),
        }
    }

    fn code(&self) -> &'static str {
        match self {
            PlaceOrderError::Invalid(error) => error.code(),
            PlaceOrderError::DuplicateReference { .. } => "orders.duplicate_reference",
            PlaceOrderError::Db(error) => error.code(),
        }
    }

    fn faults(&self) -> Vec<Fault> {
        match self {
            PlaceOrderError::Invalid(error) => error.faults(),
            PlaceOrderError::DuplicateReference { .. } => {
                vec![Fault::new("/client_reference", "taken", self.to_string())]
            }
            PlaceOrderError::Db(_) => Vec::new(),
        }
    }
}

/// Works the order out without placing it.
pub async fn quote(
    tx: &mut TenantTx,
    by: &Allowed<SalesOrdersPlace>,
    input: &PlaceOrder,
) -> Result<Quote, PlaceOrderError> {
    let dealer = buying_dealer(by, input.dealer)?;
    let worked = work_out(tx, dealer, Some(input.ship_to), &input.lines).await?;
    match worked.quote {
        Some(quote) if worked.faults.is_empty() => Ok(quote),
        _ => Err(worked.faults.into_invalid().into()),
    }
}

/// Places the order.
pub async fn place(
    tx: &mut TenantTx,
    by: &Allowed<SalesOrdersPlace>,
    channel: Channel,
    input: PlaceOrder,
) -> Result<OrderDetail, PlaceOrderError> {
    let quote = quote(tx, by, &input).await?;
    let id = OrderId::generate();
    let year = FinancialYear::of(tx.today());
    let mut batch = Batch::new();
    let (tenant, fy) = (
        batch.bind(tx.tenant().as_uuid()),
        batch.bind(year.start_year()),
    );
    batch.part(
        "drawn",
        format!(
            "INSERT INTO order_counters AS c (tenant_id, financial_year, last_number) VALUES ({tenant}, {fy}, 1) \
             ON CONFLICT (tenant_id, financial_year) DO UPDATE SET last_number = c.last_number + 1 RETURNING last_number"
        ),
    );
    let order = batch.bind(order_row(tx, by, channel, id, year, &quote, &input));
    let prefix = batch.bind(number_prefix(year));
    batch.part(
        "placed",
        format!(
            "INSERT INTO orders SELECT r.* FROM drawn, \
             jsonb_populate_record(NULL::orders, {order} || jsonb_build_object('number', {prefix} || lpad(drawn.last_number::text, {NUMBER_WIDTH}, '0'))) AS r RETURNING orders.*"
        ),
    );
    let rows: Vec<Value> = quote
        .lines
        .iter()
        .enumerate()
        .map(|(index, line)| line_row(tx, id, quote.dealer, index, line))
        .collect();
    batch.insert("order_lines", &rows)?;
    begin_history(&mut batch, tx, id, quote.dealer, "placed")?;
    let telling = Telling {
        event: Event::OrderPlaced,
        order: id,
        dealer: quote.dealer,
        invoice: None,
        to: &quote.addressee,
        params: json!({}),
    };
    notifications::queue(&mut batch, tx, &telling)?;
    if channel == Channel::Portal {
        clear_cart_part(&mut batch, tx, quote.dealer);
    }
    match query::write_and_read(tx, batch, id).await {
        Err(error) if error.is_unique("uq_orders_tenant_id_client_reference") => {
            let reference = input
                .client_reference
                .as_ref()
                .map(ToString::to_string)
                .unwrap_or_default();
            Err(PlaceOrderError::DuplicateReference { reference })
        }
        placed => Ok(placed?.ok_or(DbError::Other(diesel::result::Error::NotFound))?),
    }
}

/// The dealer a proof lets the actor order for: a dealer's people for their own, staff for whom they name.
fn buying_dealer(
    by: &Allowed<SalesOrdersPlace>,
    named: Option<DealerId>,
) -> Result<DealerId, Invalid> {
    let fault = |code, detail: &str| Invalid {
        faults: vec![Fault::new("/dealer_id", code, detail)],
    };
    match (by.actor().scope(), named) {
        (DealerScope::Own(own), None) => Ok(own),
        (DealerScope::Own(own), Some(named)) if named == own => Ok(own),
        (DealerScope::Own(_), Some(_)) => Err(fault("not_found", "There is no such dealer")),
        (DealerScope::All, Some(named)) => Ok(named),
        (DealerScope::All, None) => Err(fault("required", "Say which dealer the order is for")),
    }
}

const NUMBER_WIDTH: usize = 6;

/// Everything of the year's numbers but the running one: "SO/26-27/".
fn number_prefix(year: FinancialYear) -> String {
    let first = OrderNumber::format(year, 1)
        .map(|number| number.to_string())
        .unwrap_or_default();
    first
        .chars()
        .take(first.chars().count().saturating_sub(NUMBER_WIDTH))
        .collect()
}

fn order_row(
    tx: &TenantTx,
    by: &Allowed<SalesOrdersPlace>,
    channel: Channel,
    id: OrderId,
    year: FinancialYear,
    quote: &Quote,
    input: &PlaceOrder,
) -> Value {
    let Quote {
        lines,
        totals,
        supply,
        credit: _,
        ship_to_address,
        dealer,
        location,
        bill_to,
        ship_to,
        addressee: _,
    } = quote;
    json!({
        "tenant_id": tx.tenant(), "id": id, "financial_year": year.start_year(), "dealer_id": dealer, "location_id": location,
        "status": Status::Placed, "version": 1, "channel": channel.as_str(), "placed_at": tx.now(), "placed_by": by.actor().user_id(),
        "placed_by_name": by.actor().name(), "ship_to_address_id": ship_to_address, "bill_to": bill_to, "ship_to": ship_to,
        "pos_state": supply.place, "pos_row": supply.clause.row(), "pos_clause": supply.clause.as_str(), "supply_kind": supply.kind,
        "line_count": lines.len(), "subtotal": totals.taxable, "cgst": totals.tax.cgst, "sgst": totals.tax.sgst, "utgst": totals.tax.utgst,
        "igst": totals.tax.igst, "round_off": totals.round_off, "total": totals.total, "client_reference": input.client_reference,
        "note": input.note, "updated_at": tx.now(),
    })
}

fn line_row(
    tx: &TenantTx,
    order: OrderId,
    dealer: DealerId,
    index: usize,
    line: &QuotedLine,
) -> Value {
    let QuotedLine {
        product,
        quantity,
        taxable,
        tax,
        total,
    } = line;
    json!({
        "tenant_id": tx.tenant(), "id": OrderLineId::generate(), "order_id": order, "dealer_id": dealer, "line_no": index + 1,
        "product_id": product.product_id, "sku": product.sku, "name": product.name, "hsn": product.hsn, "uqc": product.uqc,
        "tax_class": product.tax_class, "tax_rate": product.tax_rate, "quantity": quantity, "unit_price": product.price.unit_price,
        "price_source": product.price.source.as_str(), "price_list_name": product.price.list_name, "taxable": taxable,
        "cgst": tax.cgst, "sgst": tax.sgst, "utgst": tax.utgst, "igst": tax.igst, "total": total,
        "reserved_quantity": "0", "picked_quantity": "0", "short_closed_quantity": "0",
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_fault_of_an_order_form_is_reported_at_once() {
        let line = |sku: &str, quantity: &str| PlaceOrderLineForm {
            sku: sku.to_owned(),
            quantity: quantity.to_owned(),
            ..Default::default()
        };
        let form = PlaceOrderForm {
            lines: vec![line("", "1"), line("SKU-1", "x"), line("SKU-2", "1")],
            dealer_id: "nobody".to_owned(),
            ..Default::default()
        };
        let pointers: Vec<_> = form
            .parse()
            .unwrap_err()
            .faults
            .into_iter()
            .map(|fault| fault.pointer)
            .collect();
        assert_eq!(
            pointers,
            [
                "/dealer_id",
                "/ship_to_address_id",
                "/lines/0/sku",
                "/lines/1/quantity"
            ]
        );
    }

    #[test]
    fn an_order_has_from_one_to_500_lines() {
        let empty = PlaceOrderForm {
            ship_to_address_id: AddressId::generate().to_string(),
            ..Default::default()
        };
        assert_eq!(empty.parse().unwrap_err().faults[0].code, "required");
        let line = PlaceOrderLineForm {
            sku: "A".to_owned(),
            quantity: "1".to_owned(),
            ..Default::default()
        };
        let long = PlaceOrderForm {
            lines: vec![line; 10_000],
            ..empty
        };
        assert_eq!(long.parse().unwrap_err().faults[0].code, "too_many");
    }

    #[test]
    fn the_prefix_and_the_running_number_make_the_order_number() {
        let year = FinancialYear::try_new(2026).unwrap();
        assert_eq!(
            format!("{}{:0NUMBER_WIDTH$}", number_prefix(year), 42),
            OrderNumber::format(year, 42).unwrap().to_string()
        );
    }
}
