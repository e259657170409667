//! The cart: data in, markup out.

use maud::{Markup, html};
use vitaran_core::dealers::{Address, Party};
use vitaran_core::orders::{PlaceLine, ProductKey, Quote, QuotedLine};
use vitaran_kernel::ProductId;

use super::cart::{AddForm, CartForm, CartPage};
use super::portal_views::{amounts, place_of_supply};
use crate::hx::{self, SubmitTo};
use crate::portal::CATALOGUE;
use crate::ui::badge::badge;
use crate::ui::credit_meter::{Credit, credit_meter};
use crate::ui::empty::{Empty, empty};
use crate::ui::flash::{Flash, message};
use crate::ui::form::{
    Choice, Field, FieldError, RadioGroup, Style, buttons, error_summary, hidden, idempotency_key,
    submit, submit_as,
};
use crate::ui::money::{money, percent_text, unit_price};
use crate::ui::panel::{Heading, columns, panel, sheet, sticky_bar};
use crate::ui::product::quantity_stepper;
use crate::ui::table::{Column, Row, Table};
use crate::ui::{Icon, Tone, icon};

/// The form, and the region its answers replace.
pub const CART: &str = "cart";
/// The part of the form whose changes need new prices.
const QUOTED: &str = "cart-quoted";
/// Above so many addresses a list to choose from is shorter than all of them.
const MOST_RADIOS: usize = 5;

/// A quantity and "Add", on a card or a page.
pub fn add_form(form: &AddForm, name: &str, errors: &[FieldError]) -> Markup {
    let label = format!("Quantity of {name}");
    let field = Field::decimal("quantity", &label)
        .within(form.prefix())
        .value(form.quantity.as_str())
        .errors(errors)
        .required();
    hx::Form::post("/portal/cart/lines")
        .class("add-form")
        .replaces_itself()
        .render(html! {
            (hidden("product_id", &form.product_id))
            @if let Some(list) = &form.from {
                (hidden("from.q", &list.q))
                @if !list.category.is_empty() { (hidden("from.category", &list.category)) }
                @if !list.cursor.is_empty() { (hidden("from.cursor", &list.cursor)) }
            }
            (quantity_stepper(field, "1"))
            button.button.primary type="submit" id={ "add-" (form.product_id) } { (icon(Icon::Plus)) "Add" span.visually-hidden { " " (name) } }
        })
}

/// The page.
pub fn cart(page: &CartPage, form: &CartForm, errors: &[FieldError]) -> Markup {
    html! {
        (Heading::new("Cart"))
        (cart_form(page, form, errors))
    }
}

/// The cart's one form: what its own answers replace.
pub fn cart_form(page: &CartPage, form: &CartForm, errors: &[FieldError]) -> Markup {
    if page.cart.wanted.is_empty() {
        return html! { div id=(CART) { (nothing(errors)) } };
    }
    let quote = page.cart.quote.as_ref();
    hx::Form::post("/portal/orders").id(CART).class("stack cart").replaces_itself().render(html! {
        (error_summary(errors))
        (idempotency_key(page.key.as_str()))
        (columns(
            html! {
                div.stack id=(QUOTED) {
                    // The first button of a form is what Enter presses: it must never place the order.
                    (SubmitTo::new("/portal/cart", CART).class("button cart-update").on_changes_in(QUOTED).render(html! { (icon(Icon::RefreshCw)) "Update prices" }))
                    (sheet(html! { (lines(page, form, errors)) (below_lines()) }))
                    (panel("Deliver to", ship_to(page, errors)))
                }
                (panel("For your records", html! {
                    (Field::text("client_reference", "Your reference").hint("Such as your purchase order's number; we show it on the order").value(form.client_reference.as_str()).errors(errors).max_length(64))
                    (Field::text_area("note", "Note to your distributor", 2).value(form.note.as_str()).errors(errors).max_length(500))
                }))
            },
            html! { @if let Some(quote) = quote { (summary(quote)) (credit(quote)) } },
        ))
        @if let Some(quote) = quote {
            (sticky_bar(
                html! { span { "Total" } strong { (money(quote.totals.total)) } },
                submit("Place order"),
            ))
        }
    })
}

