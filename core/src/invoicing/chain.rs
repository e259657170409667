//! The chain of a series: each invoice's hash covers everything it states and the hash before it, so that nobody can
//! change, add or take out an invoice afterwards without every later hash telling.

use sha2::{Digest as _, Sha256};

use super::document::{InvoiceDocument, PostalAddress};

/// What stands before the first invoice of a series and year.
pub const GENESIS: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// SHA-256, in 64 hex digits, of the previous hash and the invoice's content.
///
/// The content is written as one `name=value` line for each fact, in this fixed order; a line feed inside a value is
/// escaped, so that no two invoices write the same text.
pub fn hash(previous: &str, invoice: &InvoiceDocument) -> String {
    let mut text = Lines::default();
    text.put("previous", previous);
    text.put("number", &invoice.number);
    text.put("issued_on", invoice.issued_on);
    text.put("issued_at", invoice.issued_at.timestamp_micros());
    text.put("order", &invoice.order_number);
    text.put("ordered_on", invoice.ordered_on);
    let seller = &invoice.seller;
    text.put("seller", &seller.legal_name);
    text.put(
        "seller_trade_name",
        seller.trade_name.as_deref().unwrap_or_default(),
    );
    text.put("seller_gstin", &seller.gstin);
    text.address("seller", &seller.address);
    text.put("lut", seller.lut_number.as_deref().unwrap_or_default());
    let buyer = &invoice.buyer;
    text.put("buyer", &buyer.legal_name);
    text.put(
        "buyer_trade_name",
        buyer.trade_name.as_deref().unwrap_or_default(),
    );
    text.put(
        "buyer_gstin",
        buyer
            .gstin
            .as_ref()
            .map(ToString::to_string)
            .unwrap_or_default(),
    );
    text.address("buyer", &buyer.address);
    text.put("ship_to", &invoice.ship_to.name);
    text.put(
        "ship_to_gstin",
        invoice
            .ship_to
            .gstin
            .as_ref()
            .map(ToString::to_string)
            .unwrap_or_default(),
    );
    text.address("ship_to", &invoice.ship_to.address);
    text.put(
        "place_of_supply",
        format!(
            "{} {} {}",
            invoice.place_of_supply,
            invoice.supply_clause.row(),
            invoice.supply_clause.as_str()
        ),
    );
    text.put("supply", invoice.supply_kind.as_str());
    text.put("reverse_charge", invoice.reverse_charge);
    text.put(
        "endorsement",
        invoice.endorsement.as_deref().unwrap_or_default(),
    );
    for line in &invoice.lines {
        let tax = line.tax;
        text.put(
            "line",
            format!(
                "{}|{}|{}|{}|{}|{}|{}|{}|{}|{}|{}|{}|{}|{}",
                line.line_no,
                line.sku,
                line.hsn,
                line.uqc,
                line.quantity.to_fixed(),
                line.unit_price,
                line.tax_rate,
                line.taxable,
                tax.cgst,
                tax.sgst,
                tax.utgst,
                tax.igst,
                line.total,
                line.name
            ),
        );
    }
    let totals = &invoice.totals;
    let tax = totals.tax;
    text.put(
        "totals",
        format!(
            "{}|{}|{}|{}|{}|{}|{}",
            totals.taxable, tax.cgst, tax.sgst, tax.utgst, tax.igst, totals.round_off, totals.total
        ),
    );
    hex::encode(Sha256::digest(text.0.as_bytes()))
}

#[derive(Default)]
struct Lines(String);

impl Lines {
    fn put(&mut self, name: &str, value: impl std::fmt::Display) {
        let value = value.to_string().replace('\\', "\\\\").replace('\n', "\\n");
        self.0.push_str(name);
        self.0.push('=');
        self.0.push_str(&value);
        self.0.push('\n');
    }

    fn address(&mut self, whose: &str, address: &PostalAddress) {
        let lines = address.lines.join(" / ");
        self.put(
            &format!("{whose}_address"),
            format!(
                "{lines} | {} | {} | {}",
                address.city,
                address.state,
                address.pincode.as_str()
            ),
        );
    }
}
