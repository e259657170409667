//! What open pages of this process listen to, and what of it was said a moment before they did.

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tokio::sync::broadcast;

use super::Hint;

/// Hints a slow page may fall behind before it is told to look at everything again; as many are kept for pages to come.
const BACKLOG: usize = 1024;

/// A page is drawn before its stream opens, perhaps by another process with another clock: what was said this long
/// before the page began may be news to it.
const CLOCK_SLACK: Duration = Duration::from_secs(2);

/// When a page was drawn or an event sent: milliseconds of the wall clock since 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Moment(u64);

impl Moment {
    #[must_use]
    #[expect(
        clippy::disallowed_methods,
        reason = "processes compare when they sent and drew, which no clock of a test sets"
    )]
    pub fn now() -> Self {
        let since = SystemTime::now().duration_since(UNIX_EPOCH);
        Moment(since.map_or(0, millis))
    }

    /// Of the text that [`Moment`] displays as.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        text.parse().ok().map(Moment)
    }

    fn before(self, by: Duration) -> Self {
        Moment(self.0.saturating_sub(millis(by)))
    }
}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// The feed open pages subscribe to. `None` says "look at everything again": hints may have been lost.
#[derive(Debug, Clone)]
pub struct LiveFeed(Arc<Mutex<Feed>>);

#[derive(Debug)]
struct Feed {
    pages: broadcast::Sender<Option<Hint>>,
    recent: VecDeque<(Moment, Hint)>,
    /// Nothing that was said after this is missing from `recent`.
    is_whole_since: Moment,
}

/// What was said between the drawing of a page and the opening of its stream.
#[derive(Debug, PartialEq, Eq)]
pub enum Missed {
    /// These, the oldest first, each once.
    Hints(Vec<Hint>),
    /// Nobody knows any more: the page must look at everything.
    Unknown,
}

impl LiveFeed {
    pub fn new() -> Self {
        LiveFeed(Arc::new(Mutex::new(Feed {
            pages: broadcast::channel(BACKLOG).0,
            recent: VecDeque::new(),
            is_whole_since: Moment::now(),
        })))
    }

    /// What comes from here on, and what a page that was drawn at `drawn` has missed: nothing falls between the two.
    pub fn subscribe(&self, drawn: Option<Moment>) -> (broadcast::Receiver<Option<Hint>>, Missed) {
        let feed = self.locked();
        let missed = drawn.map_or(Missed::Hints(Vec::new()), |drawn| feed.missed_since(drawn));
        (feed.pages.subscribe(), missed)
    }

    pub(super) fn say(&self, hint: Hint) {
        self.locked().say(Moment::now(), hint);
    }

    /// Hints may have been lost: every page must look at everything, those that open soon as well.
    pub(super) fn start_over(&self) {
        let mut feed = self.locked();
        feed.recent.clear();
        feed.is_whole_since = Moment::now();
        let _ = feed.pages.send(None);
    }

    fn locked(&self) -> MutexGuard<'_, Feed> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Feed {
    fn say(&mut self, at: Moment, hint: Hint) {
        if self.recent.len() == BACKLOG
            && let Some((dropped, _)) = self.recent.pop_front()
        {
            self.is_whole_since = dropped;
        }
        self.recent.push_back((at, hint));
        // An error only means that no page is open.
        let _ = self.pages.send(Some(hint));
    }

    fn missed_since(&self, drawn: Moment) -> Missed {
        if drawn <= self.is_whole_since {
            return Missed::Unknown;
        }
        let from = drawn.before(CLOCK_SLACK);
        let mut hints: Vec<Hint> = Vec::new();
        for (at, hint) in &self.recent {
            if *at >= from && !hints.contains(hint) {
                hints.push(*hint);
            }
        }
        Missed::Hints(hints)
    }
}

impl Default for LiveFeed {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use vitaran_kernel::{OrderId, TenantId};

    use super::super::Subject;
    use super::*;

    fn hint() -> Hint {
        Hint {
            tenant: TenantId::generate(),
            subject: Subject::Order(OrderId::generate()),
        }
    }

    fn feed_since(since: u64) -> Feed {
        Feed {
            pages: broadcast::channel(BACKLOG).0,
            recent: VecDeque::new(),
            is_whole_since: Moment(since),
        }
    }

    #[test]
    fn a_page_gets_what_was_said_since_it_was_drawn_once_each_and_nothing_older() {
        let mut feed = feed_since(0);
        let (old, first, second) = (hint(), hint(), hint());
        feed.say(Moment(10_000), old);
        feed.say(Moment(20_000), first);
        feed.say(Moment(20_500), second);
        feed.say(Moment(20_600), first);
        let expected = Missed::Hints(vec![first, second]);
        assert_eq!(feed.missed_since(Moment(20_000)), expected);
        assert_eq!(
            feed.missed_since(Moment(22_000)),
            expected,
            "clocks may differ by two seconds"
        );
        assert_eq!(feed.missed_since(Moment(30_000)), Missed::Hints(Vec::new()));
    }

    #[test]
    fn a_page_older_than_what_is_kept_looks_at_everything() {
        let mut feed = feed_since(5_000);
        assert_eq!(feed.missed_since(Moment(5_000)), Missed::Unknown);
        assert_eq!(feed.missed_since(Moment(5_001)), Missed::Hints(Vec::new()));
        for second in 0..=u64::try_from(BACKLOG).unwrap() {
            feed.say(Moment(10_000 + second), hint());
        }
        assert_eq!(feed.recent.len(), BACKLOG);
        assert_eq!(feed.missed_since(Moment(10_000)), Missed::Unknown);
        assert!(matches!(
            feed.missed_since(Moment(10_001)),
            Missed::Hints(_)
        ));
    }

    #[test]
    fn after_a_lost_connection_pages_that_open_late_look_at_everything_too() {
        let feed = LiveFeed::new();
        let drawn = Moment::now();
        let (mut open, _) = feed.subscribe(None);
        feed.start_over();
        assert_eq!(open.try_recv(), Ok(None));
        assert_eq!(feed.subscribe(Some(drawn)).1, Missed::Unknown);
    }

    #[test]
    fn a_moment_survives_the_address_of_the_stream() {
        let now = Moment::now();
        assert_eq!(Moment::parse(&now.to_string()), Some(now));
        for noise in ["", "-1", "now", "99999999999999999999"] {
            assert_eq!(Moment::parse(noise), None, "{noise}");
        }
    }
}
