//! What the pages of stock look like.

use maud::{Markup, html};
use vitaran_core::catalog::Product;
use vitaran_core::db::Paged;
use vitaran_core::stock::locations::Location;
use vitaran_core::stock::{
    AdjustStockForm, LedgerEntry, MovementKind, ReceiveStockForm, StockLevel, StockLineForm,
    StockState,
};

use super::admin::{LedgerParams, LevelParams, Rights};
use super::movements::MORE;
use crate::http::form_page::Attempt;
use crate::http::params::address;
use crate::hx::{self, Search};
use crate::ui::actions::{ActionButton, buttons as action_buttons};
use crate::ui::badge::{self, badge};
use crate::ui::counted::Noun;
use crate::ui::empty::{Empty, empty};
use crate::ui::form::{
    Choice, Field, FieldError, Style, Width, buttons, hidden, submit, submit_choice,
};
use crate::ui::pagination::{Pagination, pagination};
use crate::ui::panel::{Heading, code, filter_chip, sheet, toolbar};
use crate::ui::table::{Column, Row, Table};
use crate::ui::tabs::{View, views};
use crate::ui::{Icon, Tone, icon, money, time};

const STOCK: &str = "/admin/stock";
const LEDGER: &str = "/admin/stock/ledger";

/// The region that a search refills.
const LIST: &str = "stock-list";

/// Everything the stock list shows.
#[derive(Debug, Clone, Copy)]
pub struct LevelList<'a> {
    pub params: &'a LevelParams,
    pub levels: &'a Paged<StockLevel>,
    pub locations: &'a [Location],
    pub rights: Rights,
}

impl LevelList<'_> {
    fn with(&self, state: &str, cursor: &str) -> String {
        let query = [
            ("q", self.params.q.as_str()),
            ("state", state),
            ("location_id", self.params.location_id.as_str()),
            ("cursor", cursor),
        ];
        address(STOCK, &query)
    }
}

pub fn levels(list: &LevelList<'_>) -> Markup {
    let search = Search {
        action: STOCK,
        label: "Search name, SKU, HSN or barcode",
        query: &list.params.q,
        target_id: Some(LIST),
        field_id: "stock-search",
        key: Some("/"),
    };
    let places: Vec<Choice<'_>> = place_choices(list.locations);
    html! {
        (Heading::new("Stock").actions(html! {
            @if list.rights.movements { a.button href=(LEDGER) { (icon(Icon::History)) "Movements" } }
            @if list.rights.adjust {
                a.button href={ (STOCK) "/adjust" } { (icon(Icon::ArrowUpDown)) "Adjust" }
                a.button.primary href={ (STOCK) "/receive" } data-key="n" { (icon(Icon::PackageOpen)) "Receive goods" }
            }
        }))
        (toolbar(search.render(html! {
            @if !list.params.state.is_empty() { (hidden("state", &list.params.state)) }
            @if places.len() > 1 {
                (Field::select("location_id", "Location", &places).value(list.params.location_id.as_str()).label_hidden().width(Width::Medium))
            }
        })))
        div.stack id=(LIST) { (level_rows(list)) }
    }
}

/// The first is the one that is meant where none is named: the default location, or the first of those somebody works at.
fn place_choices(locations: &[Location]) -> Vec<Choice<'_>> {
    let value = |index: usize, location: &Location| match index {
        0 => String::new(),
        _ => location.id.to_string(),
    };
    let places = locations.iter().enumerate();
    places
        .map(|(index, location)| Choice::new(value(index, location), location.name.as_str()))
        .collect()
}

/// The list without its search.
pub fn level_rows(list: &LevelList<'_>) -> Markup {
    let rows = &list.levels.rows;
    let state = list.params.state.as_str();
    let all = [
        ("All", ""),
        ("In stock", StockState::InStock.as_str()),
        ("Low", StockState::Low.as_str()),
        ("Out", StockState::Out.as_str()),
    ];
    let hrefs = all.map(|(_, state)| list.with(state, ""));
    let tabs: Vec<View<'_>> = all
        .iter()
        .zip(&hrefs)
        .map(|((label, code), href)| View {
            label,
            href,
            count: None,
            is_current: *code == state,
        })
        .collect();
    let next = list.levels.next.as_ref();
    let next = next.map(|cursor| list.with(state, cursor.as_str()));
    let first = list.params.cursor.as_ref().map(|_| list.with(state, ""));
    html! {
        (views("Products by stock", &tabs))
        @if rows.is_empty() { (nothing(list)) } @else {
            (sheet(Table::new("stock", "Stock", [
                Column::text("Product"),
                Column::text("SKU").card_line(),
                Column::text("State").card_corner(),
                Column::number("On hand"),
                Column::number("Reserved"),
                Column::number("Free"),
                Column::actions("What can be done"),
            ]).rows(rows.iter().map(|level| level_row(level, list.rights)))))
            (pagination(&Pagination { of: Noun::PRODUCTS, shown: rows.len(), first: first.as_deref(), next: next.as_deref() }))
        }
    }
}

