//! Sessions of browsers in the database: opened at sign-in, read with every request, gone at sign-out. Those of programs, in
//! the same table, are [`super::tokens`]'.

use chrono::{DateTime, Utc};
use diesel::sql_types::{BigInt, Bool, Nullable, Text, Timestamptz, Uuid};
use diesel::{OptionalExtension as _, QueryableByName};
use diesel_async::RunQueryDsl as _;
use vitaran_kernel::{DealerId, ImpersonationId, MembershipId, SessionId, TenantId, UserId};

use super::credential::{
    ActingColumns, GrantColumns, ModulesColumn, SecondFactorStanding, SuspendedTenant,
};
use super::own_account::{Hold, hold};
use super::own_sessions::{Ended, tell_open_pages};
use super::prove_password::ProvenAccount;
use super::{CredentialHash, MembershipRef, SignInError, UserRef, visits};
use crate::access::{Actor, Impersonation};
use crate::db::{Db, DbError, PlatformTx, Statement, origin};
use crate::master::text_codes;

text_codes! {
    /// What a session belongs to.
    SessionKind, "Choose what the session belongs to" {
        Browser = "BROWSER", "Browser";
        /// A program that signed in with a person's password.
        Api = "API", "API";
    }
}

/// How long a session lives without use, and at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lifetimes {
    pub idle_s: i32,
    pub absolute_s: i32,
}

/// What a session acts as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SessionTarget {
    /// A platform admin outside every tenant.
    Platform,
    Membership {
        tenant: TenantId,
        membership: MembershipId,
    },
    /// A platform admin's support visit.
    Visit {
        tenant: TenantId,
        impersonation: ImpersonationId,
    },
}

impl SessionTarget {
    fn columns(
        self,
    ) -> (
        Option<TenantId>,
        Option<MembershipId>,
        Option<ImpersonationId>,
    ) {
        match self {
            SessionTarget::Platform => (None, None, None),
            SessionTarget::Membership { tenant, membership } => {
                (Some(tenant), Some(membership), None)
            }
            SessionTarget::Visit {
                tenant,
                impersonation,
            } => (Some(tenant), None, Some(impersonation)),
        }
    }
}

/// Where a session comes from, cut to what is stored.
#[derive(Debug, Clone, Default)]
pub struct ClientInfo {
    pub ip: Option<String>,
    pub user_agent: Option<String>,
}

/// What a new session stands on.
#[derive(Debug, Clone)]
pub enum SessionStart {
    /// The person has just proven who they are. What their browser had before ends.
    SignIn {
        account: ProvenAccount,
        before: Option<CredentialHash>,
    },
    /// A session goes on under another secret, as something else, and ends when it would have ended.
    GoesOn(CredentialHash),
    /// A session goes on under another secret, as long as a new one: its person has just proven who they are once more.
    ProvenAgain(CredentialHash),
}

#[derive(Debug, Clone)]
pub struct NewSession {
    pub start: SessionStart,
    pub hash: CredentialHash,
    pub user: UserId,
    pub target: SessionTarget,
    pub lifetimes: Lifetimes,
    pub client: ClientInfo,
}

/// Whether a session acts in a tenant, and as whom.
#[derive(Debug, Clone)]
pub enum SessionActing {
    Platform,
    Tenant(Actor),
    /// A member of a tenant that is suspended: the session is good for being told so.
    Suspended(SuspendedTenant),
}

/// A live session with what the database says of its user now.
#[derive(Debug, Clone)]
pub struct SessionView {
    pub id: SessionId,
    pub user: UserRef,
    pub acting: SessionActing,
    pub target: SessionTarget,
    pub membership_count: i64,
    pub second_factor: SecondFactorStanding,
    pub created_at: DateTime<Utc>,
    pub last_seen_at: DateTime<Utc>,
    pub expires_at: DateTime<Utc>,
}

impl SessionView {
    /// The actor inside a tenant, if the session is in one.
    pub fn actor(&self) -> Option<&Actor> {
        match &self.acting {
            SessionActing::Tenant(actor) => Some(actor),
            SessionActing::Platform | SessionActing::Suspended(_) => None,
        }
    }

    /// The tenant of the session, where it is suspended.
    pub fn suspended(&self) -> Option<&SuspendedTenant> {
        match &self.acting {
            SessionActing::Suspended(tenant) => Some(tenant),
            SessionActing::Platform | SessionActing::Tenant(_) => None,
        }
    }
}

