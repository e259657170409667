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

/// How a request was received.
#[derive(Debug)]
pub enum Admission {
    /// Let in.
    Admitted,
    /// Let in, and there is something to tell the other processes: see [`RequestLimit::tell`].
    AdmittedAndTell(Share),
    Refused(TooMany),
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

    /// Counts a request, or refuses it. What is refused is not counted, so that who waits is let in.
    pub fn admit(&self, network: Network, now: DateTime<Utc>) -> Admission {
        let millis = now.timestamp_millis();
        let (stretch, elapsed) = (millis.div_euclid(STRETCH_MS), millis.rem_euclid(STRETCH_MS));
        let mut all = self.counts();
        if !all.contains_key(&network) {
            if all.len() >= MAX_NETWORKS {
                all.retain(|_, counts| counts.stretch >= stretch - 1);
            }
            if all.len() >= MAX_NETWORKS {
                return Admission::Admitted;
            }
        }
        let counts = all.entry(network).or_default();
        counts.move_to(stretch);
        let current = counts.told + counts.untold;
        if let Err(refused) = decide(self.most, counts.before, current, elapsed) {
            return Admission::Refused(refused);
        }
        counts.untold += 1;
        if counts.is_telling || counts.untold < (self.most / 4).max(1) {
            return Admission::Admitted;
        }
        counts.is_telling = true;
        Admission::AdmittedAndTell(Share {
            network,
            stretch,
            count: counts.untold,
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

/// Pure: whether one more fits, and otherwise when it will.
fn decide(most: i64, before: i64, current: i64, elapsed: i64) -> Result<(), TooMany> {
    let weighed = before * (STRETCH_MS - elapsed) / STRETCH_MS;
    if weighed + current < most {
        return Ok(());
    }
    let free = most - current;
    let wait_ms = if free > 0 && before > 0 {
        // The part of the stretch before that still counts shrinks to what is free.
        STRETCH_MS - free * STRETCH_MS / before - elapsed
    } else {
        STRETCH_MS - elapsed
    };
    let seconds = wait_ms.div_euclid(1_000) + 1;
    Err(TooMany {
        seconds: u32::try_from(seconds).unwrap_or(1).max(1),
    })
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
            .filter(|_| !matches!(limit.admit(from, now), Admission::Refused(_)))
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
            let Admission::Refused(refused) = limit.admit(network(1), at(now)) else {
                panic!("let in at {now}");
            };
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
            assert!(matches!(
                limit.admit(network(1), at(0)),
                Admission::Admitted
            ));
        }
        assert!(matches!(
            limit.admit(network(1), at(0)),
            Admission::AdmittedAndTell(Share { count: 25, .. })
        ));
    }

    #[tokio::test]
    async fn two_processes_together_let_in_a_quarter_more_than_one_at_most() {
        let (db, _) = test_db();
        let processes = [RequestLimit::new(100), RequestLimit::new(100)];
        let from = Network::of(std::net::IpAddr::from(uuid::Uuid::now_v7().into_bytes()));
        let mut let_in = 0;
        for request in 0..400 {
            match processes[request % 2].admit(from, at(0)) {
                Admission::Admitted => let_in += 1,
                Admission::AdmittedAndTell(share) => {
                    let_in += 1;
                    processes[request % 2].tell(&db, share).await;
                }
                Admission::Refused(_) => {}
            }
        }
        assert!((100..=125).contains(&let_in), "{let_in}");
    }
}
