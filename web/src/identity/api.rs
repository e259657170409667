//! Signing in to the API, and who a token acts as.

use poem::Request;
use poem::web::Data;
use poem_openapi::payload::Json;
use poem_openapi::{ApiResponse, Enum, Object, OpenApi};
use vitaran_core::access::{Role, TenantRef};
use vitaran_core::identity::{
    self, ACCESS_TOKEN_TTL_S, REFRESH_TOKEN_TTL_S, Refreshed, SignIn, SignInError, SignedIn,
    Tokens, UserRef, WantedTenant,
};

use crate::auth::session::client_of;
use crate::auth::{ApiActor, ApiPerson};
use crate::http::problem_json::Failure;
use crate::http::site::Site;
use crate::http::throttle::ClientAddress;
use crate::openapi::Tag;
use crate::state::AppState;

/// Credentials.
#[derive(Object)]
#[oai(deny_unknown_fields)]
pub struct Login {
    /// The person's e-mail address.
    #[oai(validator(max_length = 254))]
    email: String,
    #[oai(validator(max_length = 128))]
    password: String,
    /// The slug of the distributor to act in; needed by people who work with several.
    #[oai(validator(max_length = 40))]
    tenant: Option<String>,
    /// Of the second factor, for people who have one: six digits of the app, or a recovery code.
    #[oai(validator(max_length = 40))]
    code: Option<String>,
}

/// A distributor.
#[derive(Debug, Clone, Object)]
pub struct Tenant {
    id: uuid::Uuid,
    slug: String,
    name: String,
}

impl From<&TenantRef> for Tenant {
    fn from(tenant: &TenantRef) -> Self {
        Tenant {
            id: tenant.id.as_uuid(),
            slug: tenant.slug.clone(),
            name: tenant.name.clone(),
        }
    }
}

/// A person.
#[derive(Debug, Clone, Object)]
pub struct User {
    id: uuid::Uuid,
    name: String,
    email: String,
}

impl From<UserRef> for User {
    fn from(user: UserRef) -> Self {
        let UserRef {
            id,
            name,
            email,
            is_platform_admin: _,
        } = user;
        User {
            id: id.as_uuid(),
            name,
            email,
        }
    }
}

/// What a person is at a distributor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[oai(rename_all = "SCREAMING_SNAKE_CASE", rename = "Role")]
pub enum RoleName {
    Admin,
    Sales,
    Warehouse,
    Accounts,
    Dealer,
}

impl From<Role> for RoleName {
    fn from(role: Role) -> Self {
        match role {
            Role::Admin => RoleName::Admin,
            Role::Sales => RoleName::Sales,
            Role::Warehouse => RoleName::Warehouse,
            Role::Accounts => RoleName::Accounts,
            Role::Dealer => RoleName::Dealer,
        }
    }
}

/// What a program goes on with when its access token has ended.
#[derive(Object)]
#[oai(deny_unknown_fields)]
pub struct Refresh {
    #[oai(validator(max_length = 100))]
    refresh_token: String,
}

/// Tokens and what they act as.
#[derive(Object)]
#[oai(skip_serializing_if_is_none)]
pub struct LoggedIn {
    /// Send it as `Authorization: Bearer`. Shown once; only its hash is kept.
    access_token: String,
    /// Always `Bearer`.
    token_type: String,
    /// Seconds the access token works.
    expires_in: i32,
    /// For the next pair, at `POST /api/v1/auth/refresh`. It works once.
    refresh_token: String,
    /// Seconds the refresh token works unused.
    refresh_expires_in: i32,
    /// The distributor it acts in; absent for a platform admin, who has none.
    tenant: Option<Tenant>,
    user: User,
    role: Option<RoleName>,
}

impl LoggedIn {
    fn of(tokens: Tokens, user: UserRef, tenant: Option<&TenantRef>, role: Option<Role>) -> Self {
        LoggedIn {
            access_token: tokens.access.0,
            token_type: "Bearer".to_owned(),
            expires_in: ACCESS_TOKEN_TTL_S,
            refresh_token: tokens.refresh.0,
            refresh_expires_in: REFRESH_TOKEN_TTL_S,
            tenant: tenant.map(Into::into),
            role: role.map(Into::into),
            user: user.into(),
        }
    }

    fn first(tokens: Tokens, signed_in: SignedIn) -> Self {
        let membership = signed_in.membership.as_ref();
        let (tenant, role) = (membership.map(|m| &m.tenant), membership.map(|m| m.role));
        Self::of(tokens, signed_in.user, tenant, role)
    }

    fn next(refreshed: Refreshed) -> Self {
        let Refreshed {
            tokens,
            user,
            tenant,
            role,
        } = refreshed;
        Self::of(tokens, user, tenant.as_ref(), role)
    }
}

#[derive(ApiResponse)]
enum LoggedOut {
    /// The tokens no longer work.
    #[oai(status = 204)]
    Done,
}

/// A key of a program.
#[derive(Object)]
pub struct KeyName {
    id: uuid::Uuid,
    name: String,
}

