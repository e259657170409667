//! What sign-ins cost everybody else, and what the time of a refusal gives away.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use super::client::Client;
use super::load::{self, Bounds, Measured};
use super::scenarios::{Scenario, Stage, TENANT};
use crate::OpsError;
use crate::seed::demo::PASSWORD;

/// Refusals of each sort. A right sign-in stands between them, so that the account never begins to wait.
const REFUSALS: usize = 60;
const WRONG_BETWEEN_RIGHT: usize = 3;

/// Two sorts of refusal are alike when their medians are nearer than this, or than a third of the longer.
const ALIKE: Duration = Duration::from_millis(15);

/// Page openers beside the storm, as when all staff work on.
const READERS: usize = 4;

/// Whom the storm signs in.
const ACCOUNTS: [&str; 4] = ["admin", "sales", "warehouse", "dealer"];

/// Times refusals, then pages with a storm of sign-ins and without. `bounds.clients` try at once.
pub(super) async fn watch(base_url: &str, bounds: &Bounds) -> Result<Vec<String>, OpsError> {
    let mut said = refusals(base_url).await?;
    said.extend(storm(base_url, bounds).await?);
    Ok(said)
}

async fn refusals(base_url: &str) -> Result<Vec<String>, OpsError> {
    let email = format!("admin@{TENANT}.test");
    let (mut of_known, mut of_unknown) = (Vec::new(), Vec::new());
    for turn in 0..REFUSALS {
        if turn % WRONG_BETWEEN_RIGHT == 0 {
            Client::sign_in(base_url, &email, PASSWORD).await?;
        }
        let stranger = format!("nobody-{turn}@{TENANT}.test");
        for (email, times) in [(&email, &mut of_known), (&stranger, &mut of_unknown)] {
            let sent = Instant::now();
            refused(base_url, email).await?;
            times.push(sent.elapsed());
        }
    }
    of_known.sort_unstable();
    of_unknown.sort_unstable();
    let (known, unknown) = (median(&of_known), median(&of_unknown));
    let mut said = vec![format!(
        "refused sign-ins, p50 of {REFUSALS}: a wrong password {} ms, an unknown address {} ms",
        ms(known),
        ms(unknown)
    )];
    if !are_alike(known, unknown) {
        said.push("OVER: the time of a refusal tells whether there is an account".to_owned());
    }
    Ok(said)
}

fn median(sorted: &[Duration]) -> Duration {
    sorted.get(sorted.len() / 2).copied().unwrap_or_default()
}

fn are_alike(a: Duration, b: Duration) -> bool {
    a.abs_diff(b) <= ALIKE.max(a.max(b) / 3)
}

fn ms(time: Duration) -> String {
    format!("{}.{}", time.as_millis(), time.as_micros() / 100 % 10)
}

async fn storm(base_url: &str, bounds: &Bounds) -> Result<Vec<String>, OpsError> {
    let stage = Stage::open(base_url).await?;
    let readers = Bounds {
        clients: READERS,
        ..bounds.clone()
    };
    let calm = load::drive(&stage, Scenario::Page, &readers).await?;
    let (is_over, done) = (
        Arc::new(AtomicBool::new(false)),
        Arc::new(AtomicUsize::new(0)),
    );
    let mut clients = tokio::task::JoinSet::new();
    for nth in 0..bounds.clients {
        let (is_over, done, base_url) = (is_over.clone(), done.clone(), base_url.to_owned());
        clients.spawn(async move {
            while !is_over.load(Ordering::Relaxed) {
                come_in(&base_url, nth).await?;
                done.fetch_add(1, Ordering::Relaxed);
            }
            Ok::<_, OpsError>(())
        });
    }
    let begun = Instant::now();
    let stormy = load::drive(&stage, Scenario::Page, &readers).await?;
    let elapsed_ms = begun.elapsed().as_millis().max(1);
    let signed_in = done.load(Ordering::Relaxed);
    is_over.store(true, Ordering::Relaxed);
    while let Some(ended) = clients.join_next().await {
        ended.map_err(|error| OpsError::Refused(error.to_string()))??;
    }
    let a_second = u128::try_from(signed_in).unwrap_or(0) * 1_000 / elapsed_ms;
    Ok(vec![
        format!(
            "pages with {READERS} readers, calm and beside {} clients that try to sign in {a_second} times a second in all, {} of them for nobody:",
            bounds.clients,
            bounds.clients.saturating_sub(ACCOUNTS.len())
        ),
        Measured::heading(),
        calm.to_string(),
        stormy.to_string(),
    ])
}

/// One try of one of the storm: each account is one client's, since an account that many try at once is made to wait, and
/// whoever has none tries an address of nobody, which costs as much.
async fn come_in(base_url: &str, nth: usize) -> Result<(), OpsError> {
    if let Some(name) = ACCOUNTS.get(nth) {
        let email = format!("{name}@{TENANT}.test");
        return Client::sign_in(base_url, &email, PASSWORD).await.map(drop);
    }
    refused(base_url, &format!("nobody-{nth}@{TENANT}.test")).await
}

/// A wrong password for this address.
async fn refused(base_url: &str, email: &str) -> Result<(), OpsError> {
    match Client::sign_in(base_url, email, "not the password of anybody").await {
        Err(OpsError::Refused(why)) if why.contains("answered 401") => Ok(()),
        Err(other) => Err(other),
        Ok(_) => Err(OpsError::Refused("a wrong password was right".to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_refusals_are_alike_within_15_ms_or_a_third() {
        let alike = |a, b| are_alike(Duration::from_millis(a), Duration::from_millis(b));
        assert!(alike(1, 16) && alike(100, 67) && alike(67, 100));
        assert!(!alike(1, 17) && !alike(100, 66));
        assert_eq!(ms(Duration::from_micros(12_340)), "12.3");
        assert_eq!(
            median(&[1, 2, 9].map(Duration::from_millis)),
            Duration::from_millis(2)
        );
    }
}
