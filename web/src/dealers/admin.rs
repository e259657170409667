//! `/admin/dealers`: the list, a dealer, adding and changing one, switching one off and on.

use poem::handler;
use poem::http::StatusCode;
use poem::web::{Data, Path, Query};
use serde::Deserialize;
use vitaran_core::access::{
    Actor, Allowed, PermissionCode, SalesDealersRead, SalesDealersWrite, SalesPricesRead,
};
use vitaran_core::db::TenantTx;
use vitaran_core::dealers::{
    self, AddressForm, DealerFilter, DealerForm, DealerHeaderForm, DealerPage,
};
use vitaran_core::master::{Activity, Shown};
use vitaran_core::{pricing, stock};
use vitaran_kernel::DealerId;

use super::dto::completed;
use super::views::{self, Choices, DealerList};
use crate::auth::PageActor;
use crate::http::form::{NoFields, Submitted};
use crate::http::form_page::{Attempt, after, id_of};
use crate::http::idempotency::{self, BodyHash, Started};
use crate::http::params;
use crate::http::problem::Refusal;
use crate::http::problem_page::PageResult;
use crate::shell::Shell;
use crate::state::AppState;
use crate::ui::confirm::{Question, question};
use crate::ui::flash::Flash;

/// The page of all dealers.
pub const PATH: &str = "/admin/dealers";

#[must_use]
pub fn path_of(id: DealerId) -> String {
    format!("{PATH}/{id}")
}

/// What the list's address says.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct ListParams {
    pub q: String,
    pub status: String,
    pub cursor: Option<String>,
}

/// Which parts and buttons a dealer's pages show.
#[derive(Debug, Clone, Copy)]
pub struct Rights {
    pub write: bool,
    pub credit: bool,
    pub prices: bool,
    pub orders: bool,
    pub history: bool,
}

impl Rights {
    fn of(actor: &Actor) -> Self {
        Rights {
            write: actor.has(PermissionCode::SalesDealersWrite),
            credit: actor.has(PermissionCode::SalesCreditWrite),
            prices: actor.has(PermissionCode::SalesPricesRead),
            orders: actor.has(PermissionCode::SalesOrdersRead),
            history: actor.has(PermissionCode::PlatformAuditRead),
        }
    }
}

/// `GET /admin/dealers`
#[handler]
pub async fn index(
    shell: Shell,
    state: Data<&AppState>,
    PageActor(actor): PageActor,
    Query(params): Query<ListParams>,
) -> PageResult {
    let by = actor.allow::<SalesDealersRead>()?;
    let filter = DealerFilter {
        shown: params::shown(&params.status),
        q: params.q.clone(),
        since: None,
    };
    let page = params::page(None, params.cursor.as_deref())?;
    let mut tx = state.db.begin_read(&by).await?;
    let dealers = dealers::list(&tx, &by, &filter, &page).await?;
    tx.commit().await?;
    let list = DealerList {
        params: &params,
        dealers: &dealers,
        may_write: actor.has(PermissionCode::SalesDealersWrite),
    };
    if shell.wants_fragment() {
        return Ok(shell.fragment(StatusCode::OK, views::dealer_rows(&list)));
    }
    Ok(shell.page("Dealers").render(views::dealers(&list)))
}

/// A dealer by the id in an address.
pub(super) async fn load(state: &AppState, actor: &Actor, id: &str) -> Result<DealerPage, Refusal> {
    let by = actor.allow::<SalesDealersRead>()?;
    let id = id_of(id, DealerId::parse)?;
    let mut tx = state.db.begin_read(&by).await?;
    let page = dealers::load(&mut tx, &by, id).await?;
    tx.commit().await?;
    Ok(page)
}

/// `GET /admin/dealers/:id`
#[handler]
pub async fn show(
    shell: Shell,
    state: Data<&AppState>,
    PageActor(actor): PageActor,
    Path(id): Path<String>,
) -> PageResult {
    let page = load(&state, &actor, &id).await?;
    let body = views::dealer(&page, Rights::of(&actor));
    Ok(shell.page(page.dealer.legal_name.as_str()).render(body))
}

