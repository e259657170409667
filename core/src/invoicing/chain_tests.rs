//! Whatever an invoice states is in its hash, and no two invoices have the same content.

use std::collections::BTreeMap;

use proptest::prelude::*;
use vitaran_kernel::supply::SupplyClause;
use vitaran_kernel::*;

use super::chain::{GENESIS, hash};
use super::document::samples::{address, invoice};
use super::document::{InvoiceDocument, PostalAddress, Upi};

fn sample() -> InvoiceDocument {
    invoice(SupplyKind::IntraState, 3)
}

type Change = (&'static str, fn(&mut InvoiceDocument));

fn other_gstin() -> Gstin {
    Gstin::parse("29AABCR1718E1ZL").unwrap()
}

fn day() -> IstDate {
    IstDate::parse("2026-10-02").unwrap()
}

fn paisa() -> Money {
    Money::parse("0.01").unwrap()
}

const HEAD: [Change; 14] = [
    ("number", |i| {
        i.number = DocumentNumber::parse("VLT/26-27/000124").unwrap();
    }),
    ("issued_on", |i| i.issued_on = day()),
    ("issued_at", |i| {
        i.issued_at += chrono::TimeDelta::microseconds(1);
    }),
    ("order_number", |i| {
        i.order_number = OrderNumber::parse("SO/26-27/000043").unwrap();
    }),
    ("ordered_on", |i| i.ordered_on = day()),
    ("place_of_supply", |i| {
        i.place_of_supply = StateCode::parse("29").unwrap();
    }),
    ("supply_clause", |i| i.supply_clause = SupplyClause::Counter),
    ("supply_kind", |i| i.supply_kind = SupplyKind::InterState),
    ("reverse_charge", |i| i.reverse_charge = true),
    ("amount_in_words", |i| i.amount_in_words.push('!')),
    ("endorsement", |i| i.endorsement = Some(String::new())),
    ("declaration", |i| i.declaration.push('!')),
    ("terms", |i| i.terms = None),
    ("no upi", |i| i.upi = None),
];

const PARTIES: [Change; 18] = [
    ("seller.legal_name", |i| i.seller.legal_name.push('!')),
    ("seller.trade_name", |i| i.seller.trade_name = None),
    ("seller.gstin", |i| i.seller.gstin = other_gstin()),
    ("seller.address", |i| i.seller.address = elsewhere()),
    ("seller.phone", |i| i.seller.phone = None),
    ("seller.email", |i| i.seller.email = None),
    ("seller.lut_number", |i| i.seller.lut_number = None),
    ("buyer.legal_name", |i| i.buyer.legal_name.push('!')),
    ("buyer.trade_name", |i| {
        i.buyer.trade_name = Some(String::new());
    }),
    ("buyer.gstin", |i| i.buyer.gstin = None),
    ("buyer.address.lines", |i| {
        i.buyer.address.lines.push(String::new());
    }),
    ("buyer.address.city", |i| i.buyer.address.city.push('!')),
    ("buyer.address.state", |i| {
        i.buyer.address.state = StateCode::parse("29").unwrap();
    }),
    ("buyer.address.pincode", |i| {
        i.buyer.address.pincode = Pincode::parse("411031").unwrap();
    }),
    ("buyer.phone", |i| i.buyer.phone = None),
    ("ship_to.name", |i| i.ship_to.name.push('!')),
    ("ship_to.gstin", |i| i.ship_to.gstin = None),
    ("ship_to.address", |i| i.ship_to.address = elsewhere()),
];

const TRANSPORT: [Change; 8] = [
    ("transporter", |i| i.transport.transporter = None),
    ("lr_number", |i| i.transport.lr_number = None),
    ("lr_date", |i| i.transport.lr_date = Some(day())),
    ("vehicle_number", |i| i.transport.vehicle_number = None),
    ("distance_km", |i| i.transport.distance_km = Some(151)),
    ("eway_bill_number", |i| i.transport.eway_bill_number = None),
    ("upi.vpa", |i| {
        i.upi.iter_mut().for_each(|Upi { vpa, .. }| vpa.push('!'));
    }),
    ("upi.payee", |i| {
        i.upi
            .iter_mut()
            .for_each(|Upi { payee, .. }| payee.push('!'));
    }),
];

const FIGURES: [Change; 26] = [
    ("line_no", |i| i.lines[1].line_no = 9),
    ("line.name", |i| i.lines[1].name.push('!')),
    ("line.sku", |i| {
        i.lines[1].sku = Sku::parse("OTHER").unwrap();
    }),
    ("line.hsn", |i| {
        i.lines[1].hsn = Hsn::parse("853620").unwrap();
    }),
    ("line.uqc", |i| i.lines[1].uqc = Uqc::Kgs),
    ("line.quantity", |i| {
        i.lines[1].quantity += Quantity::parse("0.001").unwrap();
    }),
    ("line.unit_price", |i| {
        i.lines[1].unit_price = UnitPrice::parse("0.0001").unwrap();
    }),
    ("line.tax_rate", |i| {
        i.lines[1].tax_rate = Rate::parse("40").unwrap();
    }),
    ("line.taxable", |i| i.lines[1].taxable += paisa()),
    ("line.cgst", |i| i.lines[1].tax.cgst += paisa()),
    ("line.sgst", |i| i.lines[1].tax.sgst += paisa()),
    ("line.utgst", |i| i.lines[1].tax.utgst += paisa()),
    ("line.igst", |i| i.lines[1].tax.igst += paisa()),
    ("line.total", |i| i.lines[1].total += paisa()),
    ("one line less", |i| {
        i.lines.pop();
    }),
    ("summary.hsn", |i| {
        i.tax_summary[0].hsn = Hsn::parse("853620").unwrap();
    }),
    ("summary.uqc", |i| i.tax_summary[0].uqc = Uqc::Kgs),
    ("summary.tax_rate", |i| {
        i.tax_summary[0].tax_rate = Rate::parse("40").unwrap();
    }),
    ("summary.quantity", |i| {
        i.tax_summary[0].quantity += Quantity::parse("0.001").unwrap();
    }),
    ("summary.taxable", |i| i.tax_summary[0].taxable += paisa()),
    ("summary.igst", |i| i.tax_summary[0].tax.igst += paisa()),
    ("no summary", |i| i.tax_summary.clear()),
    ("totals.taxable", |i| i.totals.taxable += paisa()),
    ("totals.tax", |i| i.totals.tax.cgst += paisa()),
    ("totals.round_off", |i| i.totals.round_off += paisa()),
    ("totals.total", |i| i.totals.total += paisa()),
];

fn elsewhere() -> PostalAddress {
    address("7 Anna Salai", "Dindigul", "33", "624001")
}

#[test]
fn changing_any_fact_of_an_invoice_changes_its_hash() {
    let mut seen = BTreeMap::from([(hash(GENESIS, &sample()), "nothing")]);
    for (what, change) in [&HEAD[..], &PARTIES, &TRANSPORT, &FIGURES].concat() {
        let mut changed = sample();
        change(&mut changed);
        if let Some(other) = seen.insert(hash(GENESIS, &changed), what) {
            panic!("changing {what} makes the same hash as changing {other}");
        }
    }
    let follower = hash(&hash(GENESIS, &sample()), &sample());
    assert!(!seen.contains_key(&follower), "the hash before it counts");
}

#[test]
fn the_hash_on_the_page_is_no_part_of_itself() {
    let mut printed = sample();
    printed.hash = "f".repeat(64);
    assert_eq!(hash(GENESIS, &printed), hash(GENESIS, &sample()));
}

/// Texts that a careless way of writing lists, empty and missing values mixes up.
fn text() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "a", " / ", " | ", "|", "\n", "\\", "\\n", "=", "city=", "street=a",
    ]);
    prop::collection::vec(piece, 0..3).prop_map(|pieces| pieces.concat())
}

