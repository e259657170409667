//! Goods come in: the balance grows, the ledger says by which paper, and orders that wait for the
//! goods have them reserved, oldest first.

use serde::{Deserialize, Serialize};
use vitaran_kernel::{LocationId, Quantity, Text};

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
pub struct ReceiveStockForm {
    /// Blank means the default location.
    pub location_id: String,
    /// The supplier's bill or challan.
    pub reference: String,
    pub lines: Vec<StockLineForm>,
}

/// A receipt whose fields are right by themselves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReceiveStock {
    /// `None`: the default one.
    pub location: Option<LocationId>,
    pub reference: Text<80>,
    /// 1 to [`MAX_LINES`](super::MAX_LINES).
    pub lines: Vec<ReceivedLine>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReceivedLine {
    pub product: ProductRef,
    /// Above zero.
    pub quantity: Quantity,
}

impl ReceiveStockForm {
    pub fn parse(&self) -> Result<ReceiveStock, Invalid> {
        let ReceiveStockForm {
            location_id,
            reference,
            lines,
        } = self;
        let mut faults = Faults::new();
        let location = faults.optional("/location_id", location_id, |text| {
            LocationId::parse(text.trim())
        });
        let reference = faults.required(
            "/reference",
            reference,
            "the number of the supplier's bill",
            Text::parse,
        );
        let lines = parse_lines(&mut faults, lines, |quantity| {
            if quantity.is_positive() {
                Ok(quantity)
            } else {
                Err("Enter a quantity above zero")
            }
        });
        let line = |Line { product, quantity }| ReceivedLine { product, quantity };
        let lines = lines.into_iter().map(line).collect();
        finish(faults, || {
            Some(ReceiveStock {
                location,
                reference: reference?,
                lines,
            })
        })
    }
}

/// Receives goods. Products that are switched off may come in all the same: what is there is there.
pub async fn receive(
    tx: &mut TenantTx,
    _by: &Allowed<InventoryStockAdjust>,
    input: ReceiveStock,
) -> Result<Vec<Movement>, MoveStockError> {
    let ReceiveStock {
        location,
        reference,
        lines,
    } = input;
    let line = |ReceivedLine { product, quantity }| Line { product, quantity };
    let lines: Vec<_> = lines.into_iter().map(line).collect();
    let (location, found) = find(tx, location, &lines).await?;
    let quantities: Vec<_> = found
        .iter()
        .map(|(product, quantity)| (product.id, *quantity))
        .collect();
    let told = Told {
        reference: Some(reference),
        reason: None,
    };
    lock_balances(tx, location, &quantities).await?;
    let movements = write(tx, MovementKind::Receipt, location, &quantities, told).await?;
    let products: Vec<_> = movements.iter().map(|movement| movement.product).collect();
    top_up(tx, location, &products).await?;
    Ok(movements)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_receipt_names_its_paper_and_every_line_that_is_wrong() {
        let line = |sku: &str, quantity: &str| StockLineForm {
            sku: sku.to_owned(),
            quantity: quantity.to_owned(),
            ..Default::default()
        };
        let form = ReceiveStockForm {
            lines: vec![line("A-1", "5"), line("", "0"), line("B", "10000000.001")],
            ..Default::default()
        };
        let faults = form.parse().unwrap_err().faults;
        let pointers: Vec<_> = faults.iter().map(|fault| fault.pointer.as_str()).collect();
        assert_eq!(
            pointers,
            [
                "/reference",
                "/lines/1/sku",
                "/lines/1/quantity",
                "/lines/2/quantity"
            ]
        );
    }

    #[test]
    fn a_receipt_of_nothing_is_refused() {
        let form = ReceiveStockForm {
            reference: "B/12".to_owned(),
            ..Default::default()
        };
        assert_eq!(form.parse().unwrap_err().faults[0].code, "required");
    }
}
