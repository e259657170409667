//! `/admin/webhooks`: the endpoints, and what may be done with one.

use futures_util::try_join;
use poem::handler;
use poem::web::{Data, Path, Query};
use serde::Deserialize;
use vitaran_core::access::{Actor, Allowed, PlatformWebhooksManage};
use vitaran_core::webhooks::{self, Endpoint, EndpointForm, ReplayForm, Replayed, WebhookError};
use vitaran_kernel::WebhookEndpointId;

use super::secrets::made;
use super::{PATH, filter, form_views, path_of, views};
use crate::auth::PageActor;
use crate::http::form::{NoFields, Submitted};
use crate::http::form_page::{Attempt, after, id_of, in_transaction};
use crate::http::idempotency::{BodyHash, Once};
use crate::http::params::PageParams;
use crate::http::problem::Refusal;
use crate::http::problem_page::PageResult;
use crate::shell::Shell;
use crate::state::AppState;
use crate::ui::confirm::{Question, question};
use crate::ui::counted::Noun;
use crate::ui::flash::Flash;

/// `GET /admin/webhooks`
#[handler]
pub async fn list(shell: Shell, state: Data<&AppState>, PageActor(actor): PageActor) -> PageResult {
    let by = actor.allow::<PlatformWebhooksManage>()?;
    let tx = state.db.begin_read(&by).await?;
    let endpoints = webhooks::list(&tx, &by).await?;
    tx.commit().await?;
    Ok(shell.page("Webhooks").render(views::list(&endpoints)))
}

/// `GET /admin/webhooks/events`
#[handler]
pub async fn events(shell: Shell, PageActor(actor): PageActor) -> PageResult {
    let _may = actor.allow::<PlatformWebhooksManage>()?;
    Ok(shell.page("Webhook events").render(views::events()))
}

/// `GET /admin/webhooks/new`
#[handler]
pub async fn new(shell: Shell, PageActor(actor): PageActor) -> PageResult {
    let _may = actor.allow::<PlatformWebhooksManage>()?;
    let form = EndpointForm::default();
    Ok(show_new(&shell, &form, &Attempt::fresh()))
}

fn show_new(shell: &Shell, form: &EndpointForm, attempt: &Attempt) -> poem::Response {
    let form = form_views::endpoint_form(&format!("{PATH}/new"), form, None, attempt);
    attempt.answer(shell, "New webhook endpoint", form, form_views::new)
}

/// `POST /admin/webhooks/new`
#[handler]
pub async fn create(
    shell: Shell,
    state: Data<&AppState>,
    PageActor(actor): PageActor,
    hash: BodyHash,
    sent: Submitted<EndpointForm>,
) -> PageResult {
    let by = actor.allow::<PlatformWebhooksManage>()?;
    match create_from(&state, &by, hash, &sent).await {
        Ok((endpoint, secret)) => Ok(shell
            .page(endpoint.name())
            .render(form_views::made(&endpoint, secret.as_deref()))),
        Err(refusal) => {
            let attempt = Attempt::refused(refusal, &sent)?;
            Ok(show_new(&shell, &sent.form, &attempt))
        }
    }
}

async fn create_from(
    state: &AppState,
    by: &Allowed<PlatformWebhooksManage>,
    hash: BodyHash,
    sent: &Submitted<EndpointForm>,
) -> Result<(Endpoint, Option<String>), Refusal> {
    let claim = sent.claim("webhooks.create", hash)?;
    let input = sent.form.parse(state.config.webhook_targets)?;
    let key = state.secret_key()?;
    let work = async |once: &mut Once| {
        let made = webhooks::create(once.tx(), by, &key, input).await?;
        Ok((made.endpoint, made.secret))
    };
    made(state, by, claim, work).await
}

pub(super) async fn load(state: &AppState, actor: &Actor, id: &str) -> Result<Endpoint, Refusal> {
    let by = actor.allow::<PlatformWebhooksManage>()?;
    let id = id_of(id, WebhookEndpointId::parse)?;
    let tx = state.db.begin_read(&by).await?;
    let endpoint = webhooks::load(&tx, &by, id).await?;
    tx.commit().await?;
    Ok(endpoint)
}

/// The filters of an endpoint's log, as they stand in its address.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct LogParams {
    pub status: String,
    pub event: String,
    pub limit: Option<String>,
    pub cursor: Option<String>,
}

/// `GET /admin/webhooks/:id`
#[handler]
pub async fn show(
    shell: Shell,
    state: Data<&AppState>,
    PageActor(actor): PageActor,
    Path(id): Path<String>,
    Query(params): Query<LogParams>,
) -> PageResult {
    let by = actor.allow::<PlatformWebhooksManage>()?;
    let id = id_of(&id, WebhookEndpointId::parse)?;
    let filter = filter(Some(id), &params.status, &params.event)?;
    let place = PageParams {
        limit: params.limit.clone(),
        cursor: params.cursor.clone(),
    };
    let page = place.page()?;
    let tx = state.db.begin_read(&by).await?;
    let (endpoint, deliveries) = try_join!(
        webhooks::load(&tx, &by, id),
        webhooks::list_deliveries(&tx, &by, &filter, &page)
    )?;
    let now = tx.now();
    tx.commit().await?;
    let log = views::Log {
        endpoint: &endpoint,
        params: &params,
        deliveries: &deliveries,
        now,
    };
    Ok(shell.page(endpoint.name()).render(views::show(&log)))
}

