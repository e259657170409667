//! Driving load in closed loop: each client sends its next request when it has the answer to the last.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use super::processes::{Cost, cost};
use super::scenarios::{Scenario, Stage};
use crate::OpsError;

/// How much load, for how long, and whose cost is counted.
#[derive(Debug, Clone)]
pub(super) struct Bounds {
    pub clients: usize,
    pub time: Duration,
    pub web_pid: u32,
    pub postgres_pid: u32,
}

/// CPU of web that a request of a kind may cost, in microseconds, in a release build: a millisecond, of a lifecycle on average.
/// Its two heaviest requests have a bound of their own each.
const fn web_cpu_us(kind: Scenario) -> u64 {
    match kind {
        Scenario::Place => 2_000,
        Scenario::Dispatch => 3_000,
        Scenario::Approve
        | Scenario::Lifecycle
        | Scenario::List
        | Scenario::Page
        | Scenario::Search
        | Scenario::Catalogue => 1_000,
    }
}

/// Memory that web may hold under load, in KiB: web and worker together may take 80 MiB.
const WEB_PSS_KIB: u64 = 50 * 1024;

/// What one kind of request came to.
#[derive(Debug, Clone)]
pub struct Measured {
    kind: Scenario,
    /// Requests, or whole lifecycles.
    requests: usize,
    errors: usize,
    elapsed: Duration,
    /// In ascending order.
    latencies: Vec<Duration>,
    web: Cost,
    postgres: Cost,
}

/// Integers alone: a rate in tenths, times in tenths of a millisecond.
impl Measured {
    /// The names of the columns.
    #[must_use]
    pub fn heading() -> String {
        format!(
            "{:10} {:>9} {:>7} {:>9} {:>9} {:>11} {:>10} {:>9} {:>9}",
            "kind",
            "per s",
            "errors",
            "p50 ms",
            "p99 ms",
            "web ms/req",
            "pg ms/req",
            "web MiB",
            "pg MiB"
        )
    }

    fn percentile(&self, percent: usize) -> Duration {
        let last = self.latencies.len().saturating_sub(1);
        self.latencies
            .get(last * percent / 100)
            .copied()
            .unwrap_or_default()
    }

    /// What is worse than it may be, a line for each. Throughput is not among it: that depends on the machine.
    pub(super) fn over_its_floor(&self) -> Vec<String> {
        let mut over = Vec::new();
        let requests =
            u64::try_from(self.requests).unwrap_or(u64::MAX).max(1) * self.kind.http_requests();
        let each_us = self.web.cpu_ms * 1_000 / requests;
        let (name, may_cost) = (self.kind.name(), web_cpu_us(self.kind));
        if each_us > may_cost {
            over.push(format!(
                "OVER: {name} costs web {each_us} us of CPU a request, the floor is {may_cost}"
            ));
        }
        if self.web.pss_kib > WEB_PSS_KIB {
            over.push(format!(
                "OVER: {name} leaves web with {} KiB of memory, the floor is {WEB_PSS_KIB}",
                self.web.pss_kib
            ));
        }
        if self.errors > 0 {
            over.push(format!("OVER: {name} had {} error(s)", self.errors));
        }
        over
    }

    /// Requests in ten seconds.
    fn in_ten_seconds(&self) -> u128 {
        let ms = self.elapsed.as_millis().max(1);
        u128::try_from(self.requests).unwrap_or(0) * 10_000 / ms
    }
}

fn tenths(number: u128) -> String {
    format!("{}.{}", number / 10, number % 10)
}

fn hundredths(number: u128) -> String {
    format!("{}.{:02}", number / 100, number % 100)
}

impl std::fmt::Display for Measured {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let each = |cost: Cost| {
            let requests = u128::try_from(self.requests).unwrap_or(1).max(1);
            hundredths(u128::from(cost.cpu_ms) * 100 / requests)
        };
        let ms = |time: Duration| tenths(time.as_micros() / 100);
        write!(
            f,
            "{:10} {:>9} {:>7} {:>9} {:>9} {:>11} {:>10} {:>9} {:>9}",
            self.kind.name(),
            tenths(self.in_ten_seconds()),
            self.errors,
            ms(self.percentile(50)),
            ms(self.percentile(99)),
            each(self.web),
            each(self.postgres),
            self.web.pss_kib / 1024,
            self.postgres.pss_kib / 1024
        )
    }
}

