//! The chain of a series: each invoice's hash covers everything it states and the hash before it, so that nobody can
//! change, add or take out an invoice afterwards without every later hash telling.

use std::fmt::Display;

use sha2::{Digest as _, Sha256};
use vitaran_kernel::{DocumentTotals, TaxSplit};

use super::document::{
    Buyer, DocumentLine, InvoiceDocument, PostalAddress, Seller, ShipTo, SummaryRow, Transport, Upi,
};

/// What stands before the first invoice of a series and year.
pub const GENESIS: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// SHA-256, in 64 hex digits, of the previous hash and the invoice's content.
pub fn hash(previous: &str, invoice: &InvoiceDocument) -> String {
    let mut text = Facts::default();
    text.put("previous", previous);
    text.invoice(invoice);
    hex::encode(Sha256::digest(text.0.as_bytes()))
}

/// The content as text that no other content writes: one line for each fact, in a fixed order. `name=value` is a fact,
/// `name` alone one that is not stated; a line feed in a value is escaped; before a list stands its length.
///
/// Every struct is taken apart by name, so that a fact added to the document does not compile until it stands here.
#[derive(Default)]
struct Facts(String);

impl Facts {
    fn put(&mut self, name: &str, value: impl Display) {
        let value = value.to_string().replace('\\', "\\\\").replace('\n', "\\n");
        self.0.push_str(name);
        self.0.push('=');
        self.0.push_str(&value);
        self.0.push('\n');
    }

    fn put_if_stated(&mut self, name: &str, value: Option<impl Display>) {
        match value {
            Some(value) => self.put(name, value),
            None => {
                self.0.push_str(name);
                self.0.push('\n');
            }
        }
    }

    fn invoice(&mut self, invoice: &InvoiceDocument) {
        let InvoiceDocument {
            number,
            issued_on,
            issued_at,
            order_number,
            ordered_on,
            seller,
            buyer,
            ship_to,
            place_of_supply,
            supply_clause,
            supply_kind,
            reverse_charge,
            transport,
            lines,
            tax_summary,
            totals,
            amount_in_words,
            endorsement,
            declaration,
            terms,
            upi,
            // What all this makes.
            hash: _,
        } = invoice;
        self.put("number", number);
        self.put("issued_on", issued_on);
        self.put("issued_at", issued_at.timestamp_micros());
        self.put("order", order_number);
        self.put("ordered_on", ordered_on);
        self.seller(seller);
        self.buyer(buyer);
        self.ship_to(ship_to);
        self.put("place_of_supply", place_of_supply);
        self.put("supply_row", supply_clause.row());
        self.put("supply_clause", supply_clause.as_str());
        self.put("supply", supply_kind.as_str());
        self.put("reverse_charge", reverse_charge);
        self.put_if_stated("endorsement", endorsement.as_ref());
        self.transport(transport);
        self.put("lines", lines.len());
        for line in lines {
            self.line(line);
        }
        self.put("summary", tax_summary.len());
        for row in tax_summary {
            self.summary_row(row);
        }
        self.totals(totals);
        self.put("in_words", amount_in_words);
        self.put("declaration", declaration);
        self.put_if_stated("terms", terms.as_ref());
        self.upi(upi.as_ref());
    }

    fn seller(&mut self, seller: &Seller) {
        let Seller {
            legal_name,
            trade_name,
            gstin,
            address,
            phone,
            email,
            lut_number,
        } = seller;
        self.put("seller", legal_name);
        self.put_if_stated("trade_name", trade_name.as_ref());
        self.put("gstin", gstin);
        self.address(address);
        self.put_if_stated("phone", phone.as_ref());
        self.put_if_stated("email", email.as_ref());
        self.put_if_stated("lut", lut_number.as_ref());
    }

    fn buyer(&mut self, buyer: &Buyer) {
        let Buyer {
            legal_name,
            trade_name,
            gstin,
            address,
            phone,
        } = buyer;
        self.put("buyer", legal_name);
        self.put_if_stated("trade_name", trade_name.as_ref());
        self.put_if_stated("gstin", gstin.as_ref());
        self.address(address);
        self.put_if_stated("phone", phone.as_ref());
    }

    fn ship_to(&mut self, ship_to: &ShipTo) {
        let ShipTo {
            name,
            gstin,
            address,
        } = ship_to;
        self.put("ship_to", name);
        self.put_if_stated("gstin", gstin.as_ref());
        self.address(address);
    }

    fn address(&mut self, address: &PostalAddress) {
        let PostalAddress {
            lines,
            city,
            state,
            pincode,
        } = address;
        self.put("address", lines.len());
        for line in lines {
            self.put("street", line);
        }
        self.put("city", city);
        self.put("state", state);
        self.put("pincode", pincode.as_str());
    }

    fn transport(&mut self, transport: &Transport) {
        let Transport {
            transporter,
            lr_number,
            lr_date,
            vehicle_number,
            distance_km,
            eway_bill_number,
        } = transport;
        self.put_if_stated("transporter", transporter.as_ref());
        self.put_if_stated("lr_number", lr_number.as_ref());
        self.put_if_stated("lr_date", lr_date.as_ref());
        self.put_if_stated("vehicle", vehicle_number.as_ref());
        self.put_if_stated("distance_km", distance_km.as_ref());
        self.put_if_stated("eway_bill", eway_bill_number.as_ref());
    }

    fn line(&mut self, line: &DocumentLine) {
        let DocumentLine {
            line_no,
            name,
            sku,
            hsn,
            uqc,
            quantity,
            unit_price,
            tax_rate,
            taxable,
            tax,
            total,
        } = line;
        self.put("line", line_no);
        self.put("name", name);
        self.put("sku", sku);
        self.put("hsn", hsn);
        self.put("uqc", uqc);
        self.put("quantity", quantity.to_fixed());
        self.put("unit_price", unit_price);
        self.put("rate", tax_rate);
        self.put("taxable", taxable);
        self.tax(*tax);
        self.put("total", total);
    }

    fn summary_row(&mut self, row: &SummaryRow) {
        let SummaryRow {
            hsn,
            uqc,
            tax_rate,
            quantity,
            taxable,
            tax,
        } = row;
        self.put("hsn", hsn);
        self.put("uqc", uqc);
        self.put("rate", tax_rate);
        self.put("quantity", quantity.to_fixed());
        self.put("taxable", taxable);
        self.tax(*tax);
    }

    fn totals(&mut self, totals: &DocumentTotals) {
        let DocumentTotals {
            taxable,
            tax,
            round_off,
            total,
        } = totals;
        self.put("taxable", taxable);
        self.tax(*tax);
        self.put("round_off", round_off);
        self.put("total", total);
    }

    fn tax(&mut self, tax: TaxSplit) {
        let TaxSplit {
            cgst,
            sgst,
            utgst,
            igst,
        } = tax;
        self.put("cgst", cgst);
        self.put("sgst", sgst);
        self.put("utgst", utgst);
        self.put("igst", igst);
    }

    fn upi(&mut self, upi: Option<&Upi>) {
        self.put("upi", upi.iter().len());
        if let Some(Upi { vpa, payee }) = upi {
            self.put("vpa", vpa);
            self.put("payee", payee);
        }
    }
}
