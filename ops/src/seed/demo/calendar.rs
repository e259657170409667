//! Business hours in India, and a small source of luck that gives the same numbers in every run.

use chrono::{DateTime, Datelike as _, FixedOffset, NaiveTime, TimeDelta, Utc, Weekday};

/// 09:30 to 18:30, Monday to Saturday.
const OPENS_MINUTE: i64 = 9 * 60 + 30;
const CLOSES_MINUTE: i64 = 18 * 60 + 30;
/// India keeps one time all year, 5½ hours before UTC.
const IST_OFFSET_S: i32 = 19_800;

fn india() -> Option<FixedOffset> {
    FixedOffset::east_opt(IST_OFFSET_S)
}

fn at_minute(day: chrono::NaiveDate, minute: i64) -> DateTime<Utc> {
    let midnight = day.and_time(NaiveTime::MIN).and_utc() - TimeDelta::seconds(IST_OFFSET_S.into());
    midnight + TimeDelta::minutes(minute)
}

fn day_of(instant: DateTime<Utc>) -> chrono::NaiveDate {
    match india() {
        Some(india) => instant.with_timezone(&india).date_naive(),
        None => instant.date_naive(),
    }
}

/// The opening of business on the day of an instant, or on the next working day.
pub(super) fn opening_of(instant: DateTime<Utc>) -> DateTime<Utc> {
    let day = day_of(instant);
    let day = if day.weekday() == Weekday::Sun {
        day + TimeDelta::days(1)
    } else {
        day
    };
    at_minute(day, OPENS_MINUTE)
}

/// The first instant not before this one at which people are at work.
pub(super) fn at_work(instant: DateTime<Utc>) -> DateTime<Utc> {
    let opening = opening_of(instant);
    if instant <= opening {
        return opening;
    }
    let closing = opening + TimeDelta::minutes(CLOSES_MINUTE - OPENS_MINUTE);
    if instant < closing {
        instant
    } else {
        opening_of(instant + TimeDelta::days(1))
    }
}

/// So many minutes of work later: what is not done when the day ends is done in the morning.
pub(super) fn after(instant: DateTime<Utc>, minutes: u64) -> DateTime<Utc> {
    let mut now = at_work(instant);
    let mut left = TimeDelta::minutes(i64::try_from(minutes).unwrap_or(0));
    loop {
        let closing = opening_of(now) + TimeDelta::minutes(CLOSES_MINUTE - OPENS_MINUTE);
        if now + left < closing {
            return now + left;
        }
        left -= closing - now;
        now = at_work(closing);
    }
}

/// Marsaglia's xorshift64*: enough to make a seed look like life, and the same life each time.
#[derive(Debug, Clone)]
pub(super) struct Luck(u64);

impl Luck {
    pub(super) fn new(seed: u64) -> Self {
        // Zero would stay zero.
        let mut luck = Luck(seed.max(1));
        for _ in 0..8 {
            luck.draw();
        }
        luck
    }

    fn draw(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D)
    }

    /// From `from` up to and without `to`.
    pub(super) fn between(&mut self, from: u64, to: u64) -> u64 {
        let span = to.saturating_sub(from).max(1);
        from + (self.draw() >> 16) % span
    }

    /// Whether it happens this time, so many times in a hundred.
    pub(super) fn happens(&mut self, percent: u64) -> bool {
        self.between(0, 100) < percent
    }

    /// One of several; `None` of none.
    pub(super) fn pick<'a, T>(&mut self, of: &'a [T]) -> Option<&'a T> {
        let last = u64::try_from(of.len()).unwrap_or(u64::MAX);
        of.get(usize::try_from(self.between(0, last)).unwrap_or(0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn instant(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    #[test]
    fn work_that_is_not_done_in_the_evening_is_done_on_the_next_working_morning() {
        // Saturday 21 November 2026, 18:00 in India; an hour later is Monday, 10:00.
        let saturday = instant("2026-11-21T12:30:00Z");
        assert_eq!(after(saturday, 29), instant("2026-11-21T12:59:00Z"));
        assert_eq!(after(saturday, 60), instant("2026-11-23T04:30:00Z"));
        // Two days of work and an hour.
        assert_eq!(after(saturday, 60 + 1_080), instant("2026-11-25T04:30:00Z"));
    }

    #[test]
    fn nobody_works_at_night_or_on_a_sunday() {
        assert_eq!(
            at_work(instant("2026-11-22T06:00:00Z")),
            instant("2026-11-23T04:00:00Z")
        );
        assert_eq!(
            at_work(instant("2026-11-19T20:00:00Z")),
            instant("2026-11-20T04:00:00Z")
        );
    }

    #[test]
    fn luck_is_the_same_each_time_and_keeps_its_bounds() {
        let (mut one, mut other) = (Luck::new(7), Luck::new(7));
        for _ in 0..1_000 {
            let drawn = one.between(3, 9);
            assert_eq!(drawn, other.between(3, 9));
            assert!((3..9).contains(&drawn));
        }
        assert_eq!(one.pick::<u8>(&[]), None);
    }
}