fn nothing(errors: &[FieldError]) -> Markup {
    html! {
        (error_summary(errors))
        (empty(Empty {
            icon: Icon::ShoppingCart,
            title: "Your cart is empty",
            text: "Add products from the catalogue, or order again what you ordered before.",
            action: Some(("Browse products", CATALOGUE)),
        }))
        p.empty-more { a href="/portal/orders" { "Order again from an earlier order" } }
    }
}

fn lines(page: &CartPage, form: &CartForm, errors: &[FieldError]) -> Markup {
    let columns = [
        Column::text("Product"),
        Column::text("Quantity").card_line(),
        Column::number("Price").card_line(),
        Column::number("GST").card_end(),
        Column::number("Total").card_end(),
        Column::actions("Take out").card_corner(),
    ];
    let rows = page.cart.wanted.iter().enumerate();
    let rows = rows.filter_map(|(index, wanted)| match &wanted.product {
        ProductKey::Id(id) => Some(line(page, form, errors, index, wanted, *id)),
        ProductKey::Sku(_) => None,
    });
    html! { (Table::new("cart-lines", "Products in the cart", columns).rows(rows)) }
}

fn line(
    page: &CartPage,
    form: &CartForm,
    errors: &[FieldError],
    index: usize,
    wanted: &PlaceLine,
    id: ProductId,
) -> Row {
    let quoted = page.cart.quote.as_ref().and_then(|quote| {
        quote
            .lines
            .iter()
            .find(|line| line.product.product_id == id)
    });
    let name = quoted.map_or("This product", |line| line.product.name.as_str());
    let stored = wanted.quantity.to_string();
    let field_name = format!("lines.{index}.quantity");
    let label = format!("Quantity of {name}");
    // Faults of the stored cart show beside their lines as well, even before anybody pressed a button.
    let own = own_errors(page, errors);
    let field = Field::decimal(&field_name, &label)
        .value(form.typed(id).unwrap_or(&stored))
        .errors(&own)
        .required();
    let remove = format!("/portal/cart/lines/{id}/removal");
    let remove_label = format!("Take {name} out of the cart");
    Row::new([
        what(quoted, id, index, &own),
        html! {
            (hidden(&format!("lines.{index}.product_id"), &id.to_string()))
            (hidden(&format!("lines.{index}.shown"), &stored))
            (quantity_stepper(field, "1"))
        },
        html! { @if let Some(line) = quoted { span.two-lines { (unit_price(line.product.price.unit_price)) span.muted { "per " (line.product.uqc) } } } },
        html! { @if let Some(line) = quoted { span.two-lines { (money(line.tax.total())) span.muted { (percent_text(line.product.tax_rate)) " GST" } } } },
        html! { @if let Some(line) = quoted { strong { (money(line.total)) } } },
        SubmitTo::new(&remove, CART)
            .class("button quiet only-icon")
            .label(&remove_label)
            .render(icon(Icon::Trash2)),
    ])
    .id(format!("cart-line-{id}"))
}

/// The faults of the form, and of the cart as stored where the form has none for the same field.
fn own_errors(page: &CartPage, errors: &[FieldError]) -> Vec<FieldError> {
    let mut all = errors.to_vec();
    for stored in crate::http::problem_page::field_errors(&page.cart.faults) {
        if !all.iter().any(|error| error.field == stored.field) {
            all.push(stored);
        }
    }
    all
}

fn what(line: Option<&QuotedLine>, id: ProductId, index: usize, errors: &[FieldError]) -> Markup {
    let field = format!("lines.{index}.product_id");
    let fault = errors.iter().find(|error| error.field == field);
    html! {
        div.cart-what {
            @match line {
                Some(line) => {
                    a href={ "/portal/products/" (id) } { (line.product.name) }
                    span.cart-meta { span.code { (line.product.sku) } @if fault.is_none() { (promise(line)) } }
                },
                None => { span { "A product that is no longer listed" } },
            }
            @if let Some(fault) = fault {
                p.field-error id={ "f-lines-" (index) "-product_id" } tabindex="-1" { (icon(Icon::CircleAlert)) span { (fault.message) } }
            }
        }
    }
}

