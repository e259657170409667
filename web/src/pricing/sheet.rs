//! Many prices in one form. Only those that were changed are sent on: a price that somebody else has set since the page
//! opened is not put back by a person who never touched it.

use maud::{Markup, html};
use serde::Deserialize;
use vitaran_core::access::{Allowed, SalesPricesRead};
use vitaran_core::db::{Paged, TenantTx};
use vitaran_core::pricing::{self, BrowseFilter, PriceForm, PriceItem, PricesForm, SheetRow};
use vitaran_kernel::{DealerId, Money, PriceListId, ProductId, Sku, UnitPrice};

use crate::http::form_page::Attempt;
use crate::http::params::{self, address};
use crate::http::problem::Refusal;
use crate::hx::{self, Search};
use crate::ui::counted::Noun;
use crate::ui::empty::{Empty, empty};
use crate::ui::form::{Field, FieldError, buttons, hidden, submit};
use crate::ui::pagination::{Pagination, pagination};
use crate::ui::panel::{code, sheet, toolbar};
use crate::ui::table::{Column, Row, Table};
use crate::ui::tabs::{View, views};
use crate::ui::{Icon, money};

/// The region that a search refills.
pub const REGION: &str = "price-sheet";

/// Whose prices.
#[derive(Debug, Clone, Copy)]
pub enum Owner {
    List(PriceListId),
    Dealer(DealerId),
}

/// What the sheet's address says.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct SheetParams {
    pub q: String,
    /// `all` shows every product; otherwise those with a price here, unless something is searched for.
    pub view: String,
    pub cursor: Option<String>,
}

impl SheetParams {
    fn is_all(&self) -> bool {
        self.view == "all" || !self.q.is_empty()
    }

    fn at(&self, path: &str, cursor: &str) -> String {
        address(
            path,
            &[("q", &self.q), ("view", &self.view), ("cursor", cursor)],
        )
    }

    /// The sheet's own address, to which its form is sent.
    pub fn here(&self, path: &str) -> String {
        self.at(path, self.cursor.as_deref().unwrap_or_default())
    }
}

/// A product and its price here.
#[derive(Debug, Clone)]
pub struct PriceRow {
    id: ProductId,
    sku: Sku,
    name: String,
    price: Option<UnitPrice>,
    base: UnitPrice,
    mrp: Option<Money>,
}

impl From<PriceItem> for PriceRow {
    fn from(item: PriceItem) -> Self {
        let PriceItem {
            product_id,
            sku,
            name,
            unit_price,
            base_price,
            mrp,
        } = item;
        PriceRow {
            id: product_id,
            sku,
            name: name.to_string(),
            price: Some(unit_price),
            base: base_price,
            mrp,
        }
    }
}

impl From<SheetRow> for PriceRow {
    fn from(row: SheetRow) -> Self {
        PriceRow {
            id: row.product_id,
            sku: row.sku,
            name: row.name.to_string(),
            price: row.unit_price,
            base: row.base_price,
            mrp: row.mrp,
        }
    }
}

/// The rows that the address asks for.
pub async fn load_rows(
    tx: &mut TenantTx,
    by: &Allowed<SalesPricesRead>,
    owner: Owner,
    params: &SheetParams,
) -> Result<Paged<PriceRow>, Refusal> {
    let page = params::page(None, params.cursor.as_deref())?;
    let filter = BrowseFilter {
        q: params.q.clone(),
        category: None,
    };
    Ok(match (owner, params.is_all()) {
        (Owner::List(id), true) => pricing::list_sheet(tx, by, id, &filter, &page)
            .await?
            .map(PriceRow::from),
        (Owner::Dealer(id), true) => pricing::dealer_sheet(tx, by, id, &filter, &page)
            .await?
            .map(PriceRow::from),
        (Owner::List(id), false) => pricing::list_prices(tx, by, id, &page)
            .await?
            .map(PriceRow::from),
        (Owner::Dealer(id), false) => pricing::list_dealer_prices(tx, by, id, &page)
            .await?
            .map(PriceRow::from),
    })
}

/// The form as it comes back.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct SentPrices {
    items: Vec<SentPrice>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
