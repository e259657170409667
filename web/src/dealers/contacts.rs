//! `/admin/dealers/:id/contacts`: adding and changing contacts of a dealer, switching one off and on. Each change names the
//! dealer's version.

use poem::handler;
use poem::web::{Data, Path};
use vitaran_core::access::{Actor, Allowed, SalesDealersWrite};
use vitaran_core::dealers::{self, Contact, ContactForm, DealerPage};
use vitaran_core::master::Activity;
use vitaran_kernel::{ContactId, DealerId};

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

fn find<'p>(page: &'p DealerPage, id: &str) -> Result<&'p Contact, Refusal> {
    let id = id_of(id, ContactId::parse)?;
    let mut all = page.contacts.iter();
    all.find(|one| one.id == id).ok_or_else(Refusal::not_found)
}

/// `GET /admin/dealers/:id/contacts/new`
#[handler]
pub async fn new(
    shell: Shell,
    state: Data<&AppState>,
    PageActor(actor): PageActor,
    Path(id): Path<String>,
) -> PageResult {
    let _may = actor.allow::<SalesDealersWrite>()?;
    let form = ContactForm::default();
    show_new(&shell, &state, &actor, &id, &form, &Attempt::fresh()).await
}

async fn show_new(
    shell: &Shell,
    state: &AppState,
    actor: &Actor,
    id: &str,
    form: &ContactForm,
    attempt: &Attempt,
) -> PageResult {
    let dealer = load(state, actor, id).await?.dealer;
    let action = format!("{}/contacts/new", path_of(dealer.id));
    let form = fields::contact_form(&action, &dealer, form, attempt);
    Ok(attempt.answer(shell, "New contact", form, |form| {
        fields::page("New contact", &dealer, &form)
    }))
}

/// `POST /admin/dealers/:id/contacts/new`
#[handler]
pub async fn create(
    shell: Shell,
    state: Data<&AppState>,
    PageActor(actor): PageActor,
    hash: BodyHash,
    Path(id): Path<String>,
    sent: Submitted<ContactForm>,
) -> PageResult {
    let by = actor.allow::<SalesDealersWrite>()?;
    match create_from(&state, &by, hash, &id, &sent).await {
        Ok(path) => Ok(shell.go_to(&path, Some(&Flash::good("The contact is added")))),
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
    sent: &Submitted<ContactForm>,
) -> Result<String, Refusal> {
    let id = id_of(id, DealerId::parse)?;
    let claim = sent.claim("dealers.contact.add", hash)?;
    let (version, input) = (sent.version()?, sent.form.parse()?);
    let answer = match idempotency::start(&state.db, by, claim).await? {
        Started::Replay(answer) => answer,
        Started::Fresh(mut once) => {
            dealers::add_contact(once.tx(), by, id, version, input).await?;
            once.finish(303, path_of(id)).await?
        }
    };
    Ok(answer.body)
}

/// `GET /admin/dealers/:id/contacts/:contact/edit`
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
    typed: Option<&ContactForm>,
    mut attempt: Attempt,
) -> PageResult {
    let page = load(state, actor, dealer).await?;
    let present = find(&page, id)?;
    let stored = ContactForm::of(present);
    let form = typed.unwrap_or(&stored);
    attempt.compare(&stored, form, fields::say_contact);
    let action = format!("{}/contacts/{}/edit", path_of(page.dealer.id), present.id);
    let form = fields::contact_form(&action, &page.dealer, form, &attempt);
    Ok(attempt.answer(shell, "Edit contact", form, |form| {
        fields::page("Edit contact", &page.dealer, &form)
    }))
}

/// `POST /admin/dealers/:id/contacts/:contact/edit`
#[handler]
pub async fn update(
    shell: Shell,
    state: Data<&AppState>,
    PageActor(actor): PageActor,
    Path(ids): Path<(String, String)>,
    sent: Submitted<ContactForm>,
) -> PageResult {
    let by = actor.allow::<SalesDealersWrite>()?;
    match update_from(&state, &by, &ids, &sent).await {
        Ok(page) => {
            let message = Flash::good("The contact is saved");
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
    sent: &Submitted<ContactForm>,
) -> Result<DealerPage, Refusal> {
    let dealer = id_of(dealer, DealerId::parse)?;
    let id = id_of(id, ContactId::parse)?;
    let (version, input) = (sent.version()?, sent.form.parse()?);
    let mut tx = state.db.begin(by).await?;
    let page = dealers::update_contact(&mut tx, by, dealer, version, id, input).await?;
    tx.commit().await?;
    Ok(page)
}

/// `GET /admin/dealers/:id/contacts/:contact/deactivation`
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
    let title = format!("Switch off {}?", fields::name_of_contact(one));
    let asked = Question {
        title: &title,
        text: "No more messages go to this person.",
        verb: "Switch off",
        action: &format!("{path}/contacts/{}/deactivation", one.id),
        version: page.dealer.version,
        back: (page.dealer.legal_name.as_str(), &path),
    };
    Ok(shell.page(&title).render(question(&asked)))
}

/// `POST /admin/dealers/:id/contacts/:contact/deactivation`
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

/// `POST /admin/dealers/:id/contacts/:contact/activation`
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
        id_of(&ids.1, ContactId::parse)?,
    );
    let result = set_active(state, &by, (dealer, id), sent.version()?, to).await;
    after(shell, result, &path_of(dealer), |_| match to {
        Activity::Active => "The contact is in use again".to_owned(),
        Activity::Inactive => "The contact is switched off".to_owned(),
    })
}

async fn set_active(
    state: &AppState,
    by: &Allowed<SalesDealersWrite>,
    (dealer, id): (DealerId, ContactId),
    version: i32,
    to: Activity,
) -> Result<DealerPage, Refusal> {
    let mut tx = state.db.begin(by).await?;
    let page = dealers::set_contact_active(&mut tx, by, dealer, Some(version), id, to).await?;
    tx.commit().await?;
    Ok(page)
}
