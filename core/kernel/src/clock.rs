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
