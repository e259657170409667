//! Business dates in Indian Standard Time and the financial years they fall in.

use std::fmt;

use chrono::{DateTime, Datelike, NaiveDate, NaiveTime, TimeDelta, Utc};
use chrono_tz::Asia::Kolkata;
use chrono_tz::Tz;
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
        Self::nearest(in_india(instant).date_naive())
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

    /// The instant the day begins in India.
    #[must_use]
    pub fn start(self) -> DateTime<Utc> {
        // India keeps no summer time, so midnight is always five and a half hours before UTC's.
        self.0.and_time(chrono::NaiveTime::MIN).and_utc() - TimeDelta::minutes(5 * 60 + 30)
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
    in_india(instant).format("%-d %b %Y, %-I:%M %P").to_string()
}

/// The instant on an Indian clock. chrono panics where its calendar ends, so an instant outside
/// the range of [`IstDate`] is brought to within a day of it.
fn in_india(instant: DateTime<Utc>) -> DateTime<Tz> {
    const EARLIEST: DateTime<Utc> = day(2000, 3, 31).and_time(NaiveTime::MIN).and_utc();
    const LATEST: DateTime<Utc> = day(2100, 4, 1).and_time(NaiveTime::MIN).and_utc();
    instant.clamp(EARLIEST, LATEST).with_timezone(&Kolkata)
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::{FixedOffset, SecondsFormat, TimeZone};
    use proptest::prelude::*;

    fn instant(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    fn date(text: &str) -> IstDate {
        IstDate::parse(text).unwrap()
    }

    #[test]
    fn the_year_turns_at_midnight_in_india() {
        for (utc, day, long, short, period) in [
            (
                "2026-03-31T18:29:59Z",
                "2026-03-31",
                "2025-26",
                "25-26",
                "032026",
            ),
            (
                "2026-03-31T18:30:00Z",
                "2026-04-01",
                "2026-27",
                "26-27",
                "042026",
            ),
            (
                "2026-04-01T00:00:00Z",
                "2026-04-01",
                "2026-27",
                "26-27",
                "042026",
            ),
            (
                "2027-03-31T18:29:59.999Z",
                "2027-03-31",
                "2026-27",
                "26-27",
                "032027",
            ),
            (
                "2024-02-29T12:00:00Z",
                "2024-02-29",
                "2023-24",
                "23-24",
                "022024",
            ),
            (
                "2099-12-31T18:30:00Z",
                "2100-01-01",
                "2099-00",
                "99-00",
                "012100",
            ),
        ] {
            let on = IstDate::of(instant(utc));
            let year = FinancialYear::of(on);
            assert_eq!(on.to_string(), day);
            assert_eq!(
                (year.long().as_str(), year.short().as_str()),
                (long, short),
                "{utc}"
            );
            assert_eq!(on.return_period(), period);
        }
    }

    #[test]
    fn dates_are_written_as_people_and_forms_want_them() {
        let day = date("2026-11-21");
        assert_eq!(
            (day.long(), day.dmy()),
            ("21 Nov 2026".into(), "21/11/2026".into())
        );
        assert_eq!(date("2026-04-05").long(), "5 Apr 2026");
        assert_eq!(date("2026-04-05").dmy(), "05/04/2026");
    }

    #[test]
    fn an_instant_is_labelled_in_indian_time() {
        for (utc, label) in [
            ("2026-11-21T03:35:00Z", "21 Nov 2026, 9:05 am"),
            ("2026-11-21T18:29:59Z", "21 Nov 2026, 11:59 pm"),
            ("2026-11-21T18:30:00Z", "22 Nov 2026, 12:00 am"),
            ("2026-11-21T06:30:00Z", "21 Nov 2026, 12:00 pm"),
        ] {
            assert_eq!(ist_datetime_label(instant(utc)), label);
        }
    }

    #[test]
    fn only_a_padded_date_of_the_calendar_is_read() {
        for text in [
            "",
            "2026-11-31",
            "2026-02-29",
            "2026-1-2",
            "26-11-21",
            "21-11-2026",
            "21/11/2026",
            "2026-11-21T00:00:00",
            " 2026-11-21",
            "+2026-11-21",
            "2026-13-01",
            "२०२६-११-२१",
        ] {
            assert_eq!(
                IstDate::parse(text),
                Err(IstDateError::NotADate),
                "{text:?}"
            );
        }
        for text in ["2000-03-31", "2100-04-01", "1999-12-31", "9999-01-01"] {
            assert_eq!(
                IstDate::parse(text),
                Err(IstDateError::OutOfRange),
                "{text:?}"
            );
        }
        assert_eq!(date("2000-04-01"), IstDate::MIN);
        assert_eq!(date("2100-03-31"), IstDate::MAX);
    }

    #[test]
    fn days_are_added_within_the_range() {
        assert_eq!(date("2026-02-27").add_days(2), date("2026-03-01"));
        assert_eq!(date("2024-02-28").add_days(1), date("2024-02-29"));
        assert_eq!(date("2026-01-01").add_days(-1), date("2025-12-31"));
        assert_eq!(IstDate::MAX.add_days(1), IstDate::MAX);
        assert_eq!(IstDate::MIN.add_days(-1), IstDate::MIN);
        assert_eq!(date("2026-01-01").add_days(i64::MAX), IstDate::MAX);
        assert_eq!(date("2026-01-01").add_days(i64::MIN), IstDate::MIN);
        assert_eq!(IstDate::of(DateTime::<Utc>::MAX_UTC), IstDate::MAX);
        assert_eq!(IstDate::of(DateTime::<Utc>::MIN_UTC), IstDate::MIN);
    }

    #[test]
    fn every_year_comes_back_in_both_forms_and_holds_its_days() {
        for start in FIRST_START_YEAR..=LAST_START_YEAR {
            let year = FinancialYear::try_new(start).unwrap();
            assert_eq!(year.start_year(), start);
            assert_eq!(FinancialYear::parse_short(&year.short()), Ok(year));
            crate::check::text(&year);
            crate::check::json_string(&year, &year.long());
            crate::check::column::<_, sql_types::SmallInt>(&year);
            assert_eq!(year.first_day().to_string(), format!("{start}-04-01"));
            assert_eq!(year.last_day().to_string(), format!("{}-03-31", start + 1));
            assert!(year.contains(year.first_day()) && year.contains(year.last_day()));
            if start > FIRST_START_YEAR {
                assert!(!year.contains(year.first_day().add_days(-1)));
            }
            if start < LAST_START_YEAR {
                assert!(!year.contains(year.last_day().add_days(1)));
            }
        }
    }

    #[test]
    fn what_is_no_financial_year_is_refused() {
        for text in [
            "",
            "2026",
            "2026-28",
            "2026-2027",
            "26-27",
            "2026/27",
            "2026-27 ",
            "-026-27",
            "+026-27",
        ] {
            assert_eq!(
                FinancialYear::parse(text),
                Err(FinancialYearError::NotAYear),
                "{text:?}"
            );
        }
        for text in ["", "26", "26-28", "2026-27", "26-2", "+6-07"] {
            assert!(FinancialYear::parse_short(text).is_err(), "{text:?}");
        }
        assert_eq!(
            FinancialYear::parse("1999-00"),
            Err(FinancialYearError::OutOfRange)
        );
        assert_eq!(
            FinancialYear::parse("2100-01"),
            Err(FinancialYearError::OutOfRange)
        );
        assert!(FinancialYear::try_new(1999).is_err());
        assert!(FinancialYear::try_new(2100).is_err());
    }

    proptest! {
        #[test]
        fn the_date_in_india_is_that_of_half_past_five_ahead(seconds in 954_527_400_i64..4_110_201_000) {
            let at = Utc.timestamp_opt(seconds, 0).unwrap();
            let ahead = at.with_timezone(&FixedOffset::east_opt(19_800).unwrap());
            let text = ahead.to_rfc3339_opts(SecondsFormat::Secs, true);
            prop_assert_eq!(IstDate::of(at).to_string(), &text[..10]);
        }

        #[test]
        fn every_date_comes_back_and_lies_in_its_year(days in 0_i64..36_525) {
            let day = IstDate::MIN.add_days(days);
            crate::check::text(&day);
            crate::check::json_string(&day, &day.to_string());
            crate::check::column::<_, sql_types::Date>(&day);
            let year = FinancialYear::of(day);
            prop_assert!(year.contains(day));
            prop_assert!(year.first_day() <= day && day <= year.last_day());
        }
    }
}