#[derive(QueryableByName)]
struct SessionRow {
    #[diesel(sql_type = Uuid)]
    id: SessionId,
    #[diesel(sql_type = Uuid)]
    user_id: UserId,
    #[diesel(sql_type = Nullable<Uuid>)]
    acting_tenant: Option<TenantId>,
    #[diesel(sql_type = Nullable<Uuid>)]
    membership_id: Option<MembershipId>,
    #[diesel(sql_type = Nullable<Uuid>)]
    impersonation_id: Option<ImpersonationId>,
    #[diesel(sql_type = Timestamptz)]
    created_at: DateTime<Utc>,
    #[diesel(sql_type = Timestamptz)]
    last_seen_at: DateTime<Utc>,
    #[diesel(sql_type = Timestamptz)]
    expires_at: DateTime<Utc>,
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
    #[diesel(embed)]
    granted: GrantColumns,
    #[diesel(sql_type = Nullable<Uuid>)]
    dealer_id: Option<DealerId>,
    #[diesel(sql_type = BigInt)]
    membership_count: i64,
    #[diesel(sql_type = Nullable<Bool>)]
    impersonation_may_write: Option<bool>,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    impersonation_ends_at: Option<DateTime<Utc>>,
    #[diesel(embed)]
    second_factor: SecondFactorStanding,
    #[diesel(sql_type = Bool)]
    is_suspended: bool,
    #[diesel(embed)]
    modules: ModulesColumn,
}

impl SessionRow {
    fn into_view(self) -> Option<SessionView> {
        let user = UserRef {
            id: self.user_id,
            name: self.user_name,
            email: self.email,
            is_platform_admin: self.is_platform_admin,
        };
        let columns = ActingColumns {
            tenant_id: self.acting_tenant,
            tenant_slug: self.tenant_slug,
            tenant_name: self.tenant_name,
            granted: self.granted,
            dealer_id: self.dealer_id,
            is_suspended: self.is_suspended,
            modules: self.modules.modules(),
        };
        let (target, acting) = match (
            self.acting_tenant,
            self.membership_id,
            self.impersonation_id,
        ) {
            (None, _, _) => (SessionTarget::Platform, SessionActing::Platform),
            (Some(tenant), _, Some(id)) => {
                let visit = Impersonation {
                    id,
                    may_write: self.impersonation_may_write?,
                    ends_at: self.impersonation_ends_at?,
                };
                let actor = Actor::visitor(
                    user.id,
                    user.name.clone(),
                    user.email.clone(),
                    columns.tenant()?,
                    visit,
                )
                .with_modules(columns.modules);
                (
                    SessionTarget::Visit {
                        tenant,
                        impersonation: id,
                    },
                    SessionActing::Tenant(actor),
                )
            }
            (Some(tenant), Some(membership), None) => {
                let acting = match columns.suspended() {
                    Some(suspended) => SessionActing::Suspended(suspended),
                    None => SessionActing::Tenant(columns.member(&user)?),
                };
                (SessionTarget::Membership { tenant, membership }, acting)
            }
            (Some(_), None, None) => return None,
        };
        Some(SessionView {
            id: self.id,
            user,
            acting,
            target,
            membership_count: self.membership_count,
            second_factor: self.second_factor,
            created_at: self.created_at,
            last_seen_at: self.last_seen_at,
            expires_at: self.expires_at,
        })
    }
}

/// The session behind a cookie, if it is in force: one statement says who acts, where and as what.
pub async fn find_session(db: &Db, hash: CredentialHash) -> Result<Option<SessionView>, DbError> {
    origin::came_by("session", &hash.0);
    let mut connection = db.statement_connection().await?;
    let row: Vec<SessionRow> = Statement::new("SELECT * FROM lookup.session($1)")
        .bind(hash.0.to_vec())
        .load(&mut connection)
        .await?;
    Ok(row.into_iter().next().and_then(SessionRow::into_view))
}

/// A text cut to what is stored of it.
pub(super) fn cut(text: Option<&str>, most: usize) -> Option<String> {
    text.map(|text| text.chars().take(most).collect())
}

