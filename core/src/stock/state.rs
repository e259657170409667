//! Whether there is enough of a product to speak of, as catalogue and stock list show it.

use vitaran_kernel::Quantity;

use crate::master::text_codes;

text_codes! {
    /// How much of a product can still be promised.
    StockState, "Choose a state of stock" {
        InStock = "IN_STOCK", "In stock";
        Low = "LOW", "Low stock";
        Out = "OUT", "Out of stock";
    }
}

impl StockState {
    /// Up to this many units of a product count as low.
    pub const LOW_AT: i64 = 10;

    /// Of what is free: on hand and not reserved.
    pub fn of(free: Quantity) -> Self {
        if !free.is_positive() {
            StockState::Out
        } else if free <= Quantity::from_units(Self::LOW_AT) {
            StockState::Low
        } else {
            StockState::InStock
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ten_units_are_low_and_the_least_above_is_not() {
        let state = |text: &str| StockState::of(Quantity::parse(text).unwrap());
        assert_eq!(state("0"), StockState::Out);
        assert_eq!(state("0.001"), StockState::Low);
        assert_eq!(state("10"), StockState::Low);
        assert_eq!(state("10.001"), StockState::InStock);
    }
}
