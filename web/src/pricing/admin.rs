//! `/admin/price-lists`: the lists, the prices on one, and what can be done with a list.

use poem::handler;
use poem::http::StatusCode;
use poem::web::{Data, Path, Query};
use serde::Deserialize;
use vitaran_core::access::{Actor, Allowed, PermissionCode, SalesPricesRead, SalesPricesWrite};
use vitaran_core::db::{Paged, TenantTx};
use vitaran_core::master::Activity;
use vitaran_core::pricing::{self, PriceList, PriceListForm};
use vitaran_kernel::PriceListId;

use super::sheet::{ChangedPrices, Owner, PriceRow, SentPrices, Sheet, SheetParams, load_rows};
use super::views;
use crate::auth::PageActor;
use crate::http::form::{NoFields, Submitted};
use crate::http::form_page::{Attempt, after, id_of};
use crate::http::idempotency::{self, BodyHash, Started};
use crate::http::params::shown;
use crate::http::problem::Refusal;
use crate::http::problem_page::PageResult;
use crate::shell::Shell;
use crate::state::AppState;
use crate::ui::confirm::{Question, question};
use crate::ui::flash::Flash;

/// The page of all lists.
pub const PATH: &str = "/admin/price-lists";

pub(super) fn path_of(id: PriceListId) -> String {
    format!("{PATH}/{id}")
}

/// What the address of the lists says.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct ListParams {
    pub status: String,
}

/// `GET /admin/price-lists`
#[handler]
pub async fn index(
    shell: Shell,
    state: Data<&AppState>,
    PageActor(actor): PageActor,
    Query(params): Query<ListParams>,
) -> PageResult {
    let by = actor.allow::<SalesPricesRead>()?;
    let mut tx = state.db.begin_read(&by).await?;
    let lists = pricing::list_lists(&mut tx, &by, shown(&params.status)).await?;
    tx.commit().await?;
    let may_write = actor.has(PermissionCode::SalesPricesWrite);
    Ok(shell
        .page("Price lists")
        .render(views::lists(&lists, &params.status, may_write)))
}

/// `GET /admin/price-lists/new`
#[handler]
pub async fn new(shell: Shell, PageActor(actor): PageActor) -> PageResult {
    let _may = actor.allow::<SalesPricesWrite>()?;
    let attempt = Attempt::fresh();
    let form = views::new_form("", &attempt);
    Ok(attempt.answer(&shell, "New price list", form, views::new))
}

/// `POST /admin/price-lists/new`
#[handler]
pub async fn create(
    shell: Shell,
    state: Data<&AppState>,
    PageActor(actor): PageActor,
    hash: BodyHash,
    sent: Submitted<PriceListForm>,
) -> PageResult {
    let by = actor.allow::<SalesPricesWrite>()?;
    match create_from(&state, &by, hash, &sent).await {
        Ok(path) => {
            let message = Flash::good("The price list is added. Fill in its prices");
            Ok(shell.go_to(&format!("{path}?view=all"), Some(&message)))
        }
        Err(refusal) => {
            let attempt = Attempt::refused(refusal, &sent)?;
            let form = views::new_form(&sent.form.name, &attempt);
            Ok(attempt.answer(&shell, "New price list", form, views::new))
        }
    }
}

async fn create_from(
    state: &AppState,
    by: &Allowed<SalesPricesWrite>,
    hash: BodyHash,
    sent: &Submitted<PriceListForm>,
) -> Result<String, Refusal> {
    let claim = sent.claim("pricing.list.create", hash)?;
    let input = sent.form.parse()?;
    let answer = match idempotency::start(&state.db, by, claim).await? {
        Started::Replay(answer) => answer,
        Started::Fresh(mut once) => {
            let list = pricing::create_list(once.tx(), by, input).await?;
            once.finish(303, path_of(list.id)).await?
        }
    };
    Ok(answer.body)
}

async fn load(
    tx: &mut TenantTx,
    by: &Allowed<SalesPricesRead>,
    id: &str,
) -> Result<PriceList, Refusal> {
    let id = id_of(id, PriceListId::parse)?;
    Ok(pricing::load_list(tx, by, id).await?)
}