/// Stores a new session, as long as what it stands on is still there.
pub async fn open_session(db: &Db, session: &NewSession) -> Result<(), SignInError> {
    let (tenant, membership, impersonation) = session.target.columns();
    let mut tx = db.begin_platform_as(session.user).await?;
    let (id, ends_by) = match &session.start {
        SessionStart::SignIn { account, before } => {
            if !account.hold(&mut tx, Hold::Open).await? {
                return Err(SignInError::PendingOver);
            }
            if let Some(before) = before {
                close(&mut tx, *before).await?;
            }
            (SessionId::generate(), None)
        }
        SessionStart::GoesOn(from) => {
            let (id, ends_by) = take_over(&mut tx, session.user, *from).await?;
            (id, Some(ends_by))
        }
        SessionStart::ProvenAgain(from) => {
            let (id, _) = take_over(&mut tx, session.user, *from).await?;
            (id, None)
        }
    };
    Statement::new(
        "INSERT INTO sessions (id_hash, user_id, acting_tenant, membership_id, impersonation_id, data, ip, user_agent, idle_timeout_s, \
         expires_at, absolute_expires_at, id, kind) \
         VALUES ($1, $2, $3, $4, $5, '{}', $6, $7, $8, least(now() + least($8, $9) * interval '1 second', $10), \
         least(now() + $9 * interval '1 second', $10), $11, $12)",
    )
    .bind(session.hash.0.to_vec())
    .bind(session.user.as_uuid())
    .bind(tenant.map(|id| id.as_uuid()))
    .bind(membership.map(|id| id.as_uuid()))
    .bind(impersonation.map(|id| id.as_uuid()))
    .bind(cut(session.client.ip.as_deref(), 64))
    .bind(cut(session.client.user_agent.as_deref(), 400))
    .bind(session.lifetimes.idle_s)
    .bind(session.lifetimes.absolute_s)
    .bind(ends_by)
    .bind(id.as_uuid())
    .bind(SessionKind::Browser.as_str())
    .execute(tx.conn()?)
    .await
    .map_err(DbError::from)?;
    tx.commit().await?;
    tracing::info!(user.id = %session.user, kind = SessionKind::Browser.as_str(), "a session began");
    Ok(())
}

/// Ends the session that goes on under another secret, and gives the name that lists call it by, which stays, and its absolute end.
/// Whoever ends a session of their own holds the account first: so it ends before this and there is nothing to take over, or after it
/// and under the same name.
async fn take_over(
    tx: &mut PlatformTx,
    user: UserId,
    from: CredentialHash,
) -> Result<(SessionId, DateTime<Utc>), SignInError> {
    #[derive(QueryableByName)]
    struct Former {
        #[diesel(sql_type = Uuid)]
        id: SessionId,
        #[diesel(sql_type = Timestamptz)]
        absolute_expires_at: DateTime<Utc>,
        #[diesel(embed)]
        session: Ended,
    }
    hold(tx, user, Hold::Open).await?;
    let former: Option<Former> = Statement::new(
        "DELETE FROM sessions WHERE id_hash = $1 AND user_id = $2 AND expires_at > now() AND absolute_expires_at > now() \
         RETURNING id, absolute_expires_at, acting_tenant, impersonation_id",
    )
    .bind(from.0.to_vec())
    .bind(user.as_uuid())
    .get_result(tx.conn()?)
    .await
    .optional()
    .map_err(DbError::from)?;
    let former = former.ok_or(SignInError::PendingOver)?;
    let ended = vec![former.session];
    visits::end_with(tx, user, &ended).await?;
    tell_open_pages(tx, user, ended);
    Ok((former.id, former.absolute_expires_at))
}

/// Moves the idle limit on. Called at most once a minute for a session.
pub async fn touch_session(db: &Db, hash: CredentialHash) -> Result<(), DbError> {
    let mut tx = db.begin_platform().await?;
    tx.hold_credential(&hash.0).await?;
    Statement::new(
        "UPDATE sessions SET last_seen_at = now(), expires_at = least(now() + idle_timeout_s * interval '1 second', absolute_expires_at) WHERE id_hash = $1",
    )
    .bind(hash.0.to_vec())
    .execute(tx.conn()?)
    .await?;
    tx.commit().await
}

#[derive(QueryableByName)]
struct Closed {
    #[diesel(sql_type = Uuid)]
    user_id: UserId,
    #[diesel(embed)]
    session: Ended,
}

/// Ends a session; nothing happens when it is gone already.
pub async fn close_session(db: &Db, hash: CredentialHash) -> Result<(), DbError> {
    let mut tx = db.begin_platform().await?;
    close(&mut tx, hash).await?;
    tx.commit().await
}

async fn close(tx: &mut PlatformTx, hash: CredentialHash) -> Result<(), DbError> {
    tx.hold_credential(&hash.0).await?;
    let ended: Vec<Closed> =
        Statement::new("DELETE FROM sessions WHERE id_hash = $1 RETURNING user_id, acting_tenant, impersonation_id")
            .bind(hash.0.to_vec())
            .load(tx.conn()?)
            .await?;
    for Closed { user_id, session } in ended {
        let session = vec![session];
        visits::end_with(tx, user_id, &session).await?;
        tell_open_pages(tx, user_id, session);
    }
    Ok(())
}

/// The target of another membership of the session's user, by the tenant's slug; `None` if there is no such membership.
pub async fn switch_target(
    db: &Db,
    user: &UserRef,
    slug: &str,
) -> Result<Option<(SessionTarget, MembershipRef)>, DbError> {
    let memberships = super::list_memberships(db, user).await?;
    Ok(memberships
        .into_iter()
        .find(|m| m.tenant.slug == slug)
        .map(|m| {
            (
                SessionTarget::Membership {
                    tenant: m.tenant.id,
                    membership: m.id,
                },
                m,
            )
        }))
}