/// Drives one kind until the time is over or there is nothing left to do it to.
pub(super) async fn drive(
    stage: &Stage,
    scenario: Scenario,
    bounds: &Bounds,
) -> Result<Measured, OpsError> {
    let turn = Arc::new(AtomicUsize::new(0));
    let before = (cost(bounds.web_pid), cost(bounds.postgres_pid));
    let begun = Instant::now();
    let mut clients = tokio::task::JoinSet::new();
    for _ in 0..bounds.clients {
        let (stage, turn, time) = (stage.clone(), Arc::clone(&turn), bounds.time);
        clients.spawn(async move {
            let mut latencies = Vec::new();
            let mut errors = Vec::new();
            while begun.elapsed() < time {
                let number = turn.fetch_add(1, Ordering::Relaxed);
                let sent = Instant::now();
                match stage.once(scenario, number).await {
                    Ok(true) => latencies.push(sent.elapsed()),
                    Ok(false) => break,
                    Err(error) => errors.push(error.to_string()),
                }
            }
            (latencies, errors)
        });
    }
    let mut latencies = Vec::new();
    let mut errors = Vec::new();
    while let Some(done) = clients.join_next().await {
        let (times, refused) = done.map_err(|error| OpsError::Refused(error.to_string()))?;
        latencies.extend(times);
        errors.extend(refused);
    }
    let elapsed = begun.elapsed();
    let after = (cost(bounds.web_pid), cost(bounds.postgres_pid));
    if let Some(error) = errors.first() {
        tracing::warn!(
            kind = scenario.name(),
            "{} error(s), the first: {error}",
            errors.len()
        );
    }
    latencies.sort_unstable();
    let spent = |before: Cost, after: Cost| Cost {
        cpu_ms: after.cpu_ms.saturating_sub(before.cpu_ms),
        pss_kib: after.pss_kib,
    };
    Ok(Measured {
        kind: scenario,
        requests: latencies.len(),
        errors: errors.len(),
        elapsed,
        latencies,
        web: spent(before.0, after.0),
        postgres: spent(before.1, after.1),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list() -> Measured {
        Measured {
            kind: Scenario::List,
            requests: 200,
            errors: 0,
            elapsed: Duration::from_secs(2),
            latencies: (1..=200).map(Duration::from_millis).collect(),
            web: Cost {
                cpu_ms: 200,
                pss_kib: 20_480,
            },
            postgres: Cost {
                cpu_ms: 1_000,
                pss_kib: 40_960,
            },
        }
    }

    #[test]
    fn a_line_says_rate_percentiles_and_cost_of_a_request() {
        let line = list().to_string();
        let columns: Vec<_> = line.split_whitespace().collect();
        assert_eq!(
            columns,
            [
                "list", "100.0", "0", "100.0", "198.0", "1.00", "5.00", "20", "40"
            ]
        );
        assert_eq!(line.len(), Measured::heading().len());
    }

    #[test]
    fn each_figure_over_its_floor_is_said_and_one_at_its_floor_is_not() {
        let fine = list();
        assert!(fine.over_its_floor().is_empty());
        let mut slow = fine.clone();
        slow.web.cpu_ms = 202;
        let mut large = fine.clone();
        large.web.pss_kib = WEB_PSS_KIB + 1;
        let mut failing = fine.clone();
        failing.errors = 1;
        for over in [slow, large, failing] {
            assert_eq!(over.over_its_floor().len(), 1);
        }
        let seven = Measured {
            kind: Scenario::Lifecycle,
            web: Cost {
                cpu_ms: 1_400,
                ..fine.web
            },
            ..fine
        };
        assert!(seven.over_its_floor().is_empty());
    }
}