/// What can be promised of a line now. The rest of it is no fault: it is sent when it has come in.
fn promise(line: &QuotedLine) -> Markup {
    let (free, unit) = (line.product.free, line.product.uqc);
    if free >= line.quantity {
        badge(Tone::Good, "In stock")
    } else if free.is_positive() {
        badge(
            Tone::Warn,
            &format!("{free} {unit} now, the rest when it comes in"),
        )
    } else {
        badge(Tone::Warn, "Sent when it comes in")
    }
}

fn below_lines() -> Markup {
    html! {
        div.cart-below {
            a.button.quiet href=(CATALOGUE) { (icon(Icon::Plus)) "Add more products" }
            a.button.quiet href="/portal/cart/removal" { "Empty the cart" }
        }
    }
}

fn ship_to(page: &CartPage, errors: &[FieldError]) -> Markup {
    let quote = page.cart.quote.as_ref();
    let chosen = quote.map_or_else(String::new, |quote| quote.ship_to_address.to_string());
    let choices: Vec<Choice<'_>> = page.addresses.iter().map(choice).collect();
    html! {
        @if choices.len() > MOST_RADIOS {
            (Field::select("ship_to_address_id", "Address", &choices).value(chosen.as_str()).errors(errors).required())
        } @else {
            (RadioGroup { name: "ship_to_address_id", legend: "Address", choices: &choices, value: &chosen, errors })
        }
        @if let Some(quote) = quote {
            div.supply {
                (place_of_supply(quote.supply.place, Some(quote.supply.clause)))
                @if let Some(warning) = quote.supply.warning {
                    (message(&Flash::new(Tone::Warn, warning.message())))
                }
            }
        } @else {
            @for fault in &page.cart.faults { (message(&Flash::bad(fault.detail.clone()))) }
        }
    }
}

fn choice(address: &Address) -> Choice<'static> {
    let to = match (&address.party, &address.party_name) {
        (Party::ThirdParty, Some(name)) => format!("{name}, "),
        _ => String::new(),
    };
    let second = address
        .line2
        .as_ref()
        .map_or_else(String::new, |line| format!(", {line}"));
    Choice::new(address.id.to_string(), address.label.to_string()).note(format!(
        "{to}{}{second}, {} {}, {}",
        address.line1,
        address.city,
        address.pincode,
        address.state.name()
    ))
}

fn summary(quote: &Quote) -> Markup {
    let totals = &quote.totals;
    panel(
        "Summary",
        html! {
            (amounts(totals.taxable, totals.tax, totals.round_off, totals.total))
            div.cart-place { (submit("Place order")) }
            p.hint { "These prices hold for this order. You can cancel it until it is approved." }
        },
    )
}

fn credit(quote: &Quote) -> Markup {
    let order = quote.totals.total;
    let is_over = quote.credit.check(order).is_err();
    panel(
        "Your credit",
        html! {
            (credit_meter(&Credit { limit: quote.credit.limit, used: quote.credit.exposure(), this_order: Some(order) }))
            @if is_over {
                (message(&Flash::new(Tone::Warn, "This order is above your available credit. You can place it; it is approved once there is room.")))
            }
        },
    )
}

pub fn ask_to_clear(products: u64) -> Markup {
    html! {
        (Heading::new("Empty the cart?").back("Cart", "/portal/cart"))
        (hx::Form::post("/portal/cart/removal").class("panel").render(html! {
            p { @if products == 1 { "One product is taken out." } @else { (products) " products are taken out." } " This cannot be undone." }
            (buttons(html! { (submit_as(Style::Danger, "Empty the cart")) a.button href="/portal/cart" { "Keep it" } }))
        }))
    }
}
