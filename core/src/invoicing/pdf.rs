//! Getting the PDF of an invoice: from the file store, or made on demand when it is not there.

use std::time::Duration;

use bytes::Bytes;
use chrono::{DateTime, Utc};
use diesel::QueryableByName;
use diesel::sql_types::{Nullable, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::RunQueryDsl as _;
use serde::{Deserialize, Serialize};
use vitaran_kernel::{InvoiceId, RenderId, TenantId};

use super::render::RenderInvoice;
use crate::access::{Actor, Allowed, BillingInvoicesRead};
use crate::db::{Db, DbError, Statement, TenantTx};
use crate::jobs::{self, Job};
use crate::ports::{FileName, FilePath, FileStore, FileStoreError, InvoiceCopy};
use crate::problem::{Kind, Problem};

/// How long a person waits for a PDF before the page says that it is being prepared.
pub const PATIENCE: Duration = Duration::from_secs(10);
const LOOK_AGAIN: Duration = Duration::from_millis(250);

/// A render somebody is waiting for; runs before the others.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(transparent)]
struct UrgentRender(RenderInvoice);

impl Job for UrgentRender {
    const QUEUE: &'static str = RenderInvoice::QUEUE;
    const MAX_ATTEMPTS: i32 = RenderInvoice::MAX_ATTEMPTS;
    const PRIORITY: i32 = 10;
}

/// Where the PDF of a copy stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PdfState {
    /// Nobody has asked for this copy yet.
    NotAsked,
    Preparing,
    Ready {
        path: FilePath,
        rendered_at: DateTime<Utc>,
    },
    /// The last render failed for good; asking again starts anew.
    Failed,
}

/// Why a render is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ask {
    /// Somebody wants to see it.
    Wanted,
    /// The file store has lost the file rendered then.
    FileGone { rendered_at: DateTime<Utc> },
}

/// A PDF and the name a browser saves it under.
#[derive(Debug, Clone)]
pub struct Pdf {
    pub file_name: FileName,
    pub bytes: Bytes,
}

#[derive(Debug, thiserror::Error)]
pub enum FetchPdfError {
    #[error("There is no such invoice")]
    NotFound,
    /// Asked for, and not there within [`PATIENCE`].
    #[error("The PDF is being prepared, try again in a moment")]
    Preparing,
    #[error("the file store is not available: {0}")]
    Files(String),
    #[error(transparent)]
    Db(#[from] DbError),
}

impl Problem for FetchPdfError {
    fn kind(&self) -> Kind {
        match self {
            FetchPdfError::NotFound => Kind::NotFound,
            FetchPdfError::Preparing | FetchPdfError::Files(_) => Kind::Unavailable,
            FetchPdfError::Db(error) => error.kind(),
        }
    }

    fn code(&self) -> &'static str {
        match self {
            FetchPdfError::NotFound => "invoices.not_found",
            FetchPdfError::Preparing => "invoices.pdf_preparing",
            FetchPdfError::Files(_) => "service.unavailable",
            FetchPdfError::Db(error) => error.code(),
        }
    }
}

#[derive(QueryableByName)]
struct StateRow {
    #[diesel(sql_type = Text)]
    number: String,
    #[diesel(sql_type = Nullable<Text>)]
    status: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    path: Option<String>,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    rendered_at: Option<DateTime<Utc>>,
}

impl StateRow {
    fn state(&self) -> PdfState {
        let path = self
            .path
            .as_deref()
            .and_then(|path| FilePath::from_stored(path).ok());
        match (self.status.as_deref(), path, self.rendered_at) {
            (None, _, _) => PdfState::NotAsked,
            (Some("DONE"), Some(path), Some(rendered_at)) => PdfState::Ready { path, rendered_at },
            (Some("DONE" | "FAILED"), _, _) => PdfState::Failed,
            (Some(_), _, _) => PdfState::Preparing,
        }
    }
}

/// Where the PDF stands; `None` when there is no such invoice in the actor's scope.
pub async fn pdf_state(
    tx: &mut TenantTx,
    by: &Allowed<BillingInvoicesRead>,
    invoice: InvoiceId,
    copy: InvoiceCopy,
) -> Result<Option<PdfState>, DbError> {
    let row = state_row(tx, by.actor(), invoice, copy).await?;
    Ok(row.map(|row| row.state()))
}

async fn state_row(
    tx: &mut TenantTx,
    actor: &Actor,
    invoice: InvoiceId,
    copy: InvoiceCopy,
) -> Result<Option<StateRow>, DbError> {
    let mut statement = Statement::new(
        "SELECT i.number, r.status, r.path, r.rendered_at FROM invoices i \
         LEFT JOIN document_renders r ON r.tenant_id = i.tenant_id AND r.invoice_id = i.id AND r.copy = $3 \
         WHERE i.tenant_id = $1 AND i.id = $2 AND ($4::uuid IS NULL OR i.dealer_id = $4)",
    )
    .bind(tx.tenant().as_uuid())
    .bind(invoice.as_uuid())
    .bind(copy.as_str())
    .bind(actor.scope().own().map(|dealer| dealer.as_uuid()));
    tx.push_own_orders(&mut statement, "i.order_id");
    let rows = statement.load(tx.conn()?).await?;
    Ok(rows.into_iter().next())
}

#[derive(QueryableByName)]
struct Asked {
    #[diesel(sql_type = SqlUuid)]
    id: RenderId,
}

