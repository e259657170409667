//! Approving several orders at once: each in a transaction of its own, so that one refusal stops no other, and each
//! reports what became of it.

use poem::handler;
use poem::http::StatusCode;
use poem::web::Data;
use serde::Deserialize;
use vitaran_core::access::{Allowed, SalesOrdersApprove, SalesOrdersRead};
use vitaran_core::orders::{self, ApproveOrder};
use vitaran_kernel::OrderId;

use super::QUEUE;
use super::actions_view::order_path;
use super::admin::read_queue;
use super::filter::ListParams;
use super::views::{self, Outcome, OutcomeOrder};
use crate::auth::PageActor;
use crate::http::form::Form;
use crate::http::problem::Refusal;
use crate::http::problem_page::PageResult;
use crate::hx::{self, Swap};
use crate::shell::Shell;
use crate::state::AppState;
use crate::ui::flash::{self, Flash};
use crate::ui::money::money;

/// Orders approved by one form: what a person can look over, and a request that ends within its time limit.
pub const MAX_AT_ONCE: usize = 50;

/// The selected rows, and the list they were selected in.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Selection {
    order: Vec<String>,
    /// The list's own query.
    back: String,
}

/// `POST /admin/orders/approvals`
#[handler]
pub async fn approve_selected(
    shell: Shell,
    state: Data<&AppState>,
    PageActor(actor): PageActor,
    Form(selection): Form<Selection>,
) -> PageResult {
    let (by, reader) = (actor.allow()?, actor.allow()?);
    let params = ListParams::parse(&selection.back)?;
    if let Some(fault) = count_fault(selection.order.len()) {
        return Ok(refuse(&shell, &params, fault));
    }
    let mut outcomes = Vec::with_capacity(selection.order.len());
    for id in &selection.order {
        outcomes.push(approve_one(&state, &by, &reader, id).await);
    }
    if !shell.wants_fragment() {
        let back = params.address_from(views::PATH, &params.cursor);
        let body = views::outcomes_page(&outcomes, &back);
        return Ok(shell.page("Approve selected orders").render(body));
    }
    let mut tx = state.db.begin_read(&reader).await?;
    let queue = read_queue(&mut tx, &reader, params).await?;
    let fresh = hx::partial(QUEUE, Swap::Replace, views::queue_region(&queue));
    let body = maud::html! { (views::outcomes(&outcomes)) (fresh) };
    Ok(shell.fragment(StatusCode::OK, body))
}

fn count_fault(selected: usize) -> Option<String> {
    match selected {
        0 => Some("Select at least one order".to_owned()),
        n if n > MAX_AT_ONCE => Some(format!("Select at most {MAX_AT_ONCE} orders at once")),
        _ => None,
    }
}

/// Nothing was done: a message, and the list as it was.
fn refuse(shell: &Shell, params: &ListParams, fault: String) -> poem::Response {
    let message = Flash::bad(fault);
    if shell.wants_fragment() {
        let body = hx::partial(hx::FLASH, Swap::Fill, flash::message(&message));
        return shell.fragment(StatusCode::UNPROCESSABLE_ENTITY, body);
    }
    shell.go_to(
        &params.address_from(views::PATH, &params.cursor),
        Some(&message),
    )
}

/// One order, from BEGIN to COMMIT; what it refuses is its outcome.
async fn approve_one(
    state: &AppState,
    by: &Allowed<SalesOrdersApprove>,
    reader: &Allowed<SalesOrdersRead>,
    id: &str,
) -> Outcome {
    let mut order = None;
    let done = try_one(state, by, reader, id, &mut order).await;
    Outcome {
        order,
        refusal: done.err().map(|refusal| refusal.detail),
    }
}

async fn try_one(
    state: &AppState,
    by: &Allowed<SalesOrdersApprove>,
    reader: &Allowed<SalesOrdersRead>,
    id: &str,
    seen: &mut Option<OutcomeOrder>,
) -> Result<(), Refusal> {
    let id = OrderId::parse(id).map_err(|_| Refusal::not_found())?;
    let mut tx = state.db.begin(by).await?;
    let order = orders::load(&tx, reader, id).await?;
    *seen = Some(OutcomeOrder {
        href: order_path(id),
        number: order.header.number,
        dealer_name: order.header.dealer_name,
        total: money(order.header.total),
    });
    orders::approve(&mut tx, by, id, ApproveOrder::default()).await?;
    Ok(tx.commit().await?)
}
