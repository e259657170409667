//! Time as a value: whoever needs the time is given a clock. The only place that asks the machine.

use std::fmt::Debug;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, SubsecRound, TimeDelta, Utc};

/// What PostgreSQL keeps of a second. A time that is finer would not equal itself once stored.
const SUBSECOND_DIGITS: u16 = 6;

pub trait Clock: Send + Sync + Debug {
    /// Now, in whole microseconds.
    fn now(&self) -> DateTime<Utc>;
}

/// The machine's clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(
        clippy::disallowed_methods,
        reason = "the one source of time all other code is given"
    )]
    fn now(&self) -> DateTime<Utc> {
        Utc::now().trunc_subsecs(SUBSECOND_DIGITS)
    }
}

/// A clock that stands still until told otherwise. Clones show the same time.
#[derive(Debug, Clone)]
pub struct SettableClock(Arc<Mutex<DateTime<Utc>>>);

impl SettableClock {
    #[must_use]
    pub fn new(now: DateTime<Utc>) -> Self {
        Self(Arc::new(Mutex::new(now.trunc_subsecs(SUBSECOND_DIGITS))))
    }

    pub fn set(&self, now: DateTime<Utc>) {
        *self.lock() = now.trunc_subsecs(SUBSECOND_DIGITS);
    }

    /// Moves on by `by`, or back when it is negative. Stays where it is if that would leave
    /// chrono's calendar.
    pub fn advance(&self, by: TimeDelta) {
        let mut now = self.lock();
        if let Some(later) = now.checked_add_signed(by) {
            *now = later.trunc_subsecs(SUBSECOND_DIGITS);
        }
    }

    fn lock(&self) -> MutexGuard<'_, DateTime<Utc>> {
        // A time cannot be left half-written, so a holder's panic spoils nothing.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Clock for SettableClock {
    fn now(&self) -> DateTime<Utc> {
        *self.lock()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::Timelike;

    fn instant(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    #[test]
    fn every_clock_tells_what_the_database_can_keep() {
        let settable = SettableClock::new(instant("2026-11-21T03:35:00.123456789Z"));
        assert_eq!(settable.now(), instant("2026-11-21T03:35:00.123456Z"));
        settable.advance(TimeDelta::nanoseconds(1_999));
        assert_eq!(settable.now(), instant("2026-11-21T03:35:00.123457Z"));
        assert_eq!(SystemClock.now().nanosecond() % 1_000, 0);
    }

    #[test]
    fn a_settable_clock_stands_still_until_told() {
        let clock = SettableClock::new(instant("2026-03-31T18:29:59Z"));
        let shared: Arc<dyn Clock> = Arc::new(clock.clone());
        assert_eq!(shared.now(), shared.now());
        clock.advance(TimeDelta::seconds(1));
        assert_eq!(shared.now(), instant("2026-03-31T18:30:00Z"));
        clock.advance(TimeDelta::seconds(-2));
        assert_eq!(shared.now(), instant("2026-03-31T18:29:58Z"));
        clock.set(instant("2027-01-01T00:00:00Z"));
        clock.advance(TimeDelta::MAX);
        assert_eq!(shared.now(), instant("2027-01-01T00:00:00Z"));
    }

    #[test]
    fn the_system_clock_goes_forward() {
        let first = SystemClock.now();
        assert!(first <= SystemClock.now());
        assert!(first > instant("2026-01-01T00:00:00Z"));
    }
}
