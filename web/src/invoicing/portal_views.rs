//! A dealer's invoices: data in, markup out.

use maud::{Markup, html};
use vitaran_core::db::Paged;
use vitaran_core::invoicing::document::{PostalAddress, SummaryRow, Transport};
use vitaran_core::invoicing::{InvoiceDetail, InvoiceSummary};
use vitaran_kernel::{InvoiceId, Money};

use super::portal::InvoicesParams;
use crate::hx;
use crate::orders::portal_views::{amounts, place_of_supply};
use crate::ui::address::{Address, address};
use crate::ui::badge::badge;
use crate::ui::counted::Noun;
use crate::ui::empty::{Empty, empty};
use crate::ui::form::hidden;
use crate::ui::money::{money, percent_text, quantity, unit_price};
use crate::ui::pagination::{Pagination, pagination};
use crate::ui::panel::{Heading, code, columns, facts, panel, sheet};
use crate::ui::table::{Column, Row, Table};
use crate::ui::tabs::{View, views};
use crate::ui::time::{date, date_of};
use crate::ui::{Icon, Tone, icon};

const LIST: &str = "list";

/// The document itself, always as a file.
pub(crate) fn pdf_button(id: InvoiceId) -> Markup {
    html! { a.button href={ "/portal/invoices/" (id) "/pdf" } download="" { (icon(Icon::FileDown)) "Invoice PDF" } }
}

/// The same in a list, where a card on a phone leaves it to the invoice's page.
fn pdf_link(invoice: &InvoiceSummary) -> Markup {
    html! {
        a.button.quiet href={ "/portal/invoices/" (invoice.id) "/pdf" } download="" {
            (icon(Icon::FileDown)) "PDF" span.visually-hidden { " of " (invoice.number) }
        }
    }
}

/// What has been paid of an invoice.
fn standing(total: Money, paid: Money) -> Markup {
    if paid >= total {
        badge(Tone::Good, "Paid")
    } else if paid.is_positive() {
        badge(Tone::Warn, "Partly paid")
    } else {
        badge(Tone::Neutral, "Unpaid")
    }
}

/// The oldest habit of a home page: what is still to be paid.
pub(crate) fn to_pay(invoices: &Paged<InvoiceSummary>) -> Markup {
    html! {
        @if invoices.rows.is_empty() {
            p.muted { "Everything is paid. Thank you." }
        } @else {
            ul.recent {
                @for invoice in &invoices.rows {
                    li {
                        div.recent-what {
                            a href={ "/portal/invoices/" (invoice.id) } { (invoice.number) }
                            span.muted { (date_of(invoice.issued_at)) }
                        }
                        div.recent-state { strong { (money(invoice.total)) } }
                    }
                }
            }
        }
    }
}

pub fn invoices(found: &Paged<InvoiceSummary>, params: &InvoicesParams) -> Markup {
    let (all, open) = (params.in_view(""), params.in_view("open"));
    let shown = [
        View {
            label: "All",
            href: &all,
            count: None,
            is_current: params.view.is_empty(),
        },
        View {
            label: "To be paid",
            href: &open,
            count: None,
            is_current: params.view == "open",
        },
    ];
    let search = hx::Search {
        action: "/portal/invoices",
        label: "Search by invoice number",
        query: &params.q,
        target_id: Some(LIST),
        field_id: "q",
        key: None,
    };
    html! {
        (Heading::new("Invoices"))
        (views("Invoices by state", &shown))
        (search.render(html! { @if !params.view.is_empty() { (hidden("view", &params.view)) } }))
        div.stack id=(LIST) { (list(found, params)) }
    }
}

/// The invoices of a view, alone: what the search swaps.
pub fn list(found: &Paged<InvoiceSummary>, params: &InvoicesParams) -> Markup {
    let first = params.from("");
    let next = found
        .next
        .as_ref()
        .map(|cursor| params.from(cursor.as_str()));
    html! {
        @if found.rows.is_empty() {
            (no_invoices(params))
        } @else {
            (sheet(invoice_table(&found.rows)))
            (pagination(&Pagination {
                of: Noun::INVOICES,
                shown: found.rows.len(),
                first: (!params.cursor.is_empty()).then_some(first.as_str()),
                next: next.as_deref(),
            }))
        }
    }
}

fn no_invoices(params: &InvoicesParams) -> Markup {
    let (title, text, action) = match (params.q.is_empty(), params.view.as_str()) {
        (true, "open") => (
            "Nothing to pay",
            "Every invoice is paid in full. Thank you.",
            Some(("Show all invoices", "/portal/invoices")),
        ),
        (true, _) => (
            "No invoices yet",
            "An invoice is issued when your distributor dispatches an order.",
            Some(("See your orders", "/portal/orders")),
        ),
        (false, _) => (
            "No invoice found",
            "No invoice number begins like this.",
            Some(("Show all invoices", "/portal/invoices")),
        ),
    };
    empty(Empty {
        icon: Icon::ReceiptText,
        title,
        text,
        action,
    })
}

fn invoice_table(invoices: &[InvoiceSummary]) -> Table<'static> {
    let columns = [
        Column::text("Invoice"),
        Column::text("Issued").card_line(),
        Column::text("Order").card_hidden(),
        Column::text("Status").card_end(),
        Column::number("Total").card_corner(),
        Column::actions("PDF").card_hidden(),
    ];
    Table::new("invoices", "Your invoices", columns).rows(invoices.iter().map(|invoice| {
        Row::new([
            html! { a href={ "/portal/invoices/" (invoice.id) } { (invoice.number) } },
            date_of(invoice.issued_at),
            html! { a href={ "/portal/orders/" (invoice.order_id) } { (invoice.order_number) } },
            standing(invoice.total, invoice.paid),
            money(invoice.total),
            pdf_link(invoice),
        ])
    }))
}

