//! What staff decide on an order: each verb a noun below the order, whose GET asks and whose POST does. The order's own
//! page carries the buttons that need no words; a refusal shows there, beside the figures it is about.

use poem::Response;
use poem::handler;
use poem::http::StatusCode;
use poem::web::{Data, Path, Query};
use serde::Deserialize;
use vitaran_core::access::{
    Actor, SalesOrdersApprove, SalesOrdersCancel, SalesOrdersReject, SalesOrdersShortClose,
    WarehouseDeliverWrite,
};
use vitaran_core::orders::{
    self, ApproveOrder, CancelOrder, DeliverOrder, OrderDetail, RejectOrder, ShortCloseLine, Verb,
    status,
};
use vitaran_kernel::{OrderId, OrderLineId};

use super::ORDER;
use super::actions_view::order_path;
use super::admin::load;
use super::order_views::{OrderView, order_page, order_region};
use super::verb_views::{self, Decision, VerbForm};
use crate::auth::PageActor;
use crate::http::form::Submitted;
use crate::http::form_page::{Attempt, id_of};
use crate::http::problem::Refusal;
use crate::http::problem_page::PageResult;
use crate::hx::{self, Swap};
use crate::shell::Shell;
use crate::state::AppState;
use crate::ui::flash::{self, Flash};

/// One request about one order.
struct Asked<'a> {
    shell: &'a Shell,
    state: &'a AppState,
    actor: &'a Actor,
    id: OrderId,
}

/// `GET /admin/orders/:id/approval`
#[handler]
pub async fn ask_approval(
    shell: Shell,
    state: Data<&AppState>,
    PageActor(actor): PageActor,
    Path(id): Path<String>,
) -> PageResult {
    let _proof = actor.allow::<SalesOrdersApprove>()?;
    asked(&shell, &state, &actor, &id)?.ask(Verb::Approve).await
}

/// `POST /admin/orders/:id/approval`
#[handler]
pub async fn approve(
    shell: Shell,
    state: Data<&AppState>,
    PageActor(actor): PageActor,
    Path(id): Path<String>,
    sent: Submitted<VerbForm>,
) -> PageResult {
    let by = actor.allow::<SalesOrdersApprove>()?;
    let asked = asked(&shell, &state, &actor, &id)?;
    let done = async {
        let input = ApproveOrder::parse(&sent.form.note, Some(sent.version()?))?;
        let mut tx = state.db.begin(&by).await?;
        let order = orders::approve(&mut tx, &by, asked.id, input).await?;
        tx.commit().await?;
        Ok(order)
    };
    asked.answer(Verb::Approve, &sent, done.await).await
}

/// `GET /admin/orders/:id/rejection`
#[handler]
pub async fn ask_rejection(
    shell: Shell,
    state: Data<&AppState>,
    PageActor(actor): PageActor,
    Path(id): Path<String>,
) -> PageResult {
    let _proof = actor.allow::<SalesOrdersReject>()?;
    asked(&shell, &state, &actor, &id)?.ask(Verb::Reject).await
}

/// `POST /admin/orders/:id/rejection`
#[handler]
pub async fn reject(
    shell: Shell,
    state: Data<&AppState>,
    PageActor(actor): PageActor,
    Path(id): Path<String>,
    sent: Submitted<VerbForm>,
) -> PageResult {
    let by = actor.allow::<SalesOrdersReject>()?;
    let asked = asked(&shell, &state, &actor, &id)?;
    let done = async {
        let input = RejectOrder::parse(&sent.form.reason, Some(sent.version()?))?;
        let mut tx = state.db.begin(&by).await?;
        let order = orders::reject(&mut tx, &by, asked.id, input).await?;
        tx.commit().await?;
        Ok(order)
    };
    asked.answer(Verb::Reject, &sent, done.await).await
}

/// `GET /admin/orders/:id/cancellation`
#[handler]
pub async fn ask_cancellation(
    shell: Shell,
    state: Data<&AppState>,
    PageActor(actor): PageActor,
    Path(id): Path<String>,
) -> PageResult {
    let _proof = actor.allow::<SalesOrdersCancel>()?;
    asked(&shell, &state, &actor, &id)?.ask(Verb::Cancel).await
}