/// Lists and places to choose from: what the actor may not see is not offered.
async fn choices(tx: &mut TenantTx, actor: &Actor) -> Result<Choices, Refusal> {
    let price_lists = match actor.allow::<SalesPricesRead>() {
        Ok(by) => pricing::list_lists(tx, &by, Shown::All).await?,
        Err(_) => Vec::new(),
    };
    let locations = stock::locations::list(tx, Shown::Active).await?;
    Ok(Choices {
        price_lists,
        locations,
    })
}

async fn load_choices(
    state: &AppState,
    actor: &Actor,
    by: &Allowed<SalesDealersWrite>,
) -> Result<Choices, Refusal> {
    let mut tx = state.db.begin_read(by).await?;
    let choices = choices(&mut tx, actor).await?;
    tx.commit().await?;
    Ok(choices)
}

/// `GET /admin/dealers/new`
#[handler]
pub async fn new(shell: Shell, state: Data<&AppState>, PageActor(actor): PageActor) -> PageResult {
    let by = actor.allow::<SalesDealersWrite>()?;
    let form = DealerForm {
        gst_treatment: "REGISTERED".to_owned(),
        addresses: vec![AddressForm {
            label: "Shop".to_owned(),
            ..AddressForm::default()
        }],
        ..DealerForm::default()
    };
    show_new(&shell, &state, &actor, &by, &form, &Attempt::fresh()).await
}

async fn show_new(
    shell: &Shell,
    state: &AppState,
    actor: &Actor,
    by: &Allowed<SalesDealersWrite>,
    form: &DealerForm,
    attempt: &Attempt,
) -> PageResult {
    let choices = load_choices(state, actor, by).await?;
    let form = views::new_form(form, &choices, attempt);
    Ok(attempt.answer(shell, "New dealer", form, views::new))
}

/// `POST /admin/dealers/new`
#[handler]
pub async fn create(
    shell: Shell,
    state: Data<&AppState>,
    PageActor(actor): PageActor,
    hash: BodyHash,
    sent: Submitted<DealerForm>,
) -> PageResult {
    let by = actor.allow::<SalesDealersWrite>()?;
    match create_from(&state, &by, hash, &sent).await {
        Ok(path) => Ok(shell.go_to(&path, Some(&Flash::good("The dealer is added")))),
        Err(refusal) => {
            let attempt = Attempt::refused(refusal, &sent)?;
            show_new(&shell, &state, &actor, &by, &sent.form, &attempt).await
        }
    }
}

async fn create_from(
    state: &AppState,
    by: &Allowed<SalesDealersWrite>,
    hash: BodyHash,
    sent: &Submitted<DealerForm>,
) -> Result<String, Refusal> {
    let claim = sent.claim("dealers.create", hash)?;
    let input = completed(sent.form.clone()).parse()?;
    let answer = match idempotency::start(&state.db, by, claim).await? {
        Started::Replay(answer) => answer,
        Started::Fresh(mut once) => {
            let page = dealers::create(once.tx(), by, input).await?;
            once.finish(303, path_of(page.dealer.id)).await?
        }
    };
    Ok(answer.body)
}

/// `GET /admin/dealers/:id/edit`
#[handler]
pub async fn edit(
    shell: Shell,
    state: Data<&AppState>,
    PageActor(actor): PageActor,
    Path(id): Path<String>,
) -> PageResult {
    let by = actor.allow::<SalesDealersWrite>()?;
    show_edit(&shell, &state, &actor, &by, &id, None, Attempt::fresh()).await
}

async fn show_edit(
    shell: &Shell,
    state: &AppState,
    actor: &Actor,
    by: &Allowed<SalesDealersWrite>,
    id: &str,
    typed: Option<&DealerHeaderForm>,
    mut attempt: Attempt,
) -> PageResult {
    let dealer = load(state, actor, id).await?.dealer;
    let choices = load_choices(state, actor, by).await?;
    let stored = DealerHeaderForm::of(&dealer);
    let form = typed.unwrap_or(&stored);
    attempt.compare(&stored, form, |name, value| choices.say(name, value));
    let form = views::edit_form(&dealer, form, &choices, &attempt);
    let title = format!("Edit {}", dealer.legal_name);
    Ok(attempt.answer(shell, &title, form, |form| views::edit(&dealer, &form)))
}

