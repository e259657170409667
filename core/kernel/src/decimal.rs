//! What money, prices, quantities and rates share: an exact decimal number with a fixed number of
//! decimals and bounds, read strictly and never rounded on the way in.

use rust_decimal::Decimal;

/// The bounds in words; a lower one below zero only mirrors the upper.
fn within(min: Decimal, max: Decimal) -> String {
    if min.is_sign_negative() {
        format!("up to {max}")
    } else {
        format!("from {min} to {max}")
    }
}

/// Why a text or number is not an amount, price, quantity or rate. `noun` is "an amount", "a
/// price" and so on, so that the sentence fits the field it stands under.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DecimalError {
    #[error("Enter {noun} in digits, such as {example}")]
    NotANumber {
        noun: &'static str,
        example: &'static str,
    },
    #[error("Enter {noun} with at most {decimals} decimals")]
    TooManyDecimals { noun: &'static str, decimals: u32 },
    #[error("Enter {noun} {}", within(*min, *max))]
    OutOfRange {
        noun: &'static str,
        min: Decimal,
        max: Decimal,
    },
}

/// The facts of one kind of number.
pub(crate) struct Form {
    pub noun: &'static str,
    pub example: &'static str,
    pub decimals: u32,
    pub min: Decimal,
    pub max: Decimal,
}

/// Longer texts are refused before they are read digit by digit.
const MAX_TEXT_BYTES: usize = 64;

/// `mantissa` / 10^`scale`, also in constants.
pub(crate) const fn constant(mantissa: i64, scale: u32) -> Decimal {
    let [a, b, c, d, e, f, g, h] = mantissa.unsigned_abs().to_le_bytes();
    let low = u32::from_le_bytes([a, b, c, d]);
    let middle = u32::from_le_bytes([e, f, g, h]);
    Decimal::from_parts(low, middle, 0, mantissa < 0, scale)
}

impl Form {
    /// Reads an optional `-`, digits, and optionally a point and digits, all ASCII.
    ///
    /// Refuses more decimals than the kind has, even when they are zeros: the text means a
    /// precision the number cannot have.
    pub(crate) fn parse(&self, text: &str) -> Result<Decimal, DecimalError> {
        let not_a_number = || DecimalError::NotANumber {
            noun: self.noun,
            example: self.example,
        };
        if text.len() > MAX_TEXT_BYTES {
            return Err(not_a_number());
        }
        let digits = text.strip_prefix('-').unwrap_or(text);
        let (whole, fraction) = match digits.split_once('.') {
            Some((whole, fraction)) => (whole, Some(fraction)),
            None => (digits, None),
        };
        if !is_digits(whole) || fraction.is_some_and(|fraction| !is_digits(fraction)) {
            return Err(not_a_number());
        }
        let decimals = fraction.map_or(0, str::len);
        if u32::try_from(decimals).is_ok_and(|decimals| decimals > self.decimals) {
            return Err(self.too_many_decimals());
        }
        // The text is a number by now, so what is left to fail is its size.
        let value = Decimal::from_str_exact(text).map_err(|_| self.out_of_range())?;
        self.exact(value)
    }

    /// `value` with exactly the kind's number of decimals, if it has no more and is in bounds.
    pub(crate) fn exact(&self, value: Decimal) -> Result<Decimal, DecimalError> {
        if value.normalize().scale() > self.decimals {
            return Err(self.too_many_decimals());
        }
        self.check_bounds(value)?;
        Ok(fixed(value, self.decimals))
    }

    pub(crate) fn check_bounds(&self, value: Decimal) -> Result<(), DecimalError> {
        if value < self.min || value > self.max {
            return Err(self.out_of_range());
        }
        Ok(())
    }

    fn too_many_decimals(&self) -> DecimalError {
        DecimalError::TooManyDecimals {
            noun: self.noun,
            decimals: self.decimals,
        }
    }

    fn out_of_range(&self) -> DecimalError {
        DecimalError::OutOfRange {
            noun: self.noun,
            min: self.min,
            max: self.max,
        }
    }
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// `value` written with `decimals` places, and zero without a sign. `value` has no more places.
pub(crate) fn fixed(mut value: Decimal, decimals: u32) -> Decimal {
    value.rescale(decimals);
    if value.is_zero() {
        value.set_sign_positive(true);
    }
    value
}

/// "-1234567.50" as "−12,34,567.50": the last three digits, then groups of two, and U+2212 for
/// minus so that a screen reader and a column of figures take it for a sign.
pub(crate) fn grouped(value: Decimal) -> String {
    let plain = value.to_string();
    let (sign, unsigned) = match plain.strip_prefix('-') {
        Some(unsigned) => ("\u{2212}", unsigned),
        None => ("", plain.as_str()),
    };
    let (whole, fraction) = match unsigned.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (unsigned, None),
    };
    let mut text = String::from(sign);
    let length = whole.len();
    for (position, digit) in whole.chars().enumerate() {
        let left = length - position;
        let starts_a_group = left == 3 || (left > 3 && left % 2 == 1);
        if position > 0 && starts_a_group {
            text.push(',');
        }
        text.push(digit);
    }
    if let Some(fraction) = fraction {
        text.push('.');
        text.push_str(fraction);
    }
    text
}

