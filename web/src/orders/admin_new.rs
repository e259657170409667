//! Staff order for a dealer: first whom for, then what, with a look at prices, tax and credit before it is placed. The
//! order is checked by the same form that the portal and the API use.

use poem::handler;
use poem::http::StatusCode;
use poem::web::{Data, Query};
use serde::{Deserialize, Serialize};
use vitaran_core::access::{Actor, Allowed, SalesOrdersPlace};
use vitaran_core::dealers::{self, DealerFilter, DealerPage};
use vitaran_core::orders::{self, Channel, MAX_LINES, PlaceOrderForm, PlaceOrderLineForm, Quote};
use vitaran_core::problem::{Faults, Invalid};
use vitaran_kernel::DealerId;

use super::actions_view::order_path;
use super::new_views::{self, Choosing, Drafted};
use super::paste;
use crate::auth::PageActor;
use crate::http::form::Submitted;
use crate::http::form_page::{Attempt, id_of};
use crate::http::idempotency::{self, BodyHash, Started};
use crate::http::params;
use crate::http::problem::Refusal;
use crate::http::problem_page::PageResult;
use crate::shell::Shell;
use crate::state::AppState;
use crate::ui::flash::Flash;

/// Empty rows a new form begins with, and what "More rows" adds.
const ROWS: usize = 10;

const TITLE: &str = "New order";

/// Whom for: a dealer, or a search for one.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct NewParams {
    dealer_id: String,
    q: String,
    cursor: String,
}

/// The order as typed, with the text that fills its rows.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct NewOrderForm {
    pub dealer_id: String,
    pub ship_to_address_id: String,
    pub lines: Vec<PlaceOrderLineForm>,
    pub client_reference: String,
    pub note: String,
    pub paste: String,
}

impl NewOrderForm {
    /// Without the rows nobody filled in, so that a fault's place is the row that is shown.
    fn tidied(mut self) -> Self {
        self.lines.retain(is_filled);
        self
    }

    /// Puts the pasted lines into rows. What does not fit stays where it was pasted.
    fn fill(&mut self) -> Result<(), Invalid> {
        let room = MAX_LINES.saturating_sub(self.lines.len());
        let pasted = paste::read(&self.paste, room);
        self.lines.extend(pasted.rows);
        self.paste = pasted.rest;
        let mut faults = Faults::new();
        if !self.paste.is_empty() {
            let detail = format!(
                "An order has at most {MAX_LINES} lines: those still in this box did not fit"
            );
            faults.add("/paste", "too_many", detail);
        }
        faults.check()
    }

    /// What was pasted and is in no row yet would be missing from the order.
    fn check_filled(&self) -> Result<(), Invalid> {
        let mut faults = Faults::new();
        if !self.paste.trim().is_empty() {
            let detail =
                "These lines are not in the order yet: fill the rows with them, or empty this box";
            faults.add("/paste", "not_filled", detail);
        }
        faults.check()
    }

    fn order(&self) -> PlaceOrderForm {
        PlaceOrderForm {
            dealer_id: self.dealer_id.clone(),
            ship_to_address_id: self.ship_to_address_id.clone(),
            lines: self.lines.clone(),
            client_reference: self.client_reference.clone(),
            note: self.note.clone(),
        }
    }
}

fn is_filled(line: &PlaceOrderLineForm) -> bool {
    [&line.product_id, &line.sku, &line.quantity]
        .iter()
        .any(|text| !text.trim().is_empty())
}

/// Where the redirect after placing goes, kept under the form's key.
#[derive(Serialize, Deserialize)]
struct Placed {
    path: String,
    number: String,
}

/// `GET /admin/orders/new`
#[handler]
pub async fn new(
    shell: Shell,
    state: Data<&AppState>,
    PageActor(actor): PageActor,
    Query(asked): Query<NewParams>,
) -> PageResult {
    let _proof = actor.allow::<SalesOrdersPlace>()?;
    if asked.dealer_id.is_empty() {
        return choose_dealer(&shell, &state, &actor, asked).await;
    }
    let dealer = load_dealer(&state, &actor, &asked.dealer_id).await?;
    let form = NewOrderForm {
        dealer_id: asked.dealer_id,
        ..NewOrderForm::default()
    };
    Ok(show(&shell, &dealer, form, None, &Attempt::fresh(), ROWS))
}

async fn choose_dealer(
    shell: &Shell,
    state: &AppState,
    actor: &Actor,
    asked: NewParams,
) -> PageResult {
    let by = actor.allow()?;
    let page = params::page(None, Some(&asked.cursor))?;
    let filter = DealerFilter {
        q: asked.q.clone(),
        ..DealerFilter::default()
    };
    let tx = state.db.begin_read(&by).await?;
    let found = dealers::list(&tx, &by, &filter, &page).await?;
    let choosing = Choosing {
        q: &asked.q,
        is_first: asked.cursor.is_empty(),
        dealers: &found,
    };
    if shell.wants_fragment() {
        return Ok(shell.fragment(StatusCode::OK, new_views::dealer_list(&choosing)));
    }
    Ok(shell
        .page(TITLE)
        .render(new_views::choose_dealer(&choosing)))
}

