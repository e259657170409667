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
