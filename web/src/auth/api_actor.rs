//! Who asks by the API: a person's token or a program's key, and nothing else. Cookies are not looked at, so a browser
//! cannot be made to act.

use std::net::IpAddr;

use poem::{Request, RequestBody};
use poem_openapi::auth::{Bearer, BearerAuthorization as _};
use poem_openapi::registry::Registry;
use poem_openapi::{ApiExtractor, ApiExtractorType, ExtractParamOptions, SecurityScheme};
use vitaran_core::access::Actor;
use vitaran_core::api_keys::{self, FoundKey};
use vitaran_core::identity;
use vitaran_core::identity::TokenView;
use vitaran_core::tenancy::{self, Asked, PlatformOperator};
use vitaran_kernel::{SessionId, TenantId, UserId};

use super::session::client_of;
use crate::http::problem::Refusal;
use crate::http::request_id;
use crate::http::site::Site;
use crate::modules;
use crate::state::AppState;

/// The header in which a platform admin's token names the distributor to act in.
pub const X_TENANT_ID: &str = "x-tenant-id";

/// An access token from `POST /api/v1/auth/login`, in force for 15 minutes, or an API key that an administrator made. A
/// platform admin's access token acts in the distributor whose id the header `X-Tenant-ID` names; with anything else that
/// header is not looked at.
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

/// A person who has signed in, in a distributor or outside them all: for what ends with their session. The document speaks of it
/// as of [`ApiActor`].
pub struct ApiPerson {
    pub user: UserId,
    pub session: SessionId,
}

impl<'a> ApiExtractor<'a> for ApiPerson {
    const TYPES: &'static [ApiExtractorType] = &[ApiExtractorType::SecurityScheme];

    type ParamType = ();
    type ParamRawType = ();

    fn register(registry: &mut Registry) {
        ApiActor::register(registry);
    }

    fn security_schemes() -> Vec<&'static str> {
        ApiActor::security_schemes()
    }

    async fn from_request(
        request: &'a Request,
        _body: &mut RequestBody,
        _options: ExtractParamOptions<()>,
    ) -> poem::Result<Self> {
        let bearer = Bearer::from_request(request)?;
        let state = state_of(request)?;
        match find(state, request, &bearer.token).await? {
            Credential::Token(token) => Ok(ApiPerson {
                user: token.user.id,
                session: token.session,
            }),
            Credential::Key(_) => Err(Refusal::people_only().into()),
        }
    }
}

/// The access token of a platform admin. For every other token and for every key there is nothing at these addresses.
#[derive(SecurityScheme)]
#[oai(
    ty = "bearer",
    rename = "platform_token",
    bearer_format = "opaque",
    checker = "authenticate_platform"
)]
pub struct PlatformToken(PlatformOperator);

impl PlatformToken {
    pub fn operator(&self) -> &PlatformOperator {
        &self.0
    }
}

/// What an operation asks of whoever calls it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Proof {
    /// A token or a key, as [`ApiActor`] takes it.
    Any,
    /// As [`PlatformToken`] takes it.
    Platform,
}

impl Proof {
    /// What the document says of an operation's security.
    #[must_use]
    pub fn named(scheme: &str) -> Self {
        match scheme {
            "platform_token" => Proof::Platform,
            _ => Proof::Any,
        }
    }

    /// Refuses a request without it.
    pub async fn require(self, request: &Request) -> poem::Result<()> {
        let bearer = Bearer::from_request(request)?;
        match self {
            Proof::Any => authenticate(request, bearer).await.map(drop),
            Proof::Platform => authenticate_platform(request, bearer).await.map(drop),
        }
    }
}

/// A credential in force.
enum Credential {
    Token(TokenView),
    Key(Actor),
}

fn state_of(request: &Request) -> poem::Result<&AppState> {
    request
        .data()
        .ok_or_else(|| poem::Error::from_status(poem::http::StatusCode::INTERNAL_SERVER_ERROR))
}

impl Credential {
    /// Where it acts, also while that is suspended; `None` for a platform admin's.
    fn tenant(&self) -> Option<TenantId> {
        match self {
            Credential::Key(actor) => Some(actor.tenant_id()),
            Credential::Token(token) => match (&token.actor, &token.suspended) {
                (Some(actor), _) => Some(actor.tenant_id()),
                (None, Some(suspended)) => Some(suspended.tenant.id),
                (None, None) => None,
            },
        }
    }
}

