//! Business dates in Indian Standard Time and the financial years they fall in.

use std::fmt;

use chrono::{DateTime, Datelike, NaiveDate, TimeDelta, Utc};
use chrono_tz::Asia::Kolkata;
use diesel::deserialize::{self, FromSql};
use diesel::pg::{Pg, PgValue};
use diesel::serialize::{self, Output, ToSql};
use diesel::sql_types;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The first day that can be entered or stored.
const FIRST_DAY: NaiveDate = day(2000, 4, 1);
/// The last day that can be entered or stored: a century, so that two digits name a year.
const LAST_DAY: NaiveDate = day(2100, 3, 31);

const FIRST_START_YEAR: i16 = 2000;
const LAST_START_YEAR: i16 = 2099;

const fn day(year: i32, month: u32, day: u32) -> NaiveDate {
    match NaiveDate::from_ymd_opt(year, month, day) {
        Some(date) => date,
        // Only for a day no calendar has, which the constants above are not.
        None => NaiveDate::MIN,
    }
}

/// A calendar date in India, from 1 April 2000 to 31 March 2100.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    diesel::expression::AsExpression,
    diesel::deserialize::FromSqlRow,
)]
#[diesel(sql_type = sql_types::Date)]
pub struct IstDate(NaiveDate);

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum IstDateError {
    #[error("Enter a date as year-month-day, such as 2026-11-21")]
    NotADate,
    #[error("Enter a date from 1 Apr 2000 to 31 Mar 2100")]
    OutOfRange,
}

impl IstDate {
    pub const MIN: Self = Self(FIRST_DAY);
    pub const MAX: Self = Self(LAST_DAY);

    /// The date in India at that instant. An instant outside the range, which only a broken clock
    /// gives, is taken for the nearest day within it.
    #[must_use]
    pub fn of(instant: DateTime<Utc>) -> Self {
        Self::nearest(instant.with_timezone(&Kolkata).date_naive())
    }

    pub fn try_new(date: NaiveDate) -> Result<Self, IstDateError> {
        if (FIRST_DAY..=LAST_DAY).contains(&date) {
            Ok(Self(date))
        } else {
            Err(IstDateError::OutOfRange)
        }
    }

    /// Reads `2026-11-21`, as a date field sends it, and no other form.
    pub fn parse(text: &str) -> Result<Self, IstDateError> {
        let date =
            NaiveDate::parse_from_str(text, "%Y-%m-%d").map_err(|_| IstDateError::NotADate)?;
        // chrono also takes unpadded and signed numbers; the printed form tells.
        if date.to_string() != text {
            return Err(IstDateError::NotADate);
        }
        Self::try_new(date)
    }

    #[must_use]
    pub const fn as_naive(self) -> NaiveDate {
        self.0
    }

    /// "21 Nov 2026"
    #[must_use]
    pub fn long(self) -> String {
        self.0.format("%-d %b %Y").to_string()
    }

    /// "21/11/2026"
    #[must_use]
    pub fn dmy(self) -> String {
        self.0.format("%d/%m/%Y").to_string()
    }

    /// "112026": the month as GST returns write it.
    #[must_use]
    pub fn return_period(self) -> String {
        self.0.format("%m%Y").to_string()
    }

    /// So many days later, or earlier when negative. Stops at the ends of the range.
    #[must_use]
    pub fn add_days(self, days: i64) -> Self {
        let moved = TimeDelta::try_days(days).and_then(|by| self.0.checked_add_signed(by));
        match moved {
            Some(date) => Self::nearest(date),
            None if days < 0 => Self::MIN,
            None => Self::MAX,
        }
    }

    fn nearest(date: NaiveDate) -> Self {
        Self(date.clamp(FIRST_DAY, LAST_DAY))
    }
}

/// "2026-11-21"
impl fmt::Display for IstDate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0.to_string())
    }
}

impl std::str::FromStr for IstDate {
    type Err = IstDateError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text)
    }
}

impl Serialize for IstDate {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for IstDate {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).map_err(serde::de::Error::custom)
    }
}

impl ToSql<sql_types::Date, Pg> for IstDate {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
        ToSql::<sql_types::Date, Pg>::to_sql(&self.0, out)
    }
}

impl FromSql<sql_types::Date, Pg> for IstDate {
    fn from_sql(bytes: PgValue<'_>) -> deserialize::Result<Self> {
        let date = <NaiveDate as FromSql<sql_types::Date, Pg>>::from_sql(bytes)?;
        Ok(Self::try_new(date)?)
    }
}