/// `POST /admin/orders/:id/cancellation`
#[handler]
pub async fn cancel(
    shell: Shell,
    state: Data<&AppState>,
    PageActor(actor): PageActor,
    Path(id): Path<String>,
    sent: Submitted<VerbForm>,
) -> PageResult {
    let by = actor.allow::<SalesOrdersCancel>()?;
    let asked = asked(&shell, &state, &actor, &id)?;
    let done = async {
        let input = CancelOrder::parse(&sent.form.reason, Some(sent.version()?))?;
        let mut tx = state.db.begin(&by).await?;
        let order = orders::cancel(&mut tx, &by, asked.id, input).await?;
        tx.commit().await?;
        Ok(order)
    };
    asked.answer(Verb::Cancel, &sent, done.await).await
}

/// `GET /admin/orders/:id/delivery`
#[handler]
pub async fn ask_delivery(
    shell: Shell,
    state: Data<&AppState>,
    PageActor(actor): PageActor,
    Path(id): Path<String>,
) -> PageResult {
    let _proof = actor.allow::<WarehouseDeliverWrite>()?;
    asked(&shell, &state, &actor, &id)?.ask(Verb::Deliver).await
}

/// `POST /admin/orders/:id/delivery`
#[handler]
pub async fn deliver(
    shell: Shell,
    state: Data<&AppState>,
    PageActor(actor): PageActor,
    Path(id): Path<String>,
    sent: Submitted<VerbForm>,
) -> PageResult {
    let by = actor.allow::<WarehouseDeliverWrite>()?;
    let asked = asked(&shell, &state, &actor, &id)?;
    let done = async {
        let input = DeliverOrder::parse(&sent.form.note, None, Some(sent.version()?))?;
        let mut tx = state.db.begin(&by).await?;
        let order = orders::deliver(&mut tx, &by, asked.id, input).await?;
        tx.commit().await?;
        Ok(order)
    };
    asked.answer(Verb::Deliver, &sent, done.await).await
}

fn asked<'a>(
    shell: &'a Shell,
    state: &'a AppState,
    actor: &'a Actor,
    id: &str,
) -> Result<Asked<'a>, Refusal> {
    Ok(Asked {
        shell,
        state,
        actor,
        id: id_of(id, OrderId::parse)?,
    })
}

impl Asked<'_> {
    async fn load(&self) -> Result<OrderDetail, Refusal> {
        load(self.state, &self.actor.allow()?, self.id).await
    }

    /// The page that asks, or the order with a word on why there is nothing to ask.
    async fn ask(&self, verb: Verb) -> PageResult {
        let order = self.load().await?;
        if let Err(illegal) = status::step(order.header.status, verb, self.actor) {
            let message = Flash::bad(illegal.to_string());
            return Ok(self.shell.go_to(&order_path(self.id), Some(&message)));
        }
        Ok(self.decision(&order, verb, &VerbForm::default(), &Attempt::fresh()))
    }

    /// What became of a POST: the order as it is now, or the refusal beside what it is about.
    async fn answer(
        &self,
        verb: Verb,
        sent: &Submitted<VerbForm>,
        done: Result<OrderDetail, Refusal>,
    ) -> PageResult {
        let from_order_page = self.shell.request().targets(ORDER);
        match done {
            Ok(order) => {
                let message = verb_views::done(verb, &order.header.number);
                if !self.shell.wants_fragment() || !from_order_page {
                    return Ok(self.shell.go_to(&order_path(self.id), Some(&message)));
                }
                let region = order_region(&OrderView::of(&order, self.actor));
                let body = maud::html! { (region) (flash::toasts(&[message])) (hx::partial(hx::FLASH, Swap::Fill, "")) };
                Ok(self.shell.fragment(StatusCode::OK, body))
            }
            Err(refusal) if matches!(refusal.status.as_u16(), 409 | 412 | 422) => {
                let order = self.load().await?;
                let may_still = order.allowed_actions(self.actor).contains(&verb);
                if may_still && !(self.shell.wants_fragment() && from_order_page) {
                    let attempt = Attempt::refused(refusal, sent)?;
                    return Ok(self.decision(&order, verb, &sent.form, &attempt));
                }
                Ok(self.refused(&order, &refusal))
            }
            Err(refusal) => Err(refusal),
        }
    }

    fn decision(
        &self,
        order: &OrderDetail,
        verb: Verb,
        form: &VerbForm,
        attempt: &Attempt,
    ) -> Response {
        let decision = Decision {
            verb,
            order: &order.header,
            form,
            attempt,
            sees_credit: OrderView::of(order, self.actor).sees_dealer,
        };
        let title = decision.title();
        attempt.answer(self.shell, &title, verb_views::form(&decision), |form| {
            verb_views::page(&decision, form)
        })
    }

    /// The order as it is now, with what was refused at its top. A fragment changes both in place and leaves the button
    /// that was pressed alone.
    fn refused(&self, order: &OrderDetail, refusal: &Refusal) -> Response {
        let message = Flash::bad(refusal.detail.clone());
        let view = OrderView::of(order, self.actor);
        if !self.shell.wants_fragment() {
            let page = self.shell.page(&order.header.number).live().refused();
            return page
                .status(refusal.status)
                .render(order_page(&view, Some(&message)));
        }
        let body = maud::html! {
            (hx::partial(hx::FLASH, Swap::Fill, flash::message(&message)))
            (hx::partial(ORDER, Swap::MorphWhole, order_region(&view)))
        };
        self.shell.fragment(refusal.status, body)
    }
}