struct SentPrice {
    product_id: String,
    unit_price: String,
    /// What the page showed when it opened.
    was: String,
}

/// The changed prices of a form, and which of its rows they are.
#[derive(Debug, Clone)]
pub struct ChangedPrices {
    pub form: PricesForm,
    rows: Vec<usize>,
}

impl SentPrices {
    pub fn changed(&self) -> ChangedPrices {
        let changed = self.items.iter().enumerate();
        let changed = changed.filter(|(_, item)| item.unit_price.trim() != item.was.trim());
        let (rows, items) = changed
            .map(|(row, item)| {
                let form = PriceForm {
                    product_id: item.product_id.clone(),
                    sku: String::new(),
                    unit_price: item.unit_price.clone(),
                };
                (row, form)
            })
            .unzip();
        ChangedPrices {
            form: PricesForm { items },
            rows,
        }
    }
}

impl ChangedPrices {
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// "3 prices saved"
    pub fn told(&self) -> String {
        match self.rows.len() {
            0 => "Nothing was changed".to_owned(),
            1 => "1 price is saved".to_owned(),
            number => format!("{number} prices are saved"),
        }
    }

    /// Faults name the rows that were sent on; the form has more.
    pub fn place(&self, mut refusal: Refusal) -> Refusal {
        for fault in &mut refusal.faults {
            let mut parts = fault.pointer.splitn(4, '/');
            let (_, list, row, field) = (parts.next(), parts.next(), parts.next(), parts.next());
            let row = row.and_then(|row| row.parse::<usize>().ok());
            let row = row.and_then(|row| self.rows.get(row));
            if let (Some(list), Some(row)) = (list, row) {
                // A page names products by id alone, and shows their faults beside the price.
                let field = field.map_or("unit_price", |_| "unit_price");
                fault.pointer = format!("/{list}/{row}/{field}");
            }
        }
        refusal
    }
}

/// Everything a sheet shows.
#[derive(Debug, Clone, Copy)]
pub struct Sheet<'a> {
    /// Without the query.
    pub path: &'a str,
    /// The first tab, such as "On this list".
    pub own_label: &'a str,
    pub params: &'a SheetParams,
    pub rows: &'a Paged<PriceRow>,
    pub may_write: bool,
    /// What was typed, when the form was refused.
    pub sent: Option<&'a SentPrices>,
    pub attempt: &'a Attempt,
}

