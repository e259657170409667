//! The limit on all requests of a network, shared between web processes without asking the database for each.
//!
//! Every process counts for itself, and tells the others, through the database and beside the request, only when it has
//! counted a quarter of the limit since it last did. Whoever stays below a quarter of the limit costs no statement at all.
//! So it is exact within one process, and lets through at most another quarter of the limit for each further process that
//! serves the same network, and what comes in while a count is being told. Between stretches of time it slides: of the
//! stretch before, the part counts that is less than one stretch ago.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, Utc};

use super::count::add_requests;
use super::{Network, TooMany};
use crate::db::Db;

/// What the limit is for.
const STRETCH_MS: i64 = 10_000;

/// Networks remembered at once, some 10 MB. Those that come when it is full are let through: it empties itself in 20 s.
const MAX_NETWORKS: usize = 100_000;

/// Counts of one network. `before` and `now` are stretches of time, each with what was last heard of all processes.
#[derive(Debug, Clone, Copy, Default)]
struct Counts {
    stretch: i64,
    before: i64,
    /// What all processes have told, this one included.
    told: i64,
    /// What this one has not told yet.
    untold: i64,
    is_telling: bool,
}

impl Counts {
    fn move_to(&mut self, stretch: i64) {
        if self.stretch == stretch {
            return;
        }
        let before = match stretch - self.stretch {
            1 => self.told + self.untold,
            _ => 0,
        };
        *self = Counts {
            stretch,
            before,
            ..Counts::default()
        };
    }
}

/// A request that was let in.
#[derive(Debug)]
pub struct Admission {
    pub room: Room,
    /// What is to be told to the other processes, if anything: see [`RequestLimit::tell`].
    pub share: Option<Share>,
}

/// What a network may still ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Room {
    /// Requests that may follow at once, as far as this process knows.
    pub left: i64,
    /// Seconds until there is more.
    pub seconds: u32,
}

/// What one process has counted since it last told the others.
#[derive(Debug)]
pub struct Share {
    network: Network,
    stretch: i64,
    count: i64,
}

/// One process's part of the limit.
#[derive(Debug)]
pub struct RequestLimit {
    most: i64,
    counts: Mutex<HashMap<Network, Counts>>,
}

impl RequestLimit {
    /// The length of time the limit is for.
    pub const SECONDS: i64 = STRETCH_MS / 1_000;

    /// At most so many requests of one network in ten seconds.
    pub fn new(most: u32) -> Self {
        RequestLimit {
            most: i64::from(most),
            counts: Mutex::default(),
        }
    }

    fn counts(&self) -> MutexGuard<'_, HashMap<Network, Counts>> {
        // A count is whole after every line, so a panic elsewhere leaves nothing half done.
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Requests that one network may make in [`RequestLimit::SECONDS`].
    pub fn most(&self) -> i64 {
        self.most
    }

    /// Counts a request, or refuses it. What is refused is not counted, so that who waits is let in.
    pub fn admit(&self, network: Network, now: DateTime<Utc>) -> Result<Admission, TooMany> {
        let millis = now.timestamp_millis();
        let (stretch, elapsed) = (millis.div_euclid(STRETCH_MS), millis.rem_euclid(STRETCH_MS));
        let mut all = self.counts();
        if !all.contains_key(&network) {
            if all.len() >= MAX_NETWORKS {
                all.retain(|_, counts| counts.stretch >= stretch - 1);
            }
            if all.len() >= MAX_NETWORKS {
                let room = Room {
                    left: self.most - 1,
                    seconds: 0,
                };
                return Ok(Admission { room, share: None });
            }
        }
        let counts = all.entry(network).or_default();
        counts.move_to(stretch);
        let current = counts.told + counts.untold;
        let room = decide(self.most, counts.before, current, elapsed)?;
        counts.untold += 1;
        if counts.is_telling || counts.untold < (self.most / 4).max(1) {
            return Ok(Admission { room, share: None });
        }
        counts.is_telling = true;
        let share = Share {
            network,
            stretch,
            count: counts.untold,
        };
        Ok(Admission {
            room,
            share: Some(share),
        })
    }

    /// Tells the other processes, and hears what they have counted. To be called beside the request, which need not wait.
    /// When the database does not answer, each process goes on by itself.
    pub async fn tell(&self, db: &Db, share: Share) {
        let started_at = DateTime::from_timestamp_millis(share.stretch * STRETCH_MS);
        let heard = match started_at {
            Some(at) => add_requests(db, share.network, at, share.count).await,
            None => Ok(share.count),
        };
        if let Err(error) = &heard {
            tracing::warn!(%error, "a count of requests was not shared");
        }
        let mut all = self.counts();
        let Some(counts) = all.get_mut(&share.network) else {
            return;
        };
        match (heard, counts.stretch - share.stretch) {
            (Ok(heard), 0) => {
                counts.told = heard;
                counts.untold -= share.count;
                counts.is_telling = false;
            }
            (Err(_), 0) => counts.is_telling = false,
            (Ok(heard), 1) => counts.before = counts.before.max(heard),
            _ => {}
        }
    }
}

