//! Working an invoice out, without a number yet. Pure: everything it needs is handed in.

use std::collections::BTreeMap;

use vitaran_kernel::supply::SupplyDecision;
use vitaran_kernel::tax::{split, totals};
use vitaran_kernel::words::amount_in_words;
use vitaran_kernel::{
    DealerId, DocumentTotals, Hsn, InvoiceId, Money, OrderId, OrderLineId, ProductId, Quantity,
    Rate, RegistrationId, SeriesId, Sku, SupplyKind, TaxSplit, UnitPrice, Uqc, rounding,
};

use super::document::{Buyer, DocumentLine, Seller, ShipTo, SummaryRow, Transport, Upi};

/// A picked line of the order, with the rate in force on the day of the invoice.
#[derive(Debug, Clone)]
pub(crate) struct DraftLine {
    pub order_line: OrderLineId,
    pub product: ProductId,
    pub sku: Sku,
    pub name: String,
    pub hsn: Hsn,
    pub uqc: Uqc,
    pub quantity: Quantity,
    pub unit_price: UnitPrice,
    pub tax_rate: Rate,
}

/// What the invoice is about, besides its lines.
#[derive(Debug)]
pub(crate) struct DraftFacts {
    pub order: OrderId,
    pub order_number: String,
    pub ordered_at: chrono::DateTime<chrono::Utc>,
    pub dealer: DealerId,
    pub registration: RegistrationId,
    pub series: SeriesId,
    pub prefix: String,
    pub seller: Seller,
    pub buyer: Buyer,
    pub ship_to: ShipTo,
    pub transport: Transport,
    pub supply: SupplyDecision,
    /// The buyer is a unit in, or a developer of, a special economic zone.
    pub buyer_is_sez: bool,
    pub declaration: String,
    pub terms: Option<String>,
    pub upi: Option<Upi>,
}

/// An invoice that lacks only its number and hash.
#[derive(Debug)]
pub(crate) struct InvoiceDraft {
    pub id: InvoiceId,
    pub facts: DraftFacts,
    pub lines: Vec<(DraftLine, DocumentLine)>,
    pub summary: Vec<SummaryRow>,
    pub totals: DocumentTotals,
    pub amount_in_words: String,
    pub endorsement: Option<String>,
}

/// What the law wants said of a supply to a special economic zone (CGST Rule 46, the proviso on exports).
fn endorsement(facts: &DraftFacts) -> Option<String> {
    if !facts.buyer_is_sez {
        return None;
    }
    let under = match facts.supply.kind {
        SupplyKind::ZeroRated => {
            "UNDER BOND OR LETTER OF UNDERTAKING WITHOUT PAYMENT OF INTEGRATED TAX"
        }
        SupplyKind::IntraState | SupplyKind::IntraUnionTerritory | SupplyKind::InterState => {
            "ON PAYMENT OF INTEGRATED TAX"
        }
    };
    Some(format!(
        "SUPPLY TO SEZ UNIT OR SEZ DEVELOPER FOR AUTHORISED OPERATIONS {under}"
    ))
}

/// Taxes and totals of the lines that were picked.
pub(crate) fn draft(facts: DraftFacts, lines: Vec<DraftLine>) -> InvoiceDraft {
    let lines: Vec<(DraftLine, DocumentLine)> = lines
        .into_iter()
        .zip(1_u16..)
        .map(|(line, line_no)| {
            let taxable = rounding::line(line.unit_price * line.quantity);
            let tax = split(taxable, line.tax_rate, facts.supply.kind);
            let printed = DocumentLine {
                line_no,
                name: line.name.clone(),
                sku: line.sku.clone(),
                hsn: line.hsn.clone(),
                uqc: line.uqc,
                quantity: line.quantity,
                unit_price: line.unit_price,
                tax_rate: line.tax_rate,
                taxable,
                tax,
                total: taxable + tax.total(),
            };
            (line, printed)
        })
        .collect();
    let totals = totals(lines.iter().map(|(_, line)| (line.taxable, line.tax)));
    InvoiceDraft {
        id: InvoiceId::generate(),
        endorsement: endorsement(&facts),
        summary: summarise(lines.iter().map(|(_, line)| line)),
        amount_in_words: amount_in_words(totals.total),
        facts,
        lines,
        totals,
    }
}

/// The HSN-wise summary: one row for each HSN, unit and rate, in that order.
fn summarise<'a>(lines: impl Iterator<Item = &'a DocumentLine>) -> Vec<SummaryRow> {
    let mut rows: BTreeMap<(String, &'static str, Rate), SummaryRow> = BTreeMap::new();
    for line in lines {
        let row = rows
            .entry((line.hsn.to_string(), line.uqc.as_str(), line.tax_rate))
            .or_insert_with(|| SummaryRow {
                hsn: line.hsn.clone(),
                uqc: line.uqc,
                tax_rate: line.tax_rate,
                quantity: Quantity::ZERO,
                taxable: Money::ZERO,
                tax: TaxSplit::default(),
            });
        row.quantity += line.quantity;
        row.taxable += line.taxable;
        row.tax += line.tax;
    }
    rows.into_values().collect()
}
