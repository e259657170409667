//! The shelf is right and the figure is wrong: the figure is adjusted, with the reason.
//!
//! What is promised to orders stays promised: on hand may not go below what is reserved. Whoever has
//! lost reserved goods cancels or short-closes the orders first.
//!
//! Locks: balances by ascending product.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};
use vitaran_kernel::{LocationId, ProductId, Quantity, Text};

use crate::access::{Allowed, InventoryStockAdjust};
use crate::catalog::ProductRef;
use crate::db::TenantTx;
use crate::master::finish;
use crate::problem::{Faults, Invalid};

use super::movement::{
    Line, MoveStockError, Movement, StockLineForm, Told, find, lock_balances, parse_lines, write,
};
use super::{MovementKind, top_up};

/// What a person or program sends.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AdjustStockForm {
    /// Blank means the default location.
    pub location_id: String,
    pub reason: String,
    /// Quantities are signed: what to add.
    pub lines: Vec<StockLineForm>,
}

/// An adjustment whose fields are right by themselves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AdjustStock {
    /// `None`: the default one.
    pub location: Option<LocationId>,
    pub reason: Text<200>,
    /// 1 to [`MAX_LINES`](super::MAX_LINES).
    pub lines: Vec<Adjustment>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Adjustment {
    pub product: ProductRef,
    /// What to add, not zero; less than zero takes away.
    pub quantity: Quantity,
}

impl AdjustStockForm {
    pub fn parse(&self) -> Result<AdjustStock, Invalid> {
        let AdjustStockForm {
            location_id,
            reason,
            lines,
        } = self;
        let mut faults = Faults::new();
        let location = faults.optional("/location_id", location_id, |text| {
            LocationId::parse(text.trim())
        });
        let reason = faults.required(
            "/reason",
            reason,
            "the reason, such as damaged or found",
            Text::parse,
        );
        let lines = parse_lines(&mut faults, lines, |quantity| {
            if quantity.is_zero() {
                Err("Enter what to add, or with a minus what to take away")
            } else {
                Ok(quantity)
            }
        });
        let line = |Line { product, quantity }| Adjustment { product, quantity };
        let lines = lines.into_iter().map(line).collect();
        finish(faults, || {
            Some(AdjustStock {
                location,
                reason: reason?,
                lines,
            })
        })
    }
}

/// Adjusts the stock of some products at one location, all or none.
pub async fn adjust(
    tx: &mut TenantTx,
    _by: &Allowed<InventoryStockAdjust>,
    input: AdjustStock,
) -> Result<Vec<Movement>, MoveStockError> {
    let AdjustStock {
        location,
        reason,
        lines,
    } = input;
    let line = |Adjustment { product, quantity }| Line { product, quantity };
    let lines: Vec<_> = lines.into_iter().map(line).collect();
    let (location, found) = find(tx, location, &lines).await?;
    let quantities: Vec<_> = found
        .iter()
        .map(|(product, quantity)| (product.id, *quantity))
        .collect();
    let free = lock_balances(tx, location, &quantities).await?;
    check_free(&quantities, &free)?;
    let told = Told {
        reference: None,
        reason: Some(reason),
    };
    let movements = write(tx, MovementKind::Adjustment, location, &quantities, told).await?;
    let grown = quantities
        .iter()
        .filter(|(_, quantity)| quantity.is_positive());
    let grown: Vec<_> = grown.map(|(product, _)| *product).collect();
    top_up(tx, location, &grown).await?;
    Ok(movements)
}

/// Every line that would take away more than is free, with what is.
fn check_free(
    quantities: &[(ProductId, Quantity)],
    free: &HashMap<ProductId, Quantity>,
) -> Result<(), Invalid> {
    let mut faults = Faults::new();
    for (index, (product, quantity)) in quantities.iter().enumerate() {
        let free = free.get(product).copied().unwrap_or(Quantity::ZERO);
        if (free + *quantity).is_negative() {
            let detail = format!(
                "Only {free} can be taken away, the rest is not there or is promised to orders"
            );
            faults.add(format!("/lines/{index}/quantity"), "not_free", detail);
        }
    }
    faults.check()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_adjustment_needs_a_reason_and_a_quantity_that_is_not_zero() {
        let line = StockLineForm {
            sku: "A-1".to_owned(),
            quantity: "0".to_owned(),
            ..Default::default()
        };
        let faults = AdjustStockForm {
            lines: vec![line],
            ..Default::default()
        }
        .parse()
        .unwrap_err()
        .faults;
        let pointers: Vec<_> = faults.iter().map(|fault| fault.pointer.as_str()).collect();
        assert_eq!(pointers, ["/reason", "/lines/0/quantity"]);
    }

    #[test]
    fn what_is_free_can_be_taken_to_the_last_gram_and_no_further() {
        let qty = |text: &str| Quantity::parse(text).unwrap();
        let (a, b) = (ProductId::generate(), ProductId::generate());
        let free = HashMap::from([(a, qty("2.5"))]);
        assert_eq!(
            check_free(&[(a, qty("-2.5")), (b, qty("1"))], &free),
            Ok(())
        );
        let faults = check_free(&[(a, qty("-2.501")), (b, qty("-1"))], &free)
            .unwrap_err()
            .faults;
        assert_eq!(faults[0].pointer, "/lines/0/quantity");
        assert!(
            faults[0].detail.starts_with("Only 2.5 "),
            "{}",
            faults[0].detail
        );
        assert!(
            faults[1].detail.starts_with("Only 0 "),
            "{}",
            faults[1].detail
        );
    }
}
