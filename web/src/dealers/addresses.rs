//! `/admin/dealers/:id/addresses`: adding and changing addresses of a dealer, switching one off and on. Each change names the
//! dealer's version.

use poem::handler;
use poem::web::{Data, Path};
use vitaran_core::access::{Actor, Allowed, SalesDealersWrite};
use vitaran_core::dealers::{self, Address, AddressForm, DealerPage};
use vitaran_core::master::Activity;
use vitaran_kernel::{AddressId, DealerId};

use super::admin::{load, path_of};
use super::fields;
use crate::auth::PageActor;
use crate::http::form::{NoFields, Submitted};
use crate::http::form_page::{Attempt, after, id_of};
use crate::http::idempotency::{self, BodyHash, Started};
use crate::http::problem::Refusal;
use crate::http::problem_page::PageResult;
use crate::shell::Shell;
use crate::state::AppState;
use crate::ui::confirm::{Question, question};
use crate::ui::flash::Flash;

fn find<'p>(page: &'p DealerPage, id: &str) -> Result<&'p Address, Refusal> {
    let id = id_of(id, AddressId::parse)?;
    let mut all = page.addresses.iter();
    all.find(|one| one.id == id).ok_or_else(Refusal::not_found)
}

/// `GET /admin/dealers/:id/addresses/new`
#[handler]
pub async fn new(
    shell: Shell,
    state: Data<&AppState>,
    PageActor(actor): PageActor,
    Path(id): Path<String>,
) -> PageResult {
    let _may = actor.allow::<SalesDealersWrite>()?;
    let form = AddressForm::default();
    show_new(&shell, &state, &actor, &id, &form, &Attempt::fresh()).await
}

async fn show_new(
    shell: &Shell,
    state: &AppState,
    actor: &Actor,
    id: &str,
    form: &AddressForm,
    attempt: &Attempt,
) -> PageResult {
    let dealer = load(state, actor, id).await?.dealer;
    let action = format!("{}/addresses/new", path_of(dealer.id));
    let form = fields::address_form(&action, &dealer, form, attempt);
    Ok(attempt.answer(shell, "New address", form, |form| {
        fields::page("New address", &dealer, &form)
    }))
}

/// `POST /admin/dealers/:id/addresses/new`
#[handler]
pub async fn create(
    shell: Shell,
    state: Data<&AppState>,
    PageActor(actor): PageActor,
    hash: BodyHash,
    Path(id): Path<String>,
    sent: Submitted<AddressForm>,
) -> PageResult {
    let by = actor.allow::<SalesDealersWrite>()?;
    match create_from(&state, &by, hash, &id, &sent).await {
        Ok(path) => Ok(shell.go_to(&path, Some(&Flash::good("The address is added")))),
        Err(refusal) => {
            let attempt = Attempt::refused(refusal, &sent)?;
            show_new(&shell, &state, &actor, &id, &sent.form, &attempt).await
        }
    }
}

async fn create_from(
    state: &AppState,
    by: &Allowed<SalesDealersWrite>,
    hash: BodyHash,
    id: &str,
    sent: &Submitted<AddressForm>,
) -> Result<String, Refusal> {
    let id = id_of(id, DealerId::parse)?;
    let claim = sent.claim("dealers.address.add", hash)?;
    let (version, input) = (sent.version()?, sent.form.parse()?);
    let answer = match idempotency::start(&state.db, by, claim).await? {
        Started::Replay(answer) => answer,
        Started::Fresh(mut once) => {
            dealers::add_address(once.tx(), by, id, version, input).await?;
            once.finish(303, path_of(id)).await?
        }
    };
    Ok(answer.body)
}

/// `GET /admin/dealers/:id/addresses/:address/edit`
#[handler]
pub async fn edit(
    shell: Shell,
    state: Data<&AppState>,
    PageActor(actor): PageActor,
    Path(ids): Path<(String, String)>,
) -> PageResult {
    let _may = actor.allow::<SalesDealersWrite>()?;
    show_edit(&shell, &state, &actor, &ids, None, Attempt::fresh()).await
}

async fn show_edit(
    shell: &Shell,
    state: &AppState,
    actor: &Actor,
    (dealer, id): &(String, String),
    typed: Option<&AddressForm>,
    mut attempt: Attempt,
) -> PageResult {
    let page = load(state, actor, dealer).await?;
    let present = find(&page, id)?;
    let stored = AddressForm::of(present);
    let form = typed.unwrap_or(&stored);
    attempt.compare(&stored, form, fields::say_address);
    let action = format!("{}/addresses/{}/edit", path_of(page.dealer.id), present.id);
    let form = fields::address_form(&action, &page.dealer, form, &attempt);
    Ok(attempt.answer(shell, "Edit address", form, |form| {
        fields::page("Edit address", &page.dealer, &form)
    }))
}

