//! The PDF of an invoice: wanted in the transaction that issues it, made by the worker after the commit.
//!
//! The row in `document_renders` is the truth, claimed under a lease as a message is. The page is drawn from the stored
//! invoice and nothing else, so that a PDF made again has the same content; its path is made of ids, so that it replaces
//! the first. A renderer that fails never touches the invoice, and once it has failed for good the dispatch is told
//! without its PDF.
//!
//! Locks, in this order: the render, the invoice's messages.

use std::time::Duration;

use bytes::Bytes;
use diesel::QueryableByName;
use diesel::sql_types::{Integer, Text, Uuid as SqlUuid};
use diesel_async::RunQueryDsl as _;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;
use vitaran_kernel::{InvoiceId, OrderId, RenderId, TenantId};

use super::document::invoice_html;
use super::query;
use crate::access::Actor;
use crate::db::{Db, DbError, Statement, TenantTx};
use crate::jobs::{Job, Outcome};
use crate::live::Subject;
use crate::notifications;
use crate::ports::text::bounded_detail;
use crate::ports::{FilePath, FileStore, InvoiceCopy, PdfRenderer, RenderError};

/// Attempts at one PDF, crashed ones included.
pub const MAX_RENDER_ATTEMPTS: i32 = 5;
/// The unit of the back-off: after the n-th failure n² of it pass.
pub const RENDER_BACK_OFF_UNIT: Duration = Duration::from_secs(10);
/// More than the renderer's own hard limit and the wait for a free one.
const LEASE_S: i64 = 180;
/// Rendering and storing together; below the lease.
const RENDER_LIMIT: Duration = Duration::from_secs(150);
/// Larger ones are somebody's mistake; the longest invoice has 500 lines and less than 2 MB.
const MAX_PDF_BYTES: usize = 20 * 1024 * 1024;
const PDF_MAGIC: &[u8] = b"%PDF-";

/// Wakes the worker for a render.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct RenderInvoice {
    pub tenant: TenantId,
    pub render: RenderId,
}

impl Job for RenderInvoice {
    const QUEUE: &'static str = "render";
    const MAX_ATTEMPTS: i32 = 3;
}

/// A render under our lease.
#[derive(QueryableByName)]
struct Claimed {
    #[diesel(sql_type = SqlUuid)]
    invoice_id: InvoiceId,
    #[diesel(sql_type = Text)]
    copy: String,
    #[diesel(sql_type = Text)]
    status: String,
    #[diesel(sql_type = Integer)]
    attempts: i32,
}

/// How an attempt ended.
enum Ending {
    Done {
        path: FilePath,
        sha256: String,
        size_bytes: i32,
    },
    Again {
        after: Duration,
        detail: String,
    },
    Failed {
        detail: String,
    },
}

/// Makes the PDF if it is due and nobody else is at it. Running it twice makes one file.
pub async fn render_now(
    db: &Db,
    renderer: &dyn PdfRenderer,
    files: &dyn FileStore,
    job: &RenderInvoice,
) -> Result<Outcome, DbError> {
    let actor = Actor::system(job.tenant, RenderInvoice::QUEUE);
    let lease = Uuid::now_v7();
    let mut tx = db.begin_as(&actor).await?;
    let Some(claimed) = claim(&mut tx, job.render, lease).await? else {
        return Ok(Outcome::Cancel("not due, or in other hands".to_owned()));
    };
    if claimed.status == "FAILED" {
        wake(&mut tx, claimed.invoice_id).await?;
        tx.commit().await?;
        return Ok(Outcome::Cancel("crashed while rendering".to_owned()));
    }
    let page = page(&mut tx, &claimed).await?;
    tx.commit().await?;

    let ending = match page {
        Ok((html, path)) => make(renderer, files, &html, path, claimed.attempts).await,
        Err(detail) => Ending::Failed { detail },
    };
    let mut tx = db.begin_as(&actor).await?;
    if !finish(&mut tx, job.render, lease, &ending).await? {
        tracing::warn!(render.id = %job.render, tenant.id = %job.tenant, "a render ended after its lease; its result is left aside");
        return Ok(Outcome::Cancel("the lease had run out".to_owned()));
    }
    if !matches!(ending, Ending::Again { .. }) {
        wake(&mut tx, claimed.invoice_id).await?;
    }
    tx.commit().await?;
    Ok(match ending {
        Ending::Done { .. } => Outcome::Done,
        Ending::Again { after, detail } => {
            tracing::info!(render.id = %job.render, tenant.id = %job.tenant, detail, "a PDF is tried again");
            Outcome::Snooze(after)
        }
        Ending::Failed { detail } => {
            tracing::error!(render.id = %job.render, tenant.id = %job.tenant, detail, "a PDF could not be made");
            Outcome::Cancel(detail)
        }
    })
}

/// Counts the attempt and takes the render; one that has no attempt left fails.
async fn claim(
    tx: &mut TenantTx,
    render: RenderId,
    lease: Uuid,
) -> Result<Option<Claimed>, DbError> {
    let rows = Statement::new(
        "UPDATE document_renders r SET status = CASE WHEN due.attempts < $3 THEN 'RENDERING' ELSE 'FAILED' END, \
         attempts = least(due.attempts + 1, $3), lease_token = CASE WHEN due.attempts < $3 THEN $4 END, \
         lease_until = CASE WHEN due.attempts < $3 THEN now() + $5 * interval '1 second' END, \
         last_error = CASE WHEN due.attempts < $3 THEN r.last_error ELSE 'crashed while rendering' END \
         FROM (SELECT id, attempts FROM document_renders WHERE tenant_id = $1 AND id = $2 \
               AND ((status = 'PENDING' AND next_attempt_at <= now()) OR (status = 'RENDERING' AND lease_until < now())) \
               AND EXISTS (SELECT FROM tenants t WHERE t.id = $1 AND NOT 'DISTRIBUTION' = ANY (t.modules_off)) \
               FOR UPDATE SKIP LOCKED) due \
         WHERE r.tenant_id = $1 AND r.id = due.id RETURNING r.invoice_id, r.copy, r.status, r.attempts",
    )
    .bind(tx.tenant().as_uuid())
    .bind(render.as_uuid())
    .bind(MAX_RENDER_ATTEMPTS)
    .bind(lease)
    .bind(LEASE_S)
    .load(tx.conn()?)
    .await?;
    Ok(rows.into_iter().next())
}

