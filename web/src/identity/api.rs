//! Signing in to the API, and who a token acts as.

use poem::web::Data;
use poem_openapi::payload::Json;
use poem_openapi::{ApiResponse, Enum, Object, OpenApi};
use vitaran_core::access::{Role, TenantRef};
use vitaran_core::identity::{self, ACCESS_TOKEN_TTL_S, AccessToken, SignIn, SignedIn, UserRef};

use crate::auth::ApiActor;
use crate::http::problem_json::Failure;
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

/// A token and what it acts as.
#[derive(Object)]
#[oai(skip_serializing_if_is_none)]
pub struct LoggedIn {
    /// Send it as `Authorization: Bearer`. Shown once; only its hash is kept.
    access_token: String,
    /// Always `Bearer`.
    token_type: String,
    /// Seconds the token works.
    expires_in: i32,
    /// The distributor it acts in; absent for a platform admin, who has none.
    tenant: Option<Tenant>,
    user: User,
    role: Option<RoleName>,
}

impl LoggedIn {
    fn of(token: AccessToken, signed_in: SignedIn) -> Self {
        let membership = signed_in.membership;
        LoggedIn {
            access_token: token.0,
            token_type: "Bearer".to_owned(),
            expires_in: ACCESS_TOKEN_TTL_S,
            tenant: membership.as_ref().map(|m| (&m.tenant).into()),
            role: membership.map(|m| m.role.into()),
            user: signed_in.user.into(),
        }
    }
}

#[derive(ApiResponse)]
enum LoggedOut {
    /// The token no longer works.
    #[oai(status = 204)]
    Done,
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
    /// The codes of what the role may do, in the catalogue's order.
    permissions: Vec<String>,
}

pub struct AuthApi;

#[OpenApi]
impl AuthApi {
    /// Sign in
    ///
    /// Gives an access token for 15 minutes. People who work with several distributors name one in `tenant`; without it
    /// the answer is 422 with the list in `facts.tenants`.
    #[oai(
        path = "/v1/auth/login",
        method = "post",
        operation_id = "auth_login",
        tag = "Tag::Auth"
    )]
    async fn login(
        &self,
        state: Data<&AppState>,
        request: &poem::Request,
        body: Json<Login>,
    ) -> Result<Json<LoggedIn>, Failure> {
        let Login {
            email,
            password,
            tenant,
        } = body.0;
        let input = SignIn {
            email,
            password,
            tenant: tenant.into(),
        };
        let from = ClientAddress::of(request).network();
        let signed_in = identity::sign_in(&state.db, state.config.sign_in, input, from).await?;
        let token = identity::issue_token(&state.db, &signed_in).await?;
        Ok(Json(LoggedIn::of(token, signed_in)))
    }

    /// Sign out
    ///
    /// Ends the token the request came with.
    #[oai(
        path = "/v1/auth/logout",
        method = "post",
        operation_id = "auth_logout",
        tag = "Tag::Auth"
    )]
    async fn logout(&self, state: Data<&AppState>, by: ApiActor) -> Result<LoggedOut, Failure> {
        identity::revoke_token(&state.db, &by.0.token).await?;
        Ok(LoggedOut::Done)
    }
}

pub struct MeApi;

#[OpenApi]
impl MeApi {
    /// Who the token acts as
    ///
    /// The person, the distributor, the role and every permission of it, as they are at this moment.
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
                name: actor.name().to_owned(),
                email: actor.email().to_owned(),
            },
            tenant: actor.tenant().into(),
            role: actor.role().into(),
            dealer_id: actor.scope().own().map(|id| id.as_uuid()),
            permissions: permissions.map(|code| code.as_str().to_owned()).collect(),
        }))
    }
}
