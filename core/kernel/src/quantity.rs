//! How many of a thing: three decimals, so that a coil can be cut and a drum weighed.

use std::fmt;

use rust_decimal::Decimal;

use crate::decimal::{Form, constant, decimal_sums, decimal_value, fixed};

decimal_value! {
    /// A count or measure in a product's unit, kept in `numeric(14,3)`. May be negative, since a
    /// stock movement out is; what is ordered must be positive, which the order checks.
    Quantity = Form {
        noun: "a quantity",
        example: "5",
        decimals: 3,
        min: constant(-99_999_999_999_999, 3),
        max: constant(99_999_999_999_999, 3),
    }
}

decimal_sums!(Quantity);

impl Quantity {
    #[must_use]
    pub fn from_units(units: i64) -> Self {
        Self(fixed(Decimal::from(units), Self::DECIMALS))
    }

    /// Has no fraction, as units that are counted must not.
    #[must_use]
    pub fn is_whole(self) -> bool {
        self.0.normalize().scale() == 0
    }

    /// What is left after taking `other` away, and nothing when that is more than there is.
    #[must_use]
    pub fn saturating_sub(self, other: Self) -> Self {
        (self - other).max(Self::ZERO)
    }

    /// "5.000", for documents and files that want the decimals.
    #[must_use]
    pub fn to_fixed(self) -> String {
        self.0.to_string()
    }
}

/// "5", "2.5", "0.125": without trailing zeros.
impl fmt::Display for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0.normalize().to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn quantity(text: &str) -> Quantity {
        Quantity::parse(text).unwrap()
    }

    #[test]
    fn a_quantity_prints_without_trailing_zeros_and_on_demand_with_three_decimals() {
        for (written, shown, fixed) in [
            ("5", "5", "5.000"),
            ("100", "100", "100.000"),
            ("2.500", "2.5", "2.500"),
            ("0.125", "0.125", "0.125"),
            ("-3.10", "-3.1", "-3.100"),
            ("-0.000", "0", "0.000"),
        ] {
            assert_eq!(quantity(written).to_string(), shown);
            assert_eq!(quantity(written).to_fixed(), fixed);
        }
    }

    #[test]
    fn whole_means_without_a_fraction() {
        assert!(Quantity::from_units(5).is_whole());
        assert!(quantity("5.000").is_whole());
        assert!(Quantity::ZERO.is_whole());
        assert!(quantity("-12").is_whole());
        assert!(!quantity("5.001").is_whole());
    }

    #[test]
    fn saturating_sub_stops_at_nothing() {
        let (five, two) = (Quantity::from_units(5), Quantity::from_units(2));
        assert_eq!(five.saturating_sub(two), Quantity::from_units(3));
        assert_eq!(two.saturating_sub(five), Quantity::ZERO);
        assert_eq!(two - five, Quantity::from_units(-3));
        assert_eq!(
            [five, two].iter().sum::<Quantity>(),
            Quantity::from_units(7)
        );
    }
}