/// The page and its place, or why the stored invoice cannot be drawn.
async fn page(
    tx: &mut TenantTx,
    claimed: &Claimed,
) -> Result<Result<(String, FilePath), String>, DbError> {
    let detail = match query::detail(tx, claimed.invoice_id).await {
        Ok(detail) => detail,
        Err(query::InvoiceError::Db(error)) => return Err(error),
        Err(error) => return Ok(Err(error.to_string())),
    };
    let Some(copy) = InvoiceCopy::from_stored(&claimed.copy) else {
        return Ok(Err(format!("there is no copy {}", claimed.copy)));
    };
    let path = FilePath::invoice(tx.tenant(), claimed.invoice_id, copy);
    Ok(Ok((invoice_html(&detail.document, copy), path)))
}

async fn make(
    renderer: &dyn PdfRenderer,
    files: &dyn FileStore,
    html: &str,
    path: FilePath,
    attempt: i32,
) -> Ending {
    let work = async {
        let pdf = renderer.render(html).await?;
        let (sha256, size_bytes) = check(&pdf)?;
        let kept = files.put(&path, pdf).await;
        kept.map_err(|error| RenderError::Unavailable(error.to_string()))?;
        Ok((sha256, size_bytes))
    };
    let made = tokio::time::timeout(RENDER_LIMIT, work)
        .await
        .unwrap_or(Err(RenderError::TimedOut));
    match made {
        Ok((sha256, size_bytes)) => Ending::Done {
            path,
            sha256,
            size_bytes,
        },
        Err(error) => {
            let detail = bounded_detail(&error.to_string(), &[]);
            if error.retryable() && attempt < MAX_RENDER_ATTEMPTS {
                Ending::Again {
                    after: back_off(attempt),
                    detail,
                }
            } else {
                Ending::Failed { detail }
            }
        }
    }
}

/// Hash and size of what is a PDF of a bearable size.
fn check(pdf: &Bytes) -> Result<(String, i32), RenderError> {
    if !pdf.starts_with(PDF_MAGIC) {
        return Err(RenderError::NotAPdf);
    }
    if pdf.len() > MAX_PDF_BYTES {
        return Err(RenderError::TooLarge);
    }
    let size = i32::try_from(pdf.len()).map_err(|_| RenderError::TooLarge)?;
    Ok((hex::encode(Sha256::digest(pdf)), size))
}

fn back_off(attempt: i32) -> Duration {
    let n = u32::try_from(attempt).unwrap_or(1).max(1);
    RENDER_BACK_OFF_UNIT.saturating_mul(n.saturating_mul(n))
}

/// Writes the ending down if the lease is still ours.
async fn finish(
    tx: &mut TenantTx,
    render: RenderId,
    lease: Uuid,
    ending: &Ending,
) -> Result<bool, DbError> {
    let (status, after, detail, done) = match ending {
        Ending::Done {
            path,
            sha256,
            size_bytes,
        } => ("DONE", 0, None, Some((path, sha256, *size_bytes))),
        Ending::Again { after, detail } => ("PENDING", after.as_secs(), Some(detail), None),
        Ending::Failed { detail } => ("FAILED", 0, Some(detail), None),
    };
    let rendered_at = done.map(|_| tx.now());
    let changed = Statement::new(
        "UPDATE document_renders SET status = $4, next_attempt_at = now() + $5 * interval '1 second', lease_token = NULL, lease_until = NULL, \
         last_error = $6, path = coalesce($7, path), sha256 = coalesce($8, sha256), size_bytes = coalesce($9, size_bytes), \
         rendered_at = coalesce($10, rendered_at) WHERE tenant_id = $1 AND id = $2 AND lease_token = $3 AND status = 'RENDERING'",
    )
    .bind(tx.tenant().as_uuid())
    .bind(render.as_uuid())
    .bind(lease)
    .bind(status)
    .bind(i64::try_from(after).unwrap_or(i64::MAX))
    .bind(detail.cloned())
    .bind(done.map(|(path, _, _)| path.as_str().to_owned()))
    .bind(done.map(|(_, sha256, _)| sha256.clone()))
    .bind(done.map(|(_, _, size_bytes)| size_bytes))
    .bind(rendered_at)
    .execute(tx.conn()?)
    .await?;
    Ok(changed > 0)
}

#[derive(QueryableByName)]
struct OrderRow {
    #[diesel(sql_type = SqlUuid)]
    order_id: OrderId,
}

/// The render is over, well or not: messages that waited for it go out, and pages that show the order look again.
async fn wake(tx: &mut TenantTx, invoice: InvoiceId) -> Result<(), DbError> {
    notifications::wake_dispatched(tx, invoice).await?;
    let rows: Vec<OrderRow> =
        Statement::new("SELECT order_id FROM invoices WHERE tenant_id = $1 AND id = $2")
            .bind(tx.tenant().as_uuid())
            .bind(invoice.as_uuid())
            .load(tx.conn()?)
            .await?;
    for row in rows {
        tx.changed(Subject::Order(row.order_id));
    }
    Ok(())
}
