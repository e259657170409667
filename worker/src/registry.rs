//! Every kind of work on one screen.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use tracing::Instrument as _;
use uuid::Uuid;
use vitaran_core::account_mails::{DeliverAccountMail, due_account_mails};
use vitaran_core::audit::SealTrail;
use vitaran_core::db::{Db, DbError, origin};
use vitaran_core::domains::{CheckDomain, due_domains};
use vitaran_core::housekeeping::Housekeeping;
use vitaran_core::invoicing::{self, RenderInvoice};
use vitaran_core::jobs::{Job, Outcome, REQUEST_ID};
use vitaran_core::notifications::{self, Channel, DeliverMail, DeliverWhatsapp, DueMessage};
use vitaran_core::webhooks::{DeliverWebhook, due_deliveries};

use crate::jobs::{self, JobError};
use crate::outside::Outside;

type Run = fn(Arc<Outside>, Value) -> BoxFuture<'static, Result<Outcome, JobError>>;
type Due = fn(Db, Duration) -> BoxFuture<'static, Result<Vec<Value>, DbError>>;

/// A kind of work: where it waits, how much of it runs at once, and how long one piece may take.
#[derive(Clone, Copy)]
pub struct Kind {
    pub queue: &'static str,
    /// Wake-ups at most.
    pub max_attempts: i32,
    /// Pieces at once, for the queue and for the sweeper each. The kinds share nothing, so that one that hangs holds
    /// up no other.
    pub concurrency: usize,
    /// After this a piece is given up. What it held is tried again when its lease is over: that is longer than the limit,
    /// or, where one piece is many mails, renewed after each; clearing out holds none.
    pub limit: Duration,
    run: Run,
    /// Finds what is due, woken or not. Work by the clock has none.
    pub due: Option<Due>,
}

impl std::fmt::Debug for Kind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Kind")
            .field("queue", &self.queue)
            .finish_non_exhaustive()
    }
}

/// | queue | what | at once | limit | lease |
/// |---|---|---|---|---|
/// | whatsapp | one message | 4 | 58 s | 60 s |
/// | mail | one mail, or those to the sales team | 4 | 150 s | 60 s, renewed for each |
/// | account-mail | one mail about an account | 4 | 58 s | 60 s |
/// | webhook | one event to one endpoint | 16 | 58 s | 60 s |
/// | domain | a look at one name's record | 4 | 58 s | 60 s |
/// | render | one PDF | 2 | 170 s | 180 s |
/// | audit | the trail's seals | 1 | 200 s | none: harmless twice |
/// | housekeeping | the hourly clearing out | 1 | 200 s | none: harmless twice |
pub const KINDS: [Kind; 8] = [
    Kind {
        queue: DeliverWhatsapp::QUEUE,
        max_attempts: DeliverWhatsapp::MAX_ATTEMPTS,
        concurrency: 4,
        limit: Duration::from_secs(58),
        run: |outside, payload| {
            Box::pin(async move { jobs::notifications::whatsapp(&outside, decode(payload)?).await })
        },
        due: Some(|db, grace| {
            Box::pin(async move {
                let job = |due: DueMessage| DeliverWhatsapp {
                    tenant: due.tenant,
                    notification: due.notification,
                };
                let due = notifications::due_messages(&db, Channel::Whatsapp, grace).await?;
                Ok(encode(due.into_iter().map(job)))
            })
        }),
    },
    Kind {
        queue: DeliverMail::QUEUE,
        max_attempts: DeliverMail::MAX_ATTEMPTS,
        concurrency: 4,
        limit: Duration::from_secs(150),
        run: |outside, payload| {
            Box::pin(async move { jobs::notifications::mail(&outside, decode(payload)?).await })
        },
        due: Some(|db, grace| {
            Box::pin(async move {
                let job = |due: DueMessage| DeliverMail {
                    tenant: due.tenant,
                    notification: due.notification,
                };
                let due = notifications::due_messages(&db, Channel::Email, grace).await?;
                Ok(encode(due.into_iter().map(job)))
            })
        }),
    },
    Kind {
        queue: DeliverAccountMail::QUEUE,
        max_attempts: DeliverAccountMail::MAX_ATTEMPTS,
        concurrency: 4,
        limit: Duration::from_secs(58),
        run: |outside, payload| {
            Box::pin(async move { jobs::account_mails::deliver(&outside, decode(payload)?).await })
        },
        due: Some(|db, grace| {
            Box::pin(async move { Ok(encode(due_account_mails(&db, grace).await?)) })
        }),
    },
    Kind {
        queue: DeliverWebhook::QUEUE,
        max_attempts: DeliverWebhook::MAX_ATTEMPTS,
        // Receivers are slow and cost nothing while they are.
        concurrency: 16,
        limit: Duration::from_secs(58),
        run: |outside, payload| {
            Box::pin(async move { jobs::webhooks::deliver(&outside, decode(payload)?).await })
        },
        due: Some(|db, grace| {
            Box::pin(async move {
                let due = due_deliveries(&db, grace).await?;
                Ok(encode(due.into_iter().map(DeliverWebhook::from)))
            })
        }),
    },
    Kind {
        queue: CheckDomain::QUEUE,
        max_attempts: CheckDomain::MAX_ATTEMPTS,
        concurrency: 4,
        limit: Duration::from_secs(58),
        run: |outside, payload| {
            Box::pin(async move { jobs::domains::check(&outside, decode(payload)?).await })
        },
        due: Some(|db, grace| Box::pin(async move { Ok(encode(due_domains(&db, grace).await?)) })),
    },
    Kind {
        queue: RenderInvoice::QUEUE,
        max_attempts: RenderInvoice::MAX_ATTEMPTS,
        concurrency: 2,
        limit: Duration::from_secs(170),
        run: |outside, payload| {
            Box::pin(async move { jobs::invoicing::render(&outside, decode(payload)?).await })
        },
        due: Some(|db, grace| {
            Box::pin(async move { Ok(encode(invoicing::due_renders(&db, grace).await?)) })
        }),
    },
    Kind {
        queue: SealTrail::QUEUE,
        max_attempts: SealTrail::MAX_ATTEMPTS,
        concurrency: 1,
        limit: Duration::from_secs(200),
        run: |outside, payload| {
            Box::pin(async move { jobs::audit::seal_trail(&outside, decode(payload)?).await })
        },
        due: None,
    },
    Kind {
        queue: Housekeeping::QUEUE,
        max_attempts: Housekeeping::MAX_ATTEMPTS,
        concurrency: 1,
        limit: Duration::from_secs(200),
        run: |outside, payload| {
            Box::pin(
                async move { jobs::housekeeping::keep_house(&outside, decode(payload)?).await },
            )
        },
        due: None,
    },
];

