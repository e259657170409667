//! Secrets of endpoints: one stands in the answer to the form that made it, and on no other page.

use poem::handler;
use poem::web::{Data, Path};
use vitaran_core::access::{Allowed, PlatformWebhooksManage};
use vitaran_core::webhooks::{self, Endpoint, EndpointSecret};
use vitaran_kernel::WebhookEndpointId;

use super::admin::load;
use super::{form_views, path_of};
use crate::auth::PageActor;
use crate::http::form::{NoFields, Submitted};
use crate::http::form_page::{Attempt, after, id_of, in_transaction};
use crate::http::idempotency::{self, BodyHash, Claim, Once, Started};
use crate::http::problem::Refusal;
use crate::http::problem_page::PageResult;
use crate::shell::Shell;
use crate::state::AppState;

/// Makes a secret once; a form that is sent again gets the endpoint without it.
pub(super) async fn made(
    state: &AppState,
    by: &Allowed<PlatformWebhooksManage>,
    claim: Claim,
    work: impl AsyncFnOnce(&mut Once) -> Result<(Endpoint, EndpointSecret), Refusal>,
) -> Result<(Endpoint, Option<String>), Refusal> {
    match idempotency::start(&state.db, by, claim).await? {
        Started::Replay(answer) => {
            let endpoint = load(state, by.actor(), &answer.body).await?;
            Ok((endpoint, None))
        }
        Started::Fresh(mut once) => {
            let (endpoint, secret) = work(&mut once).await?;
            once.finish(200, endpoint.id.to_string()).await?;
            Ok((endpoint, Some(secret.reveal().to_owned())))
        }
    }
}

/// `GET /admin/webhooks/:id/secret`
#[handler]
pub async fn ask_rotation(
    shell: Shell,
    state: Data<&AppState>,
    PageActor(actor): PageActor,
    Path(id): Path<String>,
) -> PageResult {
    let endpoint = load(&state, &actor, &id).await?;
    Ok(show_rotation(&shell, &endpoint, &Attempt::fresh()))
}

fn show_rotation(shell: &Shell, endpoint: &Endpoint, attempt: &Attempt) -> poem::Response {
    let form = form_views::rotation_form(endpoint, attempt);
    attempt.answer(shell, "New secret", form, |form| {
        form_views::rotation(endpoint, &form)
    })
}

/// `POST /admin/webhooks/:id/secret`
#[handler]
pub async fn rotate(
    shell: Shell,
    state: Data<&AppState>,
    PageActor(actor): PageActor,
    hash: BodyHash,
    Path(id): Path<String>,
    sent: Submitted<NoFields>,
) -> PageResult {
    let by = actor.allow::<PlatformWebhooksManage>()?;
    match rotate_from(&state, &by, hash, &id, &sent).await {
        Ok((endpoint, secret)) => Ok(shell
            .page(endpoint.name())
            .render(form_views::made(&endpoint, secret.as_deref()))),
        Err(refusal) => {
            let attempt = Attempt::refused(refusal, &sent)?;
            let endpoint = load(&state, &actor, &id).await?;
            Ok(show_rotation(&shell, &endpoint, &attempt))
        }
    }
}

async fn rotate_from(
    state: &AppState,
    by: &Allowed<PlatformWebhooksManage>,
    hash: BodyHash,
    id: &str,
    sent: &Submitted<NoFields>,
) -> Result<(Endpoint, Option<String>), Refusal> {
    let id = id_of(id, WebhookEndpointId::parse)?;
    let claim = sent.claim("webhooks.secret.rotate", hash)?;
    let key = state.secret_key()?;
    let work = async |once: &mut Once| {
        let made = webhooks::rotate(once.tx(), by, &key, id).await?;
        Ok((made.endpoint, made.secret))
    };
    made(state, by, claim, work).await
}

/// `POST /admin/webhooks/:id/secret/revocation`
#[handler]
pub async fn end_older(
    shell: Shell,
    state: Data<&AppState>,
    PageActor(actor): PageActor,
    Path(id): Path<String>,
) -> PageResult {
    let by = actor.allow::<PlatformWebhooksManage>()?;
    let id = id_of(&id, WebhookEndpointId::parse)?;
    let result = in_transaction(&state, &by, async |tx| {
        webhooks::end_older(tx, &by, id).await
    })
    .await;
    after(&shell, result, &path_of(id), |_| {
        "Only the newest secret signs from now on".to_owned()
    })
}