/// `POST /admin/dealers/:id/edit`
#[handler]
pub async fn update(
    shell: Shell,
    state: Data<&AppState>,
    PageActor(actor): PageActor,
    Path(id): Path<String>,
    sent: Submitted<DealerHeaderForm>,
) -> PageResult {
    let by = actor.allow::<SalesDealersWrite>()?;
    match update_from(&state, &by, &id, &sent).await {
        Ok(page) => {
            let message = Flash::good(format!("{} is saved", page.dealer.legal_name));
            Ok(shell.go_to(&path_of(page.dealer.id), Some(&message)))
        }
        Err(refusal) => {
            let attempt = Attempt::refused(refusal, &sent)?;
            show_edit(&shell, &state, &actor, &by, &id, Some(&sent.form), attempt).await
        }
    }
}

async fn update_from(
    state: &AppState,
    by: &Allowed<SalesDealersWrite>,
    id: &str,
    sent: &Submitted<DealerHeaderForm>,
) -> Result<DealerPage, Refusal> {
    let id = id_of(id, DealerId::parse)?;
    let (version, input) = (sent.version()?, sent.form.parse()?);
    let mut tx = state.db.begin(by).await?;
    let page = dealers::update(&mut tx, by, id, version, input).await?;
    tx.commit().await?;
    Ok(page)
}

/// `GET /admin/dealers/:id/deactivation`
#[handler]
pub async fn ask_deactivation(
    shell: Shell,
    state: Data<&AppState>,
    PageActor(actor): PageActor,
    Path(id): Path<String>,
) -> PageResult {
    let _may = actor.allow::<SalesDealersWrite>()?;
    let dealer = load(&state, &actor, &id).await?.dealer;
    let path = path_of(dealer.id);
    let title = format!("Switch off {}?", dealer.legal_name);
    let asked = Question {
        title: &title,
        text: "It can place no more orders. Its open orders, invoices and dues stay as they are.",
        verb: "Switch off",
        action: &format!("{path}/deactivation"),
        version: dealer.version,
        back: (dealer.legal_name.as_str(), &path),
    };
    Ok(shell.page(&title).render(question(&asked)))
}

/// `POST /admin/dealers/:id/deactivation`
#[handler]
pub async fn deactivate(
    shell: Shell,
    state: Data<&AppState>,
    PageActor(actor): PageActor,
    Path(id): Path<String>,
    sent: Submitted<NoFields>,
) -> PageResult {
    switch(&shell, &state, &actor, &id, &sent, Activity::Inactive).await
}

/// `POST /admin/dealers/:id/activation`
#[handler]
pub async fn activate(
    shell: Shell,
    state: Data<&AppState>,
    PageActor(actor): PageActor,
    Path(id): Path<String>,
    sent: Submitted<NoFields>,
) -> PageResult {
    switch(&shell, &state, &actor, &id, &sent, Activity::Active).await
}

async fn switch(
    shell: &Shell,
    state: &AppState,
    actor: &Actor,
    id: &str,
    sent: &Submitted<NoFields>,
    to: Activity,
) -> PageResult {
    let by = actor.allow::<SalesDealersWrite>()?;
    let id = id_of(id, DealerId::parse)?;
    let result = set_active(state, &by, id, sent.version()?, to).await;
    after(shell, result, &path_of(id), |page| match to {
        Activity::Active => format!("{} can order again", page.dealer.legal_name),
        Activity::Inactive => format!("{} is switched off", page.dealer.legal_name),
    })
}

async fn set_active(
    state: &AppState,
    by: &Allowed<SalesDealersWrite>,
    id: DealerId,
    version: i32,
    to: Activity,
) -> Result<DealerPage, Refusal> {
    let mut tx = state.db.begin(by).await?;
    let page = dealers::set_active(&mut tx, by, id, Some(version), to).await?;
    tx.commit().await?;
    Ok(page)
}