/// The kinds of these queues; `Err` names one that does not exist.
pub fn kinds_of(queues: &[String]) -> Result<Vec<Kind>, String> {
    if queues.is_empty() {
        return Ok(KINDS.to_vec());
    }
    queues
        .iter()
        .map(|queue| {
            let kind = KINDS.iter().find(|kind| kind.queue == queue.as_str());
            kind.copied().ok_or_else(|| queue.clone())
        })
        .collect()
}

impl Kind {
    /// Runs one piece of work to its end, its time-out or its panic, under the id of the request that asked for it.
    pub async fn run(self, outside: Arc<Outside>, payload: Value) -> Result<Outcome, JobError> {
        let asked_by = payload.get(REQUEST_ID).and_then(Value::as_str);
        let request = asked_by.and_then(|id| Uuid::try_parse(id).ok());
        let request = request.unwrap_or_else(Uuid::now_v7);
        let span = tracing::info_span!("job", queue = self.queue, request.id = %request);
        let work = AssertUnwindSafe((self.run)(outside, payload)).catch_unwind();
        let work = origin::within(request, work.instrument(span));
        match tokio::time::timeout(self.limit, work).await {
            Ok(Ok(answer)) => answer,
            Ok(Err(panic)) => Err(JobError::Panicked(words(&*panic))),
            Err(_) => Err(JobError::TimedOut),
        }
    }
}

fn words(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic
        .downcast_ref::<&str>()
        .map(|text| (*text).to_owned())
        .or_else(|| panic.downcast_ref::<String>().cloned());
    text.unwrap_or_else(|| "without words".to_owned())
}

fn decode<J: DeserializeOwned>(payload: Value) -> Result<J, JobError> {
    serde_json::from_value(payload).map_err(|error| JobError::Undecodable(error.to_string()))
}

/// Payloads are structs of ids, which always serialise.
fn encode<J: Serialize>(jobs: impl IntoIterator<Item = J>) -> Vec<Value> {
    jobs.into_iter()
        .filter_map(|job| serde_json::to_value(job).ok())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_queue_has_one_kind_and_an_unknown_one_is_named() {
        let queues: std::collections::HashSet<_> = KINDS.iter().map(|kind| kind.queue).collect();
        assert_eq!(queues.len(), KINDS.len());
        assert_eq!(kinds_of(&[]).unwrap().len(), KINDS.len());
        let wanted = ["mail".to_owned(), "render".to_owned()];
        assert_eq!(kinds_of(&wanted).unwrap().len(), 2);
        assert_eq!(kinds_of(&["faxes".to_owned()]).unwrap_err(), "faxes");
    }

    #[test]
    fn no_piece_of_work_outlives_the_time_after_which_its_worker_counts_as_dead() {
        for kind in KINDS {
            assert!(kind.limit < crate::queue::DEAD_AFTER, "{}", kind.queue);
        }
    }
}