// Closing a line short ----------------------------------------------------------------------------------------------

/// Which line the page is about.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct LineParams {
    line_id: String,
}

/// `GET /admin/orders/:id/short-closes?line_id=`
#[handler]
pub async fn ask_short_close(
    shell: Shell,
    state: Data<&AppState>,
    PageActor(actor): PageActor,
    Path(id): Path<String>,
    Query(params): Query<LineParams>,
) -> PageResult {
    let _proof = actor.allow::<SalesOrdersShortClose>()?;
    let asked = asked(&shell, &state, &actor, &id)?;
    let form = VerbForm {
        line_id: params.line_id,
        ..VerbForm::default()
    };
    asked.short_close(&form, &Attempt::fresh()).await
}

/// `POST /admin/orders/:id/short-closes`
#[handler]
pub async fn short_close(
    shell: Shell,
    state: Data<&AppState>,
    PageActor(actor): PageActor,
    Path(id): Path<String>,
    sent: Submitted<VerbForm>,
) -> PageResult {
    let by = actor.allow::<SalesOrdersShortClose>()?;
    let asked = asked(&shell, &state, &actor, &id)?;
    let done: Result<OrderDetail, Refusal> = async {
        let input = ShortCloseLine::parse(&sent.form.line_id, &sent.form.reason)?;
        let mut tx = state.db.begin(&by).await?;
        let order = orders::short_close(&mut tx, &by, asked.id, input).await?;
        tx.commit().await?;
        Ok(order)
    }
    .await;
    match done {
        Ok(_) => {
            let message = Flash::good("The rest of the line is given up");
            Ok(shell.go_to(&order_path(asked.id), Some(&message)))
        }
        Err(refusal) => {
            let attempt = Attempt::refused(refusal, &sent)?;
            asked.short_close(&sent.form, &attempt).await
        }
    }
}

impl Asked<'_> {
    async fn short_close(&self, form: &VerbForm, attempt: &Attempt) -> PageResult {
        let order = self.load().await?;
        let line = OrderLineId::parse(&form.line_id).ok();
        let line = order.lines.iter().find(|known| Some(known.id) == line);
        let line = line.ok_or_else(Refusal::not_found)?;
        let question = verb_views::ShortClose {
            order: &order.header,
            line,
            form,
            attempt,
        };
        let title = question.title();
        let shown = verb_views::short_close_form(&question);
        Ok(attempt.answer(self.shell, &title, shown, |form| {
            verb_views::short_close_page(&question, form)
        }))
    }
}
