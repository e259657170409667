//! `/admin/invoices`: the list, one invoice, and the health of the series.

use poem::handler;
use poem::http::StatusCode;
use poem::web::{Data, Path, Query};
use serde::Deserialize;
use vitaran_core::access::{Allowed, BillingInvoicesRead};
use vitaran_core::invoicing::document::InvoiceCopy;
use vitaran_core::invoicing::{self, InvoiceFilter, PdfState};
use vitaran_kernel::InvoiceId;

use super::views::{self, ListView};
use super::{day_of, dealer_of};
use crate::auth::PageActor;
use crate::http::form_page::id_of;
use crate::http::params::PageParams;
use crate::http::problem::Refusal;
use crate::http::problem_page::PageResult;
use crate::shell::Shell;
use crate::state::AppState;

/// The filters of the list, as they stand in its address.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct ListParams {
    pub q: String,
    pub dealer: String,
    pub from: String,
    pub to: String,
    pub open: String,
    pub limit: Option<String>,
    pub cursor: Option<String>,
}

impl ListParams {
    pub fn is_open_only(&self) -> bool {
        self.open == "1"
    }

    fn filter(&self) -> Result<InvoiceFilter, Refusal> {
        Ok(InvoiceFilter {
            dealer: dealer_of(&self.dealer)?,
            issued_from: day_of("from", &self.from)?,
            issued_to: day_of("to", &self.to)?,
            q: self.q.clone(),
            open_only: self.is_open_only(),
            since: None,
        })
    }

    fn place(&self) -> PageParams {
        PageParams {
            limit: self.limit.clone(),
            cursor: self.cursor.clone(),
        }
    }
}

/// `GET /admin/invoices`
#[handler]
pub async fn list(
    shell: Shell,
    state: Data<&AppState>,
    PageActor(actor): PageActor,
    Query(params): Query<ListParams>,
) -> PageResult {
    let by: Allowed<BillingInvoicesRead> = actor.allow()?;
    let (filter, place) = (params.filter()?, params.place().page()?);
    let mut tx = state.db.begin_read(&by).await?;
    let invoices = invoicing::list(&tx, &by, &filter, &place).await?;
    tx.commit().await?;
    let view = ListView {
        params: &params,
        invoices: &invoices,
    };
    if shell.wants_fragment() {
        return Ok(shell.fragment(StatusCode::OK, views::rows(&view)));
    }
    Ok(shell.page("Invoices").render(views::list(&view)))
}

/// `GET /admin/invoices/:id`
#[handler]
pub async fn show(
    shell: Shell,
    state: Data<&AppState>,
    PageActor(actor): PageActor,
    Path(id): Path<String>,
) -> PageResult {
    let by: Allowed<BillingInvoicesRead> = actor.allow()?;
    let id = id_of(&id, InvoiceId::parse)?;
    let mut tx = state.db.begin_read(&by).await?;
    let invoice = invoicing::load(&tx, &by, id).await?;
    let pdf = invoicing::pdf_state(&mut tx, &by, id, InvoiceCopy::Original).await?;
    tx.commit().await?;
    let title = format!("Invoice {}", invoice.document.number);
    let body = views::show(&invoice, &pdf.unwrap_or(PdfState::NotAsked));
    Ok(shell.page(&title).render(body))
}

/// Whether the chain is to be checked as well.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct SeriesParams {
    check: String,
}

/// `GET /admin/invoices/series`
#[handler]
pub async fn series(
    shell: Shell,
    state: Data<&AppState>,
    PageActor(actor): PageActor,
    Query(params): Query<SeriesParams>,
) -> PageResult {
    let by: Allowed<BillingInvoicesRead> = actor.allow()?;
    // Their numbers run through all locations: a part would look like gaps.
    actor.works_everywhere()?;
    let mut tx = state.db.begin_read(&by).await?;
    let series = invoicing::list_series(&mut tx, &by).await?;
    let report = match params.check.as_str() {
        "1" => Some(invoicing::verify_chain(&mut tx, &by).await?),
        _ => None,
    };
    tx.commit().await?;
    let body = views::series(&series, report.as_ref());
    Ok(shell.page("Invoice series").render(body))
}
