//! What the pages of products and categories look like: data in, markup out.

use maud::{Markup, html};
use vitaran_core::catalog::{
    Category, CategoryForm, MAX_DEPTH, Product, ProductForm, ProductSummary, TaxClass,
};
use vitaran_core::db::Paged;
use vitaran_kernel::Uqc;

use super::admin::{ListParams, Rights, path_of};
use super::categories;
use crate::audit::history_link;
use crate::http::form_page::Attempt;
use crate::http::params::address;
use crate::hx::{self, Search};
use crate::ui::actions::{ActionButton, buttons as action_buttons};
use crate::ui::badge::activity;
use crate::ui::counted::Noun;
use crate::ui::empty::{Empty, empty};
use crate::ui::form::{
    Choice, Field, FieldError, Style, Width, buttons, group, hidden, row, submit, version,
};
use crate::ui::pagination::{Pagination, pagination};
use crate::ui::panel::{Heading, code, columns, facts, filter_chip, panel, sheet, toolbar};
use crate::ui::table::{Column, Row, Table};
use crate::ui::tabs::{View, views};
use crate::ui::{Icon, icon, money, time};

const PRODUCTS: &str = "/admin/products";

/// The region that a search refills.
pub const LIST: &str = "product-list";

/// Everything the list of products shows.
#[derive(Debug, Clone, Copy)]
pub struct ProductList<'a> {
    pub params: &'a ListParams,
    pub products: &'a Paged<ProductSummary>,
    pub categories: &'a [Category],
    pub tax_classes: &'a [TaxClass],
    pub rights: Rights,
}

impl ProductList<'_> {
    fn with(&self, status: &str, category: &str, cursor: &str) -> String {
        let query = [
            ("q", self.params.q.as_str()),
            ("category_id", category),
            ("status", status),
            ("cursor", cursor),
        ];
        address(PRODUCTS, &query)
    }

    fn is_filtered(&self) -> bool {
        let ListParams {
            q,
            category_id,
            status,
            cursor,
        } = self.params;
        !q.is_empty() || !category_id.is_empty() || !status.is_empty() || cursor.is_some()
    }
}

pub fn products(list: &ProductList<'_>) -> Markup {
    let search = Search {
        action: PRODUCTS,
        label: "Search name, SKU, HSN or barcode",
        query: &list.params.q,
        target_id: Some(LIST),
        field_id: "product-search",
        key: Some("/"),
    };
    let categories = category_choices(list.categories, "All categories", &list.params.category_id);
    html! {
        (Heading::new("Products").actions(html! {
            a.button href=(categories::PATH) { (icon(Icon::Layers)) "Categories" }
            @if list.rights.write { a.button.primary href={ (PRODUCTS) "/new" } data-key="n" { (icon(Icon::Plus)) "New product" } }
        }))
        (toolbar(search.render(html! {
            @if !list.params.status.is_empty() { (hidden("status", &list.params.status)) }
            (Field::select("category_id", "Category", &categories).value(list.params.category_id.as_str()).label_hidden().width(Width::Medium))
        })))
        div.stack id=(LIST) { (product_rows(list)) }
    }
}

/// The list without its search: tabs, rows, pages.
pub fn product_rows(list: &ProductList<'_>) -> Markup {
    let rows = &list.products.rows;
    let category = list.params.category_id.as_str();
    let next = list
        .products
        .next
        .as_ref()
        .map(|cursor| list.with(&list.params.status, category, cursor.as_str()));
    let first = list
        .params
        .cursor
        .as_ref()
        .map(|_| list.with(&list.params.status, category, ""));
    let chosen = list
        .categories
        .iter()
        .find(|one| one.id.to_string() == category);
    html! {
        (status_tabs(&list.params.status, "Products by state", |status| list.with(status, category, "")))
        @if let Some(category) = chosen { div { (filter_chip(&category.path, &list.with(&list.params.status, "", ""))) } }
        @if rows.is_empty() { (no_products(list)) } @else {
            (sheet(Table::new("products", "Products", [
                Column::text("Product"),
                Column::text("SKU").card_line(),
                Column::text("Category").card_hidden(),
                Column::text("HSN").card_hidden(),
                Column::number("GST").card_hidden(),
                Column::number("Price").card_corner(),
                Column::number("MRP"),
                Column::text("State").card_end(),
            ]).rows(rows.iter().map(|product| product_row(product, list.tax_classes)))))
            (pagination(&Pagination { of: Noun::PRODUCTS, shown: rows.len(), first: first.as_deref(), next: next.as_deref() }))
        }
    }
}

