//! `/admin/domains`: the names, what the DNS record of one must say, and what may be done with it.

use poem::handler;
use poem::http::StatusCode;
use poem::web::{Data, Path};
use vitaran_core::access::{Actor, Allowed, PlatformSettingsWrite};
use vitaran_core::domains::{self, Domain, DomainForm, host_of};
use vitaran_kernel::DomainId;

use super::{PATH, path_of, views};
use crate::auth::PageActor;
use crate::http::form::{NoFields, Submitted};
use crate::http::form_page::{Attempt, after, id_of, in_transaction};
use crate::http::idempotency::{self, BodyHash, Started};
use crate::http::problem::Refusal;
use crate::http::problem_page::PageResult;
use crate::shell::Shell;
use crate::state::AppState;
use crate::ui::confirm::{Question, question};
use crate::ui::flash::Flash;

/// `GET /admin/domains`
#[handler]
pub async fn list(shell: Shell, state: Data<&AppState>, PageActor(actor): PageActor) -> PageResult {
    let by = actor.allow::<PlatformSettingsWrite>()?;
    let tx = state.db.begin_read(&by).await?;
    let domains = domains::list(&tx, &by).await?;
    let now = tx.now();
    tx.commit().await?;
    if shell.wants_fragment() {
        return Ok(shell.fragment(StatusCode::OK, views::rows(&domains, now)));
    }
    let page = shell.page("Domains").live();
    Ok(page.render(views::list(&domains, now)))
}

/// `GET /admin/domains/new`
#[handler]
pub async fn new(shell: Shell, PageActor(actor): PageActor) -> PageResult {
    let _may = actor.allow::<PlatformSettingsWrite>()?;
    let form = DomainForm::default();
    Ok(show_new(&shell, &form, &Attempt::fresh()))
}

fn show_new(shell: &Shell, form: &DomainForm, attempt: &Attempt) -> poem::Response {
    let form = views::form(form, attempt);
    attempt.answer(shell, "New domain", form, views::new)
}

/// `POST /admin/domains/new`
#[handler]
pub async fn create(
    shell: Shell,
    state: Data<&AppState>,
    PageActor(actor): PageActor,
    hash: BodyHash,
    sent: Submitted<DomainForm>,
) -> PageResult {
    let by = actor.allow::<PlatformSettingsWrite>()?;
    match create_from(&state, &by, hash, &sent).await {
        Ok(path) => {
            let message = Flash::good("The domain is in your list. Now show that it is yours");
            Ok(shell.go_to(&path, Some(&message)))
        }
        Err(refusal) => {
            let attempt = Attempt::refused(refusal, &sent)?;
            Ok(show_new(&shell, &sent.form, &attempt))
        }
    }
}

async fn create_from(
    state: &AppState,
    by: &Allowed<PlatformSettingsWrite>,
    hash: BodyHash,
    sent: &Submitted<DomainForm>,
) -> Result<String, Refusal> {
    let claim = sent.claim("domains.create", hash)?;
    let name = sent.form.parse(&state.config.public_url)?;
    let answer = match idempotency::start(&state.db, by, claim).await? {
        Started::Replay(answer) => answer,
        Started::Fresh(mut once) => {
            let domain = domains::add(once.tx(), by, name).await?;
            once.finish(303, path_of(domain.id)).await?
        }
    };
    Ok(answer.body)
}

async fn load(state: &AppState, actor: &Actor, id: &str) -> Result<Domain, Refusal> {
    let by = actor.allow::<PlatformSettingsWrite>()?;
    let id = id_of(id, DomainId::parse)?;
    let tx = state.db.begin_read(&by).await?;
    let domain = domains::load(&tx, &by, id).await?;
    tx.commit().await?;
    Ok(domain)
}

