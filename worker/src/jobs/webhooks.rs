//! Events, to programs elsewhere.

use vitaran_core::jobs::Outcome;
use vitaran_core::webhooks::{DeliverWebhook, deliver_webhook_now};

use super::JobError;
use crate::outside::Outside;

pub async fn deliver(outside: &Outside, job: DeliverWebhook) -> Result<Outcome, JobError> {
    let (sender, key) = (&*outside.webhooks, &outside.secret_key);
    deliver_webhook_now(&outside.db, sender, key, &job)
        .await
        .map_err(JobError::failed)
}