async fn find(state: &AppState, request: &Request, secret: &str) -> Result<Credential, Refusal> {
    let found = if api_keys::is_key(secret) {
        by_key(state, request, secret).await.map(Credential::Key)
    } else {
        by_token(state, request, secret)
            .await
            .map(Credential::Token)
    }?;
    // Under a distributor's name there are its own credentials alone.
    if !Site::of(request).admits(found.tenant()) {
        return Err(Refusal::unauthenticated());
    }
    Ok(found)
}

async fn authenticate(request: &Request, bearer: Bearer) -> poem::Result<Bearing> {
    let state = state_of(request)?;
    let bearing = match find(state, request, &bearer.token).await? {
        Credential::Key(actor) => Bearing {
            actor,
            session: None,
        },
        Credential::Token(token) => Bearing {
            actor: actor_of(state, request, &token).await?,
            session: Some(token.session),
        },
    };
    let actor = &bearing.actor;
    if let Some(user) = actor.user_id() {
        request_id::record_person(user, Some(actor.tenant_id()));
    }
    // What belongs to a module that is off is as missing as what never was.
    if !modules::is_there(request.original_uri().path(), actor) {
        return Err(Refusal::not_found().into());
    }
    Ok(bearing)
}

async fn authenticate_platform(
    request: &Request,
    bearer: Bearer,
) -> poem::Result<PlatformOperator> {
    let state = state_of(request)?;
    let operator = match find(state, request, &bearer.token).await? {
        Credential::Token(token) => PlatformOperator::of_token(&token),
        Credential::Key(_) => None,
    };
    let operator = operator.ok_or_else(Refusal::not_found)?;
    if let Some(user) = operator.user() {
        request_id::record_person(user.id, None::<TenantId>);
    }
    Ok(operator)
}

/// Whom a person's token acts as: a member, or a platform admin in the distributor that the request names.
async fn actor_of(
    state: &AppState,
    request: &Request,
    token: &TokenView,
) -> Result<Actor, Refusal> {
    let named = match PlatformOperator::of_token(token) {
        Some(operator) => named_tenant(request)?.map(|tenant| (operator, tenant)),
        None => None,
    };
    match (named, &token.actor) {
        (Some((operator, tenant)), _) => {
            let asked = Asked {
                method: request.method().as_str(),
                path: request.original_uri().path(),
            };
            Ok(tenancy::act_in_tenant(&state.db, &operator, tenant, asked).await?)
        }
        (None, Some(actor)) => Ok(actor.clone()),
        (None, None) => Err(match &token.suspended {
            Some(tenant) => tenant.clone().into(),
            None => Refusal::tenant_required(),
        }),
    }
}

/// The distributor that a platform admin's request is about.
fn named_tenant(request: &Request) -> Result<Option<TenantId>, Refusal> {
    let mut named = request.headers().get_all(X_TENANT_ID).iter();
    let tenant = match (named.next(), named.next()) {
        (None, _) => return Ok(None),
        (Some(only), None) => only.to_str().ok().and_then(|id| TenantId::parse(id).ok()),
        (Some(_), Some(_)) => None,
    };
    let malformed = || Refusal::malformed("X-Tenant-ID holds the id of one distributor");
    tenant.map(Some).ok_or_else(malformed)
}

/// What somebody reaches who must set up a second factor first.
const OPEN_WITHOUT_SECOND_FACTOR: [&str; 2] = ["/api/v1/me/second-factor", "/api/v1/auth/logout"];

async fn by_token(state: &AppState, request: &Request, secret: &str) -> Result<TokenView, Refusal> {
    let found = identity::authenticate_token(&state.db, secret).await?;
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
    Ok(found)
}

async fn by_key(state: &AppState, request: &Request, secret: &str) -> Result<Actor, Refusal> {
    let found = api_keys::authenticate(&state.db, secret).await?;
    let key = match found.ok_or_else(Refusal::unauthenticated)? {
        FoundKey::InForce(key) => *key,
        FoundKey::Suspended(tenant) => return Err(tenant.into()),
    };
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
    Ok(actor)
}
