//! The invoice's PDF in a message of a dispatch: waited for while it is made, read from the file store when it is there,
//! left out when there will be none.

use std::time::Duration;

use bytes::Bytes;
use diesel::QueryableByName;
use diesel::sql_types::{Nullable, Text, Uuid as SqlUuid};
use diesel_async::RunQueryDsl as _;
use vitaran_kernel::{InvoiceId, NotificationId};

use super::claim::{Ending, MAX_ATTEMPTS};
use super::outcome::back_off;
use super::{Channel, DeliverMail, DeliverWhatsapp};
use crate::db::{DbError, Statement, TenantTx};
use crate::jobs;
use crate::ports::text::bounded_detail;
use crate::ports::{FileName, FilePath, FileStore, FileStoreError};

/// How long a message waits after the file store was found without its PDF.
const MISSING_WAIT: Duration = Duration::from_secs(30);

/// Where the PDF of a dispatched message stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum PdfState {
    /// Being made: the message waits for whoever ends the render.
    Awaited,
    Ready {
        path: String,
    },
    /// There will be none: the message goes out without it.
    Never,
}

#[derive(QueryableByName)]
struct RenderRow {
    #[diesel(sql_type = Text)]
    status: String,
    #[diesel(sql_type = Nullable<Text>)]
    path: Option<String>,
}

/// Holds the render that the message waits for, so that it does not end unseen while we look.
pub(super) async fn hold_render(
    tx: &mut TenantTx,
    id: NotificationId,
) -> Result<PdfState, DbError> {
    let rows: Vec<RenderRow> = Statement::new(
        "SELECT r.status, r.path FROM document_renders r WHERE r.tenant_id = $1 AND r.copy = 'ORIGINAL' \
         AND r.invoice_id = (SELECT n.invoice_id FROM notification_logs n WHERE n.tenant_id = $1 AND n.id = $2 AND n.event = 'ORDER_DISPATCHED') \
         FOR SHARE",
    )
    .bind(tx.tenant().as_uuid())
    .bind(id.as_uuid())
    .load(tx.conn()?)
    .await?;
    Ok(match rows.into_iter().next() {
        Some(RenderRow { status, .. }) if status == "PENDING" || status == "RENDERING" => {
            PdfState::Awaited
        }
        Some(RenderRow {
            path: Some(path),
            status,
        }) if status == "DONE" => PdfState::Ready { path },
        Some(_) | None => PdfState::Never,
    })
}

/// The PDF and the name it is shown under, read before anything is sent.
pub(super) async fn read(
    files: &dyn FileStore,
    path: Option<&str>,
    invoice_number: Option<&str>,
    attempt: i32,
) -> Result<Option<(FileName, Bytes)>, Ending> {
    let Some(path) = path else {
        return Ok(None);
    };
    let missing = || Ending::Uncounted {
        after: MISSING_WAIT,
        code: None,
        detail: "the PDF is being made again".to_owned(),
    };
    let path = FilePath::from_stored(path).map_err(|_| missing())?;
    match files.get(&path).await {
        Ok(bytes) => {
            let name = FileName::new(&format!("{}.pdf", invoice_number.unwrap_or("invoice")));
            Ok(Some((name, bytes)))
        }
        Err(FileStoreError::NotFound) => Err(missing()),
        Err(FileStoreError::Unavailable(detail)) => Err(again(
            attempt,
            &format!("the PDF could not be read: {detail}"),
        )),
    }
}

/// Again after the usual pause, for a fault that is not the message's; the last attempt fails.
pub(super) fn again(attempt: i32, detail: &str) -> Ending {
    let detail = bounded_detail(detail, &[]);
    if attempt >= MAX_ATTEMPTS {
        return Ending::Failed { code: None, detail };
    }
    Ending::Again {
        after: back_off(attempt),
        code: None,
        detail,
        is_unknown: false,
    }
}

#[derive(QueryableByName)]
struct Woken {
    #[diesel(sql_type = SqlUuid)]
    id: NotificationId,
    #[diesel(sql_type = Text)]
    channel: Channel,
}

/// Makes the messages of an invoice due that waited for its PDF; called by whoever ends the render, in the same
/// transaction, whose lock on the render comes first.
pub(crate) async fn wake_dispatched(tx: &mut TenantTx, invoice: InvoiceId) -> Result<(), DbError> {
    let woken: Vec<Woken> = Statement::new(
        "UPDATE notification_logs SET next_attempt_at = now() WHERE tenant_id = $1 AND invoice_id = $2 AND event = 'ORDER_DISPATCHED' \
         AND status = 'PENDING' AND next_attempt_at = 'infinity' RETURNING id, channel",
    )
    .bind(tx.tenant().as_uuid())
    .bind(invoice.as_uuid())
    .load(tx.conn()?)
    .await?;
    for Woken { id, channel } in woken {
        wake(tx, id, channel).await?;
    }
    Ok(())
}

/// Hands the message's wake-up call to the queue.
pub(super) async fn wake(
    tx: &mut TenantTx,
    notification: NotificationId,
    channel: Channel,
) -> Result<(), DbError> {
    let tenant = tx.tenant();
    match channel {
        Channel::Whatsapp => {
            jobs::enqueue(
                tx,
                &DeliverWhatsapp {
                    tenant,
                    notification,
                },
            )
            .await
        }
        Channel::Email => {
            jobs::enqueue(
                tx,
                &DeliverMail {
                    tenant,
                    notification,
                },
            )
            .await
        }
    }
}