/// `GET /admin/webhooks/:id/edit`
#[handler]
pub async fn edit(
    shell: Shell,
    state: Data<&AppState>,
    PageActor(actor): PageActor,
    Path(id): Path<String>,
) -> PageResult {
    let endpoint = load(&state, &actor, &id).await?;
    let stored = form_of(&endpoint);
    Ok(show_edit(&shell, &endpoint, &stored, &Attempt::fresh()))
}

fn form_of(endpoint: &Endpoint) -> EndpointForm {
    EndpointForm {
        url: endpoint.url.clone(),
        description: endpoint.description.clone(),
        events: endpoint
            .events
            .iter()
            .map(|event| event.as_str().to_owned())
            .collect(),
    }
}

fn show_edit(
    shell: &Shell,
    endpoint: &Endpoint,
    form: &EndpointForm,
    attempt: &Attempt,
) -> poem::Response {
    let action = format!("{}/edit", path_of(endpoint.id));
    let form = form_views::endpoint_form(&action, form, Some(endpoint), attempt);
    attempt.answer(shell, "Change webhook endpoint", form, |form| {
        form_views::edit(endpoint, &form)
    })
}

/// `POST /admin/webhooks/:id/edit`
#[handler]
pub async fn update(
    shell: Shell,
    state: Data<&AppState>,
    PageActor(actor): PageActor,
    Path(id): Path<String>,
    sent: Submitted<EndpointForm>,
) -> PageResult {
    let by = actor.allow::<PlatformWebhooksManage>()?;
    match update_from(&state, &by, &id, &sent).await {
        Ok(endpoint) => {
            let message = Flash::good("The endpoint is saved");
            Ok(shell.go_to(&path_of(endpoint.id), Some(&message)))
        }
        Err(refusal) => {
            let mut attempt = Attempt::refused(refusal, &sent)?;
            let endpoint = load(&state, &actor, &id).await?;
            attempt.compare(&form_of(&endpoint), &sent.form, |name, value| match name {
                "url" => Some(format!("Its address is {value} now")),
                "description" => Some(format!("Its description is “{value}” now")),
                "events" => Some("It listens to other events now".to_owned()),
                _ => None,
            });
            Ok(show_edit(&shell, &endpoint, &sent.form, &attempt))
        }
    }
}

async fn update_from(
    state: &AppState,
    by: &Allowed<PlatformWebhooksManage>,
    id: &str,
    sent: &Submitted<EndpointForm>,
) -> Result<Endpoint, Refusal> {
    let id = id_of(id, WebhookEndpointId::parse)?;
    let (version, input) = (
        sent.version()?,
        sent.form.parse(state.config.webhook_targets)?,
    );
    let mut tx = state.db.begin(by).await?;
    let endpoint = webhooks::update(&mut tx, by, id, version, input).await?;
    tx.commit().await?;
    Ok(endpoint)
}

/// `POST /admin/webhooks/:id/activation`
#[handler]
pub async fn activate(
    shell: Shell,
    state: Data<&AppState>,
    PageActor(actor): PageActor,
    Path(id): Path<String>,
    sent: Submitted<NoFields>,
) -> PageResult {
    let by = actor.allow::<PlatformWebhooksManage>()?;
    let id = id_of(&id, WebhookEndpointId::parse)?;
    let version = Some(sent.version()?);
    let result = in_transaction(&state, &by, async |tx| {
        webhooks::activate(tx, &by, id, version).await
    })
    .await;
    after(&shell, result, &path_of(id), |_| {
        "The endpoint is on: it hears of what happens from now on".to_owned()
    })
}

/// `GET /admin/webhooks/:id/deactivation`
#[handler]
pub async fn ask_deactivation(
    shell: Shell,
    state: Data<&AppState>,
    PageActor(actor): PageActor,
    Path(id): Path<String>,
) -> PageResult {
    let endpoint = load(&state, &actor, &id).await?;
    Ok(ask(
        &shell,
        &endpoint,
        "Switch the endpoint off?",
        "It hears of nothing more, and what waits for it is not sent. You can switch it on again, and send again what failed.",
        "Switch off",
        "deactivation",
    ))
}

fn ask(
    shell: &Shell,
    endpoint: &Endpoint,
    title: &str,
    text: &str,
    verb: &str,
    noun: &str,
) -> poem::Response {
    let path = path_of(endpoint.id);
    let asked = Question {
        title,
        text,
        verb,
        action: &format!("{path}/{noun}"),
        version: endpoint.version,
        back: (endpoint.name(), &path),
    };
    shell.page(title).render(question(&asked))
}

