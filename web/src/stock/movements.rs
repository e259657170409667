//! `/admin/stock/receive` and `/admin/stock/adjust`: many lines in one form, all or none.

use poem::handler;
use poem::web::{Data, Query};
use serde::Deserialize;
use vitaran_core::access::{Actor, Allowed, InventoryStockAdjust};
use vitaran_core::master::Shown;
use vitaran_core::stock::locations::{self, Location};
use vitaran_core::stock::{
    self, AdjustStockForm, MAX_LINES, Movement, ReceiveStockForm, StockLineForm,
};

use super::views;
use crate::auth::PageActor;
use crate::http::form::Submitted;
use crate::http::form_page::Attempt;
use crate::http::idempotency::{self, BodyHash, Started};
use crate::http::problem::Refusal;
use crate::http::problem_page::PageResult;
use crate::shell::Shell;
use crate::state::AppState;
use crate::ui::flash::Flash;

/// The value of the button that adds empty lines.
pub const MORE: &str = "more";
/// Empty lines offered at once: a bill of this length needs no second click.
const SPARE_LINES: usize = 8;

/// What the forms' addresses say: a product to begin with.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct StartParams {
    pub sku: String,
}

/// Lines somebody left empty are none; the others keep their order.
fn filled(lines: &[StockLineForm]) -> Vec<StockLineForm> {
    let is_filled = |line: &&StockLineForm| {
        [&line.product_id, &line.sku, &line.quantity]
            .into_iter()
            .any(|text| !text.trim().is_empty())
    };
    lines.iter().filter(is_filled).cloned().collect()
}

/// The lines with room for more.
fn with_spare(mut lines: Vec<StockLineForm>) -> Vec<StockLineForm> {
    let wanted = (lines.len() + SPARE_LINES).min(MAX_LINES.max(lines.len()));
    lines.resize(wanted, StockLineForm::default());
    lines
}

fn first_line(params: &StartParams) -> Vec<StockLineForm> {
    let line = StockLineForm {
        sku: params.sku.clone(),
        ..StockLineForm::default()
    };
    if params.sku.is_empty() {
        Vec::new()
    } else {
        vec![line]
    }
}

fn told(done: &str, lines: usize) -> String {
    match lines {
        1 => format!("1 product is {done}"),
        number => format!("{number} products are {done}"),
    }
}

async fn places(state: &AppState, actor: &Actor) -> Result<Vec<Location>, Refusal> {
    let by = actor.allow::<InventoryStockAdjust>()?;
    let tx = state.db.begin_read(&by).await?;
    let places = locations::list_own(&tx, Shown::Active).await?;
    tx.commit().await?;
    Ok(places)
}

// Receipts --------------------------------------------------------------------------------------------------------------

/// `GET /admin/stock/receive`
#[handler]
pub async fn new_receipt(
    shell: Shell,
    state: Data<&AppState>,
    PageActor(actor): PageActor,
    Query(params): Query<StartParams>,
) -> PageResult {
    let form = ReceiveStockForm {
        lines: first_line(&params),
        ..ReceiveStockForm::default()
    };
    show_receipt(&shell, &state, &actor, form, &Attempt::fresh()).await
}

async fn show_receipt(
    shell: &Shell,
    state: &AppState,
    actor: &Actor,
    mut form: ReceiveStockForm,
    attempt: &Attempt,
) -> PageResult {
    let places = places(state, actor).await?;
    form.lines = with_spare(form.lines);
    let form = views::receipt_form(&form, &places, attempt);
    Ok(attempt.answer(shell, "Receive goods", form, views::receipt))
}

/// `POST /admin/stock/receive`
#[handler]
pub async fn receive(
    shell: Shell,
    state: Data<&AppState>,
    PageActor(actor): PageActor,
    hash: BodyHash,
    mut sent: Submitted<ReceiveStockForm>,
) -> PageResult {
    let by = actor.allow::<InventoryStockAdjust>()?;
    sent.form.lines = filled(&sent.form.lines);
    if sent.choice == MORE {
        return show_receipt(&shell, &state, &actor, sent.form, &Attempt::fresh()).await;
    }
    match receive_from(&state, &by, hash, &sent).await {
        Ok(message) => Ok(shell.go_to("/admin/stock", Some(&Flash::good(message)))),
        Err(refusal) => {
            let attempt = Attempt::refused(refusal, &sent)?;
            show_receipt(&shell, &state, &actor, sent.form, &attempt).await
        }
    }
}