/// Pure: whether one more fits, with the room that is left after it, and otherwise when it will.
fn decide(most: i64, before: i64, current: i64, elapsed: i64) -> Result<Room, TooMany> {
    let weighed = before * (STRETCH_MS - elapsed) / STRETCH_MS;
    if weighed + current < most {
        return Ok(Room {
            left: most - weighed - current - 1,
            seconds: seconds_of(STRETCH_MS - elapsed),
        });
    }
    let free = most - current;
    let wait_ms = if free > 0 && before > 0 {
        // The part of the stretch before that still counts shrinks to what is free.
        STRETCH_MS - free * STRETCH_MS / before - elapsed
    } else {
        STRETCH_MS - elapsed
    };
    Err(TooMany {
        seconds: seconds_of(wait_ms),
    })
}

/// Whole seconds, and never too few.
fn seconds_of(millis: i64) -> u32 {
    let seconds = millis.div_euclid(1_000) + 1;
    u32::try_from(seconds).unwrap_or(1).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testkit::test_db;

    fn at(millis: i64) -> DateTime<Utc> {
        DateTime::from_timestamp_millis(1_800_000_000_000 + millis).unwrap()
    }

    fn network(last: u8) -> Network {
        Network::of([203, 0, 113, last].into())
    }

    /// How many of so many requests are let in.
    fn admitted(limit: &RequestLimit, from: Network, now: DateTime<Utc>, requests: usize) -> usize {
        (0..requests)
            .filter(|_| limit.admit(from, now).is_ok())
            .count()
    }

    #[test]
    fn a_network_gets_its_hundred_and_its_neighbour_too() {
        let limit = RequestLimit::new(100);
        assert_eq!(admitted(&limit, network(1), at(0), 150), 100);
        assert_eq!(admitted(&limit, network(2), at(0), 150), 100);
    }

    #[test]
    fn the_limit_slides_and_a_burst_over_the_edge_of_a_stretch_gains_nothing() {
        let limit = RequestLimit::new(100);
        assert_eq!(admitted(&limit, network(1), at(9_900), 150), 100);
        assert_eq!(admitted(&limit, network(1), at(10_000), 150), 0);
        assert_eq!(admitted(&limit, network(1), at(15_000), 150), 50);
        assert_eq!(admitted(&limit, network(1), at(40_000), 150), 100);
    }

    #[test]
    fn who_waits_as_long_as_was_said_is_let_in() {
        let limit = RequestLimit::new(100);
        admitted(&limit, network(1), at(3_000), 100);
        for now in [3_000, 9_999, 10_000] {
            let refused = limit.admit(network(1), at(now)).unwrap_err();
            let later = at(now + i64::from(refused.seconds) * 1_000);
            let copy = RequestLimit {
                most: 100,
                counts: Mutex::new(limit.counts().clone()),
            };
            assert_eq!(admitted(&copy, network(1), later, 1), 1, "from {now}");
        }
    }

    #[test]
    fn below_a_quarter_of_the_limit_nobody_is_told_anything() {
        let limit = RequestLimit::new(100);
        for _ in 0..24 {
            assert!(limit.admit(network(1), at(0)).unwrap().share.is_none());
        }
        let share = limit.admit(network(1), at(0)).unwrap().share;
        assert_eq!(share.map(|share| share.count), Some(25));
    }

    #[test]
    fn the_room_that_is_told_is_what_is_let_in_afterwards() {
        let limit = RequestLimit::new(100);
        admitted(&limit, network(1), at(9_000), 40);
        let told = limit.admit(network(1), at(14_000)).unwrap().room;
        assert_eq!(
            told,
            Room {
                left: 75,
                seconds: 7
            }
        );
        assert_eq!(admitted(&limit, network(1), at(14_000), 100), 75);
    }

    #[tokio::test]
    async fn two_processes_together_let_in_a_quarter_more_than_one_at_most() {
        let (db, _) = test_db();
        let processes = [RequestLimit::new(100), RequestLimit::new(100)];
        let from = Network::of(std::net::IpAddr::from(uuid::Uuid::now_v7().into_bytes()));
        let mut let_in = 0;
        for request in 0..400 {
            if let Ok(admission) = processes[request % 2].admit(from, at(0)) {
                let_in += 1;
                if let Some(share) = admission.share {
                    processes[request % 2].tell(&db, share).await;
                }
            }
        }
        assert!((100..=125).contains(&let_in), "{let_in}");
    }
}
