//! `/webhooks/whatsapp/:tenant`: WhatsApp's hand-shake, and its reports about messages. No session and no token: the
//! hand-shake proves itself by the verify token, a report by its signature over the bytes as they came.

use bytes::Bytes;
use poem::http::StatusCode;
use poem::web::{Data, Path, Query};
use poem::{IntoResponse as _, Request, Response, handler};
use serde::Deserialize;
use vitaran_core::notifications::{self, WebhookAccount, WebhookError};
use vitaran_core::secrets::SecretKey;

use crate::http::problem::Refusal;
use crate::http::problem_page::PageResult;
use crate::state::AppState;

const SIGNATURE: &str = "x-hub-signature-256";

/// `hub.mode`, `hub.verify_token`, `hub.challenge`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Handshake {
    #[serde(rename = "hub.mode")]
    mode: String,
    #[serde(rename = "hub.verify_token")]
    verify_token: String,
    #[serde(rename = "hub.challenge")]
    challenge: String,
}

/// `GET /webhooks/whatsapp/:tenant`: gives the challenge back to whoever knows the token.
#[handler]
pub async fn handshake(
    state: Data<&AppState>,
    Path(slug): Path<String>,
    Query(asked): Query<Handshake>,
) -> PageResult {
    let account = account(&state, &slug).await?;
    if asked.mode != "subscribe" || !account.knows_verify_token(&asked.verify_token) {
        return Ok(StatusCode::FORBIDDEN.into_response());
    }
    // As plain text: whoever wrote the challenge, no browser runs it.
    Ok(Response::builder()
        .content_type("text/plain; charset=utf-8")
        .body(asked.challenge))
}

/// `POST /webhooks/whatsapp/:tenant`: 200 once everything in it is applied; WhatsApp sends again what is not answered so.
#[handler]
pub async fn receive(
    state: Data<&AppState>,
    Path(slug): Path<String>,
    request: &Request,
    body: Bytes,
) -> PageResult {
    let account = account(&state, &slug).await?;
    let report = match account.verify(&body, request.header(SIGNATURE)) {
        Ok(report) => report,
        Err(error) => return refused(error),
    };
    let classes = notifications::error_classes(&state.db).await?;
    match notifications::apply_statuses(&state.db, &classes, &report).await {
        Ok(changed) => {
            tracing::debug!(changed, "a WhatsApp report was applied");
            Ok(StatusCode::OK.into_response())
        }
        Err(error) => refused(error),
    }
}

async fn account(state: &AppState, slug: &str) -> Result<WebhookAccount, Refusal> {
    let key = SecretKey::parse(state.config.secret_key.reveal())
        .map_err(|_| unusable("the secret key cannot be read"))?;
    match notifications::webhook_account(&state.db, &key, slug).await {
        Ok(Some(account)) => Ok(account),
        Ok(None) => Err(Refusal::not_found()),
        Err(WebhookError::Db(error)) => Err(error.into()),
        Err(error) => Err(unusable(&error.to_string())),
    }
}

/// Nothing the caller can do about it; the log says what is wrong.
fn unusable(reason: &str) -> Refusal {
    tracing::error!(reason, "a WhatsApp report cannot be checked");
    Refusal::unavailable("Reports cannot be taken just now")
}

fn refused(error: WebhookError) -> PageResult {
    match error {
        WebhookError::Forged => {
            tracing::warn!("a WhatsApp report with a wrong signature was refused");
            Ok(StatusCode::UNAUTHORIZED.into_response())
        }
        WebhookError::Malformed => Err(Refusal::malformed("The report is not understood")),
        WebhookError::Unusable => Err(unusable("the account's app secret does not open")),
        WebhookError::Db(error) => Err(error.into()),
    }
}
