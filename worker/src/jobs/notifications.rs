//! Messages by WhatsApp and by mail.

use vitaran_core::invoicing;
use vitaran_core::jobs::Outcome;
use vitaran_core::notifications::{
    DeliverError, DeliverMail, DeliverWhatsapp, deliver_mail_now, deliver_whatsapp_now,
};
use vitaran_kernel::TenantId;

use super::JobError;
use crate::outside::Outside;

pub async fn whatsapp(outside: &Outside, job: DeliverWhatsapp) -> Result<Outcome, JobError> {
    let delivered = deliver_whatsapp_now(
        &outside.db,
        &*outside.whatsapp,
        &*outside.files,
        &outside.secret_key,
        &job,
    )
    .await;
    settle(outside, job.tenant, delivered).await
}

pub async fn mail(outside: &Outside, job: DeliverMail) -> Result<Outcome, JobError> {
    let delivered = deliver_mail_now(
        &outside.db,
        &*outside.mailer,
        &*outside.files,
        &outside.public_url,
        &job,
    )
    .await;
    settle(outside, job.tenant, delivered).await
}

/// A message that misses its PDF has it made again, and waits for it.
async fn settle(
    outside: &Outside,
    tenant: TenantId,
    delivered: Result<Outcome, DeliverError>,
) -> Result<Outcome, JobError> {
    match delivered {
        Ok(outcome) => Ok(outcome),
        Err(DeliverError::PdfMissing(invoice)) => {
            invoicing::remake_original(&outside.db, &*outside.files, tenant, invoice)
                .await
                .map_err(JobError::failed)?;
            Ok(Outcome::Cancel("the PDF is made again".to_owned()))
        }
        Err(error @ DeliverError::Db(_)) => Err(JobError::failed(error)),
    }
}
