//! `/portal/orders`: placing the cart as an order, following orders, cancelling one, ordering one again.

use futures_util::{TryFutureExt as _, try_join};
use poem::handler;
use poem::http::StatusCode;
use poem::web::{Data, Path, Query};
use serde::{Deserialize, Serialize};
use vitaran_core::access::{Actor, Allowed, SalesOrdersCancel, SalesOrdersPlace, SalesOrdersRead};
use vitaran_core::db::{Count, Page};
use vitaran_core::orders::{
    self, CancelOrder, CartLineForm, Channel, OrderDetail, OrderFilter, OrderLine, PlaceOrderForm,
    PlaceOrderLineForm, Status,
};
use vitaran_core::problem::{Faults, Invalid};
use vitaran_kernel::{Note, OrderId};

use super::cart::{self, CartForm};
use super::portal_views as views;
use crate::auth::PageActor;
use crate::http::form::Form;
use crate::http::idempotency::{self, BodyHash, Claim, Started};
use crate::http::params::{self, address};
use crate::http::problem::Refusal;
use crate::http::problem_page::{PageResult, field_errors};
use crate::portal::Frame;
use crate::shell::Shell;
use crate::state::AppState;
use crate::ui::Tone;
use crate::ui::flash::Flash;

/// The views of the list, each some of the states.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum View {
    All,
    Waiting,
    Preparing,
    OnTheWay,
    Delivered,
    Closed,
}

impl View {
    pub const ALL: [View; 6] = [
        View::All,
        View::Waiting,
        View::Preparing,
        View::OnTheWay,
        View::Delivered,
        View::Closed,
    ];

    /// The value in the address; the first view needs none.
    pub const fn code(self) -> &'static str {
        match self {
            View::All => "",
            View::Waiting => "waiting",
            View::Preparing => "preparing",
            View::OnTheWay => "on-the-way",
            View::Delivered => "delivered",
            View::Closed => "closed",
        }
    }

    pub const fn label(self) -> &'static str {
        match self {
            View::All => "All",
            View::Waiting => "Waiting for approval",
            View::Preparing => "In preparation",
            View::OnTheWay => "On the way",
            View::Delivered => "Delivered",
            View::Closed => "Not supplied",
        }
    }

    /// Empty means every state.
    pub const fn statuses(self) -> &'static [Status] {
        match self {
            View::All => &[],
            View::Waiting => &[Status::Placed],
            View::Preparing => &[Status::Approved, Status::Picking, Status::Packed],
            View::OnTheWay => &[Status::Dispatched],
            View::Delivered => &[Status::Delivered],
            View::Closed => &[Status::Rejected, Status::Cancelled],
        }
    }

    fn parse(code: &str) -> Result<Self, Refusal> {
        let found = Self::ALL.into_iter().find(|view| view.code() == code);
        found.ok_or_else(Refusal::not_found)
    }
}

/// What the list's address says.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct OrdersParams {
    pub q: String,
    pub view: String,
    pub cursor: String,
}

impl OrdersParams {
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
        address("/portal/orders", &parameters)
    }

    /// The same search in another view.
    #[must_use]
    pub fn in_view(&self, view: View) -> String {
        address("/portal/orders", &[("q", &self.q), ("view", view.code())])
    }
}

/// `GET /portal/orders`
#[handler]
pub async fn list(
    shell: Shell,
    state: Data<&AppState>,
    PageActor(actor): PageActor,
    Query(params): Query<OrdersParams>,
) -> PageResult {
    let by = actor.allow::<SalesOrdersRead>()?;
    let (view, page) = (View::parse(&params.view)?, params.page()?);
    let filter = OrderFilter {
        statuses: view.statuses().to_vec(),
        q: params.q.clone(),
        ..OrderFilter::default()
    };
    let tx = state.db.begin_read(&by).await?;
    let found = orders::list(&tx, &by, &filter, &page).map_err(Refusal::from);
    if shell.wants_fragment() {
        let found = found.await?;
        tx.commit().await?;
        return Ok(shell.fragment(StatusCode::OK, views::list(&found, &params)));
    }
    let (found, counts, frame) = try_join!(
        found,
        orders::count_by_status(&tx, &by, Count::BESIDE_A_NAME).map_err(Refusal::from),
        Frame::read(&tx, &actor)
    )?;
    tx.commit().await?;
    let body = views::orders(&found, &counts, view, &params);
    Ok(frame.page(&shell, "Orders").live().render(body))
}

