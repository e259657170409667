//! Invoices on screen: the list, the document with its taxes, the series.

use maud::{Markup, html};
use vitaran_core::db::Paged;
use vitaran_core::invoicing::document::{DocumentLine, InvoiceCopy, InvoiceDocument};
use vitaran_core::invoicing::{ChainReport, InvoiceDetail, InvoiceSummary, PdfState, SeriesYear};
use vitaran_kernel::{InvoiceId, SupplyKind};

use super::admin::ListParams;
use super::document_views::{amount, payment, place, tax_summary, transport};
use crate::hx::{Link, Search};
use crate::ui::actions::{ActionButton, buttons};
use crate::ui::badge::badge;
use crate::ui::counted::Noun;
use crate::ui::empty::{Empty, empty};
use crate::ui::flash::{self, Flash};
use crate::ui::form::{Field, Style, hidden};
use crate::ui::money::{money, percent, quantity, unit_price};
use crate::ui::pagination::{Pagination, pagination};
use crate::ui::panel::{
    Heading, code, columns, facts, filter_chip, panel, panel_with, sheet, toolbar,
};
use crate::ui::table::{Column, Row, Table};
use crate::ui::tabs::{View, views};
use crate::ui::{Icon, Tone, icon, time};

pub const LIST: &str = "/admin/invoices";
const SERIES: &str = "/admin/invoices/series";
const REGION: &str = "list";

/// One page of the list, and what it was asked for.
pub struct ListView<'a> {
    pub params: &'a ListParams,
    pub invoices: &'a Paged<InvoiceSummary>,
}

// The list ----------------------------------------------------------------------------------------------------------

pub fn list(view: &ListView<'_>) -> Markup {
    let params = view.params;
    let all = address_of(&ListParams {
        open: String::new(),
        ..params.clone()
    });
    let open = address_of(&ListParams {
        open: "1".to_owned(),
        ..params.clone()
    });
    let tabs = [
        View {
            label: "All",
            href: &all,
            count: None,
            is_current: !params.is_open_only(),
        },
        View {
            label: "Not paid in full",
            href: &open,
            count: None,
            is_current: params.is_open_only(),
        },
    ];
    html! {
        (Heading::new("Invoices").actions(buttons(&[ActionButton::open("Series", SERIES).icon(Icon::ShieldCheck)])))
        (views("Views of invoices", &tabs))
        (toolbar(search(params)))
        div id=(REGION) { (rows(view)) }
    }
}

fn search(params: &ListParams) -> Markup {
    let search = Search {
        action: LIST,
        label: "Search by invoice number",
        query: &params.q,
        target_id: Some(REGION),
        field_id: "q",
        key: Some("/"),
    };
    search.render(html! {
        (Field::date("from", "From").value(&params.from))
        (Field::date("to", "To").value(&params.to))
        @if !params.open.is_empty() { (hidden("open", &params.open)) }
        @if !params.dealer.is_empty() { (hidden("dealer", &params.dealer)) }
    })
}

/// The address of the list with these filters, at its beginning.
fn address_of(params: &ListParams) -> String {
    let filters = [
        ("q", &params.q),
        ("dealer", &params.dealer),
        ("from", &params.from),
        ("to", &params.to),
        ("open", &params.open),
    ];
    let filters: Vec<(&str, &String)> = filters
        .into_iter()
        .filter(|(_, value)| !value.is_empty())
        .collect();
    match serde_urlencoded::to_string(filters) {
        Ok(query) if !query.is_empty() => format!("{LIST}?{query}"),
        _ => LIST.to_owned(),
    }
}

/// What a search changes.
pub fn rows(view: &ListView<'_>) -> Markup {
    let params = view.params;
    let first = address_of(params);
    let joint = if first.contains('?') { '&' } else { '?' };
    let next = view
        .invoices
        .next
        .as_ref()
        .map(|cursor| format!("{first}{joint}cursor={}", cursor.as_str()));
    html! {
        div.stack {
            (chips(view))
            @if view.invoices.rows.is_empty() { (nothing(params)) } @else {
                (sheet(table(&view.invoices.rows)))
                (pagination(&Pagination {
                    of: Noun::INVOICES,
                    shown: view.invoices.rows.len(),
                    first: params.cursor.as_ref().map(|_| first.as_str()),
                    next: next.as_deref(),
                }))
            }
        }
    }
}

fn chips(view: &ListView<'_>) -> Markup {
    let params = view.params;
    let without_dealer = address_of(&ListParams {
        dealer: String::new(),
        ..params.clone()
    });
    let without_days = address_of(&ListParams {
        from: String::new(),
        to: String::new(),
        ..params.clone()
    });
    let dealer = view
        .invoices
        .rows
        .first()
        .map_or("one dealer", |invoice| invoice.dealer_name.as_str());
    html! {
        @if !params.dealer.is_empty() || !params.from.is_empty() || !params.to.is_empty() {
            div.chips {
                @if !params.dealer.is_empty() { (filter_chip(&format!("Dealer: {dealer}"), &without_dealer)) }
                @if !params.from.is_empty() || !params.to.is_empty() { (filter_chip(&days(params), &without_days)) }
            }
        }
    }
}

