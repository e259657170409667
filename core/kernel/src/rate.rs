//! A tax rate.

use std::fmt;

use crate::decimal::{Form, constant, decimal_value};

decimal_value! {
    /// A percentage from 0 to 100 with two decimals: GST's 0.25 % needs both. Which rates are in
    /// force is a matter of dated rows, not of this type.
    Rate = Form {
        noun: "a rate in percent",
        example: "18",
        decimals: 2,
        min: constant(0, 2),
        max: constant(10_000, 2),
    }
}

impl Rate {
    /// A whole percentage; above 100 it is an error.
    pub fn try_from_percent(percent: u8) -> Result<Self, crate::DecimalError> {
        Self::try_new(rust_decimal::Decimal::from(percent))
    }
}

/// "18.00"
impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.as_decimal().to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_prints_two_decimals() {
        assert_eq!(Rate::try_from_percent(18).unwrap().to_string(), "18.00");
        assert_eq!(Rate::parse("0.25").unwrap().to_string(), "0.25");
        assert_eq!(Rate::try_from_percent(100), Ok(Rate::MAX));
        assert!(Rate::try_from_percent(101).is_err());
    }
}
