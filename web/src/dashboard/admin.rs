//! `GET /admin`

use futures_util::{TryFutureExt as _, try_join};
use poem::handler;
use poem::http::StatusCode;
use poem::web::Data;
use vitaran_core::access::{Actor, BillingPaymentsRead};
use vitaran_core::db::{Count, Limit, Page, TenantTx};
use vitaran_core::orders::{self, OrderFilter, OrderSort, Status};
use vitaran_core::payments::{self, Receivables};

use super::views::{self, Home, Work};
use crate::auth::PageActor;
use crate::http::problem::Refusal;
use crate::http::problem_page::PageResult;
use crate::shell::Shell;
use crate::state::AppState;

/// Orders of the list on the home page: a glance, not the queue.
const GLANCE: u16 = 8;

#[handler]
pub async fn show(shell: Shell, state: Data<&AppState>, PageActor(actor): PageActor) -> PageResult {
    let home = read(&state, &actor).await?;
    if shell.wants_fragment() {
        return Ok(shell.fragment(StatusCode::OK, views::region(&home)));
    }
    Ok(shell.page("Home").live().render(views::page(&home)))
}

async fn read(state: &AppState, actor: &Actor) -> Result<Home, Refusal> {
    let by = actor.allow()?;
    let work = Work::of(actor);
    let tx = state.db.begin_read(&by).await?;
    let filter = OrderFilter {
        statuses: vec![work.status()],
        sort: OrderSort::OldestFirst,
        ..OrderFilter::default()
    };
    let page = Page {
        limit: Limit::new(GLANCE).unwrap_or_default(),
        after: None,
    };
    let (today, counts, waiting, receivables) = try_join!(
        orders::today(&tx, &by).map_err(Refusal::from),
        orders::count_by_status(&tx, &by, Count::FIGURE).map_err(Refusal::from),
        orders::list(&tx, &by, &filter, &page).map_err(Refusal::from),
        receivables(&tx, actor)
    )?;
    Ok(Home {
        name: actor.name().to_owned(),
        company: actor.tenant().name.clone(),
        now: tx.now(),
        work,
        today,
        counts,
        waiting: waiting.rows,
        receivables,
    })
}

/// For those who collect it, and see the whole of it.
async fn receivables(tx: &TenantTx, actor: &Actor) -> Result<Option<Receivables>, Refusal> {
    match actor.allow::<BillingPaymentsRead>() {
        Ok(by) => Ok(payments::receivables(tx, &by).await?),
        Err(_) => Ok(None),
    }
}

impl Work {
    /// The first list of these that the actor can move on.
    fn of(actor: &Actor) -> Self {
        use vitaran_core::access::PermissionCode::{SalesOrdersApprove, WarehousePicksWrite};
        if actor.has(SalesOrdersApprove) {
            Work::Approve
        } else if actor.has(WarehousePicksWrite) {
            Work::Pick
        } else {
            Work::Follow
        }
    }

    const fn status(self) -> Status {
        match self {
            Work::Approve => Status::Placed,
            Work::Pick => Status::Approved,
            Work::Follow => Status::Dispatched,
        }
    }
}
