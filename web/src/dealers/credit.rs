//! `/admin/dealers/:id/credit-limit`: the credit panel with its form, on the dealer's page and alone.

use maud::html;
use poem::handler;
use poem::http::StatusCode;
use poem::web::{Data, Path};
use vitaran_core::access::{Actor, Allowed, SalesCreditWrite};
use vitaran_core::dealers::{self, CreditLimit, CreditLimitForm};
use vitaran_kernel::DealerId;

use super::admin::{load, path_of};
use super::views;
use crate::auth::PageActor;
use crate::http::form::Submitted;
use crate::http::form_page::{Attempt, id_of};
use crate::http::problem::Refusal;
use crate::http::problem_page::PageResult;
use crate::shell::Shell;
use crate::state::AppState;
use crate::ui::flash::{Flash, toasts};
use crate::ui::money::money_text;

/// `GET /admin/dealers/:id/credit-limit`
#[handler]
pub async fn show(
    shell: Shell,
    state: Data<&AppState>,
    PageActor(actor): PageActor,
    Path(id): Path<String>,
) -> PageResult {
    let _may = actor.allow::<SalesCreditWrite>()?;
    show_form(&shell, &state, &actor, &id, None, Attempt::fresh()).await
}

async fn show_form(
    shell: &Shell,
    state: &AppState,
    actor: &Actor,
    id: &str,
    typed: Option<&CreditLimitForm>,
    mut attempt: Attempt,
) -> PageResult {
    let page = load(state, actor, id).await?;
    let stored = views::credit_form(&page.credit);
    let form = typed.unwrap_or(&stored);
    attempt.compare(&stored, form, |_, value| {
        Some(format!("The limit is ₹{value} now"))
    });
    let form = views::credit_edit(page.dealer.id, &page.credit, form, &attempt);
    let panel = views::credit_panel(&page.credit, Some(&form));
    // A wrong amount is shown in the form; a newer limit changes the figures around it as well.
    let is_form_alone = shell.wants_fragment() && !attempt.is_stale();
    let body = if is_form_alone { form } else { panel };
    let title = format!("Credit of {}", page.dealer.legal_name);
    Ok(attempt.answer(shell, &title, body, |panel| {
        views::credit(&page.dealer, &panel)
    }))
}

/// `POST /admin/dealers/:id/credit-limit`
#[handler]
pub async fn set(
    shell: Shell,
    state: Data<&AppState>,
    PageActor(actor): PageActor,
    Path(id): Path<String>,
    sent: Submitted<CreditLimitForm>,
) -> PageResult {
    let by = actor.allow::<SalesCreditWrite>()?;
    let (dealer, limit) = match set_from(&state, &by, &id, &sent).await {
        Ok(done) => done,
        Err(refusal) => {
            let attempt = Attempt::refused(refusal, &sent)?;
            return show_form(&shell, &state, &actor, &id, Some(&sent.form), attempt).await;
        }
    };
    let message = Flash::good(format!(
        "The credit limit is {} now",
        money_text(limit.credit.limit)
    ));
    if !shell.wants_fragment() {
        return Ok(shell.go_to(&path_of(dealer), Some(&message)));
    }
    let form = views::credit_form(&limit);
    let form = views::credit_edit(dealer, &limit, &form, &Attempt::fresh());
    let panel = views::credit_panel(&limit, Some(&form));
    Ok(shell.fragment(StatusCode::OK, html! { (panel) (toasts(&[message])) }))
}

async fn set_from(
    state: &AppState,
    by: &Allowed<SalesCreditWrite>,
    id: &str,
    sent: &Submitted<CreditLimitForm>,
) -> Result<(DealerId, CreditLimit), Refusal> {
    let id = id_of(id, DealerId::parse)?;
    let (version, limit) = (sent.version()?, sent.form.parse()?);
    let mut tx = state.db.begin(by).await?;
    let credit = dealers::set_credit_limit(&mut tx, by, id, version, limit).await?;
    tx.commit().await?;
    Ok((id, credit))
}
