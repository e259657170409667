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