async fn load_alone(state: &AppState, actor: &Actor, id: &str) -> Result<PriceList, Refusal> {
    let by = actor.allow::<SalesPricesRead>()?;
    let mut tx = state.db.begin_read(&by).await?;
    let list = load(&mut tx, &by, id).await?;
    tx.commit().await?;
    Ok(list)
}

/// `GET /admin/price-lists/:id`
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

async fn load_sheet(
    state: &AppState,
    actor: &Actor,
    id: &str,
    params: &SheetParams,
) -> Result<(PriceList, Paged<PriceRow>), Refusal> {
    let by = actor.allow::<SalesPricesRead>()?;
    let mut tx = state.db.begin_read(&by).await?;
    let list = load(&mut tx, &by, id).await?;
    let rows = load_rows(&mut tx, &by, Owner::List(list.id), params).await?;
    tx.commit().await?;
    Ok((list, rows))
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
    let (list, rows) = load_sheet(state, actor, id, params).await?;
    let path = path_of(list.id);
    let may_write = actor.has(PermissionCode::SalesPricesWrite);
    let sheet = Sheet {
        path: &path,
        own_label: "On this list",
        params,
        rows: &rows,
        may_write,
        sent,
        attempt,
    };
    if sent.is_none() && shell.wants_fragment() {
        return Ok(shell.fragment(StatusCode::OK, sheet.region()));
    }
    let form = if shell.wants_fragment() {
        sheet.form()
    } else {
        sheet.render()
    };
    Ok(attempt.answer(shell, list.name.as_str(), form, |body| {
        views::list(
            &list,
            may_write,
            actor.has(PermissionCode::PlatformAuditRead),
            &body,
        )
    }))
}

/// `POST /admin/price-lists/:id`
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
        Ok(list) => {
            let path = params.here(&path_of(list));
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
) -> Result<PriceListId, Refusal> {
    let id = id_of(id, PriceListId::parse)?;
    if changed.is_empty() {
        return Ok(id);
    }
    let input = changed.form.parse()?;
    let mut tx = state.db.begin(by).await?;
    pricing::set_list_prices(&mut tx, by, id, input).await?;
    tx.commit().await?;
    Ok(id)
}

/// `GET /admin/price-lists/:id/edit`
#[handler]
pub async fn edit(
    shell: Shell,
    state: Data<&AppState>,
    PageActor(actor): PageActor,
    Path(id): Path<String>,
) -> PageResult {
    let _may = actor.allow::<SalesPricesWrite>()?;
    show_edit(&shell, &state, &actor, &id, None, Attempt::fresh()).await
}

async fn show_edit(
    shell: &Shell,
    state: &AppState,
    actor: &Actor,
    id: &str,
    typed: Option<&PriceListForm>,
    mut attempt: Attempt,
) -> PageResult {
    let list = load_alone(state, actor, id).await?;
    let stored = PriceListForm {
        name: list.name.to_string(),
    };
    let form = typed.unwrap_or(&stored);
    attempt.compare(&stored, form, |_, value| {
        Some(format!("It is called {value} now"))
    });
    let form = views::rename_form(&list, &form.name, &attempt);
    let title = format!("Rename {}", list.name);
    Ok(attempt.answer(shell, &title, form, |form| views::rename(&list, &form)))
}

/// `POST /admin/price-lists/:id/edit`
#[handler]
pub async fn rename(
    shell: Shell,
    state: Data<&AppState>,
    PageActor(actor): PageActor,
    Path(id): Path<String>,
    sent: Submitted<PriceListForm>,
) -> PageResult {
    let by = actor.allow::<SalesPricesWrite>()?;
    match rename_from(&state, &by, &id, &sent).await {
        Ok(list) => {
            let message = Flash::good(format!("The price list is called {} now", list.name));
            Ok(shell.go_to(&path_of(list.id), Some(&message)))
        }
        Err(refusal) => {
            let attempt = Attempt::refused(refusal, &sent)?;
            show_edit(&shell, &state, &actor, &id, Some(&sent.form), attempt).await
        }
    }
}

async fn rename_from(
    state: &AppState,
    by: &Allowed<SalesPricesWrite>,
    id: &str,
    sent: &Submitted<PriceListForm>,
) -> Result<PriceList, Refusal> {
    let id = id_of(id, PriceListId::parse)?;
    let (version, name) = (sent.version()?, sent.form.parse()?);
    let mut tx = state.db.begin(by).await?;
    let list = pricing::rename_list(&mut tx, by, id, version, name).await?;
    tx.commit().await?;
    Ok(list)
}