fn days(params: &ListParams) -> String {
    match (params.from.as_str(), params.to.as_str()) {
        (from, "") => format!("From {from}"),
        ("", to) => format!("Until {to}"),
        (from, to) => format!("{from} to {to}"),
    }
}

fn nothing(params: &ListParams) -> Markup {
    let is_filtered = address_of(params) != LIST;
    if is_filtered {
        return empty(Empty {
            icon: Icon::Search,
            title: "No such invoice",
            text: "No invoice fits these filters.",
            action: Some(("Show all invoices", LIST)),
        });
    }
    empty(Empty {
        icon: Icon::ReceiptIndianRupee,
        title: "No invoice yet",
        text: "The first dispatch issues the first invoice.",
        action: None,
    })
}

fn table(invoices: &[InvoiceSummary]) -> Table<'static> {
    let columns = [
        Column::text("Invoice"),
        Column::text("Dealer").card_line(),
        Column::text("Date").card_line(),
        Column::text("Order").card_hidden(),
        Column::text("Payment").card_end(),
        Column::number("Unpaid").card_hidden(),
        Column::number("Total").card_corner(),
    ];
    Table::new("invoices", "Invoices", columns).rows(invoices.iter().map(row))
}

fn row(invoice: &InvoiceSummary) -> Row {
    Row::new([
        html! { a href={ (LIST) "/" (invoice.id) } { (invoice.number) } },
        html! { (invoice.dealer_name) },
        time::date_of(invoice.issued_at),
        html! { a href={ "/admin/orders/" (invoice.order_id) } { (invoice.order_number) } },
        payment(invoice.total, invoice.paid),
        html! { @if invoice.open().is_positive() { (money(invoice.open())) } },
        money(invoice.total),
    ])
}

// One invoice -------------------------------------------------------------------------------------------------------

/// Where the PDF of a copy is.
pub fn pdf_path(area: &str, id: InvoiceId, copy: InvoiceCopy) -> String {
    let plain = format!("{area}/{id}/pdf");
    match copy {
        InvoiceCopy::Original => plain,
        other => format!("{plain}?copy={}", other.as_str().to_ascii_lowercase()),
    }
}

pub fn show(invoice: &InvoiceDetail, pdf: &PdfState) -> Markup {
    let document = &invoice.document;
    let title = format!("Invoice {}", document.number);
    html! {
        (Heading::new(&title).back("Invoices", LIST).badge(payment(document.totals.total, invoice.paid))
            .meta(html! {
                a href={ "/admin/dealers/" (invoice.dealer_id) } { (document.buyer.trade_name.as_deref().unwrap_or(&document.buyer.legal_name)) }
                " · " (time::time(document.issued_at)) " · order "
                a href={ "/admin/orders/" (invoice.order_id) } { (document.order_number) }
            })
            .actions(pdf_link(&pdf_path(LIST, invoice.id, InvoiceCopy::Original), "PDF", Style::Primary)))
        (sheet(lines(document)))
        (columns(
            html! {
                (panel("Tax by HSN", tax_summary(document)))
                (panel("Parties", parties(document)))
                (panel("Supply", facts(&supply(document))))
                (panel("Transport", facts(&transport(&document.transport))))
            },
            html! {
                (panel("Amount", amount(document)))
                (panel("Payment", facts(&[("Total", money(document.totals.total)), ("Received", money(invoice.paid)), ("Unpaid", money(invoice.open()))])))
                (panel_with("Copies", pdf_badge(pdf), copies(invoice.id)))
                (panel("Proof", proof(invoice)))
            },
        ))
    }
}

/// Never boosted: the answer is a file.
pub fn pdf_link(href: &str, label: &str, style: Style) -> Markup {
    Link::new(href)
        .class(style.class())
        .unboosted()
        .render(html! { (icon(Icon::FileDown)) (label) })
}

/// The lines of a document, with the sum of what they say.
pub fn lines(document: &InvoiceDocument) -> Table<'static> {
    let columns = [
        Column::text("Product"),
        Column::text("HSN"),
        Column::number("Quantity"),
        Column::number("Price"),
        Column::number("Taxable"),
        Column::number("GST"),
        Column::number("Tax"),
        Column::number("Amount").card_corner(),
    ];
    let sum = document.totals.taxable + document.totals.tax.total();
    let foot = Row::new([
        html! { "Sum" },
        money(document.totals.taxable),
        html! {},
        money(document.totals.tax.total()),
        money(sum),
    ]);
    Table::new("lines", "Lines of this invoice", columns)
        .rows(document.lines.iter().map(line_row))
        .foot([foot])
}

fn line_row(line: &DocumentLine) -> Row {
    Row::new([
        html! { (line.name) br; span.code.muted { (line.sku) } },
        code(line.hsn.as_str()),
        quantity(line.quantity, line.uqc.as_str()),
        unit_price(line.unit_price),
        money(line.taxable),
        percent(line.tax_rate),
        money(line.tax.total()),
        money(line.total),
    ])
}

