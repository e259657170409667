//! The only place that rounds.
//!
//! The invoice's law is silent on fractions of a paisa, and section 170 of the CGST Act (nearest
//! rupee) is about the payment in the return. The policy: every line's taxable value and every tax
//! component of every line is rounded half-up to the paisa; the document's total is rounded half-up
//! to the rupee, and the difference is shown as the round-off. Half-up is away from zero, so that a
//! negative amount rounds as its positive twin does.

use rust_decimal::{Decimal, RoundingStrategy};

use crate::money::Money;
use crate::rate::Rate;

/// An exact product that is not money yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[must_use]
pub struct Unrounded(Decimal);

impl Unrounded {
    pub(crate) const fn new(exact: Decimal) -> Self {
        Self(exact)
    }

    #[must_use]
    pub const fn as_decimal(self) -> Decimal {
        self.0
    }
}

/// A document's total in whole rupees, and what was added to get there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct RoundedTotal {
    /// Whole rupees.
    pub total: Money,
    /// From −0.49 to 0.50 for a positive amount; amount + round_off = total.
    pub round_off: Money,
}

/// The taxable value of a line, half-up to the paisa.
///
/// The result of great factors may be more than a column holds: `Money::within_bounds` says so.
#[must_use]
pub fn line(exact: Unrounded) -> Money {
    Money::from_rounded(half_up(exact.0, Money::DECIMALS))
}

/// `rate` percent of `taxable`, half-up to the paisa: IGST.
#[must_use]
pub fn percent(taxable: Money, rate: Rate) -> Money {
    part(taxable, rate, Decimal::ONE_HUNDRED)
}

/// Half of `rate` percent of `taxable`, half-up to the paisa: CGST, and again SGST or UTGST.
#[must_use]
pub fn half_percent(taxable: Money, rate: Rate) -> Money {
    const TWO_HUNDRED: Decimal = crate::decimal::constant(200, 0);
    part(taxable, rate, TWO_HUNDRED)
}

/// The whole rupee nearest to `amount`, half-up.
#[must_use]
pub fn to_rupee(amount: Money) -> RoundedTotal {
    let total = Money::from_rounded(half_up(amount.as_decimal(), 0));
    RoundedTotal {
        total,
        round_off: total - amount,
    }
}

fn part(taxable: Money, rate: Rate, of: Decimal) -> Money {
    let exact = taxable.as_decimal() * rate.as_decimal() / of;
    Money::from_rounded(half_up(exact, Money::DECIMALS))
}