fn nothing(list: &LevelList<'_>) -> Markup {
    let is_filtered = !list.params.q.is_empty() || !list.params.state.is_empty();
    let (title, text, action) = if is_filtered {
        (
            "No product fits",
            "No product that is sold is found by these words and this state of stock.",
            Some(("Show all stock", STOCK)),
        )
    } else {
        (
            "Nothing to stock yet",
            "Products come first; then their stock comes in by a receipt.",
            Some(("See products", "/admin/products")),
        )
    };
    sheet(empty(Empty {
        icon: Icon::Boxes,
        title,
        text,
        action,
    }))
}

fn state_badge(state: StockState) -> Markup {
    badge::stock(match state {
        StockState::InStock => badge::StockState::InStock,
        StockState::Low => badge::StockState::Low,
        StockState::Out => badge::StockState::Out,
    })
}

fn level_row(level: &StockLevel, rights: Rights) -> Row {
    let unit = level.uqc.as_str();
    let mut actions = Vec::new();
    if rights.movements {
        let href = address(LEDGER, &[("product_id", &level.product_id.to_string())]);
        actions.push(ActionButton::open("Movements", href).style(Style::Quiet));
    }
    if rights.adjust {
        let href = address("/admin/stock/receive", &[("sku", level.sku.as_str())]);
        actions.push(ActionButton::open("Receive", href).style(Style::Quiet));
    }
    Row::new([
        html! { a href={ "/admin/products/" (level.product_id) } { (level.name) } },
        code(level.sku.as_str()),
        state_badge(level.state),
        money::quantity(level.on_hand, unit),
        money::quantity(level.reserved, unit),
        html! { strong { (money::quantity(level.free, unit)) } },
        action_buttons(&actions),
    ])
}

// The ledger ------------------------------------------------------------------------------------------------------------

/// Everything the ledger shows.
#[derive(Debug, Clone, Copy)]
pub struct LedgerList<'a> {
    pub params: &'a LedgerParams,
    pub entries: &'a Paged<LedgerEntry>,
    /// The one product it is about.
    pub product: Option<&'a Product>,
    pub has_locations: bool,
    pub may_see_orders: bool,
}

impl LedgerList<'_> {
    fn with(&self, product: &str, kind: &str, cursor: &str) -> String {
        let query = [
            ("product_id", product),
            ("location_id", self.params.location_id.as_str()),
            ("kind", kind),
            ("cursor", cursor),
        ];
        address(LEDGER, &query)
    }
}

pub fn ledger(list: &LedgerList<'_>) -> Markup {
    let LedgerParams {
        product_id, kind, ..
    } = list.params;
    let rows = &list.entries.rows;
    let kinds = MovementKind::ALL
        .iter()
        .map(|kind| (kind.label(), kind.as_str()));
    let tabs: Vec<(&str, &str, String)> = std::iter::once(("All", ""))
        .chain(kinds)
        .map(|(label, code)| (label, code, list.with(product_id, code, "")))
        .collect();
    let tabs: Vec<View<'_>> = tabs
        .iter()
        .map(|(label, code, href)| View {
            label,
            href,
            count: None,
            is_current: code == kind,
        })
        .collect();
    let next = list.entries.next.as_ref();
    let next = next.map(|cursor| list.with(product_id, kind, cursor.as_str()));
    let first = list
        .params
        .cursor
        .as_ref()
        .map(|_| list.with(product_id, kind, ""));
    html! {
        (Heading::new("Stock movements").back("Stock", STOCK).meta(html! { "Newest first, each with what was on hand after it" }))
        (views("Movements by kind", &tabs))
        @if let Some(product) = list.product { div { (filter_chip(product.name.as_str(), &list.with("", kind, ""))) } }
        @if rows.is_empty() {
            (sheet(empty(Empty {
                icon: Icon::History,
                title: "No movements here",
                text: "Receipts, adjustments and dispatches are written down here, and never change.",
                action: None,
            })))
        } @else {
            (sheet(Table::new("ledger", "Stock movements", ledger_columns(list)).rows(rows.iter().map(|entry| ledger_row(entry, list)))))
            (pagination(&Pagination { of: Noun::MOVEMENTS, shown: rows.len(), first: first.as_deref(), next: next.as_deref() }))
        }
    }
}

