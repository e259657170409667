//! `/portal/invoices`: a dealer's tax invoices. The PDF has a route of its own beside the document's renderer.

use futures_util::{TryFutureExt as _, try_join};
use poem::handler;
use poem::http::StatusCode;
use poem::web::{Data, Path, Query};
use serde::Deserialize;
use vitaran_core::access::BillingInvoicesRead;
use vitaran_core::db::Page;
use vitaran_core::invoicing::{self, InvoiceFilter};
use vitaran_kernel::InvoiceId;

use super::portal_views as views;
use crate::auth::PageActor;
use crate::http::params::{self, address};
use crate::http::problem::Refusal;
use crate::http::problem_page::PageResult;
use crate::portal::Frame;
use crate::shell::Shell;
use crate::state::AppState;

/// What the list's address says.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct InvoicesParams {
    pub q: String,
    /// `open` for those not paid in full, or nothing.
    pub view: String,
    pub cursor: String,
}

impl InvoicesParams {
    fn filter(&self) -> Result<InvoiceFilter, Refusal> {
        let open_only = match self.view.as_str() {
            "" => false,
            "open" => true,
            _ => return Err(Refusal::not_found()),
        };
        Ok(InvoiceFilter {
            q: self.q.clone(),
            open_only,
            ..InvoiceFilter::default()
        })
    }

    fn page(&self) -> Result<Page, Refusal> {
        params::page(None, Some(&self.cursor))
    }

    /// The address of this list, from `cursor` on.
    #[must_use]
    pub fn from(&self, cursor: &str) -> String {
        let parameters = [
            ("q", self.q.as_str()),
            ("view", &self.view),
            ("cursor", cursor),
        ];
        address("/portal/invoices", &parameters)
    }

    /// The same search in another view.
    #[must_use]
    pub fn in_view(&self, view: &str) -> String {
        address("/portal/invoices", &[("q", &self.q), ("view", view)])
    }
}

/// `GET /portal/invoices`
#[handler]
pub async fn list(
    shell: Shell,
    state: Data<&AppState>,
    PageActor(actor): PageActor,
    Query(params): Query<InvoicesParams>,
) -> PageResult {
    let by = actor.allow::<BillingInvoicesRead>()?;
    let (filter, page) = (params.filter()?, params.page()?);
    let tx = state.db.begin_read(&by).await?;
    let (found, frame) = try_join!(
        invoicing::list(&tx, &by, &filter, &page).map_err(Refusal::from),
        Frame::read(&tx, &actor)
    )?;
    tx.commit().await?;
    if shell.wants_fragment() {
        return Ok(shell.fragment(StatusCode::OK, views::list(&found, &params)));
    }
    let body = views::invoices(&found, &params);
    Ok(frame.page(&shell, "Invoices").render(body))
}

/// `GET /portal/invoices/:id`
#[handler]
pub async fn show(
    shell: Shell,
    state: Data<&AppState>,
    PageActor(actor): PageActor,
    Path(id): Path<String>,
) -> PageResult {
    let by = actor.allow::<BillingInvoicesRead>()?;
    let id = InvoiceId::parse(&id).map_err(|_| Refusal::not_found())?;
    let mut tx = state.db.begin_read(&by).await?;
    let invoice = invoicing::load(&tx, &by, id).await?;
    let frame = Frame::read(&tx, &actor).await?;
    tx.commit().await?;
    let number = invoice.document.number.to_string();
    Ok(frame.page(&shell, &number).render(views::invoice(&invoice)))
}