/// `POST /admin/webhooks/:id/deactivation`
#[handler]
pub async fn deactivate(
    shell: Shell,
    state: Data<&AppState>,
    PageActor(actor): PageActor,
    Path(id): Path<String>,
    sent: Submitted<NoFields>,
) -> PageResult {
    let by = actor.allow::<PlatformWebhooksManage>()?;
    let id = id_of(&id, WebhookEndpointId::parse)?;
    let version = Some(sent.version()?);
    let result = in_transaction(&state, &by, async |tx| {
        webhooks::deactivate(tx, &by, id, version).await
    })
    .await;
    after(&shell, result, &path_of(id), |_| {
        "The endpoint is off".to_owned()
    })
}

/// `GET /admin/webhooks/:id/removal`
#[handler]
pub async fn ask_removal(
    shell: Shell,
    state: Data<&AppState>,
    PageActor(actor): PageActor,
    Path(id): Path<String>,
) -> PageResult {
    let endpoint = load(&state, &actor, &id).await?;
    Ok(ask(
        &shell,
        &endpoint,
        "Remove the endpoint?",
        "Its secret and its log of deliveries go with it. What it was stays in the audit log.",
        "Remove",
        "removal",
    ))
}

/// `POST /admin/webhooks/:id/removal`
#[handler]
pub async fn remove(
    shell: Shell,
    state: Data<&AppState>,
    PageActor(actor): PageActor,
    Path(id): Path<String>,
    sent: Submitted<NoFields>,
) -> PageResult {
    let by = actor.allow::<PlatformWebhooksManage>()?;
    let id = id_of(&id, WebhookEndpointId::parse)?;
    let version = Some(sent.version()?);
    let result = in_transaction(&state, &by, async |tx| {
        webhooks::remove(tx, &by, id, version).await
    })
    .await;
    let back = match &result {
        Ok(_) => PATH.to_owned(),
        Err(_) => path_of(id),
    };
    after(&shell, result, &back, |endpoint| {
        format!("{} is removed", endpoint.name())
    })
}

/// `POST /admin/webhooks/:id/ping`
#[handler]
pub async fn ping(
    shell: Shell,
    state: Data<&AppState>,
    PageActor(actor): PageActor,
    Path(id): Path<String>,
) -> PageResult {
    let by = actor.allow::<PlatformWebhooksManage>()?;
    let id = id_of(&id, WebhookEndpointId::parse)?;
    let result = in_transaction(&state, &by, async |tx| webhooks::ping(tx, &by, id).await).await;
    after(&shell, result, &path_of(id), |_| {
        "A test is on its way: look at the deliveries in a moment".to_owned()
    })
}

/// `GET /admin/webhooks/:id/replay`
#[handler]
pub async fn ask_replay(
    shell: Shell,
    state: Data<&AppState>,
    PageActor(actor): PageActor,
    Path(id): Path<String>,
) -> PageResult {
    let endpoint = load(&state, &actor, &id).await?;
    let form = ReplayForm::default();
    Ok(show_replay(&shell, &endpoint, &form, &Attempt::fresh()))
}

fn show_replay(
    shell: &Shell,
    endpoint: &Endpoint,
    form: &ReplayForm,
    attempt: &Attempt,
) -> poem::Response {
    let form = form_views::replay_form(endpoint, form, attempt);
    attempt.answer(shell, "Send again what failed", form, |form| {
        form_views::replay(endpoint, &form)
    })
}

/// `POST /admin/webhooks/:id/replay`
#[handler]
pub async fn replay(
    shell: Shell,
    state: Data<&AppState>,
    PageActor(actor): PageActor,
    Path(id): Path<String>,
    sent: Submitted<ReplayForm>,
) -> PageResult {
    let by = actor.allow::<PlatformWebhooksManage>()?;
    let endpoint = load(&state, &actor, &id).await?;
    match replay_from(&state, &by, endpoint.id, &sent.form).await {
        Ok(again) => {
            let count = Noun::DELIVERIES.count(count_of(again.deliveries));
            let message = Flash::good(match again.has_more {
                true => format!(
                    "{count} sent again; others that failed are left, so send again once more"
                ),
                false => format!("{count} sent again"),
            });
            Ok(shell.go_to(&path_of(endpoint.id), Some(&message)))
        }
        Err(refusal) => {
            let attempt = Attempt::refused(refusal, &sent)?;
            Ok(show_replay(&shell, &endpoint, &sent.form, &attempt))
        }
    }
}

fn count_of(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}

async fn replay_from(
    state: &AppState,
    by: &Allowed<PlatformWebhooksManage>,
    id: WebhookEndpointId,
    form: &ReplayForm,
) -> Result<Replayed, Refusal> {
    let since = form.parse().map_err(WebhookError::from)?;
    in_transaction(state, by, async |tx| {
        webhooks::replay_failed(tx, by, id, since).await
    })
    .await
}
