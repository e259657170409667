//! The PDF of an invoice: given where it is there, made and waited for where it is not.

use bytes::Bytes;
use maud::html;
use poem::http::{HeaderValue, StatusCode, header};
use poem::web::{Data, Path, Query};
use poem::{Request, Response, handler};
use poem_openapi::ApiResponse;
use poem_openapi::payload::Binary;
use serde::Deserialize;
use sha2::{Digest as _, Sha256};
use vitaran_core::access::{Actor, Allowed, BillingInvoicesRead};
use vitaran_core::invoicing::document::InvoiceCopy;
use vitaran_core::invoicing::{self, FetchPdfError, Pdf};
use vitaran_kernel::InvoiceId;

use crate::auth::PageActor;
use crate::http::form_page::id_of;
use crate::http::problem::Refusal;
use crate::http::problem_page::PageResult;
use crate::shell::Shell;
use crate::state::AppState;
use crate::ui::panel::Heading;

/// A page that waits for a PDF looks again after so many seconds.
const LOOK_AGAIN_S: &str = "3";

/// Which copy; a dealer's people get the recipient's, whatever they ask for.
pub fn copy_of(actor: &Actor, word: Option<&str>) -> Result<InvoiceCopy, Refusal> {
    let copy = match word {
        None | Some("") => Some(InvoiceCopy::Original),
        Some(word) => InvoiceCopy::from_query(word),
    };
    let copy = copy.ok_or_else(|| {
        Refusal::malformed_at(
            "/copy",
            "invalid",
            "A copy is original, duplicate or triplicate",
        )
    })?;
    Ok(match actor.scope().own() {
        Some(_) => InvoiceCopy::Original,
        None => copy,
    })
}

/// The file, or word that the one at hand is still right.
#[derive(ApiResponse)]
pub enum PdfFile {
    /// The file.
    #[oai(status = 200, content_type = "application/pdf")]
    File(
        Binary<Bytes>,
        /// Saves it under the invoice's number.
        #[oai(header = "Content-Disposition")]
        String,
        /// The SHA-256 of the file.
        #[oai(header = "ETag")]
        String,
        /// Kept by its reader alone, and asked for anew each time.
        #[oai(header = "Cache-Control")]
        String,
    ),
    /// The file named in `If-None-Match` is still the one.
    #[oai(status = 304)]
    NotModified(
        /// The SHA-256 of the file.
        #[oai(header = "ETag")]
        String,
    ),
}

impl PdfFile {
    pub fn of(pdf: Pdf, known: Option<&str>) -> Self {
        let etag = format!("\"{}\"", hex::encode(Sha256::digest(&pdf.bytes)));
        if known.is_some_and(|known| known.split(',').any(|one| one.trim() == etag)) {
            return PdfFile::NotModified(etag);
        }
        let disposition = format!("attachment; filename=\"{}\"", pdf.file_name.as_str());
        PdfFile::File(
            Binary(pdf.bytes),
            disposition,
            etag,
            "private, no-cache".to_owned(),
        )
    }
}

/// `?copy=duplicate`
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct CopyParams {
    copy: Option<String>,
}

/// `GET /admin/invoices/:id/pdf`
#[handler]
pub async fn show_pdf(
    shell: Shell,
    state: Data<&AppState>,
    PageActor(actor): PageActor,
    request: &Request,
    Path(id): Path<String>,
    Query(params): Query<CopyParams>,
) -> PageResult {
    answer(&shell, &state, &actor, request, &id, params).await
}

/// `GET /portal/invoices/:id/pdf`
#[handler]
pub async fn show_dealer_pdf(
    shell: Shell,
    state: Data<&AppState>,
    PageActor(actor): PageActor,
    request: &Request,
    Path(id): Path<String>,
) -> PageResult {
    answer(&shell, &state, &actor, request, &id, CopyParams::default()).await
}

async fn answer(
    shell: &Shell,
    state: &AppState,
    actor: &Actor,
    request: &Request,
    id: &str,
    params: CopyParams,
) -> PageResult {
    let by: Allowed<BillingInvoicesRead> = actor.allow()?;
    let copy = copy_of(actor, params.copy.as_deref())?;
    let id = id_of(id, InvoiceId::parse)?;
    match invoicing::fetch_pdf(&state.db, &*state.files, &by, id, copy).await {
        Ok(pdf) => {
            let known = request.header(header::IF_NONE_MATCH);
            Ok(poem::IntoResponse::into_response(PdfFile::of(pdf, known)))
        }
        Err(FetchPdfError::Preparing) => Ok(preparing(shell, request)),
        Err(error) => Err(error.into()),
    }
}

/// A page that loads itself again until the file comes.
fn preparing(shell: &Shell, request: &Request) -> Response {
    let here = request.original_uri().to_string();
    let body = html! {
        (Heading::new("The PDF is being prepared"))
        p role="status" { "This page looks again by itself every few seconds. Nothing is wrong with the invoice." }
        p { a.button href=(here) { "Look again" } }
    };
    let page = shell.page("The PDF is being prepared");
    let mut response = page.status(StatusCode::SERVICE_UNAVAILABLE).render(body);
    let headers = response.headers_mut();
    headers.insert(header::REFRESH, HeaderValue::from_static(LOOK_AGAIN_S));
    headers.insert(header::RETRY_AFTER, HeaderValue::from_static(LOOK_AGAIN_S));
    response
}
