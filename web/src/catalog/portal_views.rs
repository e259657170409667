//! The catalogue: data in, markup out.

use maud::{Markup, html};
use vitaran_core::catalog::Category;
use vitaran_core::db::Paged;
use vitaran_core::pricing::{CatalogueItem, PriceSource, PricedProduct};
use vitaran_core::stock::StockState;
use vitaran_kernel::{CategoryId, Quantity, Uqc};

use super::portal::CatalogueParams;
use crate::hx;
use crate::orders::cart::AddForm;
use crate::orders::cart_views::add_form;
use crate::portal::CATALOGUE;
use crate::ui::badge::badge;
use crate::ui::counted::Noun;
use crate::ui::empty::{Empty, empty};
use crate::ui::form::{FieldError, error_summary_within, hidden};
use crate::ui::money::{money, money_text, percent_text, unit_price};
use crate::ui::pagination::{Pagination, pagination};
use crate::ui::panel::{Heading, code, facts, panel};
use crate::ui::product::{ProductCard, product_card, product_grid};
use crate::ui::{Icon, Tone, icon};

const LIST: &str = "list";

/// The page: categories beside the products, or above them on a phone.
pub fn catalogue(
    items: &Paged<CatalogueItem>,
    categories: &[Category],
    current: Option<CategoryId>,
    params: &CatalogueParams,
) -> Markup {
    let place = Place::of(categories, current);
    let search = hx::Search {
        action: CATALOGUE,
        label: "Search by name, SKU or HSN",
        query: &params.q,
        target_id: Some(LIST),
        field_id: "q",
        key: None,
    };
    let title = place
        .current
        .map_or("Products", |category| category.name.as_str());
    html! {
        (Heading::new(title).meta(html! { "Your prices, before GST" }))
        div.catalogue {
            nav.categories aria-label="Categories" { (place.tree(params)) (place.chips(params)) }
            div.stack {
                (search.render(html! { @if !params.category.is_empty() { (hidden("category", &params.category)) } }))
                div.stack id=(LIST) { (self::items(items, params)) }
            }
        }
    }
}

/// The products of this search, alone: what the search swaps.
pub fn items(items: &Paged<CatalogueItem>, params: &CatalogueParams) -> Markup {
    let first = params.from("");
    let next = items
        .next
        .as_ref()
        .map(|cursor| params.from(cursor.as_str()));
    html! {
        @if items.rows.is_empty() {
            (nothing(params))
        } @else {
            (product_grid("Products", html! { @for item in &items.rows { (card(item, params)) } }))
            (pagination(&Pagination {
                of: Noun::PRODUCTS,
                shown: items.rows.len(),
                first: (!params.cursor.is_empty()).then_some(first.as_str()),
                next: next.as_deref(),
            }))
        }
    }
}

fn nothing(params: &CatalogueParams) -> Markup {
    let everywhere = params.in_category("");
    let (text, action) = match (params.q.is_empty(), params.category.is_empty()) {
        (false, false) => (
            "Nothing in this category begins with these words.",
            Some(("Search all products", everywhere.as_str())),
        ),
        (false, true) => (
            "No product begins with these words. Try fewer letters, or a part of the SKU.",
            Some(("Show all products", CATALOGUE)),
        ),
        (true, false) => (
            "There is nothing in this category.",
            Some(("Show all products", CATALOGUE)),
        ),
        (true, true) => ("Your distributor has not listed any products yet.", None),
    };
    empty(Empty {
        icon: Icon::PackageOpen,
        title: "Nothing found",
        text,
        action,
    })
}

fn card(item: &CatalogueItem, here: &CatalogueParams) -> Markup {
    let CatalogueItem { product, stock, .. } = item;
    let form = AddForm::new(product.product_id, Some(here.clone()));
    product_card(&ProductCard {
        id: &format!("product-{}", product.product_id),
        name: product.name.as_str(),
        href: &format!("/portal/products/{}", product.product_id),
        sku: product.sku.as_str(),
        picture: None,
        price: unit_price(product.price.unit_price),
        price_note: &card_note(product),
        stock: stock_badge(*stock, product.free, product.uqc),
        control: add_form(&form, product.name.as_str(), &[]),
    })
}

/// "each, + 18% GST, MRP ₹725.00"
fn card_note(product: &PricedProduct) -> String {
    match product.mrp {
        Some(mrp) => format!("{}, MRP {}", price_note(product), money_text(mrp)),
        None => price_note(product),
    }
}

/// "per MTR, + 18% GST"
fn price_note(product: &PricedProduct) -> String {
    format!(
        "{}, + {} GST",
        per_unit(product.uqc),
        percent_text(product.tax_rate)
    )
}

/// What a price is for.
fn per_unit(uqc: Uqc) -> String {
    match uqc {
        Uqc::Nos | Uqc::Pcs | Uqc::Unt => "each".to_owned(),
        other => format!("per {}", other.as_str()),
    }
}

/// The state with the quantity that is free, where there is any.
pub(crate) fn stock_badge(state: StockState, free: Quantity, uqc: Uqc) -> Markup {
    match state {
        StockState::InStock => badge(Tone::Good, &format!("In stock, {free} {uqc}")),
        StockState::Low => badge(Tone::Warn, &format!("Only {free} {uqc} left")),
        StockState::Out => badge(Tone::Bad, "Out of stock"),
    }
}

