//! The page: head, facts, parties, lines, totals, summary, foot.

use chrono::SecondsFormat;
use maud::{DOCTYPE, Markup, PreEscaped, html};
use vitaran_kernel::words::amount_in_words;
use vitaran_kernel::{Gstin, Phone, SupplyKind};

use super::InvoiceCopy;
use super::invoice::{InvoiceDocument, PostalAddress, Transport};
use super::tables::{self, Tax};
use super::upi;
use crate::qr::qr_svg;

const STYLE: &str = include_str!("invoice.css");

/// The invoice as one HTML page without outside references, for the renderer of PDFs. Every value
/// is escaped; the style sheet is constant and contains none of them.
#[must_use]
pub fn invoice_html(invoice: &InvoiceDocument, copy: InvoiceCopy) -> String {
    let page = html! {
        (DOCTYPE)
        html lang="en-IN" {
            head {
                meta charset="utf-8";
                title { "Tax invoice " (invoice.number) }
                meta name="author" content=(invoice.seller.legal_name);
                meta name="description" content={ "Tax invoice " (invoice.number) " to " (invoice.buyer.legal_name) };
                meta name="generator" content="Vitaran";
                meta name="dcterms.created" content=(invoice.issued_at.to_rfc3339_opts(SecondsFormat::Secs, true));
                style { (PreEscaped(STYLE)) }
            }
            body {
                (head(invoice, copy))
                (facts(invoice))
                (parties(invoice))
                @if let Some(endorsement) = &invoice.endorsement { p class="endorsement" { (endorsement) } }
                (tables::lines(invoice))
                (totals(invoice))
                h2 { "Tax summary by HSN" }
                (tables::summary(invoice))
                @if invoice.totals.tax.total().is_positive() {
                    p class="note" { "Tax in words: " (amount_in_words(invoice.totals.tax.total())) }
                }
                (foot(invoice))
            }
        }
    };
    page.into_string()
}

/// Who supplies, and what this paper is.
fn head(invoice: &InvoiceDocument, copy: InvoiceCopy) -> Markup {
    let seller = &invoice.seller;
    let name = seller.trade_name.as_ref().unwrap_or(&seller.legal_name);
    html! {
        table class="head" {
            tr {
                td {
                    p class="seller" { (name) }
                    @if *name != seller.legal_name { p { (seller.legal_name) } }
                    (address(&seller.address))
                    p class="strong" { "GSTIN " (seller.gstin) }
                    @if seller.phone.is_some() || seller.email.is_some() {
                        p {
                            @if let Some(phone) = &seller.phone { "Phone " (spaced(phone)) }
                            @if seller.phone.is_some() && seller.email.is_some() { " · " }
                            @if let Some(email) = &seller.email { (email) }
                        }
                    }
                    @if let (Some(lut), SupplyKind::ZeroRated) = (&seller.lut_number, invoice.supply_kind) {
                        p { "Letter of undertaking " (lut) }
                    }
                }
                td class="title" {
                    h1 { "TAX INVOICE" }
                    p class="copy" { (copy.mark()) }
                    p { "Invoice no." }
                    p class="number" { (invoice.number) }
                }
            }
        }
    }
}

/// What the office looks for first.
fn facts(invoice: &InvoiceDocument) -> Markup {
    let place = invoice.place_of_supply;
    let nature = match invoice.supply_kind {
        SupplyKind::IntraState => "Intra-State",
        SupplyKind::IntraUnionTerritory => "Within the union territory",
        SupplyKind::InterState => "Inter-State",
        SupplyKind::ZeroRated => "Inter-State, zero-rated",
    };
    html! {
        table class="facts" {
            tr {
                (fact("Invoice date", &invoice.issued_on.long()))
                (fact("Financial year", &invoice.number.financial_year().long()))
                (fact("Order no.", invoice.order_number.as_str()))
                (fact("Order date", &invoice.ordered_on.long()))
            }
            tr {
                (fact("Place of supply", &format!("{} ({})", place.name(), place.as_str())))
                (fact("Supply", nature))
                (fact("Ground (IGST Act)", &format!("Section {}", invoice.supply_clause)))
                (fact("Tax payable on reverse charge", if invoice.reverse_charge { "Yes, by the recipient" } else { "No" }))
            }
        }
    }
}

fn fact(label: &str, value: &str) -> Markup {
    html! { td { small { (label) } (value) } }
}

/// Who buys, where the goods go, and how.
fn parties(invoice: &InvoiceDocument) -> Markup {
    let buyer = &invoice.buyer;
    html! {
        table class="parties" {
            tr {
                td {
                    small { "Bill to" }
                    p class="strong" { (buyer.legal_name) }
                    @if let Some(trade_name) = &buyer.trade_name {
                        @if *trade_name != buyer.legal_name { p { (trade_name) } }
                    }
                    (address(&buyer.address))
                    (registration(buyer.gstin.as_ref(), "Unregistered"))
                    @if let Some(phone) = &buyer.phone { p { "Phone " (spaced(phone)) } }
                }
                @if invoice.ships_elsewhere() {
                    td {
                        small { "Ship to" }
                        p class="strong" { (invoice.ship_to.name) }
                        (address(&invoice.ship_to.address))
                        (registration(invoice.ship_to.gstin.as_ref(), "GSTIN URP (unregistered)"))
                    }
                }
                (transport(&invoice.transport))
            }
        }
    }
}

