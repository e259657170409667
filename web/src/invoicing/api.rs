//! Reading invoices over the API.

use poem::web::Data;
use poem_openapi::param::{Path, Query};
use poem_openapi::payload::Json;
use poem_openapi::{ApiResponse, OpenApi};
use vitaran_core::access::{Allowed, BillingInvoicesRead};
use vitaran_core::invoicing::{self, InvoiceFilter};
use vitaran_kernel::InvoiceId;

use super::dto::{Invoice, InvoicePage};
use super::{day_of, dealer_of};
use crate::auth::ApiActor;
use crate::http::params;
use crate::http::problem_json::Failure;
use crate::openapi::Tag;
use crate::state::AppState;

#[derive(ApiResponse)]
pub enum Invoices {
    /// A page of the list.
    #[oai(status = 200)]
    Page(
        Json<InvoicePage>,
        /// The address of the next page, with `rel="next"`.
        #[oai(header = "Link")]
        Option<String>,
    ),
}

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
        /// Only this dealer's.
        dealer_id: Query<Option<uuid::Uuid>>,
        /// Issued on this day in India or later.
        issued_from: Query<Option<String>>,
        /// Issued on this day in India or earlier.
        issued_to: Query<Option<String>>,
        /// `true` for those that are not paid in full.
        open: Query<Option<bool>>,
        /// The beginning of a number, or the running number alone.
        q: Query<Option<String>>,
        /// Rows, 1 to 100; 25 unless told.
        limit: Query<Option<u16>>,
        /// `next_cursor` of the page before.
        cursor: Query<Option<String>>,
    ) -> Result<Invoices, Failure> {
        let by: Allowed<BillingInvoicesRead> = by.actor().allow()?;
        let dealer = dealer_id.0.map(|id| id.to_string()).unwrap_or_default();
        let filter = InvoiceFilter {
            dealer: dealer_of(&dealer)?,
            issued_from: day_of("issued_from", issued_from.0.as_deref().unwrap_or_default())?,
            issued_to: day_of("issued_to", issued_to.0.as_deref().unwrap_or_default())?,
            q: q.0.clone().unwrap_or_default(),
            open_only: open.0.unwrap_or_default(),
        };
        let page = params::page(limit.0, cursor.0.as_deref())?;
        let mut tx = state.db.begin_read(&by).await?;
        let rows = invoicing::list(&mut tx, &by, &filter, &page).await?;
        tx.commit().await?;
        let asked = [
            ("dealer_id", Some(dealer).filter(|id| !id.is_empty())),
            ("issued_from", issued_from.0),
            ("issued_to", issued_to.0),
            ("open", open.0.map(|open| open.to_string())),
            ("q", q.0),
            ("limit", limit.0.map(|rows| rows.to_string())),
        ];
        let next = rows
            .next
            .as_ref()
            .map(|cursor| params::next_link("/api/v1/invoices", asked, cursor));
        Ok(Invoices::Page(Json(rows.into()), next))
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
        let mut tx = state.db.begin_read(&by).await?;
        let invoice = invoicing::load(&mut tx, &by, InvoiceId::from_uuid(id.0)).await?;
        tx.commit().await?;
        Ok(Json(invoice.into()))
    }
}