/// Some facts that are free text, side by side on the page.
type Texts = (Vec<String>, String, Option<String>, Option<String>);

fn texts() -> impl Strategy<Value = Texts> {
    (
        prop::collection::vec(text(), 0..4),
        text(),
        prop::option::of(text()),
        prop::option::of(text()),
    )
}

fn stating((lines, city, trade_name, terms): &Texts) -> InvoiceDocument {
    let mut invoice = sample();
    invoice.seller.trade_name = trade_name.clone();
    invoice.buyer.address.lines = lines.clone();
    invoice.buyer.address.city = city.clone();
    invoice.endorsement = terms.clone();
    invoice.terms = terms.clone();
    invoice
}

proptest! {
    #[test]
    fn two_invoices_have_the_same_hash_only_if_they_state_the_same(one in texts(), other in texts()) {
        let hashes = [&one, &other].map(|texts| hash(GENESIS, &stating(texts)));
        prop_assert_eq!(hashes[0] == hashes[1], one == other);
    }

    #[test]
    fn an_address_is_not_the_same_address_with_its_lines_run_together(lines in prop::collection::vec(text(), 2..4), separator in text()) {
        let run_together = vec![lines.join(&separator)];
        let one = (lines, String::new(), None, None);
        let other = (run_together, String::new(), None, None);
        prop_assert_ne!(hash(GENESIS, &stating(&one)), hash(GENESIS, &stating(&other)));
    }
}