/// `GET /admin/domains/:id`
#[handler]
pub async fn show(
    shell: Shell,
    state: Data<&AppState>,
    PageActor(actor): PageActor,
    Path(id): Path<String>,
) -> PageResult {
    let domain = load(&state, &actor, &id).await?;
    let now = state.db.clock().now();
    let body = views::show(&domain, &state.config.public_url, now);
    if shell.wants_fragment() {
        return Ok(shell.fragment(StatusCode::OK, body));
    }
    Ok(shell.page(&domain.name).live().render(body))
}

/// `POST /admin/domains/:id/check`
#[handler]
pub async fn check(
    shell: Shell,
    state: Data<&AppState>,
    PageActor(actor): PageActor,
    Path(id): Path<String>,
    sent: Submitted<NoFields>,
) -> PageResult {
    let by = actor.allow::<PlatformSettingsWrite>()?;
    let id = id_of(&id, DomainId::parse)?;
    let version = Some(sent.version()?);
    let asked = in_transaction(&state, &by, async |tx| {
        domains::ask_check(tx, &by, id, version).await
    });
    after(&shell, asked.await, &path_of(id), |_| {
        "The record is looked at, once a minute at most; this page says what is found".to_owned()
    })
}

/// `POST /admin/domains/:id/primary`
#[handler]
pub async fn make_primary(
    shell: Shell,
    state: Data<&AppState>,
    PageActor(actor): PageActor,
    Path(id): Path<String>,
    sent: Submitted<NoFields>,
) -> PageResult {
    let by = actor.allow::<PlatformSettingsWrite>()?;
    let id = id_of(&id, DomainId::parse)?;
    let version = Some(sent.version()?);
    let made = in_transaction(&state, &by, async |tx| {
        domains::make_primary(tx, &by, id, version).await
    });
    after(&shell, made.await, &path_of(id), |_| {
        "Links in mails about orders lead here from now on".to_owned()
    })
}

/// `POST /admin/domains/:id/no-primary`
#[handler]
pub async fn stop_primary(
    shell: Shell,
    state: Data<&AppState>,
    PageActor(actor): PageActor,
    Path(id): Path<String>,
    sent: Submitted<NoFields>,
) -> PageResult {
    let by = actor.allow::<PlatformSettingsWrite>()?;
    let id = id_of(&id, DomainId::parse)?;
    let version = Some(sent.version()?);
    let stopped = in_transaction(&state, &by, async |tx| {
        domains::stop_primary(tx, &by, id, version).await
    });
    let house = host_of(&state.config.public_url);
    after(&shell, stopped.await, &path_of(id), |_| {
        format!("Links in mails about orders lead to {house} from now on")
    })
}

/// `GET /admin/domains/:id/removal`
#[handler]
pub async fn ask_removal(
    shell: Shell,
    state: Data<&AppState>,
    PageActor(actor): PageActor,
    Path(id): Path<String>,
) -> PageResult {
    let domain = load(&state, &actor, &id).await?;
    let path = path_of(domain.id);
    let title = format!("Remove {}?", domain.name);
    let asked = Question {
        title: &title,
        text: "Nobody signs in under it any more, and links in mails that were sent lead nowhere. Your own records in DNS stay as they are.",
        verb: "Remove",
        action: &format!("{path}/removal"),
        version: domain.version,
        back: (&domain.name, &path),
    };
    Ok(shell.page(&title).render(question(&asked)))
}

/// `POST /admin/domains/:id/removal`
#[handler]
pub async fn remove(
    shell: Shell,
    state: Data<&AppState>,
    PageActor(actor): PageActor,
    Path(id): Path<String>,
    sent: Submitted<NoFields>,
) -> PageResult {
    let by = actor.allow::<PlatformSettingsWrite>()?;
    let id = id_of(&id, DomainId::parse)?;
    let version = Some(sent.version()?);
    let removed = in_transaction(&state, &by, async |tx| {
        domains::remove(tx, &by, id, version).await
    });
    after(&shell, removed.await, PATH, |domain| {
        format!("{} is removed", domain.name)
    })
}