/// The views of a list whose records are switched off and on; `href` gives the address of each.
pub fn status_tabs(current: &str, label: &str, href: impl Fn(&str) -> String) -> Markup {
    let all = [("Active", ""), ("Inactive", "inactive"), ("All", "all")];
    let hrefs = all.map(|(_, status)| href(status));
    let tabs: Vec<View<'_>> = all
        .iter()
        .zip(&hrefs)
        .map(|((label, status), href)| View {
            label,
            href,
            count: None,
            is_current: current == *status || (status.is_empty() && current == "active"),
        })
        .collect();
    views(label, &tabs)
}

fn no_products(list: &ProductList<'_>) -> Markup {
    let (title, text, action) = if list.is_filtered() {
        (
            "No product fits",
            "Try fewer or shorter words: each may be the beginning of a word, or a whole code.",
            Some(("Show all products", PRODUCTS)),
        )
    } else {
        (
            "No products yet",
            "What you sell: each with its HSN code, unit, tax class and price, ready for an invoice.",
            list.rights
                .write
                .then_some(("Add the first product", "/admin/products/new")),
        )
    };
    sheet(empty(Empty {
        icon: Icon::Package,
        title,
        text,
        action,
    }))
}

fn product_row(product: &ProductSummary, tax_classes: &[TaxClass]) -> Row {
    Row::new([
        html! { a href=(path_of(product.id)) { (product.name) } },
        code(product.sku.as_str()),
        html! { (product.category_path) },
        code(product.hsn.as_str()),
        rate_of(product.tax_class.as_str(), tax_classes),
        html! { (money::unit_price(product.base_price)) " " span.unit-name { "/ " (product.uqc.as_str()) } },
        html! { @if let Some(mrp) = product.mrp { (money::money(mrp)) } },
        activity(product.is_active),
    ])
}

fn rate_of(code: &str, tax_classes: &[TaxClass]) -> Markup {
    match tax_classes.iter().find(|class| class.code.as_str() == code) {
        Some(class) => money::percent(class.rate),
        None => html! { (code) },
    }
}

pub fn product(product: &Product, tax_classes: &[TaxClass], rights: Rights) -> Markup {
    let path = path_of(product.id);
    let class = tax_classes
        .iter()
        .find(|class| class.code == product.tax_class);
    let mut actions = Vec::new();
    if rights.write {
        actions.push(
            ActionButton::open("Edit", format!("{path}/edit"))
                .style(Style::Primary)
                .icon(Icon::Pencil),
        );
    }
    if rights.switch && product.is_active {
        actions.push(ActionButton::open(
            "Switch off",
            format!("{path}/deactivation"),
        ));
    }
    if rights.switch && !product.is_active {
        let version = product.version.to_string();
        actions.push(
            ActionButton::post("Switch on", format!("{path}/activation"))
                .hidden("version", version),
        );
    }
    let ledger = format!("/admin/stock/ledger?product_id={}", product.id);
    html! {
        (Heading::new(product.name.as_str()).back("Products", PRODUCTS).badge(activity(product.is_active))
            .meta(html! { (code(product.sku.as_str())) " · " (product.category_path) (history_link(rights.history, product.id)) }).actions(action_buttons(&actions)))
        (columns(html! {
            (panel("Price", facts(&[
                ("Base price, without GST", html! { strong { (money::unit_price(product.base_price)) } " per " (product.uqc.name().to_lowercase()) }),
                ("MRP, with GST", html! { @if let Some(mrp) = product.mrp { (money::money(mrp)) } @else { span.muted { "None" } } }),
            ])))
            (panel("GST", facts(&[
                ("HSN code", code(product.hsn.as_str())),
                ("Tax class", html! { @if let Some(class) = class { (class.name) ", " (money::percent(class.rate)) " today" } @else { (product.tax_class) } }),
                ("Unit", html! { (product.uqc.name()) " (" (product.uqc.as_str()) ")" }),
            ])))
            @if let Some(description) = &product.description { (panel("Description", html! { p.prose { (description) } })) }
        }, html! {
            (panel("Product", facts(&[
                ("SKU", code(product.sku.as_str())),
                ("Barcode", html! { @if let Some(barcode) = &product.barcode { (code(barcode.as_str())) } @else { span.muted { "None" } } }),
                ("Category", html! { (product.category_path) }),
                ("Added", time::date_of(product.created_at)),
                ("Last changed", time::time(product.updated_at)),
            ])))
            @if rights.movements { a.button href=(ledger) { (icon(Icon::History)) "Stock movements" } }
        }))
    }
}