/// A year from 1 April to 31 March, kept as the year it starts in: 2000 to 2099.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    diesel::expression::AsExpression,
    diesel::deserialize::FromSqlRow,
)]
#[diesel(sql_type = sql_types::SmallInt)]
pub struct FinancialYear(i16);

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum FinancialYearError {
    #[error("Enter a financial year such as 2026-27")]
    NotAYear,
    #[error("Enter a financial year from 2000-01 to 2099-00")]
    OutOfRange,
}

impl FinancialYear {
    #[must_use]
    pub fn of(date: IstDate) -> Self {
        let year = if date.0.month() >= 4 {
            date.0.year()
        } else {
            date.0.year() - 1
        };
        // The range of IstDate is that of the start years, so nothing is clamped.
        Self(i16::try_from(year).map_or(FIRST_START_YEAR, |year| {
            year.clamp(FIRST_START_YEAR, LAST_START_YEAR)
        }))
    }

    /// `start` is the year of its April.
    pub fn try_new(start: i16) -> Result<Self, FinancialYearError> {
        if (FIRST_START_YEAR..=LAST_START_YEAR).contains(&start) {
            Ok(Self(start))
        } else {
            Err(FinancialYearError::OutOfRange)
        }
    }

    /// Reads the long form, "2026-27".
    pub fn parse(text: &str) -> Result<Self, FinancialYearError> {
        let (start, end) = text.split_once('-').ok_or(FinancialYearError::NotAYear)?;
        let year = Self::try_new(digits(start, 4)?)?;
        if digits(end, 2)? != year.end_digits() {
            return Err(FinancialYearError::NotAYear);
        }
        Ok(year)
    }

    /// Reads the short form, "26-27", as document numbers hold it.
    pub fn parse_short(text: &str) -> Result<Self, FinancialYearError> {
        let (start, end) = text.split_once('-').ok_or(FinancialYearError::NotAYear)?;
        let year = Self::try_new(FIRST_START_YEAR + digits(start, 2)?)?;
        if digits(end, 2)? != year.end_digits() {
            return Err(FinancialYearError::NotAYear);
        }
        Ok(year)
    }

    #[must_use]
    pub const fn start_year(self) -> i16 {
        self.0
    }

    /// "26-27"
    #[must_use]
    pub fn short(self) -> String {
        format!("{:02}-{:02}", self.0 % 100, self.end_digits())
    }

    /// "2026-27"
    #[must_use]
    pub fn long(self) -> String {
        format!("{}-{:02}", self.0, self.end_digits())
    }

    #[must_use]
    pub fn contains(self, date: IstDate) -> bool {
        Self::of(date) == self
    }

    /// 1 April.
    #[must_use]
    pub fn first_day(self) -> IstDate {
        IstDate::nearest(day(i32::from(self.0), 4, 1))
    }

    /// 31 March.
    #[must_use]
    pub fn last_day(self) -> IstDate {
        IstDate::nearest(day(i32::from(self.0) + 1, 3, 31))
    }

    const fn end_digits(self) -> i16 {
        (self.0 + 1) % 100
    }
}

fn digits(text: &str, count: usize) -> Result<i16, FinancialYearError> {
    if text.len() != count || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(FinancialYearError::NotAYear);
    }
    text.parse().map_err(|_| FinancialYearError::NotAYear)
}

/// "2026-27"
impl fmt::Display for FinancialYear {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.long())
    }
}

impl std::str::FromStr for FinancialYear {
    type Err = FinancialYearError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text)
    }
}

impl Serialize for FinancialYear {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for FinancialYear {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).map_err(serde::de::Error::custom)
    }
}

impl ToSql<sql_types::SmallInt, Pg> for FinancialYear {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
        ToSql::<sql_types::SmallInt, Pg>::to_sql(&self.0, out)
    }
}

impl FromSql<sql_types::SmallInt, Pg> for FinancialYear {
    fn from_sql(bytes: PgValue<'_>) -> deserialize::Result<Self> {
        let start = <i16 as FromSql<sql_types::SmallInt, Pg>>::from_sql(bytes)?;
        Ok(Self::try_new(start)?)
    }
}

/// "21 Nov 2026, 9:05 am": an instant as people in India read it.
#[must_use]
pub fn ist_datetime_label(instant: DateTime<Utc>) -> String {
    instant
        .with_timezone(&Kolkata)
        .format("%-d %b %Y, %-I:%M %P")
        .to_string()
}