/// `GET /portal/orders/:id`
#[handler]
pub async fn show(
    shell: Shell,
    state: Data<&AppState>,
    PageActor(actor): PageActor,
    Path(id): Path<String>,
) -> PageResult {
    let (order, frame) = load(&state, &actor, parse_id(&id)?).await?;
    let region = views::order(&order, &actor);
    if shell.wants_fragment() {
        return Ok(shell.fragment(StatusCode::OK, region));
    }
    let draft = frame.page(&shell, &order.header.number).live();
    Ok(draft.render(region))
}

fn parse_id(text: &str) -> Result<OrderId, Refusal> {
    OrderId::parse(text).map_err(|_| Refusal::not_found())
}

async fn load(
    state: &AppState,
    actor: &Actor,
    id: OrderId,
) -> Result<(OrderDetail, Frame), Refusal> {
    let by = actor.allow::<SalesOrdersRead>()?;
    let tx = state.db.begin_read(&by).await?;
    let order = orders::load(&tx, &by, id).await?;
    let frame = Frame::read(&tx, actor).await?;
    tx.commit().await?;
    Ok((order, frame))
}

/// `POST /portal/orders`: the cart's form, its main button.
#[handler]
pub async fn place(
    shell: Shell,
    state: Data<&AppState>,
    PageActor(actor): PageActor,
    hash: BodyHash,
    Form(form): Form<CartForm>,
) -> PageResult {
    let by = actor.allow::<SalesOrdersPlace>()?;
    let form = form.with_taken_out_last();
    match place_once(&state, &by, hash, &form).await {
        Ok(placed) => {
            let message = Flash::good(format!("Order {} was placed", placed.number));
            Ok(shell.go_to(&format!("/portal/orders/{}", placed.id), Some(&message)))
        }
        Err(refusal) if refusal.faults.is_empty() => Err(refusal),
        Err(refusal) => {
            cart::keep(&state, &by, &form).await?;
            cart::refuse(&shell, &state, &by, &form, &refusal).await
        }
    }
}

/// What the redirect after placing needs, kept with the idempotency key.
#[derive(Debug, Serialize, Deserialize)]
struct Placed {
    id: String,
    number: String,
}

async fn place_once(
    state: &AppState,
    by: &Allowed<SalesOrdersPlace>,
    hash: BodyHash,
    form: &CartForm,
) -> Result<Placed, Refusal> {
    let input = order_form(form).parse()?;
    let claim = Claim::of_field(&form.idempotency_key, "orders.place", hash)?;
    let answer = match idempotency::start(&state.db, by, claim).await? {
        Started::Replay(answer) => answer,
        Started::Fresh(mut once) => {
            let order = Box::pin(orders::place(once.tx(), by, Channel::Portal, input)).await?;
            let placed = Placed {
                id: order.header.id.to_string(),
                number: order.header.number,
            };
            let body = serde_json::to_string(&placed).unwrap_or_default();
            once.finish(StatusCode::SEE_OTHER.as_u16(), body).await?
        }
    };
    serde_json::from_str(&answer.body)
        .map_err(|_| Refusal::malformed("This form was used for something else, open the cart"))
}

fn order_form(form: &CartForm) -> PlaceOrderForm {
    let line = |line: &CartLineForm| PlaceOrderLineForm {
        product_id: line.product_id.clone(),
        sku: String::new(),
        quantity: line.quantity.clone(),
    };
    PlaceOrderForm {
        dealer_id: String::new(),
        ship_to_address_id: form.ship_to_address_id.clone(),
        lines: form.kept_lines().map(line).collect(),
        client_reference: form.client_reference.clone(),
        note: form.note.clone(),
    }
}

