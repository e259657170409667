//! What money, prices, quantities and rates share: an exact decimal number with a fixed number of
//! decimals and bounds, read strictly and never rounded on the way in.

use rust_decimal::Decimal;

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
    #[error("Enter {noun} from {min} to {max}")]
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
