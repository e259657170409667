//! What an order would be: prices, tax and totals, worked out on the server and without writing anything. The cart shows
//! it, and placing an order stores exactly it.

use std::collections::HashMap;

use diesel::QueryableByName;
use diesel::sql_types::{Bool, Nullable, Numeric, Text, Uuid};
use diesel_async::RunQueryDsl as _;
use vitaran_kernel::supply::{SupplyDecision, decide};
use vitaran_kernel::tax::{split, totals};
use vitaran_kernel::{
    AddressId, DealerId, DocumentTotals, LocationId, Money, ProductId, Quantity, Sku, StateCode,
    TaxSplit, Uqc, rounding,
};

use super::parties::{DEALER_COLUMNS, DealerColumns, MissingAddress};
use super::{MAX_LINES, PartySnapshot};
use crate::db::{DbError, Statement, TenantTx};
use crate::dealers::credit::Credit;
use crate::notifications::Addressee;
use crate::pricing::{PricedProduct, fetch_priced, priced_for_dealer};
use crate::problem::Faults;

/// More of one product than anybody orders; a larger figure is a slip of the finger.
pub(super) const MAX_QUANTITY: i64 = 999_999;

/// What may be ordered of one product; of what is measured, less than one too.
pub(super) fn quantity_bounds() -> String {
    format!("Enter a quantity above 0, up to {MAX_QUANTITY}")
}

/// How a line names its product.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ProductKey {
    Id(ProductId),
    Sku(Sku),
}

/// A wanted line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlaceLine {
    pub product: ProductKey,
    pub quantity: Quantity,
}

/// A line with its price and tax.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QuotedLine {
    pub product: PricedProduct,
    pub quantity: Quantity,
    pub taxable: Money,
    pub tax: TaxSplit,
    pub total: Money,
}

/// A priced order that is not placed.
#[derive(Debug, Clone)]
pub struct Quote {
    pub lines: Vec<QuotedLine>,
    pub totals: DocumentTotals,
    pub supply: SupplyDecision,
    pub credit: Credit,
    pub ship_to_address: AddressId,
    pub dealer: DealerId,
    pub(super) location: LocationId,
    pub(super) bill_to: PartySnapshot,
    pub(super) ship_to: PartySnapshot,
    pub(super) addressee: Addressee,
}

/// Who buys and where the goods go: everything about the order that is not a line.
#[derive(QueryableByName)]
struct ContextRow {
    #[diesel(embed)]
    dealer: DealerColumns,
    #[diesel(sql_type = Bool)]
    is_active: bool,
    #[diesel(sql_type = Uuid)]
    location_id: LocationId,
    #[diesel(sql_type = Text)]
    seller_state: StateCode,
    #[diesel(sql_type = Bool)]
    seller_has_lut: bool,
    #[diesel(sql_type = Numeric)]
    credit_limit: Money,
    #[diesel(sql_type = Numeric)]
    holds: Money,
    #[diesel(sql_type = Numeric)]
    unpaid: Money,
    #[diesel(sql_type = Numeric)]
    unallocated: Money,
    #[diesel(sql_type = Nullable<Text>)]
    email: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    phone: Option<String>,
    #[diesel(sql_type = Bool)]
    has_opted_in: bool,
    #[diesel(sql_type = Text)]
    language: String,
}

/// A quote, or what is wrong with the wanted order; pointers are those of the order form.
#[derive(Debug)]
pub(super) struct Worked {
    /// `None` when there is no such dealer for this actor, or no address to send to.
    pub quote: Option<Quote>,
    pub faults: Faults,
}

