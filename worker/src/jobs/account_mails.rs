//! Mails about people's accounts.

use vitaran_core::account_mails::{DeliverAccountMail, deliver_account_mail_now};
use vitaran_core::jobs::Outcome;

use super::JobError;
use crate::outside::Outside;

pub async fn deliver(outside: &Outside, job: DeliverAccountMail) -> Result<Outcome, JobError> {
    let (mailer, key) = (&*outside.mailer, &outside.secret_key);
    deliver_account_mail_now(&outside.db, mailer, key, &outside.public_url, &job)
        .await
        .map_err(JobError::failed)
}