fn ledger_columns(list: &LedgerList<'_>) -> Vec<Column<'static>> {
    let mut columns = vec![Column::text("When")];
    if list.product.is_none() {
        columns.push(Column::text("Product").card_line());
    }
    columns.push(Column::text("Kind"));
    if list.has_locations {
        columns.push(Column::text("Location"));
    }
    columns.extend([
        Column::number("Quantity").card_corner(),
        Column::number("On hand after"),
        Column::text("Paper or reason"),
        Column::text("By"),
    ]);
    columns
}

fn ledger_row(entry: &LedgerEntry, list: &LedgerList<'_>) -> Row {
    let unit = entry.uqc.as_str();
    let mut cells = vec![time::time(entry.at)];
    if list.product.is_none() {
        let href = list.with(&entry.product_id.to_string(), "", "");
        cells.push(html! { a href=(href) { (entry.product_name) } " " (code(entry.sku.as_str())) });
    }
    let tone = match entry.kind {
        MovementKind::Receipt => Tone::Good,
        MovementKind::Adjustment => Tone::Warn,
        MovementKind::Dispatch => Tone::Info,
    };
    cells.push(badge(tone, entry.kind.label()));
    if list.has_locations {
        cells.push(html! { (entry.location_name) });
    }
    let sign = if entry.quantity.is_positive() {
        "+"
    } else {
        ""
    };
    cells.extend([
        html! { span.nowrap { (sign) (money::quantity(entry.quantity, unit)) } },
        money::quantity(entry.balance_after, unit),
        origin(entry, list.may_see_orders),
        html! { (entry.by_name) },
    ]);
    Row::new(cells)
}

fn origin(entry: &LedgerEntry, may_see_orders: bool) -> Markup {
    html! {
        @if let Some(reference) = &entry.reference { (reference) }
        @if let Some(reason) = &entry.reason { (reason) }
        @if let (Some(id), Some(number)) = (entry.order_id, &entry.order_number) {
            @if may_see_orders { a href={ "/admin/orders/" (id) } { (number) } } @else { (number) }
        }
    }
}

// Receipts and adjustments ----------------------------------------------------------------------------------------------

pub fn receipt_form(form: &ReceiveStockForm, places: &[Location], attempt: &Attempt) -> Markup {
    let errors: &[FieldError] = &attempt.errors;
    hx::Form::post("/admin/stock/receive").id("stock-form").class("panel stack").replaces_itself().render(html! {
        (attempt.summary())
        (attempt.key())
        (place_field(places, &form.location_id, errors))
        (Field::text("reference", "Supplier's bill or challan").value(form.reference.as_str()).errors(errors).required().max_length(80).width(Width::Medium))
        (lines(&form.lines, "Quantity received", errors))
        (buttons(html! { (submit("Receive")) (submit_choice(Style::Plain, "More lines", "choice", MORE)) a.button.quiet href=(STOCK) { "Cancel" } }))
    })
}

pub fn receipt(form: Markup) -> Markup {
    html! {
        (Heading::new("Receive goods").back("Stock", STOCK).meta(html! { "Orders that wait for these goods have them reserved, oldest first" }))
        (form)
    }
}

pub fn adjustment_form(form: &AdjustStockForm, places: &[Location], attempt: &Attempt) -> Markup {
    let errors: &[FieldError] = &attempt.errors;
    hx::Form::post("/admin/stock/adjust").id("stock-form").class("panel stack").replaces_itself().render(html! {
        (attempt.summary())
        (attempt.key())
        (place_field(places, &form.location_id, errors))
        (Field::text("reason", "Reason").value(form.reason.as_str()).errors(errors).required().max_length(200).placeholder("Damaged, found, counted"))
        (lines(&form.lines, "Change, such as 5 or -2", errors))
        (buttons(html! { (submit("Adjust")) (submit_choice(Style::Plain, "More lines", "choice", MORE)) a.button.quiet href=(STOCK) { "Cancel" } }))
    })
}

pub fn adjustment(form: Markup) -> Markup {
    html! {
        (Heading::new("Adjust stock").back("Stock", STOCK).meta(html! { "What is reserved for orders cannot be taken away" }))
        (form)
    }
}

fn place_field(places: &[Location], chosen: &str, errors: &[FieldError]) -> Markup {
    let choices = place_choices(places);
    html! {
        @if choices.len() > 1 {
            (Field::select("location_id", "Location", &choices).value(chosen.to_owned()).errors(errors).required().width(Width::Medium))
        } @else if !chosen.is_empty() { (hidden("location_id", chosen)) }
    }
}

/// A line each, the labels shown once.
fn lines(lines: &[StockLineForm], quantity_label: &str, errors: &[FieldError]) -> Markup {
    html! {
        fieldset.line-fields id="f-lines" {
            legend.visually-hidden { "Products" }
            div.line-head aria-hidden="true" { span { "SKU" } span { (quantity_label) } }
            ol {
                @for (index, line) in lines.iter().enumerate() {
                    li {
                        (Field::text(&format!("lines.{index}.sku"), &format!("SKU, line {}", index + 1)).value(line.sku.as_str()).errors(errors).max_length(40).autocomplete("off").label_hidden())
                        (Field::text(&format!("lines.{index}.quantity"), &format!("{quantity_label}, line {}", index + 1)).value(line.quantity.as_str()).errors(errors).autocomplete("off").max_length(16).label_hidden())
                    }
                }
            }
        }
    }
}
