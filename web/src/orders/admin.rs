//! The staff's queue of orders, and the page of one.

use futures_util::{TryFutureExt as _, try_join};
use poem::handler;
use poem::web::{Data, Path};
use vitaran_core::access::{Actor, Allowed, PermissionCode, SalesDealersRead, SalesOrdersRead};
use vitaran_core::db::{Count, TenantTx};
use vitaran_core::{dealers, orders};
use vitaran_kernel::{DealerId, OrderId};

use super::filter::ListParams;
use super::order_views::{OrderView, order_page, order_region};
use super::views::{self, Queue, QueueRow};
use crate::auth::PageActor;
use crate::http::form_page::id_of;
use crate::http::problem::Refusal;
use crate::http::problem_page::PageResult;
use crate::shell::Shell;
use crate::state::AppState;

/// `GET /admin/orders`
#[handler]
pub async fn list(
    shell: Shell,
    state: Data<&AppState>,
    PageActor(actor): PageActor,
    params: ListParams,
) -> PageResult {
    let by = actor.allow()?;
    let mut tx = state.db.begin_read(&by).await?;
    let queue = read_queue(&mut tx, &by, params).await?;
    if shell.wants_fragment() {
        return Ok(shell.fragment(poem::http::StatusCode::OK, views::queue_region(&queue)));
    }
    Ok(shell.page("Orders").live().render(views::list_page(&queue)))
}

/// Everything the queue shows, in one transaction.
pub(super) async fn read_queue(
    tx: &mut TenantTx,
    by: &Allowed<SalesOrdersRead>,
    params: ListParams,
) -> Result<Queue, Refusal> {
    let actor = by.actor();
    let (filter, page) = (params.filter()?, params.page()?);
    let (found, counts) = try_join!(
        orders::list(tx, by, &filter, &page).map_err(Refusal::from),
        orders::count_by_status(tx, by, Count::BESIDE_A_NAME).map_err(Refusal::from)
    )?;
    let dealer_name = match filter.dealer {
        Some(dealer) => dealer_name(tx, actor, dealer).await?,
        None => None,
    };
    let orders = found.map(|order| QueueRow {
        verbs: order.allowed_actions(actor),
        order,
    });
    Ok(Queue {
        params,
        sort: filter.sort,
        orders,
        counts,
        dealer_name,
        may_place: actor.has(PermissionCode::SalesOrdersPlace),
    })
}

/// The name on the chip, for those who may see dealers. An unknown dealer's list is empty and names nobody.
async fn dealer_name(
    tx: &mut TenantTx,
    actor: &Actor,
    dealer: DealerId,
) -> Result<Option<String>, Refusal> {
    let Ok(by) = actor.allow::<SalesDealersRead>() else {
        return Ok(None);
    };
    match dealers::load(tx, &by, dealer).await.map_err(Refusal::from) {
        Ok(page) => Ok(Some(
            super::new_views::dealer_label(&page.dealer).to_owned(),
        )),
        Err(refusal) if refusal.status == poem::http::StatusCode::NOT_FOUND => Ok(None),
        Err(refusal) => Err(refusal),
    }
}

/// `GET /admin/orders/:id`
#[handler]
pub async fn show(
    shell: Shell,
    state: Data<&AppState>,
    PageActor(actor): PageActor,
    Path(id): Path<String>,
) -> PageResult {
    let by = actor.allow()?;
    let order = load(&state, &by, id_of(&id, OrderId::parse)?).await?;
    let view = OrderView::of(&order, &actor);
    if shell.wants_fragment() {
        return Ok(shell.fragment(poem::http::StatusCode::OK, order_region(&view)));
    }
    let title = &order.header.number;
    Ok(shell.page(title).live().render(order_page(&view, None)))
}

/// An order as it stands now.
pub(super) async fn load(
    state: &AppState,
    by: &Allowed<SalesOrdersRead>,
    id: OrderId,
) -> Result<orders::OrderDetail, Refusal> {
    let tx = state.db.begin_read(by).await?;
    Ok(orders::load(&tx, by, id).await?)
}