async fn receive_from(
    state: &AppState,
    by: &Allowed<InventoryStockAdjust>,
    hash: BodyHash,
    sent: &Submitted<ReceiveStockForm>,
) -> Result<String, Refusal> {
    let claim = sent.claim("stock.receive", hash)?;
    let input = sent.form.parse()?;
    let answer = match idempotency::start(&state.db, by, claim).await? {
        Started::Replay(answer) => answer,
        Started::Fresh(mut once) => {
            let moved: Vec<Movement> = stock::receive(once.tx(), by, input).await?;
            once.finish(303, told("received", moved.len())).await?
        }
    };
    Ok(answer.body)
}

// Adjustments -----------------------------------------------------------------------------------------------------------

/// `GET /admin/stock/adjust`
#[handler]
pub async fn new_adjustment(
    shell: Shell,
    state: Data<&AppState>,
    PageActor(actor): PageActor,
    Query(params): Query<StartParams>,
) -> PageResult {
    let form = AdjustStockForm {
        lines: first_line(&params),
        ..AdjustStockForm::default()
    };
    show_adjustment(&shell, &state, &actor, form, &Attempt::fresh()).await
}

async fn show_adjustment(
    shell: &Shell,
    state: &AppState,
    actor: &Actor,
    mut form: AdjustStockForm,
    attempt: &Attempt,
) -> PageResult {
    let places = places(state, actor).await?;
    form.lines = with_spare(form.lines);
    let form = views::adjustment_form(&form, &places, attempt);
    Ok(attempt.answer(shell, "Adjust stock", form, views::adjustment))
}

/// `POST /admin/stock/adjust`
#[handler]
pub async fn adjust(
    shell: Shell,
    state: Data<&AppState>,
    PageActor(actor): PageActor,
    hash: BodyHash,
    mut sent: Submitted<AdjustStockForm>,
) -> PageResult {
    let by = actor.allow::<InventoryStockAdjust>()?;
    sent.form.lines = filled(&sent.form.lines);
    if sent.choice == MORE {
        return show_adjustment(&shell, &state, &actor, sent.form, &Attempt::fresh()).await;
    }
    match adjust_from(&state, &by, hash, &sent).await {
        Ok(message) => Ok(shell.go_to("/admin/stock", Some(&Flash::good(message)))),
        Err(refusal) => {
            let attempt = Attempt::refused(refusal, &sent)?;
            show_adjustment(&shell, &state, &actor, sent.form, &attempt).await
        }
    }
}

async fn adjust_from(
    state: &AppState,
    by: &Allowed<InventoryStockAdjust>,
    hash: BodyHash,
    sent: &Submitted<AdjustStockForm>,
) -> Result<String, Refusal> {
    let claim = sent.claim("stock.adjust", hash)?;
    let input = sent.form.parse()?;
    let answer = match idempotency::start(&state.db, by, claim).await? {
        Started::Replay(answer) => answer,
        Started::Fresh(mut once) => {
            let moved: Vec<Movement> = stock::adjust(once.tx(), by, input).await?;
            once.finish(303, told("adjusted", moved.len())).await?
        }
    };
    Ok(answer.body)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(sku: &str, quantity: &str) -> StockLineForm {
        StockLineForm {
            sku: sku.to_owned(),
            quantity: quantity.to_owned(),
            ..StockLineForm::default()
        }
    }

    #[test]
    fn empty_lines_are_left_out_and_offered_again_below_the_filled_ones() {
        let sent = [line("A", "1"), line("", " "), line("", "2")];
        let kept = filled(&sent);
        assert_eq!(kept, [line("A", "1"), line("", "2")]);
        assert_eq!(with_spare(kept).len(), 2 + SPARE_LINES);
    }

    #[test]
    fn there_is_no_room_beyond_the_longest_receipt() {
        assert_eq!(with_spare(vec![line("A", "1"); MAX_LINES]).len(), MAX_LINES);
        assert_eq!(
            with_spare(vec![line("A", "1"); MAX_LINES + 3]).len(),
            MAX_LINES + 3
        );
    }
}