/// A newtype over `Decimal` with a [`Form`]: constructors, strict parsing, serde as a string and
/// diesel's `Numeric`. `Display` is the type's own affair.
macro_rules! decimal_value {
    ($(#[$doc:meta])* $name:ident = $form:expr) => {
        $(#[$doc])*
        #[derive(
            Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash,
            diesel::expression::AsExpression, diesel::deserialize::FromSqlRow,
        )]
        #[diesel(sql_type = diesel::sql_types::Numeric)]
        pub struct $name(rust_decimal::Decimal);

        impl $name {
            const FORM: $crate::decimal::Form = $form;

            /// The number of decimals it is kept and printed with.
            pub const DECIMALS: u32 = Self::FORM.decimals;
            pub const ZERO: Self = Self($crate::decimal::constant(0, Self::DECIMALS));
            /// The least value that can be entered or stored.
            pub const MIN: Self = Self(Self::FORM.min);
            /// The greatest value that can be entered or stored.
            pub const MAX: Self = Self(Self::FORM.max);

            /// Takes a number that is already exact: one with more decimals is an error, since
            /// only [`rounding`](crate::rounding) rounds.
            pub fn try_new(value: rust_decimal::Decimal) -> Result<Self, $crate::DecimalError> {
                Self::FORM.exact(value).map(Self)
            }

            /// Reads an optional `-`, digits, and optionally a point and digits: no exponent, no
            /// plus, no spaces, no commas, ASCII only.
            pub fn parse(text: &str) -> Result<Self, $crate::DecimalError> {
                Self::FORM.parse(text).map(Self)
            }

            #[must_use]
            pub const fn as_decimal(self) -> rust_decimal::Decimal {
                self.0
            }

            #[must_use]
            pub const fn is_zero(self) -> bool {
                self.0.is_zero()
            }

            /// Less than zero.
            #[must_use]
            pub const fn is_negative(self) -> bool {
                self.0.is_sign_negative() && !self.0.is_zero()
            }

            /// Greater than zero.
            #[must_use]
            pub const fn is_positive(self) -> bool {
                self.0.is_sign_positive() && !self.0.is_zero()
            }
        }

        impl Default for $name {
            fn default() -> Self {
                Self::ZERO
            }
        }

        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self)
            }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::DecimalError;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Self::parse(text)
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        /// From strings alone: a JSON number may have been a float on its way here.
        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = <String as serde::Deserialize>::deserialize(deserializer)?;
                Self::parse(&text).map_err(serde::de::Error::custom)
            }
        }

        /// Refuses what the column cannot hold, as a sum may be.
        impl diesel::serialize::ToSql<diesel::sql_types::Numeric, diesel::pg::Pg> for $name {
            fn to_sql<'b>(
                &'b self,
                out: &mut diesel::serialize::Output<'b, '_, diesel::pg::Pg>,
            ) -> diesel::serialize::Result {
                Self::FORM.check_bounds(self.0)?;
                let mut out = out.reborrow();
                diesel::serialize::ToSql::<diesel::sql_types::Numeric, diesel::pg::Pg>::to_sql(&self.0, &mut out)
            }
        }

        impl diesel::deserialize::FromSql<diesel::sql_types::Numeric, diesel::pg::Pg> for $name {
            fn from_sql(bytes: diesel::pg::PgValue<'_>) -> diesel::deserialize::Result<Self> {
                let value = <rust_decimal::Decimal as diesel::deserialize::FromSql<
                    diesel::sql_types::Numeric,
                    diesel::pg::Pg,
                >>::from_sql(bytes)?;
                Ok(Self::try_new(value)?)
            }
        }
    };
}

