//! `/admin/api-keys`: making, replacing and revoking keys. A key's secret stands in the answer to the form that made it, and
//! on no other page.

use poem::handler;
use poem::web::{Data, Path, Query};
use vitaran_core::access::{Actor, Allowed, PlatformApikeysManage};
use vitaran_core::api_keys::{self, ApiKey, ApiKeyForm, MadeKey, RollForm};
use vitaran_kernel::ApiKeyId;

use super::views;
use crate::auth::PageActor;
use crate::http::form::Submitted;
use crate::http::form_page::{Attempt, id_of};
use crate::http::idempotency::{self, BodyHash, Claim, Once, Started};
use crate::http::params::PageParams;
use crate::http::problem::Refusal;
use crate::http::problem_page::PageResult;
use crate::shell::Shell;
use crate::state::AppState;
use crate::ui::flash::Flash;

pub const PATH: &str = "/admin/api-keys";

/// `GET /admin/api-keys`
#[handler]
pub async fn list(
    shell: Shell,
    state: Data<&AppState>,
    PageActor(actor): PageActor,
    Query(params): Query<PageParams>,
) -> PageResult {
    let by = actor.allow::<PlatformApikeysManage>()?;
    let page = params.page()?;
    let tx = state.db.begin_read(&by).await?;
    let keys = api_keys::list(&tx, &by, &page).await?;
    tx.commit().await?;
    let now = state.db.clock().now();
    let is_first = params.cursor.is_none();
    Ok(shell
        .page("API keys")
        .render(views::list(&keys, is_first, now)))
}

async fn load(state: &AppState, actor: &Actor, id: &str) -> Result<ApiKey, Refusal> {
    let by = actor.allow::<PlatformApikeysManage>()?;
    let id = id_of(id, ApiKeyId::parse)?;
    let tx = state.db.begin_read(&by).await?;
    let key = api_keys::load(&tx, &by, id).await?;
    tx.commit().await?;
    Ok(key)
}

/// `GET /admin/api-keys/:id`
#[handler]
pub async fn show(
    shell: Shell,
    state: Data<&AppState>,
    PageActor(actor): PageActor,
    Path(id): Path<String>,
) -> PageResult {
    let key = load(&state, &actor, &id).await?;
    Ok(shell.page(&key.name).render(views::show(&key)))
}

/// Makes a key once; a form that is sent again gets the key without its secret.
async fn make(
    state: &AppState,
    by: &Allowed<PlatformApikeysManage>,
    claim: Claim,
    work: impl AsyncFnOnce(&mut Once) -> Result<MadeKey, Refusal>,
) -> Result<(ApiKey, Option<String>), Refusal> {
    match idempotency::start(&state.db, by, claim).await? {
        Started::Replay(answer) => {
            let key = load(state, by.actor(), &answer.body).await?;
            Ok((key, None))
        }
        Started::Fresh(mut once) => {
            let made = work(&mut once).await?;
            once.finish(200, made.key.id.to_string()).await?;
            Ok((made.key, Some(made.secret.reveal().to_owned())))
        }
    }
}

/// `GET /admin/api-keys/new`
#[handler]
pub async fn new(shell: Shell, PageActor(actor): PageActor) -> PageResult {
    let by = actor.allow::<PlatformApikeysManage>()?;
    let form = ApiKeyForm::default();
    Ok(show_new(&shell, &by, &form, &Attempt::fresh()))
}

fn show_new(
    shell: &Shell,
    by: &Allowed<PlatformApikeysManage>,
    form: &ApiKeyForm,
    attempt: &Attempt,
) -> poem::Response {
    let form = views::key_form(form, by.actor().permissions(), attempt);
    attempt.answer(shell, "New API key", form, views::new)
}