/// The page of one product, with what was typed into its form and what is wrong with it.
pub fn product(item: &CatalogueItem, form: &AddForm, errors: &[FieldError]) -> Markup {
    let CatalogueItem {
        product,
        description,
        barcode,
        category_id,
        category_path,
        stock,
    } = item;
    let category = format!("{CATALOGUE}?category={category_id}");
    let mut known = vec![
        ("SKU", code(product.sku.as_str())),
        ("Category", html! { a href=(category) { (category_path) } }),
        (
            "Unit",
            html! { (product.uqc.name()) " (" (product.uqc) ")" },
        ),
        ("HSN code", code(product.hsn.as_ref())),
        ("GST", html! { (percent_text(product.tax_rate)) }),
    ];
    if let Some(barcode) = barcode {
        known.push(("Barcode", code(barcode.as_str())));
    }
    html! {
        (error_summary_within(form.prefix(), errors))
        (Heading::new(product.name.as_str()).back("Products", CATALOGUE).badge(stock_badge(*stock, product.free, product.uqc)))
        div.columns.product-page {
            div.stack.product-buy {
                (panel("Your price", html! {
                    div.buy-price {
                        p.price { (unit_price(product.price.unit_price)) }
                        p.price-note { (price_note(product)) }
                    }
                    @if let Some(mrp) = product.mrp { p.muted { "MRP " (money(mrp)) ", with GST" } }
                    (add_form(form, product.name.as_str(), errors))
                    p.hint { (icon(Icon::Tag)) " " (source(product)) }
                    @if *stock == StockState::Out {
                        p.hint { (icon(Icon::Clock)) " You can order it now; it is sent when the stock has come in." }
                    }
                }))
            }
            div.stack {
                @if let Some(text) = description {
                    (panel("About this product", html! { @for line in text.lines() { p { (line) } } }))
                }
                (panel("Details", facts(&known)))
            }
        }
    }
}

/// Why the price is what it is, in the dealer's words.
fn source(product: &PricedProduct) -> String {
    let list = product.price.list_name.as_deref();
    match (product.price.source, list) {
        (PriceSource::Override, _) => "A price agreed with you".to_owned(),
        (PriceSource::DealerList, Some(list)) => format!("From your price list, {list}"),
        (PriceSource::DealerList, None) => "From your price list".to_owned(),
        (PriceSource::DefaultList | PriceSource::Base, _) => "The standard price".to_owned(),
    }
}

/// Where one is in the tree of categories.
struct Place<'a> {
    all: &'a [Category],
    current: Option<&'a Category>,
    /// The current category and those above it, whose children are shown.
    open: Vec<CategoryId>,
}

impl<'a> Place<'a> {
    fn of(all: &'a [Category], current: Option<CategoryId>) -> Self {
        let find = |id: CategoryId| all.iter().find(|category| category.id == id);
        let current = current.and_then(find);
        let mut open = Vec::new();
        let mut at = current;
        while let Some(category) = at {
            open.push(category.id);
            at = category.parent_id.and_then(find);
        }
        Place { all, current, open }
    }

    fn children(&self, parent: Option<CategoryId>) -> impl Iterator<Item = &'a Category> {
        self.all
            .iter()
            .filter(move |category| category.parent_id == parent)
    }

    fn is_current(&self, category: &Category) -> bool {
        self.current
            .is_some_and(|current| current.id == category.id)
    }

    /// Beside the products where there is room. Choosing a category opens it; the rest stays folded.
    fn tree(&self, params: &CatalogueParams) -> Markup {
        html! {
            div.category-tree {
                a href=(params.in_category("")) aria-current=[self.current.is_none().then_some("page")] { "All products" }
                (self.branch(None, params))
            }
        }
    }

    fn branch(&self, parent: Option<CategoryId>, params: &CatalogueParams) -> Markup {
        html! {
            ul {
                @for category in self.children(parent) {
                    @let is_open = self.open.contains(&category.id);
                    @let has_children = self.children(Some(category.id)).next().is_some();
                    li {
                        a href=(params.in_category(&category.id.to_string())) aria-current=[self.is_current(category).then_some("page")] {
                            span { (category.name) }
                            @if has_children { (icon(if is_open { Icon::ChevronDown } else { Icon::ChevronRight })) }
                        }
                        @if is_open && has_children { (self.branch(Some(category.id), params)) }
                    }
                }
            }
        }
    }

    /// Above the products on a phone: one level up, and what is below here.
    fn chips(&self, params: &CatalogueParams) -> Markup {
        let above = self.current.map(|current| {
            current
                .parent_id
                .and_then(|id| self.all.iter().find(|category| category.id == id))
        });
        html! {
            ul.category-chips {
                @if let Some(above) = above {
                    @let href = params.in_category(&above.map(|category| category.id.to_string()).unwrap_or_default());
                    li { a.chip href=(href) { (icon(Icon::ChevronLeft)) (above.map_or("All products", |category| category.name.as_str())) } }
                }
                @for category in self.children(self.current.map(|category| category.id)) {
                    li { a.chip href=(params.in_category(&category.id.to_string())) { (category.name) } }
                }
            }
        }
    }
}
