//! What changes a cart, as typed and as read: more of one product, or the lines of the cart's own form.

use serde::Deserialize;
use vitaran_kernel::{ProductId, Quantity};

use super::quote::{MAX_QUANTITY, quantity_bounds};
use crate::problem::{Faults, Invalid};

/// So much of a product, on top of what the cart holds of it.
#[derive(Debug)]
pub struct AddToCart {
    pub(super) product: ProductId,
    pub(super) quantity: Quantity,
}

impl AddToCart {
    pub fn parse(product: &str, quantity: &str) -> Result<Self, Invalid> {
        let mut faults = Faults::new();
        let product = faults.required("/product_id", product, "the product", ProductId::parse);
        let quantity = parse_quantity(&mut faults, "/quantity", quantity);
        if quantity.is_some_and(Quantity::is_zero) {
            faults.add("/quantity", "required", "Enter how many to add");
        }
        match (product, quantity) {
            (Some(product), Some(quantity)) if faults.is_empty() => {
                Ok(AddToCart { product, quantity })
            }
            _ => Err(faults.into_invalid()),
        }
    }

    #[must_use]
    pub fn product(&self) -> ProductId {
        self.product
    }
}

/// A line of the cart as typed. `shown` is what the page showed, so that a line nobody touched is left as another device
/// may have changed it.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct CartLineForm {
    pub product_id: String,
    pub quantity: String,
    pub shown: String,
}

/// The lines of the cart that were changed, in place of what the cart holds. Zero takes a product out.
#[derive(Debug)]
pub struct SetCart {
    pub(super) lines: Vec<SetLine>,
}

#[derive(Debug)]
pub(super) struct SetLine {
    /// Its place among the lines as typed.
    pub(super) index: usize,
    pub(super) product: ProductId,
    pub(super) quantity: Quantity,
}

impl SetCart {
    pub fn parse(typed: &[CartLineForm]) -> Result<Self, Invalid> {
        let mut faults = Faults::new();
        let mut lines = Vec::new();
        for (index, line) in typed.iter().enumerate() {
            if line.quantity.trim() == line.shown {
                continue;
            }
            let product = faults.required(
                &format!("/lines/{index}/product_id"),
                &line.product_id,
                "the product",
                ProductId::parse,
            );
            let pointer = format!("/lines/{index}/quantity");
            let quantity = parse_quantity(&mut faults, &pointer, &line.quantity);
            if let (Some(product), Some(quantity)) = (product, quantity) {
                lines.push(SetLine {
                    index,
                    product,
                    quantity,
                });
            }
        }
        faults.check()?;
        Ok(SetCart { lines })
    }
}

fn parse_quantity(faults: &mut Faults, pointer: &str, text: &str) -> Option<Quantity> {
    let quantity = faults.required(pointer, text, "a quantity", |text| {
        Quantity::parse(text.trim())
    })?;
    if quantity.is_negative() || quantity > Quantity::from_units(MAX_QUANTITY) {
        let detail = format!("{}, or 0 to take the product out", quantity_bounds());
        faults.add(pointer, "out_of_range", detail);
        return None;
    }
    Some(quantity)
}