pub fn invoice(invoice: &InvoiceDetail) -> Markup {
    let document = &invoice.document;
    let number = document.number.to_string();
    let order = format!("/portal/orders/{}", invoice.order_id);
    let totals = &document.totals;
    let heading = Heading::new(&number)
        .back("Invoices", "/portal/invoices")
        .badge(standing(totals.total, invoice.paid))
        .meta(html! {
            "Issued " (date(document.issued_on.as_naive())) " for order " a href=(order) { (document.order_number) }
        })
        .actions(pdf_button(invoice.id));
    html! {
        (heading)
        (columns(
            html! {
                (sheet(line_table(invoice)))
                (sheet(summary_table(&document.tax_summary)))
                @if let Some(endorsement) = &document.endorsement { p.muted { (endorsement) } }
            },
            html! {
                (panel("Amount", html! {
                    (amounts(totals.taxable, totals.tax, totals.round_off, totals.total))
                    p.hint { (document.amount_in_words) }
                    @if invoice.paid.is_positive() { (facts(&[("Paid so far", money(invoice.paid))])) }
                    @if let (Some(upi), true) = (&document.upi, invoice.paid < totals.total) {
                        (facts(&[("Pay by UPI", html! { (code(&upi.vpa)) br; (upi.payee) })]))
                    }
                }))
                (panel("Delivery", html! {
                    (place(&document.ship_to.name, &document.ship_to.address, document.ship_to.gstin.as_ref().map(ToString::to_string).as_deref()))
                    (transport(&document.transport))
                    (place_of_supply(document.place_of_supply, Some(document.supply_clause)))
                }))
                (panel("Sold by", place(
                    document.seller.trade_name.as_deref().unwrap_or(&document.seller.legal_name),
                    &document.seller.address,
                    Some(document.seller.gstin.as_ref()),
                )))
            },
        ))
    }
}

fn line_table(invoice: &InvoiceDetail) -> Table<'static> {
    let columns = [
        Column::text("Product"),
        Column::number("Quantity").card_line(),
        Column::number("Price").card_end(),
        Column::number("GST").card_line(),
        Column::number("Total").card_corner(),
    ];
    let rows = invoice.document.lines.iter().map(|line| {
        Row::new([
            html! { div.cart-what { span { (line.name) } span.cart-meta { span.code { (line.sku) } "HSN " (line.hsn) } } },
            quantity(line.quantity, line.uqc.as_str()),
            unit_price(line.unit_price),
            html! { span.two-lines { (money(line.tax.total())) span.muted { (percent_text(line.tax_rate)) " GST" } } },
            money(line.total),
        ])
    });
    Table::new("invoice-lines", "Products of this invoice", columns).rows(rows)
}

/// By HSN code, unit and rate, as returns want it. Columns of taxes that nobody bears are left out.
fn summary_table(rows: &[SummaryRow]) -> Table<'static> {
    type Part = fn(&SummaryRow) -> Money;
    let taxes: [(&'static str, Part); 4] = [
        ("CGST", |row| row.tax.cgst),
        ("SGST", |row| row.tax.sgst),
        ("UTGST", |row| row.tax.utgst),
        ("IGST", |row| row.tax.igst),
    ];
    let borne: Vec<_> = taxes
        .into_iter()
        .filter(|(_, part)| rows.iter().any(|row| !part(row).is_zero()))
        .collect();
    let mut columns = vec![
        Column::text("HSN"),
        Column::number("Rate"),
        Column::number("Quantity"),
        Column::number("Taxable").card_corner(),
    ];
    columns.extend(borne.iter().map(|(name, _)| Column::number(name)));
    let rows = rows.iter().map(|row| {
        let mut cells = vec![
            code(row.hsn.as_ref()),
            html! { (percent_text(row.tax_rate)) },
            quantity(row.quantity, row.uqc.as_str()),
            money(row.taxable),
        ];
        cells.extend(borne.iter().map(|(_, part)| money(part(row))));
        Row::new(cells)
    });
    Table::new("invoice-tax", "Tax by HSN code", columns)
        .caption_shown()
        .rows(rows.collect::<Vec<_>>())
}

fn place(name: &str, postal: &PostalAddress, gstin: Option<&str>) -> Markup {
    let lines: Vec<&str> = postal.lines.iter().map(String::as_str).collect();
    address(&Address {
        name: Some(name),
        lines: &lines,
        city: &postal.city,
        pin: postal.pincode.as_str(),
        state: postal.state.name(),
        state_code: Some(postal.state.as_str()),
        phone: None,
        gstin,
    })
}

fn transport(transport: &Transport) -> Markup {
    let mut known = Vec::new();
    if let Some(name) = &transport.transporter {
        known.push(("Transporter", html! { (name) }));
    }
    if let Some(number) = &transport.lr_number {
        known.push(("LR number", html! { (code(number)) @if let Some(day) = transport.lr_date { " of " (date(day.as_naive())) } }));
    }
    if let Some(number) = &transport.vehicle_number {
        known.push(("Vehicle", code(number.as_ref())));
    }
    if let Some(number) = &transport.eway_bill_number {
        known.push(("E-way bill", code(number.as_ref())));
    }
    html! { @if !known.is_empty() { (facts(&known)) } }
}
