//! Products as a dealer sees them: name, own price, stock, and how many to order.

use maud::{Markup, Render, html};

use super::form::Field;
use super::icon::{Icon, icon};

#[derive(Clone, Debug)]
pub struct ProductCard<'a> {
    pub id: &'a str,
    pub name: &'a str,
    pub href: &'a str,
    pub sku: &'a str,
    /// Address, width and height of a picture; without one the card shows a sign.
    pub picture: Option<(&'a str, u16, u16)>,
    pub price: Markup,
    /// Such as "per piece, + 18% GST".
    pub price_note: &'a str,
    pub stock: Markup,
    /// The form that adds it to the cart.
    pub control: Markup,
}

#[must_use]
pub fn product_card(product: &ProductCard<'_>) -> Markup {
    html! {
        li.product id=(product.id) {
            div.product-picture {
                @if let Some((src, width, height)) = product.picture {
                    img src=(src) width=(width) height=(height) alt="" loading="lazy" decoding="async";
                } @else { (icon(Icon::Package)) }
            }
            div.product-what {
                h2 { a href=(product.href) { (product.name) } }
                p.product-meta { span.code { (product.sku) } (product.stock) }
            }
            div.product-price { p.price { (product.price) } p.price-note { (product.price_note) } }
            div.product-control { (product.control) }
        }
    }
}

#[must_use]
pub fn product_grid(label: &str, cards: impl Render) -> Markup {
    html! { ul.products aria-label=(label) { (cards) } }
}

/// A quantity with minus and plus. The two buttons are the script's help; the field alone does the work.
#[must_use]
pub fn quantity_stepper(field: Field<'_>, step: &str) -> Markup {
    html! {
        div.stepper data-step=(step) {
            button.button.only-icon type="button" data-add="-1" aria-label="Less" { (icon(Icon::Minus)) }
            (field.label_hidden())
            button.button.only-icon type="button" data-add="1" aria-label="More" { (icon(Icon::Plus)) }
        }
    }
}
