//! The actor of an API operation: a bearer's token or a program's key, and nothing else. Cookies are not looked at, so a
//! browser cannot be made to act.

use std::net::IpAddr;

use poem::Request;
use poem_openapi::SecurityScheme;
use poem_openapi::auth::{Bearer, BearerAuthorization as _};
use vitaran_core::access::Actor;
use vitaran_core::{api_keys, identity};
use vitaran_kernel::{SessionId, UserId};

use super::session::client_of;
use crate::http::problem::Refusal;
use crate::http::request_id;
use crate::state::AppState;

/// An access token from `POST /api/v1/auth/login`, in force for 15 minutes, or an API key that an administrator made.
#[derive(SecurityScheme)]
#[oai(
    ty = "bearer",
    rename = "access_token",
    bearer_format = "opaque",
    checker = "authenticate"
)]
pub struct ApiActor(Bearing);

/// Who acts, and the session of a person's token; a key has none.
pub struct Bearing {
    actor: Actor,
    session: Option<SessionId>,
}

impl ApiActor {
    pub fn actor(&self) -> &Actor {
        &self.0.actor
    }

    /// The person and their session, for what is a person's own; a key is refused.
    pub fn person(&self) -> Result<(UserId, SessionId), Refusal> {
        let user = self.0.actor.user_id();
        user.zip(self.0.session).ok_or_else(Refusal::people_only)
    }
}

/// Refuses a request without a token in force.
pub async fn require_token(request: &Request) -> poem::Result<()> {
    authenticate(request, Bearer::from_request(request)?).await?;
    Ok(())
}

async fn authenticate(request: &Request, bearer: Bearer) -> poem::Result<Bearing> {
    let state: &AppState = request
        .data()
        .ok_or_else(|| poem::Error::from_status(poem::http::StatusCode::INTERNAL_SERVER_ERROR))?;
    let bearing = if api_keys::is_key(&bearer.token) {
        by_key(state, request, &bearer.token).await?
    } else {
        by_token(state, request, &bearer.token).await?
    };
    let actor = &bearing.actor;
    if let Some(user) = actor.user_id() {
        request_id::record_person(user, Some(actor.tenant_id()));
    }
    Ok(bearing)
}

/// What somebody reaches who must set up a second factor first.
const OPEN_WITHOUT_SECOND_FACTOR: [&str; 2] = ["/api/v1/me/second-factor", "/api/v1/auth/logout"];

async fn by_token(state: &AppState, request: &Request, token: &str) -> Result<Bearing, Refusal> {
    let found = identity::authenticate_token(&state.db, token).await?;
    let found = found.ok_or_else(Refusal::unauthenticated)?;
    let of_platform_admins = state.config.platform_second_factor;
    if found
        .second_factor
        .is_missing(&found.user, of_platform_admins)
    {
        let path = request.original_uri().path();
        if !OPEN_WITHOUT_SECOND_FACTOR
            .iter()
            .any(|open| path.starts_with(open))
        {
            return Err(Refusal::second_factor_missing());
        }
    }
    // A platform admin outside every tenant has no operation to call.
    Ok(Bearing {
        actor: found.actor.ok_or_else(Refusal::unauthenticated)?,
        session: Some(found.session),
    })
}

async fn by_key(state: &AppState, request: &Request, secret: &str) -> Result<Bearing, Refusal> {
    let found = api_keys::authenticate(&state.db, secret).await?;
    let key = found.ok_or_else(Refusal::unauthenticated)?;
    let from: Option<IpAddr> = client_of(request).ip.and_then(|ip| ip.parse().ok());
    if !key.lets_in(from) {
        return Err(Refusal::wrong_address());
    }
    let actor = key.actor.clone();
    if key.is_note_due(state.db.clock().now()) {
        let db = state.db.clone();
        tokio::spawn(async move {
            if let Err(error) = api_keys::note_use(&db, &key, from).await {
                tracing::warn!(%error, "the last use of an API key was not written down");
            }
        });
    }
    Ok(Bearing {
        actor,
        session: None,
    })
}
