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

/// What one kind of request came to.
#[derive(Debug, Clone)]
pub struct Measured {
    name: &'static str,
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
            self.name,
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
        name: scenario.name(),
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

    #[test]
    fn a_line_says_rate_percentiles_and_cost_of_a_request() {
        let measured = Measured {
            name: "list",
            requests: 200,
            errors: 0,
            elapsed: Duration::from_secs(2),
            latencies: (1..=200).map(Duration::from_millis).collect(),
            web: Cost {
                cpu_ms: 500,
                pss_kib: 20_480,
            },
            postgres: Cost {
                cpu_ms: 1_000,
                pss_kib: 40_960,
            },
        };
        let line = measured.to_string();
        let columns: Vec<_> = line.split_whitespace().collect();
        assert_eq!(
            columns,
            [
                "list", "100.0", "0", "100.0", "198.0", "2.50", "5.00", "20", "40"
            ]
        );
        assert_eq!(line.len(), Measured::heading().len());
    }
}
