//! The parts of an invoice that its dealer and the staff see alike.

use maud::{Markup, html};
use vitaran_core::invoicing::document::{InvoiceDocument, PostalAddress, SummaryRow, Transport};
use vitaran_kernel::{Money, SupplyKind, TaxSplit};

use crate::ui::address::{Address, address};
use crate::ui::badge::badge;
use crate::ui::money::{money, percent, quantity};
use crate::ui::panel::{code, totals};
use crate::ui::table::{Column, Row, Table};
use crate::ui::{Tone, time};

/// Whether the dealer has paid.
pub fn payment(total: Money, paid: Money) -> Markup {
    if paid >= total {
        badge(Tone::Good, "Paid")
    } else if paid.is_positive() {
        badge(Tone::Warn, "Partly paid")
    } else {
        badge(Tone::Neutral, "Unpaid")
    }
}

type Tax = (&'static str, fn(&TaxSplit) -> Money);

/// The taxes a supply bears, in the order of printing.
fn taxes(kind: SupplyKind) -> &'static [Tax] {
    const CGST: Tax = ("CGST", |tax| tax.cgst);
    const SGST: Tax = ("SGST", |tax| tax.sgst);
    const UTGST: Tax = ("UTGST", |tax| tax.utgst);
    const IGST: Tax = ("IGST", |tax| tax.igst);
    match kind {
        SupplyKind::IntraState => &[CGST, SGST],
        SupplyKind::IntraUnionTerritory => &[CGST, UTGST],
        SupplyKind::InterState => &[IGST],
        SupplyKind::ZeroRated => &[],
    }
}

/// The lines added up by HSN, unit and rate.
pub fn tax_summary(document: &InvoiceDocument) -> Table<'static> {
    let taxes = taxes(document.supply_kind);
    let mut columns = vec![
        Column::text("HSN"),
        Column::number("Quantity"),
        Column::number("Rate"),
        Column::number("Taxable").card_corner(),
    ];
    columns.extend(taxes.iter().map(|(name, _)| Column::number(name)));
    let row = |row: &SummaryRow| {
        let cells = [
            code(row.hsn.as_str()),
            quantity(row.quantity, row.uqc.as_str()),
            percent(row.tax_rate),
            money(row.taxable),
        ];
        Row::new(
            cells
                .into_iter()
                .chain(taxes.iter().map(|(_, of)| money(of(&row.tax)))),
        )
    };
    Table::new("tax-summary", "Tax by HSN code", columns).rows(document.tax_summary.iter().map(row))
}

/// What adds up to the total, and the total in words.
pub fn amount(document: &InvoiceDocument) -> Markup {
    let mut lines = vec![("Taxable value", money(document.totals.taxable))];
    lines.extend(
        taxes(document.supply_kind)
            .iter()
            .map(|(name, of)| (*name, money(of(&document.totals.tax)))),
    );
    lines.push(("Round-off", money(document.totals.round_off)));
    lines.push(("Total", money(document.totals.total)));
    html! { (totals(&lines)) p.muted { (document.amount_in_words) } }
}

/// One party of the document; without a GSTIN it is said that there is none.
pub fn place(name: &str, gstin: Option<&str>, at: &PostalAddress) -> Markup {
    let lines: Vec<&str> = at.lines.iter().map(String::as_str).collect();
    address(&Address {
        name: Some(name),
        lines: &lines,
        city: &at.city,
        pin: at.pincode.as_str(),
        state: at.state.name(),
        state_code: Some(at.state.as_str()),
        phone: None,
        gstin: Some(gstin.unwrap_or("unregistered")),
    })
}

/// How the goods travelled; only what is known.
pub fn transport(known: &Transport) -> Vec<(&'static str, Markup)> {
    let text = |value: &str| html! { (value) };
    [
        ("Transporter", known.transporter.as_deref().map(text)),
        ("LR number", known.lr_number.as_deref().map(text)),
        (
            "LR date",
            known.lr_date.map(|day| time::date(day.as_naive())),
        ),
        (
            "Vehicle",
            known
                .vehicle_number
                .as_ref()
                .map(|number| code(number.as_str())),
        ),
        ("Distance", known.distance_km.map(|km| html! { (km) " km" })),
        (
            "E-way bill",
            known
                .eway_bill_number
                .as_ref()
                .map(|number| code(number.as_str())),
        ),
    ]
    .into_iter()
    .filter_map(|(name, value)| Some((name, value?)))
    .collect()
}