/// Works an order out. `ship_to` unset means the billing address, which is right for a first look at a cart.
pub(super) async fn work_out(
    tx: &mut TenantTx,
    dealer: DealerId,
    ship_to: Option<AddressId>,
    wanted: &[PlaceLine],
) -> Result<Worked, DbError> {
    let mut faults = Faults::new();
    let (context, products) = load(tx, dealer, ship_to, wanted).await?;
    let Some(context) = context else {
        faults.add("/dealer_id", "not_found", "There is no such dealer");
        return Ok(Worked {
            quote: None,
            faults,
        });
    };
    if !context.is_active {
        faults.add(
            "/dealer_id",
            "inactive",
            "This dealer is switched off and cannot order",
        );
    }
    if !tx.actor().locations().has(context.location_id) {
        faults.add(
            "/dealer_id",
            "other_location",
            "This dealer is served from a location where you do not work",
        );
    }
    let parties = match context.dealer.parties() {
        Ok(parties) => parties,
        Err(missing) => {
            let (pointer, code, detail) = match missing {
                MissingAddress::Billing => (
                    "/dealer_id",
                    "no_billing_address",
                    "This dealer has no billing address yet",
                ),
                MissingAddress::Delivery => (
                    "/ship_to_address_id",
                    "not_found",
                    "Choose one of the dealer's addresses",
                ),
            };
            faults.add(pointer, code, detail);
            return Ok(Worked {
                quote: None,
                faults,
            });
        }
    };
    let supply = decide(&parties.supply_facts(context.seller_state, context.seller_has_lut));
    let lines = price_lines(wanted, &products, &supply, &mut faults);
    let totals = totals(lines.iter().map(|line| (line.taxable, line.tax)));
    if totals.total.within_bounds().is_err() {
        faults.add(
            "/lines",
            "too_large",
            "The total is larger than an order may be",
        );
    }
    let quote = Quote {
        lines,
        totals,
        supply,
        credit: Credit {
            limit: context.credit_limit,
            holds: context.holds,
            unpaid: context.unpaid,
            unallocated: context.unallocated,
        },
        ship_to_address: parties.ship_to_address,
        dealer,
        location: context.location_id,
        addressee: Addressee {
            name: parties.bill_to.called().to_owned(),
            phone: context.phone,
            has_opted_in: context.has_opted_in,
            email: context.email,
            language: context.language,
        },
        bill_to: parties.bill_to,
        ship_to: parties.ship_to,
    };
    Ok(Worked {
        quote: Some(quote),
        faults,
    })
}

/// The dealer's side and the products, in one message.
async fn load(
    tx: &TenantTx,
    dealer: DealerId,
    ship_to: Option<AddressId>,
    wanted: &[PlaceLine],
) -> Result<(Option<ContextRow>, Vec<PricedProduct>), DbError> {
    let (mut ids, mut skus) = (Vec::new(), Vec::new());
    for line in wanted.iter().take(MAX_LINES) {
        match &line.product {
            ProductKey::Id(id) => ids.push(*id),
            ProductKey::Sku(sku) => skus.push(sku.clone()),
        }
    }
    let products = priced_for_dealer(tx, dealer, &ids, &skus);
    let context = context_statement(tx, dealer, ship_to);
    let mut reading = tx.reader();
    let (context, products) = futures_util::join!(
        context.load::<ContextRow>(&mut reading),
        fetch_priced(tx, products)
    );
    Ok((context?.into_iter().next(), products?))
}