/// Whom a token acts as.
#[derive(Object)]
#[oai(skip_serializing_if_is_none)]
pub struct Me {
    user: User,
    tenant: Tenant,
    role: RoleName,
    /// The dealer the person works for; absent for staff.
    dealer_id: Option<uuid::Uuid>,
    /// The locations the person is bound to; absent for whoever works at all of them.
    location_ids: Option<Vec<uuid::Uuid>>,
    /// The key the request came with; absent for a person's token.
    api_key: Option<KeyName>,
    /// The codes of what the role, or the key, may do, in the catalogue's order.
    permissions: Vec<String>,
}

pub struct AuthApi;

#[OpenApi]
impl AuthApi {
    /// Sign in
    ///
    /// Gives an access token for 15 minutes, and a refresh token for the next. People who work with several distributors
    /// name one in `tenant`; without it the answer is 422 with the list in `facts.tenants`. People with a second factor send a
    /// `code` too; without it the answer is 401 with code `auth.second_factor_required`, with a wrong one `auth.wrong_code`.
    #[oai(
        path = "/v1/auth/login",
        method = "post",
        operation_id = "auth_login",
        tag = "Tag::Auth"
    )]
    async fn login(
        &self,
        state: Data<&AppState>,
        request: &Request,
        body: Json<Login>,
    ) -> Result<Json<LoggedIn>, Failure> {
        let Login {
            email,
            password,
            tenant,
            code,
        } = body.0;
        let site = Site::of(request);
        let is_under_a_name = site.tenant().is_some();
        let input = SignIn {
            email,
            password,
            tenant: match (tenant, site.wanted()) {
                (named, None) => named.into(),
                (None, Some(own)) => own,
                (Some(named), Some(own)) if own == WantedTenant::Named(named.clone()) => own,
                // Under a distributor's name there are its own people alone.
                (Some(_), Some(_)) => return Err(SignInError::WrongCredentials.into()),
            },
        };
        let from = ClientAddress::of(request).network();
        let first = identity::sign_in(&state.db, state.config.sign_in, input, from).await;
        let signed_in = match (first, code) {
            (Err(SignInError::SecondFactorRequired(half)), _)
                if is_under_a_name && !half.may_enter() =>
            {
                return Err(SignInError::WrongCredentials.into());
            }
            (Err(SignInError::SecondFactorRequired(half)), Some(code)) => {
                identity::finish_at_once(&state.db, &state.secret_key()?, *half, &code).await?
            }
            (first, _) => first?,
        };
        let client = client_of(request);
        let tokens = identity::open_api_session(&state.db, &signed_in, &client).await?;
        Ok(Json(LoggedIn::first(tokens, signed_in)))
    }

    /// Get the next tokens
    ///
    /// Takes a refresh token, which works once, and gives a new pair; access tokens in force stay so until their time is over.
    /// A refresh token that comes a second time is taken for a copy: the session ends, for everybody who holds its tokens, with
    /// code `auth.refresh_reused`. Within ten seconds of the first time it is taken for two requests of one program that went
    /// out together: the second is refused with 409 `auth.refresh_raced` and nothing ends. Whoever lost an answer signs in again.
    #[oai(
        path = "/v1/auth/refresh",
        method = "post",
        operation_id = "auth_refresh",
        tag = "Tag::Auth"
    )]
    async fn refresh(
        &self,
        state: Data<&AppState>,
        request: &Request,
        body: Json<Refresh>,
    ) -> Result<Json<LoggedIn>, Failure> {
        let client = client_of(request);
        let of = Site::of(request).tenant().map(|tenant| tenant.id);
        let refreshed = identity::refresh(&state.db, &body.0.refresh_token, of, &client).await?;
        Ok(Json(LoggedIn::next(refreshed)))
    }

    /// Sign out
    ///
    /// Ends the session the request's token belongs to: its access tokens and its refresh token.
    #[oai(
        path = "/v1/auth/logout",
        method = "post",
        operation_id = "auth_logout",
        tag = "Tag::Auth"
    )]
    async fn logout(&self, state: Data<&AppState>, by: ApiPerson) -> Result<LoggedOut, Failure> {
        identity::end_own_session(&state.db, by.user, by.session).await?;
        Ok(LoggedOut::Done)
    }
}

pub struct MeApi;

#[OpenApi]
impl MeApi {
    /// Who the token acts as
    ///
    /// The person, the distributor, the role and every permission of it, as they are at this moment. For an API key: who made
    /// it, and what the key may do.
    #[oai(
        path = "/v1/me",
        method = "get",
        operation_id = "me_get",
        tag = "Tag::Auth"
    )]
    async fn get(&self, by: ApiActor) -> Result<Json<Me>, Failure> {
        let actor = by.actor();
        let permissions = actor.permissions().codes();
        Ok(Json(Me {
            user: User {
                id: actor.user_id().map(|id| id.as_uuid()).unwrap_or_default(),
                name: actor
                    .key()
                    .map_or(actor.name(), |key| &key.maker)
                    .to_owned(),
                email: actor.email().to_owned(),
            },
            tenant: actor.tenant().into(),
            role: actor.role().into(),
            api_key: actor.key().map(|key| KeyName {
                id: key.id.as_uuid(),
                name: key.name.clone(),
            }),
            dealer_id: actor.scope().own().map(|id| id.as_uuid()),
            location_ids: actor
                .locations()
                .own()
                .map(|own| own.iter().map(|id| id.as_uuid()).collect()),
            permissions: permissions.map(|code| code.as_str().to_owned()).collect(),
        }))
    }
}
