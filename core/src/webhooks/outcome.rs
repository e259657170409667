//! What an answer means: for the delivery, and for the endpoint. Pure.

use std::time::Duration;

use crate::ports::{WebhookAnswer, WebhookFailure};

/// The first try and what waits of [`WAITS_S`] come after it: about 28 hours.
pub const MAX_ATTEMPTS: i32 = 8;

/// After the n-th failure: 5 s, 5 min, 30 min, 2 h, 5 h, 10 h, 10 h.
const WAITS_S: [u64; 7] = [5, 300, 1_800, 7_200, 18_000, 36_000, 36_000];

/// A wait is longer by up to so many thousandths, so that what failed together does not come back together.
pub(super) const MAX_JITTER: u64 = 200;

/// A receiver may ask for this much patience.
const MAX_RETRY_AFTER: Duration = Duration::from_secs(36_000);

/// Failures in a row from which on an endpoint is left alone between tries.
pub(super) const FAILURES_TO_PAUSE: i32 = 5;

const FIRST_PAUSE_S: u64 = 60;
const MAX_PAUSE_S: u64 = 3_600;

/// How an attempt ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Ending {
    Delivered,
    Again {
        after: Duration,
        detail: String,
    },
    Failed {
        detail: String,
    },
    /// The receiver said that it wants no more, ever.
    Gone,
}

impl Ending {
    pub(super) fn detail(&self) -> Option<&str> {
        match self {
            Ending::Delivered => None,
            Ending::Again { detail, .. } | Ending::Failed { detail } => Some(detail),
            Ending::Gone => Some("It answered 410 Gone"),
        }
    }
}

/// What the answer to the n-th attempt means. `jitter` is a random number up to [`MAX_JITTER`].
pub(super) fn judge(
    answer: &Result<WebhookAnswer, WebhookFailure>,
    attempt: i32,
    jitter: u64,
) -> Ending {
    let (detail, asked) = match answer {
        Ok(answer) => match answer.status {
            200..=299 => return Ending::Delivered,
            410 => return Ending::Gone,
            300..=399 => (
                format!("It answered {}: redirects are not followed", answer.status),
                None,
            ),
            status => (format!("It answered {status}"), answer.retry_after),
        },
        Err(failure) => (failure.to_string(), None),
    };
    let nth = usize::try_from(attempt.saturating_sub(1)).unwrap_or(usize::MAX);
    match WAITS_S.get(nth) {
        Some(wait) => {
            let jitter = wait.saturating_mul(jitter.min(MAX_JITTER)) / 1_000;
            let wait = Duration::from_secs(wait.saturating_add(jitter));
            let asked = asked.unwrap_or_default().min(MAX_RETRY_AFTER);
            Ending::Again {
                after: wait.max(asked),
                detail,
            }
        }
        None => Ending::Failed { detail },
    }
}

/// How long an endpoint is left alone after so many failures in a row: 1, 2, 4 … 60 minutes.
pub(super) fn pause_after(failures: i32) -> Option<Duration> {
    let beyond = u32::try_from(failures.checked_sub(FAILURES_TO_PAUSE)?).ok()?;
    let pause = FIRST_PAUSE_S.saturating_mul(2_u64.saturating_pow(beyond));
    Some(Duration::from_secs(pause.min(MAX_PAUSE_S)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answered(status: u16) -> Result<WebhookAnswer, WebhookFailure> {
        Ok(WebhookAnswer {
            status,
            body: String::new(),
            retry_after: None,
        })
    }

    fn wait(ending: &Ending) -> Option<u64> {
        match ending {
            Ending::Again { after, .. } => Some(after.as_secs()),
            _ => None,
        }
    }

    #[test]
    fn eight_tries_stretch_over_28_hours_and_the_eighth_failure_is_the_last() {
        let waits: Vec<_> = (1..=8)
            .map(|nth| wait(&judge(&answered(500), nth, 0)))
            .collect();
        let hour = 3_600;
        assert_eq!(
            waits,
            [
                Some(5),
                Some(300),
                Some(1_800),
                Some(2 * hour),
                Some(5 * hour),
                Some(10 * hour),
                Some(10 * hour),
                None
            ]
        );
        let last = judge(&answered(500), MAX_ATTEMPTS, 0);
        assert_eq!(
            last,
            Ending::Failed {
                detail: "It answered 500".to_owned()
            }
        );
    }

    #[test]
    fn what_failed_together_comes_back_within_a_fifth_of_the_wait() {
        assert_eq!(wait(&judge(&answered(500), 2, 0)), Some(300));
        assert_eq!(wait(&judge(&answered(500), 2, MAX_JITTER)), Some(360));
        assert_eq!(wait(&judge(&answered(500), 2, u64::MAX)), Some(360));
    }

    #[test]
    fn each_answer_has_its_meaning() {
        for status in [200, 201, 202, 204, 299] {
            assert_eq!(
                judge(&answered(status), 8, 0),
                Ending::Delivered,
                "{status}"
            );
        }
        assert_eq!(judge(&answered(410), 1, 0), Ending::Gone);
        for status in [199, 301, 302, 307, 400, 401, 404, 429, 500, 503] {
            let ending = judge(&answered(status), 1, 0);
            assert_eq!(wait(&ending), Some(5), "{status}");
            assert!(ending.detail().unwrap().contains(&status.to_string()));
        }
        let silent = Err(WebhookFailure::NoAnswer("It took too long".to_owned()));
        assert_eq!(judge(&silent, 1, 0).detail(), Some("It took too long"));
    }

    #[test]
    fn a_receiver_may_ask_for_patience_but_not_for_days() {
        let busy = |seconds: u64| {
            Ok(WebhookAnswer {
                status: 429,
                body: String::new(),
                retry_after: Some(Duration::from_secs(seconds)),
            })
        };
        assert_eq!(wait(&judge(&busy(120), 1, 0)), Some(120));
        assert_eq!(wait(&judge(&busy(1), 2, 0)), Some(300));
        assert_eq!(wait(&judge(&busy(u64::MAX), 1, 0)), Some(36_000));
    }

    #[test]
    fn an_endpoint_that_fails_is_left_alone_for_longer_each_time_up_to_an_hour() {
        let minutes: Vec<_> = (3..=13)
            .map(|failures| pause_after(failures).map(|pause| pause.as_secs() / 60))
            .collect();
        let paused = [1, 2, 4, 8, 16, 32, 60, 60, 60].map(Some);
        assert_eq!(minutes, [&[None, None][..], &paused].concat());
        assert_eq!(pause_after(i32::MAX), Some(Duration::from_secs(3_600)));
        assert_eq!(pause_after(i32::MIN), None);
    }
}
