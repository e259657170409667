//! Sending one WhatsApp message: claim, send, finish. Nobody's transaction is open while the provider is asked.

use std::time::Duration;

use bytes::Bytes;
use serde_json::Value;
use vitaran_kernel::{InvoiceId, Phone};

use super::account::{self, Sender};
use super::claim::{self, Claimed, Ending};
use super::facts::{self, OrderFacts};
use super::outcome::{self, Consequence};
use super::pdf::{self, PdfState};
use super::{Channel, DeliverWhatsapp, SkipReason, templates};
use crate::access::Actor;
use crate::db::{Db, DbError, TenantTx};
use crate::jobs::{Job as _, Outcome};
use crate::ports::{
    AccessToken, DocumentHeader, FileName, FileStore, MediaFile, PhoneNumberId, SendError,
    TemplateMessage, WhatsappAccount, WhatsappProvider,
};
use crate::secrets::SecretKey;

/// Upload and send together; then the outcome is unknown. Below the lease, so that what we learn is still ours to write.
const SEND_LIMIT: Duration = if cfg!(test) {
    Duration::from_millis(500)
} else {
    Duration::from_secs(45)
};

/// Why a delivery did not come to an end of its own. The message is due again; nothing is lost.
#[derive(Debug, thiserror::Error)]
pub enum DeliverError {
    /// The render says that it is done, and the file store has no file: it must be made again.
    #[error("the PDF of invoice {0} is missing from the file store")]
    PdfMissing(InvoiceId),
    #[error(transparent)]
    Db(#[from] DbError),
}

/// What a message is sent with.
#[derive(Debug)]
struct Order {
    claimed: Claimed,
    facts: OrderFacts,
    account: WhatsappAccount,
    /// Where the PDF lies that goes with it.
    pdf: Option<String>,
}

enum Prepared {
    /// Nothing to do, or not now.
    Over(Outcome),
    Send(Box<Order>),
}

/// Delivers one message if it is due and nobody else is at it. Running it twice sends once.
pub async fn deliver_whatsapp_now(
    db: &Db,
    provider: &dyn WhatsappProvider,
    files: &dyn FileStore,
    key: &SecretKey,
    job: &DeliverWhatsapp,
) -> Result<Outcome, DeliverError> {
    let mut tx = db
        .begin_as(&Actor::system(job.tenant, DeliverWhatsapp::QUEUE))
        .await?;
    let prepared = prepare(&mut tx, provider, key, job).await?;
    tx.commit().await?;
    let order = match prepared {
        Prepared::Over(outcome) => return Ok(outcome),
        Prepared::Send(order) => order,
    };
    let number = order.facts.invoice_number.as_deref();
    let document = match pdf::read(files, order.pdf.as_deref(), number, order.claimed.attempt).await
    {
        Ok(document) => document,
        Err(ending) => {
            let is_missing = matches!(ending, Ending::Uncounted { .. });
            let outcome = end(db, &order.claimed, ending, Consequence::None).await?;
            return match order.claimed.due.invoice_id {
                Some(invoice) if is_missing => Err(DeliverError::PdfMissing(invoice)),
                _ => Ok(outcome),
            };
        }
    };
    let (ending, others) = send(provider, &order, document).await;
    Ok(end(db, &order.claimed, ending, others).await?)
}

/// Looks at the message and takes it, in one short transaction.
async fn prepare(
    tx: &mut TenantTx,
    provider: &dyn WhatsappProvider,
    key: &SecretKey,
    job: &DeliverWhatsapp,
) -> Result<Prepared, DbError> {
    let render = pdf::hold_render(tx, job.notification).await?;
    let Some(due) = claim::lock_due(tx, Channel::Whatsapp, job.notification).await? else {
        return Ok(Prepared::Over(not_due()));
    };
    let sender = match account::sender(tx, key).await? {
        Sender::None if !provider.needs_account() => stand_in(),
        sender => sender,
    };
    let account = match sender {
        Sender::Ready(account) => account,
        Sender::None => {
            claim::skip(tx, &due, SkipReason::NoAccount).await?;
            return Ok(Prepared::Over(Outcome::Cancel(
                SkipReason::NoAccount.label().to_owned(),
            )));
        }
        Sender::Unusable(reason) => {
            account::pause(tx, &reason).await?;
            claim::put_off(tx, &due, Some(outcome::PAUSED_WAIT)).await?;
            return Ok(Prepared::Over(Outcome::Snooze(outcome::PAUSED_WAIT)));
        }
        Sender::Paused => {
            claim::put_off(tx, &due, Some(outcome::PAUSED_WAIT)).await?;
            return Ok(Prepared::Over(Outcome::Snooze(outcome::PAUSED_WAIT)));
        }
    };
    let pdf = match render {
        PdfState::Awaited => {
            claim::put_off(tx, &due, None).await?;
            return Ok(Prepared::Over(Outcome::Cancel(
                "waits for its PDF".to_owned(),
            )));
        }
        PdfState::Ready { path } => Some(path),
        PdfState::Never => None,
    };
    let facts = facts::load(tx, &due).await?;
    Ok(match claim::start(tx, due).await? {
        Some(claimed) => Prepared::Send(Box::new(Order {
            claimed,
            facts,
            account,
            pdf,
        })),
        None => Prepared::Over(Outcome::Cancel("crashed while sending".to_owned())),
    })
}

/// The account of a provider that needs none.
fn stand_in() -> Sender {
    match (PhoneNumberId::parse("0"), AccessToken::parse("none")) {
        (Ok(phone_number_id), Ok(token)) => Sender::Ready(WhatsappAccount {
            phone_number_id,
            token,
        }),
        _ => Sender::None,
    }
}

async fn send(
    provider: &dyn WhatsappProvider,
    order: &Order,
    document: Option<(FileName, Bytes)>,
) -> (Ending, Consequence) {
    let due = &order.claimed.due;
    let Some(to) = due
        .recipient
        .as_deref()
        .and_then(|phone| Phone::parse(phone).ok())
    else {
        return (Ending::Skipped(SkipReason::NoPhone), Consequence::None);
    };
    let attempt = order.claimed.attempt;
    let sending = async {
        let document = match document {
            Some((file_name, bytes)) => {
                let file = MediaFile {
                    file_name: file_name.clone(),
                    bytes,
                };
                let media_id = provider.upload_media(&order.account, file).await?;
                Some(DocumentHeader {
                    media_id,
                    file_name,
                })
            }
            None => None,
        };
        let Some(message) = message(order, to, document, &due.params) else {
            return Ok(None);
        };
        let accepted: Result<_, SendError> = provider.send_template(&order.account, &message).await;
        accepted.map(Some)
    };
    match tokio::time::timeout(SEND_LIMIT, sending).await {
        Ok(Ok(Some(accepted))) => (
            Ending::Sent {
                message_id: Some(accepted.message_id),
            },
            Consequence::None,
        ),
        Ok(Ok(None)) => (
            Ending::Failed {
                code: None,
                detail: "there is no template for this message".to_owned(),
            },
            Consequence::None,
        ),
        Ok(Err(error)) => outcome::refused(&error, attempt, &due.refusals),
        Err(_) => (
            outcome::unknown(attempt, None, "no answer in time"),
            Consequence::None,
        ),
    }
}

fn message(
    order: &Order,
    to: Phone,
    document: Option<DocumentHeader>,
    params: &Value,
) -> Option<TemplateMessage> {
    let due = &order.claimed.due;
    let filled = templates::fill(
        due.event,
        &due.language,
        document.is_some(),
        &order.facts,
        params,
    )?;
    Some(TemplateMessage {
        notification_id: due.id,
        to,
        template: filled.template,
        language: filled.language,
        document,
        body: filled.body,
    })
}

/// Writes the ending down and says it to the queue.
pub(super) async fn end(
    db: &Db,
    claimed: &Claimed,
    ending: Ending,
    others: Consequence,
) -> Result<Outcome, DbError> {
    let is_ours = claimed.finish(db, &ending, &others).await?;
    Ok(match ending {
        _ if !is_ours => Outcome::Cancel("the lease had run out".to_owned()),
        Ending::Sent { .. } => Outcome::Done,
        Ending::Again { after, .. } | Ending::Uncounted { after, .. } => Outcome::Snooze(after),
        Ending::Failed { detail, .. } => Outcome::Cancel(detail),
        Ending::Skipped(reason) => Outcome::Cancel(reason.label().to_owned()),
    })
}

pub(super) fn not_due() -> Outcome {
    Outcome::Cancel("not due, or in other hands".to_owned())
}
