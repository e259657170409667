//! Reading invoices over the API.

use chrono::{DateTime, Utc};
use poem::web::Data;
use poem_openapi::OpenApi;
use poem_openapi::param::{Path, Query};
use poem_openapi::payload::Json;
use vitaran_core::access::{Allowed, BillingInvoicesRead};
use vitaran_core::db::Since;
use vitaran_core::invoicing::{self, InvoiceFilter};
use vitaran_kernel::InvoiceId;

use super::dto::{Invoice, InvoiceRow};
use super::pdf::{self, PdfFile};
use super::{day_of, dealer_of};
use crate::auth::ApiActor;
use crate::http::listing::{Asked, Listed};
use crate::http::problem_json::Failure;
use crate::openapi::Tag;
use crate::state::AppState;

pub struct InvoicesApi;

#[OpenApi]
impl InvoicesApi {
    /// List invoices
    ///
    /// The newest first. A dealer's people see their own.
    #[oai(
        path = "/v1/invoices",
        method = "get",
        operation_id = "invoices_list",
        tag = "Tag::Invoices"
    )]
    #[expect(
        clippy::too_many_arguments,
        reason = "each is a parameter of the address"
    )]
    async fn list(
        &self,
        state: Data<&AppState>,
        by: ApiActor,
        asked: Asked,
        /// Only this dealer's.
        dealer_id: Query<Option<String>>,
        /// Issued on this day in India or later, such as `2026-11-01`.
        issued_from: Query<Option<String>>,
        /// Issued on this day in India or earlier.
        issued_to: Query<Option<String>>,
        /// `true` for those that are not paid in full.
        open: Query<Option<bool>>,
        /// The beginning of a number, or the running number alone.
        q: Query<Option<String>>,
        /// Only what was issued or paid at this moment or later, the oldest change first: to keep a copy. For the next sync take
        /// `next_updated_since` of the answer.
        updated_since: Query<Option<DateTime<Utc>>>,
        /// Rows, 1 to 100; 25 unless told.
        limit: Query<Option<u16>>,
        /// `next_cursor` of the page before.
        cursor: Query<Option<String>>,
    ) -> Result<Listed<InvoiceRow>, Failure> {
        let by: Allowed<BillingInvoicesRead> = by.actor().allow()?;
        let filter = InvoiceFilter {
            dealer: dealer_of(dealer_id.as_deref().unwrap_or_default())?,
            issued_from: day_of("issued_from", issued_from.as_deref().unwrap_or_default())?,
            issued_to: day_of("issued_to", issued_to.as_deref().unwrap_or_default())?,
            q: q.0.clone().unwrap_or_default(),
            open_only: open.0.unwrap_or_default(),
            since: updated_since.0.map(Since::new),
        };
        let asked = asked.by(&state, by.actor())?;
        let page = asked.page(limit.0, cursor.as_deref())?;
        let tx = state.db.begin_read(&by).await?;
        let invoices = invoicing::list(&tx, &by, &filter, &page).await?;
        tx.commit().await?;
        Ok(asked.answer(invoices))
    }

    /// Get an invoice
    ///
    /// Everything it states, with what is paid of it.
    #[oai(
        path = "/v1/invoices/:id",
        method = "get",
        operation_id = "invoices_get",
        tag = "Tag::Invoices"
    )]
    async fn get(
        &self,
        state: Data<&AppState>,
        by: ApiActor,
        id: Path<uuid::Uuid>,
    ) -> Result<Json<Invoice>, Failure> {
        let by: Allowed<BillingInvoicesRead> = by.actor().allow()?;
        let tx = state.db.begin_read(&by).await?;
        let invoice = invoicing::load(&tx, &by, InvoiceId::from_uuid(id.0)).await?;
        tx.commit().await?;
        Ok(Json(invoice.into()))
    }

    /// Get an invoice's PDF
    ///
    /// Made on demand where it is missing; 503 with `Retry-After` while it is being prepared.
    #[oai(
        path = "/v1/invoices/:id/pdf",
        method = "get",
        operation_id = "invoices_pdf",
        tag = "Tag::Invoices"
    )]
    async fn pdf(
        &self,
        state: Data<&AppState>,
        by: ApiActor,
        id: Path<uuid::Uuid>,
        /// `original`, `duplicate` or `triplicate`; a dealer's people get the original.
        copy: Query<Option<String>>,
        /// The ETag of the file one has.
        #[oai(name = "If-None-Match")]
        known: poem_openapi::param::Header<Option<String>>,
    ) -> Result<PdfFile, Failure> {
        let by: Allowed<BillingInvoicesRead> = by.actor().allow()?;
        let copy = pdf::copy_of(by.actor(), copy.as_deref())?;
        let id = InvoiceId::from_uuid(id.0);
        let pdf = invoicing::fetch_pdf(&state.db, &*state.files, &by, id, copy).await?;
        Ok(PdfFile::of(pdf, known.as_deref()))
    }
}