/// `POST /admin/orders/new`: previews, fills or adds rows by the button pressed, and places the order by the main one.
#[handler]
pub async fn submit(
    shell: Shell,
    state: Data<&AppState>,
    PageActor(actor): PageActor,
    hash: BodyHash,
    sent: Submitted<NewOrderForm>,
) -> PageResult {
    let by = actor.allow()?;
    let dealer = load_dealer(&state, &actor, &sent.form.dealer_id).await?;
    let mut form = sent.form.clone().tidied();
    let attempt = match sent.choice.as_str() {
        "" => match place(&state, &by, &sent, &form, hash).await {
            Ok(placed) => {
                let message = Flash::good(format!("Order {} is placed", placed.number));
                return Ok(shell.go_to(&placed.path, Some(&message)));
            }
            Err(refusal) => Attempt::refused(refusal, &sent)?,
        },
        "fill" => match form.fill() {
            Ok(()) => Attempt::again(&sent),
            Err(left) => Attempt::refused(left.into(), &sent)?,
        },
        _ => Attempt::again(&sent),
    };
    let rows = form.lines.len().next_multiple_of(ROWS).max(ROWS);
    let rows = if sent.choice == "rows" {
        rows + ROWS
    } else {
        rows
    };
    let (quoted, attempt) = look(&state, &by, &sent, &form, attempt).await?;
    Ok(show(&shell, &dealer, form, quoted.as_ref(), &attempt, rows))
}

/// What the order would be. Only a preview names faults; beside a refusal those of the refusal stand.
async fn look(
    state: &AppState,
    by: &Allowed<SalesOrdersPlace>,
    sent: &Submitted<NewOrderForm>,
    form: &NewOrderForm,
    attempt: Attempt,
) -> Result<(Option<Quote>, Attempt), Refusal> {
    let quoted = async {
        let input = form.order().parse()?;
        let mut tx = state.db.begin_read(by).await?;
        Ok(orders::quote(&mut tx, by, &input).await?)
    };
    match quoted.await {
        Ok(quote) => Ok((Some(quote), attempt)),
        Err(refusal) if sent.choice == "preview" => Ok((None, Attempt::refused(refusal, sent)?)),
        Err(_) => Ok((None, attempt)),
    }
}

async fn place(
    state: &AppState,
    by: &Allowed<SalesOrdersPlace>,
    sent: &Submitted<NewOrderForm>,
    form: &NewOrderForm,
    hash: BodyHash,
) -> Result<Placed, Refusal> {
    form.check_filled()?;
    let input = form.order().parse()?;
    let claim = sent.claim("orders.place", hash)?;
    let answer = match idempotency::start(&state.db, by, claim).await? {
        Started::Replay(answer) => answer,
        Started::Fresh(mut once) => {
            let order = orders::place(once.tx(), by, Channel::Staff, input).await?;
            let placed = Placed {
                path: order_path(order.header.id),
                number: order.header.number,
            };
            let body = serde_json::to_string(&placed).unwrap_or_default();
            once.finish(StatusCode::SEE_OTHER.as_u16(), body).await?
        }
    };
    serde_json::from_str(&answer.body).map_err(|_| {
        Refusal::malformed("This form was used for something else, open its page again")
    })
}

async fn load_dealer(state: &AppState, actor: &Actor, id: &str) -> Result<DealerPage, Refusal> {
    let by = actor.allow()?;
    let id = id_of(id, DealerId::parse)?;
    let mut tx = state.db.begin_read(&by).await?;
    Ok(dealers::load(&mut tx, &by, id).await?)
}

/// The form with its rows filled up to `rows`, and the quote below it.
fn show(
    shell: &Shell,
    dealer: &DealerPage,
    mut form: NewOrderForm,
    quote: Option<&Quote>,
    attempt: &Attempt,
    rows: usize,
) -> poem::Response {
    form.lines
        .resize(rows.min(MAX_LINES), PlaceOrderLineForm::default());
    let drafted = Drafted {
        dealer,
        form: &form,
        quote,
        attempt,
    };
    attempt.answer(shell, TITLE, new_views::order_form(&drafted), |shown| {
        new_views::page(dealer, shown)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_nobody_filled_in_are_left_out_and_half_filled_ones_stay() {
        let line = |sku: &str, quantity: &str| PlaceOrderLineForm {
            sku: sku.to_owned(),
            quantity: quantity.to_owned(),
            ..PlaceOrderLineForm::default()
        };
        let form = NewOrderForm {
            lines: vec![line("", " "), line("A", ""), line("", "2"), line("", "")],
            ..NewOrderForm::default()
        };
        let kept: Vec<_> = form
            .tidied()
            .lines
            .into_iter()
            .map(|line| (line.sku, line.quantity))
            .collect();
        assert_eq!(
            kept,
            [
                ("A".to_owned(), String::new()),
                (String::new(), "2".to_owned())
            ]
        );
    }

    #[test]
    fn pasted_lines_that_do_not_fit_stay_in_the_box_and_are_told() {
        let mut form = NewOrderForm {
            lines: vec![PlaceOrderLineForm::default(); MAX_LINES - 1],
            paste: "A 1\nB 2\nC 3".to_owned(),
            ..NewOrderForm::default()
        };
        let told = form.fill().unwrap_err();
        assert_eq!(told.faults[0].pointer, "/paste");
        assert_eq!(
            (form.lines.len(), form.paste.as_str()),
            (MAX_LINES, "B 2\nC 3")
        );
        form.lines.clear();
        assert!(form.fill().is_ok() && form.paste.is_empty());
        assert_eq!(form.lines.len(), 2);
    }
}
