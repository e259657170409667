//! Bearer tokens of the API: 256 random bits, 15 minutes, stored as a hash.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use diesel::QueryableByName;
use diesel::sql_types::{Bool, Nullable, Text, Uuid};
use diesel_async::RunQueryDsl as _;
use rand::TryRngCore as _;
use vitaran_kernel::{DealerId, TenantId, UserId};

use super::credential::ActingColumns;
use super::{CredentialHash, SignedIn, UserRef};
use crate::access::Actor;
use crate::db::{Db, DbError, Statement, origin};

/// How long a token works, in seconds (000-23).
pub const ACCESS_TOKEN_TTL_S: i32 = 15 * 60;

/// The secret, shown once.
pub struct AccessToken(pub String);

/// What a token starts with, so that a leaked one is recognised for what it is.
const PREFIX: &str = "vta_";

/// Issues a token for what [`super::sign_in`] found.
pub async fn issue_token(db: &Db, signed_in: &SignedIn) -> Result<AccessToken, DbError> {
    let mut secret = [0_u8; 32];
    rand::rngs::OsRng
        .try_fill_bytes(&mut secret)
        .map_err(|error| DbError::Unavailable(format!("no randomness: {error}")))?;
    let token = format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(secret));
    let membership = signed_in.membership.as_ref();
    let mut tx = db.begin_platform().await?;
    Statement::new(
        "INSERT INTO access_tokens (token_hash, user_id, acting_tenant, membership_id, expires_at) \
         VALUES ($1, $2, $3, $4, now() + $5 * interval '1 second')",
    )
    .bind(CredentialHash::of(&token).0.to_vec())
    .bind(signed_in.user.id.as_uuid())
    .bind(membership.map(|m| m.tenant.id.as_uuid()))
    .bind(membership.map(|m| m.id.as_uuid()))
    .bind(ACCESS_TOKEN_TTL_S)
    .execute(tx.conn()?)
    .await?;
    tx.commit().await?;
    Ok(AccessToken(token))
}

/// Ends a token.
pub async fn revoke_token(db: &Db, token: &str) -> Result<(), DbError> {
    let hash = CredentialHash::of(token);
    let mut tx = db.begin_platform().await?;
    tx.hold_credential(&hash.0).await?;
    Statement::new("DELETE FROM access_tokens WHERE token_hash = $1")
        .bind(hash.0.to_vec())
        .execute(tx.conn()?)
        .await?;
    tx.commit().await
}

#[derive(QueryableByName)]
struct BearerRow {
    #[diesel(sql_type = Uuid)]
    user_id: UserId,
    #[diesel(sql_type = Nullable<Uuid>)]
    acting_tenant: Option<TenantId>,
    #[diesel(sql_type = Text)]
    user_name: String,
    #[diesel(sql_type = Text)]
    email: String,
    #[diesel(sql_type = Bool)]
    is_platform_admin: bool,
    #[diesel(sql_type = Nullable<Text>)]
    tenant_slug: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    tenant_name: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    role: Option<String>,
    #[diesel(sql_type = Nullable<Uuid>)]
    dealer_id: Option<DealerId>,
}

/// Who a token acts as, if it is in force. The actor is `None` for a platform admin outside every tenant.
pub async fn authenticate_token(
    db: &Db,
    token: &str,
) -> Result<Option<(UserRef, Option<Actor>)>, DbError> {
    if !token.starts_with(PREFIX) || token.len() > 100 {
        return Ok(None);
    }
    let hash = CredentialHash::of(token);
    origin::came_by("token", &hash.0);
    let mut connection = db.statement_connection().await?;
    let rows: Vec<BearerRow> = Statement::new("SELECT user_id, acting_tenant, user_name, email, is_platform_admin, tenant_slug, tenant_name, role, dealer_id FROM lookup.bearer($1)")
        .bind(hash.0.to_vec())
        .load(&mut connection)
        .await?;
    Ok(rows.into_iter().next().map(|row| {
        let user = UserRef {
            id: row.user_id,
            name: row.user_name,
            email: row.email,
            is_platform_admin: row.is_platform_admin,
        };
        let acting = ActingColumns {
            tenant_id: row.acting_tenant,
            tenant_slug: row.tenant_slug,
            tenant_name: row.tenant_name,
            role: row.role,
            dealer_id: row.dealer_id,
        };
        let actor = acting.member(&user);
        (user, actor)
    }))
}
