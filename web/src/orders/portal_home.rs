//! `/portal`: where a dealer's day begins.

use futures_util::{TryFutureExt as _, try_join};
use poem::handler;
use poem::http::StatusCode;
use poem::web::Data;
use vitaran_core::access::{Actor, BillingInvoicesRead, SalesOrdersRead};
use vitaran_core::db::{Count, Limit, Page, Paged, TenantTx};
use vitaran_core::dealers::{self, DealerPage};
use vitaran_core::invoicing::{self, InvoiceFilter, InvoiceSummary};
use vitaran_core::orders::{self, OrderCounts, OrderFilter, OrderSummary};

use super::portal_views as views;
use crate::auth::PageActor;
use crate::http::problem::Refusal;
use crate::http::problem_page::PageResult;
use crate::portal::Frame;
use crate::shell::Shell;
use crate::state::AppState;

/// Orders and invoices on the home page: what fits a phone's screen twice.
const ROWS: u16 = 5;

/// What the home page shows.
pub struct Home {
    pub own: DealerPage,
    pub orders: Paged<OrderSummary>,
    pub counts: OrderCounts,
    /// Not paid in full; `None` for who may not see invoices.
    pub invoices: Option<Paged<InvoiceSummary>>,
}

/// `GET /portal`
#[handler]
pub async fn show(shell: Shell, state: Data<&AppState>, PageActor(actor): PageActor) -> PageResult {
    let (home, frame) = read(&state, &actor).await?;
    let region = views::home_region(&home, &actor);
    if shell.wants_fragment() {
        return Ok(shell.fragment(StatusCode::OK, region));
    }
    let draft = frame.page_with_own_search(&shell, "Home").live();
    Ok(draft.render(views::home(&home, region)))
}

async fn read(state: &AppState, actor: &Actor) -> Result<(Home, Frame), Refusal> {
    let by = actor.allow::<SalesOrdersRead>()?;
    let page = Page {
        limit: Limit::new(ROWS).unwrap_or_default(),
        after: None,
    };
    let tx = state.db.begin_read(&by).await?;
    let filter = OrderFilter::default();
    let (own, orders, counts, invoices, frame) = try_join!(
        dealers::load_own(&tx).map_err(Refusal::from),
        orders::list(&tx, &by, &filter, &page).map_err(Refusal::from),
        orders::count_by_status(&tx, &by, Count::FIGURE).map_err(Refusal::from),
        open_invoices(&tx, actor, &page),
        Frame::read(&tx, actor)
    )?;
    tx.commit().await?;
    let home = Home {
        own,
        orders,
        counts,
        invoices,
    };
    Ok((home, frame))
}

/// What the dealer has to pay, for those who may see invoices.
async fn open_invoices(
    tx: &TenantTx,
    actor: &Actor,
    page: &Page,
) -> Result<Option<Paged<InvoiceSummary>>, Refusal> {
    let Ok(by) = actor.allow::<BillingInvoicesRead>() else {
        return Ok(None);
    };
    let open = InvoiceFilter {
        open_only: true,
        ..InvoiceFilter::default()
    };
    Ok(Some(invoicing::list(tx, &by, &open, page).await?))
}
