//! The actor of an API operation: a bearer token, and nothing else. Cookies are not looked at, so a browser cannot be
//! made to act.

use poem::Request;
use poem_openapi::SecurityScheme;
use poem_openapi::auth::{Bearer, BearerAuthorization as _};
use vitaran_core::access::Actor;
use vitaran_core::identity;

use crate::http::problem::Refusal;
use crate::http::request_id;
use crate::state::AppState;

/// An access token from `POST /api/v1/auth/login`, in force for 15 minutes.
#[derive(SecurityScheme)]
#[oai(
    ty = "bearer",
    rename = "access_token",
    bearer_format = "opaque",
    checker = "authenticate"
)]
pub struct ApiActor(pub Bearing);

/// Who the token acts as, with the token, so that it can be ended.
pub struct Bearing {
    pub actor: Actor,
    pub token: String,
}

impl ApiActor {
    pub fn actor(&self) -> &Actor {
        &self.0.actor
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
    let found = identity::authenticate_token(&state.db, &bearer.token)
        .await
        .map_err(Refusal::from)?;
    // A platform admin outside every tenant has no operation to call.
    let Some((user, Some(actor))) = found else {
        return Err(Refusal::unauthenticated().into());
    };
    request_id::record_person(user.id, Some(actor.tenant_id()));
    Ok(Bearing {
        actor,
        token: bearer.token,
    })
}