/// Exact addition for a number whose sums and differences mean something.
///
/// A result may lie outside the kind's bounds: it is still exact, `within_bounds` turns it into
/// an error a person can act on, and a column refuses it. `Decimal` itself ends above 10^24, more
/// than a million million of the greatest values.
macro_rules! decimal_sums {
    ($name:ident) => {
        impl $name {
            /// Itself, if it can be stored: for a result of arithmetic.
            pub fn within_bounds(self) -> Result<Self, $crate::DecimalError> {
                Self::FORM.check_bounds(self.0)?;
                Ok(self)
            }

            #[must_use]
            pub fn abs(self) -> Self {
                Self(self.0.abs())
            }
        }

        impl std::ops::Add for $name {
            type Output = Self;

            fn add(self, other: Self) -> Self {
                Self($crate::decimal::fixed(self.0 + other.0, Self::DECIMALS))
            }
        }

        impl std::ops::Sub for $name {
            type Output = Self;

            fn sub(self, other: Self) -> Self {
                Self($crate::decimal::fixed(self.0 - other.0, Self::DECIMALS))
            }
        }

        impl std::ops::Neg for $name {
            type Output = Self;

            fn neg(self) -> Self {
                Self($crate::decimal::fixed(-self.0, Self::DECIMALS))
            }
        }

        impl std::ops::AddAssign for $name {
            fn add_assign(&mut self, other: Self) {
                *self = *self + other;
            }
        }

        impl std::ops::SubAssign for $name {
            fn sub_assign(&mut self, other: Self) {
                *self = *self - other;
            }
        }

        impl std::iter::Sum for $name {
            fn sum<I: Iterator<Item = Self>>(values: I) -> Self {
                values.fold(Self::ZERO, |sum, value| sum + value)
            }
        }

        impl<'a> std::iter::Sum<&'a $name> for $name {
            fn sum<I: Iterator<Item = &'a $name>>(values: I) -> Self {
                values.copied().sum()
            }
        }
    };
}