/// `POST /admin/dealers/:id/addresses/:address/edit`
#[handler]
pub async fn update(
    shell: Shell,
    state: Data<&AppState>,
    PageActor(actor): PageActor,
    Path(ids): Path<(String, String)>,
    sent: Submitted<AddressForm>,
) -> PageResult {
    let by = actor.allow::<SalesDealersWrite>()?;
    match update_from(&state, &by, &ids, &sent).await {
        Ok(page) => {
            let message = Flash::good("The address is saved");
            Ok(shell.go_to(&path_of(page.dealer.id), Some(&message)))
        }
        Err(refusal) => {
            let attempt = Attempt::refused(refusal, &sent)?;
            show_edit(&shell, &state, &actor, &ids, Some(&sent.form), attempt).await
        }
    }
}

async fn update_from(
    state: &AppState,
    by: &Allowed<SalesDealersWrite>,
    (dealer, id): &(String, String),
    sent: &Submitted<AddressForm>,
) -> Result<DealerPage, Refusal> {
    let dealer = id_of(dealer, DealerId::parse)?;
    let id = id_of(id, AddressId::parse)?;
    let (version, input) = (sent.version()?, sent.form.parse()?);
    let mut tx = state.db.begin(by).await?;
    let page = dealers::update_address(&mut tx, by, dealer, version, id, input).await?;
    tx.commit().await?;
    Ok(page)
}

/// `GET /admin/dealers/:id/addresses/:address/deactivation`
#[handler]
pub async fn ask_deactivation(
    shell: Shell,
    state: Data<&AppState>,
    PageActor(actor): PageActor,
    Path((dealer, id)): Path<(String, String)>,
) -> PageResult {
    let _may = actor.allow::<SalesDealersWrite>()?;
    let page = load(&state, &actor, &dealer).await?;
    let one = find(&page, &id)?;
    let path = path_of(page.dealer.id);
    let title = format!("Switch off {}?", fields::name_of_address(one));
    let asked = Question {
        title: &title,
        text: "No more orders can be sent there. Orders and invoices that have it keep it.",
        verb: "Switch off",
        action: &format!("{path}/addresses/{}/deactivation", one.id),
        version: page.dealer.version,
        back: (page.dealer.legal_name.as_str(), &path),
    };
    Ok(shell.page(&title).render(question(&asked)))
}

/// `POST /admin/dealers/:id/addresses/:address/deactivation`
#[handler]
pub async fn deactivate(
    shell: Shell,
    state: Data<&AppState>,
    PageActor(actor): PageActor,
    Path(ids): Path<(String, String)>,
    sent: Submitted<NoFields>,
) -> PageResult {
    switch(&shell, &state, &actor, &ids, &sent, Activity::Inactive).await
}

/// `POST /admin/dealers/:id/addresses/:address/activation`
#[handler]
pub async fn activate(
    shell: Shell,
    state: Data<&AppState>,
    PageActor(actor): PageActor,
    Path(ids): Path<(String, String)>,
    sent: Submitted<NoFields>,
) -> PageResult {
    switch(&shell, &state, &actor, &ids, &sent, Activity::Active).await
}

async fn switch(
    shell: &Shell,
    state: &AppState,
    actor: &Actor,
    ids: &(String, String),
    sent: &Submitted<NoFields>,
    to: Activity,
) -> PageResult {
    let by = actor.allow::<SalesDealersWrite>()?;
    let (dealer, id) = (
        id_of(&ids.0, DealerId::parse)?,
        id_of(&ids.1, AddressId::parse)?,
    );
    let result = set_active(state, &by, (dealer, id), sent.version()?, to).await;
    after(shell, result, &path_of(dealer), |_| match to {
        Activity::Active => "Orders can be sent there again".to_owned(),
        Activity::Inactive => "The address is switched off".to_owned(),
    })
}

async fn set_active(
    state: &AppState,
    by: &Allowed<SalesDealersWrite>,
    (dealer, id): (DealerId, AddressId),
    version: i32,
    to: Activity,
) -> Result<DealerPage, Refusal> {
    let mut tx = state.db.begin(by).await?;
    let page = dealers::set_address_active(&mut tx, by, dealer, Some(version), id, to).await?;
    tx.commit().await?;
    Ok(page)
}