/// What a product's form chooses from.
#[derive(Debug, Clone)]
pub struct Choices {
    pub categories: Vec<Category>,
    pub tax_classes: Vec<TaxClass>,
}

impl Choices {
    /// A field's present value in a sentence, after somebody else has changed it.
    pub fn say(&self, field: &str, value: &str) -> Option<String> {
        let label = match field {
            "sku" => "The SKU",
            "name" => "The name",
            "description" => "The description",
            "category_id" => "The category",
            "hsn" => "The HSN code",
            "uqc" => "The unit",
            "tax_class" => "The tax class",
            "base_price" => "The base price",
            "mrp" => "The MRP",
            "barcode" => "The barcode",
            _ => return None,
        };
        let value = match field {
            "category_id" => self
                .categories
                .iter()
                .find(|category| category.id.to_string() == value)
                .map_or(value, |category| category.path.as_str()),
            _ => value,
        };
        Some(if value.is_empty() {
            format!("{label} is empty now")
        } else {
            format!("{label} is {value} now")
        })
    }
}

/// Those in use, and the one chosen already.
fn category_choices<'a>(
    categories: &'a [Category],
    first: &'a str,
    chosen: &str,
) -> Vec<Choice<'a>> {
    let offered = categories
        .iter()
        .filter(|category| category.is_active || category.id.to_string() == chosen);
    std::iter::once(Choice::new("", first))
        .chain(offered.map(|category| Choice::new(category.id.to_string(), category.path.as_str())))
        .collect()
}

pub fn product_form(
    action: &str,
    form: &ProductForm,
    changes: Option<i32>,
    choices: &Choices,
    attempt: &Attempt,
) -> Markup {
    let errors: &[FieldError] = &attempt.errors;
    let categories = category_choices(&choices.categories, "Choose a category", &form.category_id);
    let classes: Vec<Choice<'_>> = std::iter::once(Choice::new("", "Choose a tax class"))
        .chain(choices.tax_classes.iter().map(|class| {
            let label = format!("{}, {} today", class.name, money::percent_text(class.rate));
            Choice::new(class.code.as_str(), label)
        }))
        .collect();
    let units: Vec<Choice<'_>> = Uqc::ALL
        .iter()
        .map(|unit| {
            Choice::new(
                unit.as_str(),
                format!("{} ({})", unit.name(), unit.as_str()),
            )
        })
        .collect();
    let text = |name, label, value| Field::text(name, label).value(value).errors(errors);
    let back = action.strip_suffix("/edit").unwrap_or(PRODUCTS);
    hx::Form::post(action).id("product-form").class("panel stack").replaces_itself().render(html! {
        (attempt.summary())
        @match changes { Some(number) => (version(i64::from(number))), None => (attempt.key()) }
        (group("Product", html! {
            (text("name", "Name", form.name.as_str()).required().max_length(200).hint("As it stands on the invoice"))
            (row(html! {
                (text("sku", "SKU", form.sku.as_str()).required().width(Width::Medium).max_length(40))
                (text("barcode", "Barcode", form.barcode.as_str()).width(Width::Medium).inputmode("numeric").max_length(40))
            }))
            (Field::select("category_id", "Category", &categories).value(form.category_id.as_str()).errors(errors).required())
            (Field::text_area("description", "Description", 3).value(form.description.as_str()).errors(errors).max_length(2000))
        }))
        (group("GST", html! {
            (row(html! {
                (Field::digits("hsn", "HSN code").value(form.hsn.as_str()).errors(errors).required().max_length(8).hint("4, 6 or 8 digits"))
                (Field::select("uqc", "Unit", &units).value(form.uqc.as_str()).errors(errors).required().width(Width::Medium))
            }))
            (Field::select("tax_class", "Tax class", &classes).value(form.tax_class.as_str()).errors(errors).required())
        }))
        (group("Price", row(html! {
            (Field::decimal("base_price", "Base price, without GST").value(form.base_price.as_str()).errors(errors).unit("₹").required())
            (Field::decimal("mrp", "MRP, with GST").value(form.mrp.as_str()).errors(errors).unit("₹"))
        })))
        (buttons(html! {
            (submit(if changes.is_some() { "Save" } else { "Add product" }))
            a.button href=(back) { "Cancel" }
        }))
    })
}