pub(crate) use {decimal_sums, decimal_value};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::money::{Money, UnitPrice};
    use crate::quantity::Quantity;
    use crate::rate::Rate;
    use diesel::sql_types::Numeric;
    use proptest::prelude::*;

    #[test]
    fn what_is_not_plain_digits_is_not_a_number() {
        for text in [
            "", " ", "-", ".", "-.", "1.", ".5", "+1", "--1", "1-", " 1", "1 ", "1 000", "1,000",
            "1e3", "1E3", "0x1F", "1_000", "1.2.3", "१२", "１２", "٣", "NaN", "inf", "₹5", "1\n",
            "1\0",
        ] {
            let wrong = DecimalError::NotANumber {
                noun: "an amount",
                example: "1180.00",
            };
            assert_eq!(Money::parse(text), Err(wrong), "{text:?}");
            assert!(UnitPrice::parse(text).is_err(), "{text:?}");
            assert!(Quantity::parse(text).is_err(), "{text:?}");
            assert!(Rate::parse(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn more_decimals_than_a_kind_has_are_refused_and_not_rounded() {
        assert!(Money::parse("1.005").is_err());
        assert!(Money::parse("1.000").is_err());
        assert!(UnitPrice::parse("1.00001").is_err());
        assert!(Quantity::parse("1.0001").is_err());
        assert!(Rate::parse("0.125").is_err());
        assert!(Money::try_new(Decimal::new(1005, 3)).is_err());
        assert_eq!(
            Money::try_new(Decimal::new(1000, 3)),
            Ok(Money::from_rupees(1))
        );
    }

    #[test]
    fn each_kind_ends_where_its_column_does() {
        assert_eq!(Money::MAX.to_string(), "999999999999.99");
        assert_eq!(Money::MIN.to_string(), "-999999999999.99");
        assert_eq!(UnitPrice::MIN.to_string(), "0.0000");
        assert_eq!(UnitPrice::MAX.to_string(), "9999999999.9999");
        assert_eq!(Quantity::MAX.to_string(), "99999999999.999");
        assert_eq!(Quantity::MIN.to_string(), "-99999999999.999");
        assert_eq!(
            (Rate::MIN.to_string(), Rate::MAX.to_string()),
            ("0.00".into(), "100.00".into())
        );

        assert_eq!(Money::parse("999999999999.99"), Ok(Money::MAX));
        for beyond in ["1000000000000", "1000000000000.00", "-1000000000000"] {
            assert!(matches!(
                Money::parse(beyond),
                Err(DecimalError::OutOfRange { .. })
            ));
        }
        let forty_digits = "9".repeat(40);
        assert!(matches!(
            Money::parse(&forty_digits),
            Err(DecimalError::OutOfRange { .. })
        ));
        assert!(Money::parse(&"9".repeat(4_000)).is_err());
        assert!(UnitPrice::parse("-0.0001").is_err());
        assert!(UnitPrice::parse("10000000000").is_err());
        assert!(Quantity::parse("100000000000").is_err());
        assert!(Rate::parse("100.01").is_err());
        assert!(Rate::parse("-1").is_err());
    }

    #[test]
    fn errors_are_sentences_for_the_person_at_the_form() {
        let say = |error: Result<Money, DecimalError>| error.unwrap_err().to_string();
        assert_eq!(
            say(Money::parse("ten")),
            "Enter an amount in digits, such as 1180.00"
        );
        assert_eq!(
            say(Money::parse("1.001")),
            "Enter an amount with at most 2 decimals"
        );
        assert_eq!(
            say(Money::parse("1000000000000")),
            "Enter an amount up to 999999999999.99"
        );
        assert_eq!(
            Rate::parse("101").unwrap_err().to_string(),
            "Enter a rate in percent from 0.00 to 100.00"
        );
    }

    #[test]
    fn zero_has_no_sign_however_it_came_about() {
        let zeros = [
            Money::parse("-0").unwrap(),
            Money::parse("-0.00").unwrap(),
            Money::try_new(-Decimal::ZERO).unwrap(),
            -Money::ZERO,
            Money::from_rupees(1) - Money::from_rupees(1),
            Money::from_rupees(-1) + Money::from_rupees(1),
            Money::from_paise(0),
        ];
        for zero in zeros {
            assert_eq!(zero.to_string(), "0.00");
            assert_eq!(zero.grouped(), "0.00");
            assert!(zero.is_zero() && !zero.is_negative() && !zero.is_positive());
        }
    }

    #[test]
    fn a_json_number_is_not_taken_for_money() {
        assert!(serde_json::from_str::<Money>("1180.00").is_err());
        assert!(serde_json::from_str::<Money>("1180").is_err());
        assert_eq!(
            serde_json::from_str::<Money>("\"1180\"").unwrap(),
            Money::from_rupees(1180)
        );
    }

    #[test]
    fn a_sum_beyond_the_column_is_kept_exact_but_not_stored() {
        let beyond = Money::MAX + Money::from_paise(1);
        assert_eq!(beyond.to_string(), "1000000000000.00");
        assert!(beyond.within_bounds().is_err());
        assert!(crate::check::written::<_, Numeric>(&beyond).is_err());
        assert_eq!(Money::MAX.within_bounds(), Ok(Money::MAX));
        crate::check::column::<_, Numeric>(&Money::MAX);
        crate::check::column::<_, Numeric>(&Money::MIN);
    }

    #[test]
    fn a_column_of_more_decimals_is_an_error_and_not_rounded() {
        let price =
            crate::check::written::<_, Numeric>(&UnitPrice::parse("1.0001").unwrap()).unwrap();
        assert!(crate::check::read::<Money, Numeric>(&price).is_err());
    }

    proptest! {
        #[test]
        fn every_value_comes_back_from_text_json_and_column(
            paise in -99_999_999_999_999_i64..=99_999_999_999_999,
            magnitude in 0_i64..=99_999_999_999_999,
            basis_points in 0_i64..=10_000,
        ) {
            let money = Money::from_paise(paise);
            crate::check::text(&money);
            crate::check::json_string(&money, &money.to_string());
            crate::check::column::<_, Numeric>(&money);
            prop_assert_eq!(money.as_paise(), i128::from(paise));

            let price = UnitPrice::try_new(constant(magnitude, 4)).unwrap();
            crate::check::text(&price);
            crate::check::json_string(&price, &price.to_string());
            crate::check::column::<_, Numeric>(&price);

            let quantity = Quantity::try_new(constant(paise, 3)).unwrap();
            crate::check::text(&quantity);
            crate::check::json_string(&quantity, &quantity.to_string());
            crate::check::column::<_, Numeric>(&quantity);
            prop_assert_eq!(quantity.to_fixed().parse(), Ok(quantity));

            let rate = Rate::try_new(constant(basis_points, 2)).unwrap();
            crate::check::text(&rate);
            crate::check::json_string(&rate, &rate.to_string());
            crate::check::column::<_, Numeric>(&rate);
        }

        #[test]
        fn no_text_makes_the_parser_fail_in_another_way(text in "\\PC*") {
            if let Ok(money) = Money::parse(&text) {
                prop_assert!(text.bytes().all(|b| b.is_ascii_digit() || b == b'.' || b == b'-'));
                crate::check::text(&money);
            }
        }

        #[test]
        fn grouping_only_adds_commas_in_the_indian_places(paise in any::<i64>()) {
            let grouped = Money::from_paise(paise).grouped();
            let plain = grouped.replace(',', "").replace('\u{2212}', "-");
            prop_assert_eq!(plain, Money::from_paise(paise).to_string());
            let whole = grouped.trim_start_matches('\u{2212}').split('.').next().unwrap();
            let groups: Vec<&str> = whole.split(',').collect();
            let (last, others) = groups.split_last().unwrap();
            if let Some((first, middle)) = others.split_first() {
                prop_assert_eq!(last.len(), 3);
                prop_assert!((1..=2).contains(&first.len()));
                prop_assert!(middle.iter().all(|group| group.len() == 2));
            } else {
                prop_assert!((1..=3).contains(&last.len()));
            }
        }
    }
}