/// `POST /portal/orders/:id/repeat`: the order's lines into the cart, in their quantities.
#[handler]
pub async fn repeat(
    shell: Shell,
    state: Data<&AppState>,
    PageActor(actor): PageActor,
    Path(id): Path<String>,
) -> PageResult {
    let by = actor.allow::<SalesOrdersPlace>()?;
    let reading = actor.allow::<SalesOrdersRead>()?;
    let mut tx = state.db.begin(&by).await?;
    let order = orders::load(&tx, &reading, parse_id(&id)?).await?;
    let left_out = orders::refill_cart(&mut tx, &by, &order).await?;
    tx.commit().await?;
    let message = repeated(&order, &left_out);
    Ok(shell.go_to("/portal/cart", Some(&message)))
}

fn repeated(order: &OrderDetail, left_out: &[&OrderLine]) -> Flash {
    let number = &order.header.number;
    match left_out {
        [] => Flash::good(format!(
            "What you ordered with {number} is in your cart, at today's prices"
        )),
        [line] => Flash::new(
            Tone::Warn,
            format!(
                "{} is no longer sold; the rest of {number} is in your cart",
                line.name
            ),
        ),
        [first, ..] => Flash::new(
            Tone::Warn,
            format!(
                "{} and {} more are no longer sold; the rest of {number} is in your cart",
                first.name,
                left_out.len().saturating_sub(1)
            ),
        ),
    }
}

/// The reason as typed, and the order's version as it was seen.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct CancelForm {
    pub reason: String,
    pub version: String,
}

impl CancelForm {
    fn parse(&self) -> Result<CancelOrder, Invalid> {
        let mut faults = Faults::new();
        let reason = faults.optional("/reason", &self.reason, Note::parse);
        let expected_version = faults.optional("/version", &self.version, str::parse::<i32>);
        faults.check()?;
        Ok(CancelOrder {
            reason,
            expected_version,
        })
    }
}

/// `GET /portal/orders/:id/cancellation`: asks first.
#[handler]
pub async fn ask_to_cancel(
    shell: Shell,
    state: Data<&AppState>,
    PageActor(actor): PageActor,
    Path(id): Path<String>,
) -> PageResult {
    // The answer would be refused without it, so the question is too.
    let _may_cancel = actor.allow::<SalesOrdersCancel>()?;
    let (order, frame) = load(&state, &actor, parse_id(&id)?).await?;
    let body = views::cancellation(&order, &actor, &CancelForm::default(), &[]);
    Ok(frame.page(&shell, "Cancel the order?").render(body))
}

/// `POST /portal/orders/:id/cancellation`
#[handler]
pub async fn cancel(
    shell: Shell,
    state: Data<&AppState>,
    PageActor(actor): PageActor,
    Path(id): Path<String>,
    Form(form): Form<CancelForm>,
) -> PageResult {
    let by = actor.allow::<SalesOrdersCancel>()?;
    let id = parse_id(&id)?;
    match cancel_now(&state, &by, id, &form).await {
        Ok(order) => {
            let message = Flash::good(format!("Order {} is cancelled", order.header.number));
            Ok(shell.go_to(&format!("/portal/orders/{id}"), Some(&message)))
        }
        Err(refusal) if !can_be_shown(&refusal) => Err(refusal),
        Err(refusal) => {
            let (order, frame) = load(&state, &actor, id).await?;
            let body = views::not_cancelled(
                &order,
                &actor,
                &form,
                &refusal.detail,
                &field_errors(&refusal.faults),
            );
            let draft = frame.page(&shell, "Cancel the order?").refused();
            Ok(draft.status(refusal.status).render(body))
        }
    }
}

async fn cancel_now(
    state: &AppState,
    by: &Allowed<SalesOrdersCancel>,
    id: OrderId,
    form: &CancelForm,
) -> Result<OrderDetail, Refusal> {
    let input = form.parse()?;
    let mut tx = state.db.begin(by).await?;
    let order = orders::cancel(&mut tx, by, id, input).await?;
    tx.commit().await?;
    Ok(order)
}

/// Refusals that the order itself explains: a fault of the form, another state, another version.
fn can_be_shown(refusal: &Refusal) -> bool {
    let status = refusal.status;
    !refusal.faults.is_empty()
        || status == StatusCode::CONFLICT
        || status == StatusCode::PRECONDITION_FAILED
}