/// What can be done with a list besides its prices.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verb {
    MakeDefault,
    Switch(Activity),
}

/// `GET /admin/price-lists/:id/default`
#[handler]
pub async fn ask_default(
    shell: Shell,
    state: Data<&AppState>,
    PageActor(actor): PageActor,
    Path(id): Path<String>,
) -> PageResult {
    let _may = actor.allow::<SalesPricesWrite>()?;
    let list = load_alone(&state, &actor, &id).await?;
    let path = path_of(list.id);
    let title = format!("Make {} the default list?", list.name);
    let asked = Question {
        title: &title,
        text: "Its prices count at once for every dealer without a list of its own. Orders that are placed keep theirs.",
        verb: "Make it the default",
        action: &format!("{path}/default"),
        version: list.version,
        back: (list.name.as_str(), &path),
    };
    Ok(shell.page(&title).render(question(&asked)))
}

/// `GET /admin/price-lists/:id/deactivation`
#[handler]
pub async fn ask_deactivation(
    shell: Shell,
    state: Data<&AppState>,
    PageActor(actor): PageActor,
    Path(id): Path<String>,
) -> PageResult {
    let _may = actor.allow::<SalesPricesWrite>()?;
    let list = load_alone(&state, &actor, &id).await?;
    let path = path_of(list.id);
    let title = format!("Switch off {}?", list.name);
    let asked = Question {
        title: &title,
        text: "Its prices no longer count: dealers who have this list buy at the default list's prices.",
        verb: "Switch off",
        action: &format!("{path}/deactivation"),
        version: list.version,
        back: (list.name.as_str(), &path),
    };
    Ok(shell.page(&title).render(question(&asked)))
}

/// `POST /admin/price-lists/:id/default`
#[handler]
pub async fn make_default(
    shell: Shell,
    state: Data<&AppState>,
    PageActor(actor): PageActor,
    Path(id): Path<String>,
    sent: Submitted<NoFields>,
) -> PageResult {
    run(&shell, &state, &actor, &id, &sent, Verb::MakeDefault).await
}

/// `POST /admin/price-lists/:id/deactivation`
#[handler]
pub async fn deactivate(
    shell: Shell,
    state: Data<&AppState>,
    PageActor(actor): PageActor,
    Path(id): Path<String>,
    sent: Submitted<NoFields>,
) -> PageResult {
    let verb = Verb::Switch(Activity::Inactive);
    run(&shell, &state, &actor, &id, &sent, verb).await
}

/// `POST /admin/price-lists/:id/activation`
#[handler]
pub async fn activate(
    shell: Shell,
    state: Data<&AppState>,
    PageActor(actor): PageActor,
    Path(id): Path<String>,
    sent: Submitted<NoFields>,
) -> PageResult {
    let verb = Verb::Switch(Activity::Active);
    run(&shell, &state, &actor, &id, &sent, verb).await
}

async fn run(
    shell: &Shell,
    state: &AppState,
    actor: &Actor,
    id: &str,
    sent: &Submitted<NoFields>,
    verb: Verb,
) -> PageResult {
    let by = actor.allow::<SalesPricesWrite>()?;
    let id = id_of(id, PriceListId::parse)?;
    let result = change(state, &by, id, sent.version()?, verb).await;
    after(shell, result, &path_of(id), |list| match verb {
        Verb::MakeDefault => format!("{} is the default price list", list.name),
        Verb::Switch(Activity::Active) => format!("{} counts again", list.name),
        Verb::Switch(Activity::Inactive) => format!("{} is switched off", list.name),
    })
}

async fn change(
    state: &AppState,
    by: &Allowed<SalesPricesWrite>,
    id: PriceListId,
    version: i32,
    verb: Verb,
) -> Result<PriceList, Refusal> {
    let mut tx = state.db.begin(by).await?;
    let list = match verb {
        Verb::MakeDefault => pricing::set_default_list(&mut tx, by, id, Some(version)).await?,
        Verb::Switch(to) => pricing::set_list_active(&mut tx, by, id, Some(version), to).await?,
    };
    tx.commit().await?;
    Ok(list)
}