fn context_statement(tx: &TenantTx, dealer: DealerId, ship_to: Option<AddressId>) -> Statement {
    Statement::new(format!(
        "SELECT {DEALER_COLUMNS}, d.is_active, loc.id AS location_id, r.state_code AS seller_state, \
                coalesce(r.lut_valid_from <= $4 AND r.lut_valid_to >= $4, false) AS seller_has_lut, to_jsonb(bill) AS bill_to, to_jsonb(ship) AS ship_to, \
                c.credit_limit, c.holds, c.unpaid, c.unallocated, coalesce(d.email, p.email) AS email, p.phone, \
                p.whatsapp_opt_in_at IS NOT NULL AS has_opted_in, coalesce(p.language, 'en') AS language \
         FROM dealers d \
         JOIN dealer_credit c ON c.tenant_id = d.tenant_id AND c.dealer_id = d.id \
         JOIN locations loc ON loc.tenant_id = d.tenant_id AND CASE WHEN d.location_id IS NULL THEN loc.is_default ELSE loc.id = d.location_id END \
         JOIN gst_registrations r ON r.tenant_id = loc.tenant_id AND r.id = loc.registration_id \
         LEFT JOIN dealer_addresses bill ON bill.tenant_id = d.tenant_id AND bill.dealer_id = d.id AND bill.is_billing AND bill.is_active \
         LEFT JOIN dealer_addresses ship ON ship.tenant_id = d.tenant_id AND ship.dealer_id = d.id AND ship.is_active \
              AND CASE WHEN $3::uuid IS NULL THEN ship.is_billing ELSE ship.id = $3 END \
         LEFT JOIN dealer_contacts p ON p.tenant_id = d.tenant_id AND p.dealer_id = d.id AND p.is_primary AND p.is_active \
         WHERE d.tenant_id = $1 AND d.id = $2",
    ))
    .bind(tx.tenant().as_uuid())
    .bind(dealer.as_uuid())
    .bind(ship_to.map(|id| id.as_uuid()))
    .bind(tx.today().as_naive())
}

/// The code of [`not_whole`].
pub(super) const NOT_WHOLE: &str = "not_whole";

/// What is wrong with a part of something that is sold by the piece.
pub(super) fn not_whole(sku: &Sku, uqc: Uqc, quantity: Quantity) -> Option<String> {
    let unit = uqc.name().to_lowercase();
    (uqc.is_whole() && !quantity.is_whole()).then(|| format!("{sku} is sold in whole {unit}"))
}

/// Pure: prices and taxes each line, or says what is wrong with it.
fn price_lines(
    wanted: &[PlaceLine],
    products: &[PricedProduct],
    supply: &SupplyDecision,
    faults: &mut Faults,
) -> Vec<QuotedLine> {
    let by_id: HashMap<ProductId, &PricedProduct> = products
        .iter()
        .map(|product| (product.product_id, product))
        .collect();
    let by_sku: HashMap<&Sku, &PricedProduct> = products
        .iter()
        .map(|product| (&product.sku, product))
        .collect();
    let mut first_use: HashMap<ProductId, usize> = HashMap::new();
    let mut lines = Vec::with_capacity(wanted.len());
    for (index, line) in wanted.iter().enumerate() {
        let (found, field) = match &line.product {
            ProductKey::Id(id) => (by_id.get(id), "product_id"),
            ProductKey::Sku(sku) => (by_sku.get(sku), "sku"),
        };
        let pointer = |field: &str| format!("/lines/{index}/{field}");
        let Some(product) = found.copied() else {
            faults.add(pointer(field), "not_found", "There is no such product");
            continue;
        };
        if !product.is_active {
            faults.add(
                pointer(field),
                "inactive",
                format!("{} is no longer sold", product.name),
            );
        }
        if let Some(first) = first_use.insert(product.product_id, index) {
            faults.add(
                pointer(field),
                "duplicate",
                format!(
                    "{} is on line {} already: put the quantities together",
                    product.sku,
                    first + 1
                ),
            );
        }
        if !line.quantity.is_positive() || line.quantity > Quantity::from_units(MAX_QUANTITY) {
            faults.add(pointer("quantity"), "out_of_range", quantity_bounds());
            continue;
        }
        if let Some(detail) = not_whole(&product.sku, product.uqc, line.quantity) {
            faults.add(pointer("quantity"), NOT_WHOLE, detail);
        }
        let taxable = rounding::line(product.price.unit_price * line.quantity);
        let tax = split(taxable, product.tax_rate, supply.kind);
        lines.push(QuotedLine {
            product: product.clone(),
            quantity: line.quantity,
            taxable,
            tax,
            total: taxable + tax.total(),
        });
    }
    lines
}
