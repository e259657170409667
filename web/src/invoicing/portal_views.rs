//! A dealer's invoices: data in, markup out.

use maud::{Markup, html};
use vitaran_core::db::Paged;
use vitaran_core::invoicing::{InvoiceDetail, InvoiceSummary};
use vitaran_kernel::InvoiceId;

use super::document_views::{amount, payment, place, tax_summary, transport};
use super::portal::InvoicesParams;
use crate::hx;
use crate::orders::portal_views::place_of_supply;
use crate::ui::counted::Noun;
use crate::ui::empty::{Empty, empty};
use crate::ui::form::hidden;
use crate::ui::money::{money, percent_text, quantity, unit_price};
use crate::ui::pagination::{Pagination, pagination};
use crate::ui::panel::{Heading, code, columns, facts, panel, sheet};
use crate::ui::table::{Column, Row, Table};
use crate::ui::tabs::{View, views};
use crate::ui::time::{date, date_of};
use crate::ui::{Icon, icon};

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
            payment(invoice.total, invoice.paid),
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
        .badge(payment(totals.total, invoice.paid))
        .meta(html! {
            "Issued " (date(document.issued_on.as_naive())) " for order " a href=(order) { (document.order_number) }
        })
        .actions(pdf_button(invoice.id));
    html! {
        (heading)
        (columns(
            html! {
                (sheet(line_table(invoice)))
                (sheet(tax_summary(document).caption_shown()))
                @if let Some(endorsement) = &document.endorsement { p.muted { (endorsement) } }
            },
            html! {
                (panel("Amount", html! {
                    (amount(document))
                    @if invoice.paid.is_positive() { (facts(&[("Paid so far", money(invoice.paid))])) }
                    @if let (Some(upi), true) = (&document.upi, invoice.paid < totals.total) {
                        (facts(&[("Pay by UPI", html! { (code(&upi.vpa)) br; (upi.payee) })]))
                    }
                }))
                (panel("Delivery", html! {
                    (place(&document.ship_to.name, document.ship_to.gstin.as_ref().map(|gstin| gstin.as_str()), &document.ship_to.address))
                    (facts(&transport(&document.transport)))
                    (place_of_supply(document.place_of_supply, Some(document.supply_clause)))
                }))
                (panel("Sold by", place(
                    document.seller.trade_name.as_deref().unwrap_or(&document.seller.legal_name),
                    Some(document.seller.gstin.as_str()),
                    &document.seller.address,
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