pub fn new_product(form: Markup) -> Markup {
    html! { (Heading::new("New product").back("Products", PRODUCTS)) (form) }
}

pub fn edit_product(product: &Product, form: &Markup) -> Markup {
    let path = path_of(product.id);
    html! { (Heading::new("Edit product").back(product.name.as_str(), &path)) (form) }
}

// Categories ------------------------------------------------------------------------------------------------------------

pub fn categories(tree: &[Category], status: &str, may_write: bool) -> Markup {
    html! {
        (Heading::new("Categories").back("Products", PRODUCTS).actions(html! {
            @if may_write { a.button.primary href={ (categories::PATH) "/new" } data-key="n" { (icon(Icon::Plus)) "New category" } }
        }))
        (status_tabs(status, "Categories by state", |status| address(categories::PATH, &[("status", status)])))
        @if tree.is_empty() {
            (sheet(empty(Empty {
                icon: Icon::Layers,
                title: if status.is_empty() { "No categories yet" } else { "No category here" },
                text: "Categories group products the way dealers look for them, up to six levels deep.",
                action: (may_write && status.is_empty()).then_some(("Add the first category", "/admin/categories/new")),
            })))
        } @else {
            (sheet(Table::new("categories", "Categories", [
                Column::text("Category"),
                Column::text("State").card_corner(),
                Column::actions("What can be done"),
            ]).rows(tree.iter().map(|category| category_row(category, may_write)))))
        }
    }
}

fn category_row(category: &Category, may_write: bool) -> Row {
    let products = address(PRODUCTS, &[("category_id", &category.id.to_string())]);
    Row::new([
        html! { span.tree data-depth=(category.depth) { a href=(products) { (category.name) } } },
        activity(category.is_active),
        html! { @if may_write { (action_buttons(&category_actions(category))) } },
    ])
}

fn category_actions(category: &Category) -> Vec<ActionButton<'static>> {
    let path = format!("{}/{}", categories::PATH, category.id);
    let rename = ActionButton::open("Rename", format!("{path}/edit")).style(Style::Quiet);
    if !category.is_active {
        let on = ActionButton::post("Switch on", format!("{path}/activation"))
            .style(Style::Quiet)
            .hidden("version", category.version.to_string());
        return vec![rename, on];
    }
    let off = ActionButton::open("Switch off", format!("{path}/deactivation")).style(Style::Quiet);
    let below = format!("{}/new?parent_id={}", categories::PATH, category.id);
    let add = ActionButton::open("Add below", below).style(Style::Quiet);
    let may_have_more = category.depth < MAX_DEPTH;
    may_have_more
        .then_some(add)
        .into_iter()
        .chain([rename, off])
        .collect()
}

pub fn category_form(form: &CategoryForm, tree: &[Category], attempt: &Attempt) -> Markup {
    let errors: &[FieldError] = &attempt.errors;
    let parents = category_choices(tree, "None: at the top", &form.parent_id);
    hx::Form::post("/admin/categories/new").id("category-form").class("panel stack").replaces_itself().render(html! {
        (attempt.summary())
        (attempt.key())
        (Field::select("parent_id", "Below", &parents).value(form.parent_id.as_str()).errors(errors))
        (Field::text("name", "Name").value(form.name.as_str()).errors(errors).required().max_length(60))
        (buttons(html! { (submit("Add category")) a.button href=(categories::PATH) { "Cancel" } }))
    })
}

pub fn new_category(form: Markup) -> Markup {
    html! { (Heading::new("New category").back("Categories", categories::PATH)) (form) }
}

pub fn rename_form(category: &Category, name: &str, attempt: &Attempt) -> Markup {
    let action = format!("{}/{}/edit", categories::PATH, category.id);
    hx::Form::post(&action).id("category-form").class("panel stack").replaces_itself().render(html! {
        (attempt.summary())
        (version(i64::from(category.version)))
        (Field::text("name", "Name").value(name).errors(&attempt.errors).required().max_length(60).hint("Everything below follows, and is found by the new name"))
        (buttons(html! { (submit("Rename")) a.button href=(categories::PATH) { "Cancel" } }))
    })
}

pub fn rename(category: &Category, form: &Markup) -> Markup {
    html! {
        (Heading::new("Rename category").back("Categories", categories::PATH).meta(html! { (category.path) }))
        (form)
    }
}