fn registration(gstin: Option<&Gstin>, without: &str) -> Markup {
    html! {
        p class="strong" {
            @match gstin {
                Some(gstin) => { "GSTIN " (gstin) }
                None => (without),
            }
        }
    }
}

/// Street, city and PIN code; on a second line the State with its code.
fn address(address: &PostalAddress) -> Markup {
    html! {
        p {
            @for line in &address.lines { (line) ", " }
            (address.city) " " (address.pincode)
            "\nState " (address.state.name()) " (" (address.state.as_str()) ")"
        }
    }
}

fn transport(transport: &Transport) -> Markup {
    let Transport {
        transporter,
        lr_number,
        lr_date,
        vehicle_number,
        distance_km,
        eway_bill_number,
    } = transport;
    html! {
        td {
            small { "Dispatch" }
            @if let Some(transporter) = transporter { p class="strong" { (transporter) } }
            @if let Some(lr_number) = lr_number {
                p {
                    "LR no. " (lr_number)
                    @if let Some(date) = lr_date { " of " (date.long()) }
                }
            }
            @if let Some(vehicle_number) = vehicle_number { p { "Vehicle " (vehicle_number) } }
            @if let Some(distance_km) = distance_km { p { "Distance " (distance_km) " km" } }
            @if let Some(number) = eway_bill_number { p class="strong" { "E-way bill " (number) } }
        }
    }
}

/// What is to be paid, in figures and words, and how.
fn totals(invoice: &InvoiceDocument) -> Markup {
    let totals = &invoice.totals;
    html! {
        table class="totals" {
            tr {
                td {
                    small { "Amount in words" }
                    p class="strong" { (invoice.amount_in_words) }
                    (pay(invoice))
                }
                td {
                    table class="sums" {
                        tr { td { "Taxable value" } td { (totals.taxable.grouped()) } }
                        @for tax in Tax::of(invoice.supply_kind) {
                            tr { td { (tax.name()) } td { (tax.amount(&totals.tax).grouped()) } }
                        }
                        @if invoice.supply_kind == SupplyKind::ZeroRated {
                            tr { td { "IGST (zero-rated)" } td { (totals.tax.igst.grouped()) } }
                        }
                        tr { td { "Round-off" } td { (totals.round_off.grouped()) } }
                        tr class="total" { td { "Total" } td { "₹ " (totals.total.grouped()) } }
                    }
                }
            }
        }
    }
}

fn pay(invoice: &InvoiceDocument) -> Markup {
    let Some(upi) = &invoice.upi else {
        return Markup::default();
    };
    let Some(link) = upi::pay_link(upi, invoice.totals.total, &invoice.number) else {
        return Markup::default();
    };
    let Some(qr) = qr_svg(&link, "QR code for payment by UPI") else {
        return Markup::default();
    };
    html! {
        div class="pay" {
            a href=(link) { (qr) }
            p class="strong" { "Pay by UPI" }
            p { (upi.payee) }
            p { (upi.vpa) }
            p class="note" { "Scan with any UPI app; the amount and the invoice number are filled in." }
        }
    }
}

/// What the seller declares, its terms, and its signature.
fn foot(invoice: &InvoiceDocument) -> Markup {
    html! {
        table class="foot" {
            tr {
                td {
                    small { "Declaration" }
                    p { (invoice.declaration) }
                    @if let Some(terms) = &invoice.terms {
                        small { "Terms" }
                        @for term in terms.lines() { p { (term) } }
                    }
                    p class="note" { "This is a computer-generated invoice. Chain " (short(&invoice.hash)) }
                }
                td class="signature" {
                    p class="strong" { "For " (invoice.seller.legal_name) }
                    p class="line" { "Authorised signatory" }
                }
            }
        }
    }
}

/// Enough of the chain's hash to compare with the record by eye.
fn short(hash: &str) -> String {
    const FIRST: usize = 16;
    const LAST: usize = 8;
    let end = hash.len().saturating_sub(LAST);
    match (hash.get(..FIRST), hash.get(end..)) {
        (Some(first), Some(last)) if end >= FIRST => format!("{first}…{last}"),
        _ => hash.to_owned(),
    }
}

/// An Indian number as people write it: "+91 98765 43210".
fn spaced(phone: &Phone) -> String {
    let text = phone.as_str();
    match (text.strip_prefix("+91"), text.get(3..8), text.get(8..)) {
        (Some(_), Some(first), Some(last)) if last.len() == 5 => format!("+91 {first} {last}"),
        _ => text.to_owned(),
    }
}