/// `POST /admin/api-keys/new`
#[handler]
pub async fn create(
    shell: Shell,
    state: Data<&AppState>,
    PageActor(actor): PageActor,
    hash: BodyHash,
    sent: Submitted<ApiKeyForm>,
) -> PageResult {
    let by = actor.allow::<PlatformApikeysManage>()?;
    match create_from(&state, &by, hash, &sent).await {
        Ok((key, secret)) => Ok(shell
            .page(&key.name)
            .render(views::made(&key, secret.as_deref()))),
        Err(refusal) => {
            let attempt = Attempt::refused(refusal, &sent)?;
            Ok(show_new(&shell, &by, &sent.form, &attempt))
        }
    }
}

async fn create_from(
    state: &AppState,
    by: &Allowed<PlatformApikeysManage>,
    hash: BodyHash,
    sent: &Submitted<ApiKeyForm>,
) -> Result<(ApiKey, Option<String>), Refusal> {
    let claim = sent.claim("api_keys.create", hash)?;
    let input = sent.form.parse()?;
    let work = async |once: &mut Once| Ok(api_keys::create(once.tx(), by, input).await?);
    make(state, by, claim, work).await
}

/// `GET /admin/api-keys/:id/roll`
#[handler]
pub async fn ask_roll(
    shell: Shell,
    state: Data<&AppState>,
    PageActor(actor): PageActor,
    Path(id): Path<String>,
) -> PageResult {
    let form = RollForm::default();
    show_roll(&shell, &state, &actor, &id, &form, &Attempt::fresh()).await
}

async fn show_roll(
    shell: &Shell,
    state: &AppState,
    actor: &Actor,
    id: &str,
    form: &RollForm,
    attempt: &Attempt,
) -> PageResult {
    let key = load(state, actor, id).await?;
    let form = views::roll_form(&key, form, attempt);
    Ok(attempt.answer(shell, "Replace API key", form, |form| {
        views::roll(&key, &form)
    }))
}

/// `POST /admin/api-keys/:id/roll`
#[handler]
pub async fn roll(
    shell: Shell,
    state: Data<&AppState>,
    PageActor(actor): PageActor,
    hash: BodyHash,
    Path(id): Path<String>,
    sent: Submitted<RollForm>,
) -> PageResult {
    let by = actor.allow::<PlatformApikeysManage>()?;
    match roll_from(&state, &by, hash, &id, &sent).await {
        Ok((key, secret)) => Ok(shell
            .page(&key.name)
            .render(views::made(&key, secret.as_deref()))),
        Err(refusal) => {
            let attempt = Attempt::refused(refusal, &sent)?;
            show_roll(&shell, &state, &actor, &id, &sent.form, &attempt).await
        }
    }
}

async fn roll_from(
    state: &AppState,
    by: &Allowed<PlatformApikeysManage>,
    hash: BodyHash,
    id: &str,
    sent: &Submitted<RollForm>,
) -> Result<(ApiKey, Option<String>), Refusal> {
    let id = id_of(id, ApiKeyId::parse)?;
    let claim = sent.claim("api_keys.roll", hash)?;
    let input = sent.form.parse()?;
    let work = async |once: &mut Once| Ok(api_keys::roll(once.tx(), by, id, input).await?);
    make(state, by, claim, work).await
}

/// `GET /admin/api-keys/:id/revocation`
#[handler]
pub async fn ask_revocation(
    shell: Shell,
    state: Data<&AppState>,
    PageActor(actor): PageActor,
    Path(id): Path<String>,
) -> PageResult {
    let key = load(&state, &actor, &id).await?;
    Ok(shell
        .page("Revoke API key")
        .render(views::ask_revocation(&key)))
}

/// `POST /admin/api-keys/:id/revocation`
#[handler]
pub async fn revoke(
    shell: Shell,
    state: Data<&AppState>,
    PageActor(actor): PageActor,
    Path(id): Path<String>,
) -> PageResult {
    let by = actor.allow::<PlatformApikeysManage>()?;
    let id = id_of(&id, ApiKeyId::parse)?;
    let mut tx = state.db.begin(&by).await?;
    let key = api_keys::revoke(&mut tx, &by, id).await?;
    tx.commit().await?;
    let message = Flash::good(format!("{} is revoked: it stops at once", key.name));
    Ok(shell.go_to(PATH, Some(&message)))
}