fn half_up(value: Decimal, decimals: u32) -> Decimal {
    value.round_dp_with_strategy(decimals, RoundingStrategy::MidpointAwayFromZero)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decimal::constant;
    use crate::money::UnitPrice;
    use crate::quantity::Quantity;
    use proptest::prelude::*;

    /// numerator / denominator, half away from zero, in integers alone.
    fn oracle(numerator: i128, denominator: i128) -> i128 {
        numerator.signum() * ((2 * numerator.abs() + denominator) / (2 * denominator))
    }

    fn money(text: &str) -> Money {
        Money::parse(text).unwrap()
    }

    fn rate(text: &str) -> Rate {
        Rate::parse(text).unwrap()
    }

    #[test]
    fn a_line_is_rounded_half_up_to_the_paisa() {
        for (price, quantity, taxable) in [
            ("120", "5", "600.00"),
            ("0.005", "1", "0.01"),
            ("0.0049", "1", "0.00"),
            ("0.015", "1", "0.02"),
            ("0.025", "1", "0.03"),
            ("33.3333", "3", "100.00"),
            ("33.3350", "0.1", "3.33"),
            ("1.0050", "1", "1.01"),
            ("1.0050", "-1", "-1.01"),
        ] {
            let exact = UnitPrice::parse(price).unwrap() * Quantity::parse(quantity).unwrap();
            assert_eq!(line(exact), money(taxable), "{price} × {quantity}");
        }
    }

    #[test]
    fn percentages_are_rounded_half_up_and_not_to_even() {
        assert_eq!(percent(money("2.50"), rate("5")), money("0.13"));
        assert_eq!(percent(money("0.50"), rate("1")), money("0.01"));
        assert_eq!(percent(money("2.50"), rate("1")), money("0.03"));
        assert_eq!(half_percent(money("2.50"), rate("5")), money("0.06"));
        assert_eq!(half_percent(money("1.00"), rate("5")), money("0.03"));
        assert_eq!(half_percent(money("-1.00"), rate("5")), money("-0.03"));
        assert_eq!(percent(Money::MAX, Rate::MAX), Money::MAX);
    }

    #[test]
    fn a_total_is_rounded_to_the_nearest_rupee_and_the_difference_is_told() {
        for (amount, total, round_off) in [
            ("17.02", "17", "-0.02"),
            ("1179.99", "1180", "0.01"),
            ("2.50", "3", "0.50"),
            ("2.49", "2", "-0.49"),
            ("-2.50", "-3", "-0.50"),
            ("-2.49", "-2", "0.49"),
            ("0.49", "0", "-0.49"),
            ("-0.49", "0", "0.49"),
            ("5.00", "5", "0"),
        ] {
            let rounded = to_rupee(money(amount));
            assert_eq!(rounded.total, money(total), "{amount}");
            assert_eq!(rounded.round_off, money(round_off), "{amount}");
        }
    }

    #[test]
    fn the_greatest_order_of_the_greatest_lines_does_not_overflow() {
        const LINES: i64 = 500;
        let exact = UnitPrice::MAX * Quantity::MAX;
        assert_eq!(
            exact.as_decimal().mantissa(),
            99_999_999_999_999_i128.pow(2)
        );
        assert_eq!(exact.as_decimal().scale(), 7);

        let taxable = line(exact);
        assert_eq!(
            taxable.as_paise(),
            oracle(99_999_999_999_999_i128.pow(2), 100_000)
        );
        let tax = percent(taxable, Rate::MAX);
        assert_eq!(tax, taxable);
        let total: Money = (0..LINES).map(|_| taxable + tax).sum();
        assert_eq!(total.as_paise(), taxable.as_paise() * 2 * i128::from(LINES));
        assert_eq!(percent(total, Rate::MAX), total);
        let rounded = to_rupee(total);
        assert_eq!(rounded.total, total + rounded.round_off);
        assert!(taxable.within_bounds().is_err());
    }

    proptest! {
        #[test]
        fn a_line_agrees_with_integer_arithmetic(
            price in 0_i64..=99_999_999_999_999,
            quantity in -99_999_999_999_999_i64..=99_999_999_999_999,
        ) {
            let exact = UnitPrice::try_new(constant(price, 4)).unwrap()
                * Quantity::try_new(constant(quantity, 3)).unwrap();
            let expected = oracle(i128::from(price) * i128::from(quantity), 100_000);
            prop_assert_eq!(line(exact).as_paise(), expected);
        }

        #[test]
        fn small_lines_agree_with_integer_arithmetic(price in 0_i64..200_000, quantity in 0_i64..2_000) {
            let exact = UnitPrice::try_new(constant(price, 4)).unwrap()
                * Quantity::try_new(constant(quantity, 3)).unwrap();
            let expected = oracle(i128::from(price * quantity), 100_000);
            prop_assert_eq!(line(exact).as_paise(), expected);
        }

        #[test]
        fn percentages_agree_with_integer_arithmetic(
            paise in prop_oneof![-100_000_i64..100_000, -99_999_999_999_999_i64..=99_999_999_999_999],
            basis_points in 0_i64..=10_000,
        ) {
            let taxable = Money::from_paise(paise);
            let rate = Rate::try_new(constant(basis_points, 2)).unwrap();
            let product = i128::from(paise) * i128::from(basis_points);
            prop_assert_eq!(percent(taxable, rate).as_paise(), oracle(product, 10_000));
            prop_assert_eq!(half_percent(taxable, rate).as_paise(), oracle(product, 20_000));
        }

        #[test]
        fn a_rounded_total_is_whole_near_and_explained(paise in any::<i64>()) {
            let amount = Money::from_paise(paise);
            let rounded = to_rupee(amount);
            prop_assert_eq!(rounded.total.as_paise(), oracle(i128::from(paise), 100) * 100);
            prop_assert_eq!(amount + rounded.round_off, rounded.total);
            prop_assert!(rounded.round_off.abs() <= Money::from_paise(50));
        }
    }
}