/// Asks for the PDF, ahead of others. Asking again while it is under way changes nothing, and a PDF that is there stays
/// unless its file is gone. An invoice that does not exist is asked for in vain.
pub async fn ensure_render(
    tx: &mut TenantTx,
    _by: &Allowed<BillingInvoicesRead>,
    invoice: InvoiceId,
    copy: InvoiceCopy,
    ask: Ask,
) -> Result<(), DbError> {
    let gone = match ask {
        Ask::Wanted => None,
        Ask::FileGone { rendered_at } => Some(rendered_at),
    };
    let asked: Vec<Asked> = Statement::new(
        "INSERT INTO document_renders AS r (tenant_id, id, invoice_id, dealer_id, copy, status, attempts, next_attempt_at) \
         SELECT tenant_id, $3, id, dealer_id, $4, 'PENDING', 0, now() FROM invoices WHERE tenant_id = $1 AND id = $2 \
         ON CONFLICT ON CONSTRAINT uq_document_renders_tenant_id_copy DO UPDATE SET status = 'PENDING', next_attempt_at = now(), \
         attempts = CASE WHEN r.status = 'PENDING' THEN r.attempts ELSE 0 END, lease_token = NULL, lease_until = NULL \
         WHERE r.status = 'FAILED' OR (r.status = 'PENDING' AND r.next_attempt_at > now()) OR (r.status = 'DONE' AND r.rendered_at = $5) \
         RETURNING r.id",
    )
    .bind(tx.tenant().as_uuid())
    .bind(invoice.as_uuid())
    .bind(RenderId::generate().as_uuid())
    .bind(copy.as_str())
    .bind(gone)
    .load(tx.conn()?)
    .await?;
    let tenant = tx.tenant();
    for Asked { id } in asked {
        let job = UrgentRender(RenderInvoice { tenant, render: id });
        jobs::enqueue(tx, &job).await?;
    }
    Ok(())
}

/// The PDF of a copy: at once if it is there; otherwise it is asked for and waited for, for [`PATIENCE`] at most, in no
/// transaction. Asking is the one thing a look-up writes, and it is harmless to repeat.
pub async fn fetch_pdf(
    db: &Db,
    files: &dyn FileStore,
    by: &Allowed<BillingInvoicesRead>,
    invoice: InvoiceId,
    copy: InvoiceCopy,
) -> Result<Pdf, FetchPdfError> {
    let until = tokio::time::Instant::now() + PATIENCE;
    let mut has_asked = false;
    loop {
        let mut tx = db.begin_read(by).await?;
        let row = state_row(&mut tx, by.actor(), invoice, copy).await?;
        tx.commit().await?;
        let row = row.ok_or(FetchPdfError::NotFound)?;
        let ask = match row.state() {
            PdfState::Ready { path, rendered_at } => match files.get(&path).await {
                Ok(bytes) => {
                    let file_name = file_name(&row.number, copy);
                    return Ok(Pdf { file_name, bytes });
                }
                Err(FileStoreError::NotFound) => Ask::FileGone { rendered_at },
                Err(FileStoreError::Unavailable(error)) => return Err(FetchPdfError::Files(error)),
            },
            // It failed again, after we had asked.
            PdfState::Failed if has_asked => return Err(FetchPdfError::Preparing),
            PdfState::NotAsked | PdfState::Preparing | PdfState::Failed => Ask::Wanted,
        };
        if !has_asked {
            let mut tx = db.begin(by).await?;
            ensure_render(&mut tx, by, invoice, copy, ask).await?;
            tx.commit().await?;
            has_asked = true;
        }
        if tokio::time::Instant::now() >= until {
            return Err(FetchPdfError::Preparing);
        }
        tokio::time::sleep(LOOK_AGAIN).await;
    }
}

/// Makes the original again whose file a message could not find. For the worker.
pub async fn remake_original(
    db: &Db,
    files: &dyn FileStore,
    tenant: TenantId,
    invoice: InvoiceId,
) -> Result<(), FetchPdfError> {
    let actor = Actor::system(tenant, RenderInvoice::QUEUE);
    let Ok(by) = actor.allow::<BillingInvoicesRead>() else {
        return Ok(());
    };
    let mut tx = db.begin_read(&by).await?;
    let state = pdf_state(&mut tx, &by, invoice, InvoiceCopy::Original).await?;
    tx.commit().await?;
    let Some(PdfState::Ready { path, rendered_at }) = state else {
        return Ok(());
    };
    match files.exists(&path).await {
        Ok(true) => return Ok(()),
        Ok(false) => {}
        Err(error) => return Err(FetchPdfError::Files(error.to_string())),
    }
    let mut tx = db.begin(&by).await?;
    let ask = Ask::FileGone { rendered_at };
    ensure_render(&mut tx, &by, invoice, InvoiceCopy::Original, ask).await?;
    Ok(tx.commit().await?)
}
/// "VLT_26-27_000042.pdf"; the other copies say which they are, so that none is taken for the original.
fn file_name(number: &str, copy: InvoiceCopy) -> FileName {
    let suffix = match copy {
        InvoiceCopy::Original => "",
        InvoiceCopy::Duplicate => "-duplicate",
        InvoiceCopy::Triplicate => "-triplicate",
    };
    FileName::new(&format!("{number}{suffix}.pdf"))
}