impl Sheet<'_> {
    /// Search and rows.
    pub fn render(&self) -> Markup {
        let search = Search {
            action: self.path,
            label: "Search products",
            query: &self.params.q,
            target_id: Some(REGION),
            field_id: "price-search",
            key: Some("/"),
        };
        html! {
            (toolbar(search.render(html! {
                @if !self.params.view.is_empty() { (hidden("view", &self.params.view)) }
            })))
            div.stack id=(REGION) { (self.region()) }
        }
    }

    /// Tabs, rows and pages: what a search refills.
    pub fn region(&self) -> Markup {
        let tab = |label, view: &'static str| (label, address(self.path, &[("view", view)]));
        let tabs = [tab(self.own_label, ""), tab("All products", "all")];
        let [own, all] = &tabs;
        let current = [
            (own, !self.params.is_all()),
            (all, self.params.is_all() && self.params.q.is_empty()),
        ];
        let tabs: Vec<View<'_>> = current
            .iter()
            .map(|((label, href), is_current)| View {
                label,
                href,
                count: None,
                is_current: *is_current,
            })
            .collect();
        let first = self
            .params
            .cursor
            .as_ref()
            .map(|_| self.params.at(self.path, ""));
        let next = self.rows.next.as_ref();
        let next = next.map(|cursor| self.params.at(self.path, cursor.as_str()));
        html! {
            (views("Which products", &tabs))
            @if self.rows.rows.is_empty() { (self.nothing()) } @else {
                @if self.may_write { (self.form()) } @else { (sheet(self.table())) }
                (pagination(&Pagination { of: Noun::PRODUCTS, shown: self.rows.rows.len(), first: first.as_deref(), next: next.as_deref() }))
            }
        }
    }

    fn nothing(&self) -> Markup {
        let all = address(self.path, &[("view", "all")]);
        let (title, text, action) = if self.params.is_all() {
            (
                "No product fits",
                "Try fewer or shorter words: each may be the beginning of a word, or a whole code.",
                Some(("Show all products", all.as_str())),
            )
        } else {
            (
                "No prices yet",
                "Find products by the search above, or go through all of them, and fill in their prices.",
                self.may_write.then_some(("Fill in prices", all.as_str())),
            )
        };
        sheet(empty(Empty {
            icon: Icon::Tag,
            title,
            text,
            action,
        }))
    }

    /// The rows in one form.
    pub fn form(&self) -> Markup {
        let action = self.params.here(self.path);
        hx::Form::post(&action).id("price-form").class("stack").replaces_itself().render(html! {
            (self.attempt.summary())
            (sheet(self.table()))
            (buttons(html! { (submit("Save prices")) span.muted { "An empty field takes the price away" } }))
        })
    }

    fn table(&self) -> Table<'_> {
        let rows: Vec<Row> = match self.sent {
            None => {
                let rows = self.rows.rows.iter().enumerate();
                rows.map(|(index, row)| {
                    let price = row.price.map(UnitPrice::plain).unwrap_or_default();
                    self.row(index, row, &price, &price)
                })
                .collect()
            }
            // In the order sent, so that the faults stand beside what they are about.
            Some(sent) => {
                let sent = sent.items.iter().enumerate();
                sent.filter_map(|(index, item)| {
                    let mut rows = self.rows.rows.iter();
                    let row = rows.find(|row| row.id.to_string() == item.product_id)?;
                    Some(self.row(index, row, &item.unit_price, &item.was))
                })
                .collect()
            }
        };
        Table::new(
            "prices",
            "Prices",
            [
                Column::text("Product"),
                Column::text("SKU").card_line(),
                Column::number("Base price"),
                Column::number("MRP"),
                Column::number("Price here"),
            ],
        )
        .rows(rows)
    }

    fn row(&self, index: usize, row: &PriceRow, typed: &str, was: &str) -> Row {
        let errors: &[FieldError] = &self.attempt.errors;
        let name = format!("items.{index}.unit_price");
        let label = format!("Price of {}", row.name);
        let price = if self.may_write {
            html! {
                (hidden(&format!("items.{index}.product_id"), &row.id.to_string()))
                (hidden(&format!("items.{index}.was"), was))
                (Field::decimal(&name, &label).value(typed).errors(errors).unit("₹").label_hidden())
            }
        } else {
            html! { @if let Some(price) = row.price { (money::unit_price(price)) } @else { span.muted { "–" } } }
        };
        Row::new([
            html! { a href={ "/admin/products/" (row.id) } { (row.name) } },
            code(row.sku.as_str()),
            money::unit_price(row.base),
            html! { @if let Some(mrp) = row.mrp { (money::money(mrp)) } },
            price,
        ])
    }
}

#[cfg(test)]
mod tests {
    use vitaran_core::problem::Fault;

    use super::*;
    use crate::http::form::parse;

    #[test]
    fn only_changed_prices_are_sent_on_and_their_faults_find_their_rows() {
        let sent: SentPrices = parse(
            b"items.0.product_id=a&items.0.unit_price=10.00&items.0.was=10.00\
              &items.1.product_id=b&items.1.unit_price=x&items.1.was=\
              &items.2.product_id=c&items.2.unit_price=&items.2.was=5.00",
        )
        .unwrap();
        let changed = sent.changed();
        let ids: Vec<_> = changed
            .form
            .items
            .iter()
            .map(|item| item.product_id.as_str())
            .collect();
        assert_eq!(ids, ["b", "c"]);
        assert_eq!(changed.told(), "2 prices are saved");
        let mut refusal = Refusal::malformed("");
        refusal
            .faults
            .push(Fault::new("/items/0/product_id", "invalid", ""));
        refusal.faults.push(Fault::new("/items", "required", ""));
        let pointers: Vec<_> = changed
            .place(refusal)
            .faults
            .into_iter()
            .map(|f| f.pointer)
            .collect();
        assert_eq!(pointers, ["/items/1/unit_price", "/items"]);
    }
}
