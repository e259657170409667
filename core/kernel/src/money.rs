//! Money in Indian rupees: amounts of two decimals, unit prices of four.

use std::fmt;
use std::ops::Mul;

use rust_decimal::Decimal;

use crate::decimal::{Form, constant, decimal_sums, decimal_value, grouped};
use crate::quantity::Quantity;
use crate::rounding::Unrounded;

decimal_value! {
    /// An amount in rupees and paise, kept in `numeric(14,2)`. May be negative: a round-off or a
    /// balance can be.
    Money = Form {
        noun: "an amount",
        example: "1180.00",
        decimals: 2,
        min: constant(-99_999_999_999_999, 2),
        max: constant(99_999_999_999_999, 2),
    }
}

decimal_sums!(Money);

impl Money {
    #[must_use]
    pub fn from_rupees(rupees: i64) -> Self {
        Self(crate::decimal::fixed(Decimal::from(rupees), Self::DECIMALS))
    }

    #[must_use]
    pub const fn from_paise(paise: i64) -> Self {
        Self(constant(paise, 2))
    }

    /// The whole amount counted in paise.
    #[must_use]
    pub const fn as_paise(self) -> i128 {
        self.0.mantissa()
    }

    /// For `rounding` alone: takes a decimal that has two places already.
    pub(crate) fn from_rounded(rounded: Decimal) -> Self {
        Self(crate::decimal::fixed(rounded, Self::DECIMALS))
    }

    /// "1,23,456.00", with U+2212 for minus and without the rupee sign.
    #[must_use]
    pub fn grouped(self) -> String {
        grouped(self.0)
    }
}

/// "1180.00"
impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0.to_string())
    }
}

decimal_value! {
    /// The price of one unit before tax, in rupees with four decimals, kept in `numeric(14,4)`.
    /// Zero is a price (free goods); less is not.
    UnitPrice = Form {
        noun: "a price",
        example: "120.50",
        decimals: 4,
        min: constant(0, 4),
        max: constant(99_999_999_999_999, 4),
    }
}

impl UnitPrice {
    /// Whole rupees, as in a catalogue; every `u32` is within bounds.
    #[must_use]
    pub fn from_rupees(rupees: u32) -> Self {
        Self(crate::decimal::fixed(Decimal::from(rupees), Self::DECIMALS))
    }

    /// "1,23,456.0000", without the rupee sign.
    #[must_use]
    pub fn grouped(self) -> String {
        grouped(self.0)
    }

    /// "120.00" or "0.125": two decimals, or as many more as are used. As a form's field holds it.
    #[must_use]
    pub fn plain(self) -> String {
        without_empty_decimals(self.0.to_string())
    }

    /// [`UnitPrice::plain`] in groups: "1,23,456.00".
    #[must_use]
    pub fn grouped_plain(self) -> String {
        without_empty_decimals(self.grouped())
    }
}

fn without_empty_decimals(mut text: String) -> String {
    let shortest = text.find('.').map_or(text.len(), |point| point + 3);
    let used = text.trim_end_matches('0').len().max(shortest);
    text.truncate(used);
    text
}

/// "120.0000"
impl fmt::Display for UnitPrice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0.to_string())
    }
}

/// The exact product, of up to seven decimals; only [`rounding::line`](crate::rounding::line)
/// makes it money.
impl Mul<Quantity> for UnitPrice {
    type Output = Unrounded;

    fn mul(self, quantity: Quantity) -> Unrounded {
        Unrounded::new(self.0 * quantity.as_decimal())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn money_prints_two_decimals_and_prices_four() {
        assert_eq!(Money::from_rupees(1180).to_string(), "1180.00");
        assert_eq!(Money::from_paise(-5).to_string(), "-0.05");
        assert_eq!(Money::parse("1180.5").unwrap().to_string(), "1180.50");
        assert_eq!(UnitPrice::from_rupees(120).to_string(), "120.0000");
        assert_eq!(UnitPrice::parse("0.125").unwrap().to_string(), "0.1250");
        assert_eq!(
            UnitPrice::from_rupees(u32::MAX).to_string(),
            "4294967295.0000"
        );
        assert_eq!(format!("{:>10}|", Money::from_rupees(1)), "      1.00|");
        assert_eq!(format!("{:?}", Money::from_rupees(1)), "Money(1.00)");
    }

    #[test]
    fn a_price_is_plain_with_two_decimals_or_as_many_as_it_has() {
        for (price, plain, grouped) in [
            ("120", "120.00", "120.00"),
            ("0.125", "0.125", "0.125"),
            ("0.1001", "0.1001", "0.1001"),
            ("123456.5", "123456.50", "1,23,456.50"),
        ] {
            let price = UnitPrice::parse(price).unwrap();
            assert_eq!(
                (price.plain(), price.grouped_plain()),
                (plain.into(), grouped.into())
            );
        }
    }

    #[test]
    fn money_is_grouped_as_india_groups_it() {
        for (paise, grouped) in [
            (0, "0.00"),
            (99_999, "999.99"),
            (100_000, "1,000.00"),
            (9_999_900, "99,999.00"),
            (10_000_000, "1,00,000.00"),
            (12_345_600, "1,23,456.00"),
            (11_800_000, "1,18,000.00"),
            (12_345_678_900, "12,34,56,789.00"),
            (-12_345_650, "\u{2212}1,23,456.50"),
            (-5, "\u{2212}0.05"),
        ] {
            assert_eq!(Money::from_paise(paise).grouped(), grouped);
        }
        assert_eq!(UnitPrice::from_rupees(100_000).grouped(), "1,00,000.0000");
    }

    #[test]
    fn money_adds_takes_away_and_compares() {
        let (ten, three) = (Money::from_rupees(10), Money::from_rupees(3));
        assert_eq!(ten + three, Money::from_rupees(13));
        assert_eq!(three - ten, -Money::from_rupees(7));
        assert_eq!((three - ten).abs(), Money::from_rupees(7));
        let mut sum = ten;
        sum += three;
        sum -= Money::from_paise(1);
        assert_eq!(sum, Money::from_paise(1299));
        assert_eq!([ten, three].iter().sum::<Money>(), Money::from_rupees(13));
        assert_eq!(
            [ten, three].into_iter().sum::<Money>(),
            Money::from_rupees(13)
        );
        assert_eq!(std::iter::empty::<Money>().sum::<Money>(), Money::ZERO);
        assert_eq!((ten.min(three), ten.max(three)), (three, ten));
        assert!((three - ten).is_negative() && ten.is_positive());
        assert_eq!(
            Money::from_rupees(i64::MIN).to_string(),
            "-9223372036854775808.00"
        );
        assert_eq!(
            Money::from_paise(i64::MIN).to_string(),
            "-92233720368547758.08"
        );
    }

    #[test]
    fn equal_amounts_are_equal_however_they_were_written() {
        let written: std::collections::HashSet<Money> = ["5", "5.0", "5.00", "05"]
            .map(|text| Money::parse(text).unwrap())
            .into();
        assert_eq!(written.len(), 1);
    }
}
