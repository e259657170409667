//! `/admin/dealers/:id/prices`: what was agreed with one dealer.

use poem::handler;
use poem::http::StatusCode;
use poem::web::{Data, Path, Query};
use vitaran_core::access::{
    Actor, Allowed, PermissionCode, SalesDealersRead, SalesPricesRead, SalesPricesWrite,
};
use vitaran_core::dealers::{self, Dealer};
use vitaran_core::pricing;
use vitaran_kernel::DealerId;

use super::sheet::{ChangedPrices, Owner, SentPrices, Sheet, SheetParams, load_rows};
use super::views;
use crate::auth::PageActor;
use crate::http::form::Submitted;
use crate::http::form_page::{Attempt, id_of};
use crate::http::problem::Refusal;
use crate::http::problem_page::PageResult;
use crate::shell::Shell;
use crate::state::AppState;
use crate::ui::flash::Flash;

fn path_of(id: DealerId) -> String {
    format!("/admin/dealers/{id}/prices")
}

/// `GET /admin/dealers/:id/prices`
#[handler]
pub async fn show(
    shell: Shell,
    state: Data<&AppState>,
    PageActor(actor): PageActor,
    Path(id): Path<String>,
    Query(params): Query<SheetParams>,
) -> PageResult {
    show_sheet(
        &shell,
        &state,
        &actor,
        &id,
        &params,
        None,
        &Attempt::fresh(),
    )
    .await
}

async fn load(
    state: &AppState,
    actor: &Actor,
    id: &str,
    params: &SheetParams,
) -> Result<(Dealer, vitaran_core::db::Paged<super::sheet::PriceRow>), Refusal> {
    let by = actor.allow::<SalesPricesRead>()?;
    let reader = actor.allow::<SalesDealersRead>()?;
    let id = id_of(id, DealerId::parse)?;
    let mut tx = state.db.begin_read(&by).await?;
    let dealer = dealers::load(&mut tx, &reader, id).await?.dealer;
    let rows = load_rows(&mut tx, &by, Owner::Dealer(id), params).await?;
    tx.commit().await?;
    Ok((dealer, rows))
}

async fn show_sheet(
    shell: &Shell,
    state: &AppState,
    actor: &Actor,
    id: &str,
    params: &SheetParams,
    sent: Option<&SentPrices>,
    attempt: &Attempt,
) -> PageResult {
    let (dealer, rows) = load(state, actor, id, params).await?;
    let path = path_of(dealer.id);
    let sheet = Sheet {
        path: &path,
        own_label: "Agreed with this dealer",
        params,
        rows: &rows,
        may_write: actor.has(PermissionCode::SalesPricesWrite),
        sent,
        attempt,
    };
    if sent.is_none() && shell.wants_fragment() {
        return Ok(shell.fragment(StatusCode::OK, sheet.region()));
    }
    let title = format!("Prices of {}", dealer.legal_name);
    let form = if shell.wants_fragment() {
        sheet.form()
    } else {
        sheet.render()
    };
    Ok(attempt.answer(shell, &title, form, |body| {
        views::dealer_prices(&dealer, &body)
    }))
}

/// `POST /admin/dealers/:id/prices`
#[handler]
pub async fn save(
    shell: Shell,
    state: Data<&AppState>,
    PageActor(actor): PageActor,
    Path(id): Path<String>,
    Query(params): Query<SheetParams>,
    sent: Submitted<SentPrices>,
) -> PageResult {
    let by = actor.allow::<SalesPricesWrite>()?;
    let changed = sent.form.changed();
    match save_changed(&state, &by, &id, &changed).await {
        Ok(dealer) => {
            let path = params.here(&path_of(dealer));
            Ok(shell.go_to(&path, Some(&Flash::good(changed.told()))))
        }
        Err(refusal) => {
            let attempt = Attempt::refused(changed.place(refusal), &sent)?;
            show_sheet(
                &shell,
                &state,
                &actor,
                &id,
                &params,
                Some(&sent.form),
                &attempt,
            )
            .await
        }
    }
}

async fn save_changed(
    state: &AppState,
    by: &Allowed<SalesPricesWrite>,
    id: &str,
    changed: &ChangedPrices,
) -> Result<DealerId, Refusal> {
    let id = id_of(id, DealerId::parse)?;
    if changed.is_empty() {
        return Ok(id);
    }
    let input = changed.form.parse()?;
    let mut tx = state.db.begin(by).await?;
    pricing::set_dealer_prices(&mut tx, by, id, input).await?;
    tx.commit().await?;
    Ok(id)
}