/// Where the original's file stands; the other copies are made when somebody wants them.
fn pdf_badge(state: &PdfState) -> Markup {
    match state {
        PdfState::Ready { .. } => badge(Tone::Good, "PDF ready"),
        PdfState::Preparing => badge(Tone::Info, "Being prepared"),
        PdfState::NotAsked => badge(Tone::Neutral, "Not made yet"),
        PdfState::Failed => badge(Tone::Bad, "Failed"),
    }
}

fn copies(id: InvoiceId) -> Markup {
    let link = |copy: InvoiceCopy, label| pdf_link(&pdf_path(LIST, id, copy), label, Style::Plain);
    html! {
        div.buttons {
            (link(InvoiceCopy::Original, "Original, for the dealer"))
            (link(InvoiceCopy::Duplicate, "Duplicate, for the transporter"))
            (link(InvoiceCopy::Triplicate, "Triplicate, for the files"))
        }
    }
}

/// Seller, buyer and, where the goods go elsewhere, the consignee.
pub fn parties(document: &InvoiceDocument) -> Markup {
    let (seller, buyer, ship_to) = (&document.seller, &document.buyer, &document.ship_to);
    html! {
        div.parties {
            div { h3 { "Sold by" } (place(&seller.legal_name, Some(seller.gstin.as_str()), &seller.address)) }
            div { h3 { "Sold to" } (place(&buyer.legal_name, buyer.gstin.as_ref().map(|gstin| gstin.as_str()), &buyer.address)) }
            @if document.ships_elsewhere() {
                div { h3 { "Delivered to" } (place(&ship_to.name, ship_to.gstin.as_ref().map(|gstin| gstin.as_str()), &ship_to.address)) }
            }
        }
    }
}

fn supply(document: &InvoiceDocument) -> Vec<(&'static str, Markup)> {
    let at = document.place_of_supply;
    let kind = match document.supply_kind {
        SupplyKind::IntraState => "Within the State",
        SupplyKind::IntraUnionTerritory => "Within the union territory",
        SupplyKind::InterState => "Between States",
        SupplyKind::ZeroRated => "Zero-rated",
    };
    let mut facts = vec![
        ("Place of supply", html! { (at.as_str()) " " (at.name()) }),
        (
            "By section",
            html! { (document.supply_clause) ", IGST Act" },
        ),
        ("Supply", html! { (kind) }),
    ];
    if let Some(endorsement) = &document.endorsement {
        facts.push(("Endorsement", html! { (endorsement) }));
    }
    facts
}

/// The links of the chain: whoever holds the next invoice can tell that this one was not changed.
fn proof(invoice: &InvoiceDetail) -> Markup {
    html! {
        (facts(&[("SHA-256", code(&invoice.document.hash)), ("Chained to", code(&invoice.previous_hash))]))
        p { a href=(SERIES) { "Check the series" } }
    }
}

// The series --------------------------------------------------------------------------------------------------------

pub fn series(series: &[SeriesYear], report: Option<&ChainReport>) -> Markup {
    let check = format!("{SERIES}?check=1");
    let actions = buttons(&[ActionButton::open("Check the chain", check)
        .style(Style::Primary)
        .icon(Icon::ShieldCheck)]);
    html! {
        (Heading::new("Invoice series").back("Invoices", LIST).meta(html! { "Consecutive numbers, each invoice chained to the one before it" }).actions(actions))
        @if let Some(report) = report { (checked(report)) }
        @if series.is_empty() {
            (empty(Empty { icon: Icon::ReceiptText, title: "No series in use", text: "A series begins with its first invoice.", action: None }))
        } @else { (sheet(series_table(series))) }
    }
}

fn series_table(series: &[SeriesYear]) -> Table<'static> {
    let columns = [
        Column::text("Series"),
        Column::text("Year").card_corner(),
        Column::text("Registration"),
        Column::text("First"),
        Column::text("Last"),
        Column::text("Last dated"),
        Column::number("Invoices"),
        Column::text("Missing"),
    ];
    Table::new("series", "Invoice series by year", columns).rows(series.iter().map(series_row))
}

fn series_row(series: &SeriesYear) -> Row {
    let none = "none";
    Row::new([
        html! { (series.prefix) @if !series.is_active { " " (badge(Tone::Neutral, "Closed")) } },
        html! { (series.financial_year()) },
        code(&series.gstin),
        html! { (series.first_number.as_deref().unwrap_or(none)) },
        html! { (series.last_number.as_deref().unwrap_or(none)) },
        time::date(series.last_issued_on),
        html! { (series.count) },
        match series.missing() {
            0 => badge(Tone::Good, "0"),
            missing => badge(Tone::Bad, &missing.to_string()),
        },
    ])
}

fn checked(report: &ChainReport) -> Markup {
    if report.faults.is_empty() {
        let text = format!(
            "Checked {} invoices of {} series: every one is as it was issued, and no number is missing.",
            report.invoices, report.series
        );
        return flash::message(&Flash::good(text));
    }
    panel_with(
        "The chain is broken",
        badge(Tone::Bad, &format!("{} faults", report.faults.len())),
        html! {
            ul { @for fault in &report.faults { li { strong { (fault.number) } ": " (fault.fault) } } }
        },
    )
}
