//! Where a person is signed in, in browsers and through the API, and the end of any of it.

use chrono::{DateTime, Utc};
use diesel::QueryableByName;
use diesel::sql_types::{Nullable, Text, Timestamptz, Uuid};
use diesel_async::RunQueryDsl as _;
use vitaran_kernel::{ImpersonationId, SessionId, TenantId, UserId};

use super::device::device_name;
use super::own_account::{Hold, hold};
use super::{SessionKind, visits};
use crate::db::{Db, DbError, PlatformTx, Statement};
use crate::live::Subject;

/// Sessions shown; whoever has more ends all others at once.
const MOST_SHOWN: i32 = 100;

/// One place where somebody is signed in.
#[derive(Debug, Clone)]
pub struct OpenSession {
    pub id: SessionId,
    pub kind: SessionKind,
    /// The distributor it acts in; `None` for the platform.
    pub tenant: Option<String>,
    /// "Chrome on Windows".
    pub device: String,
    pub ip: Option<String>,
    pub created_at: DateTime<Utc>,
    /// To the minute; of a program, when it last fetched a token.
    pub last_seen_at: DateTime<Utc>,
    /// Unless it is used before.
    pub expires_at: DateTime<Utc>,
}

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = Uuid)]
    id: SessionId,
    #[diesel(sql_type = Text)]
    kind: SessionKind,
    #[diesel(sql_type = Nullable<Text>)]
    tenant: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    user_agent: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    ip: Option<String>,
    #[diesel(sql_type = Timestamptz)]
    created_at: DateTime<Utc>,
    #[diesel(sql_type = Timestamptz)]
    last_seen_at: DateTime<Utc>,
    #[diesel(sql_type = Timestamptz)]
    expires_at: DateTime<Utc>,
}

impl From<Row> for OpenSession {
    fn from(row: Row) -> Self {
        OpenSession {
            id: row.id,
            kind: row.kind,
            tenant: row.tenant,
            device: device_name(row.user_agent.as_deref()),
            ip: row.ip,
            created_at: row.created_at,
            last_seen_at: row.last_seen_at,
            expires_at: row.expires_at,
        }
    }
}

/// A person's sessions, the last used first.
pub async fn list_own_sessions(db: &Db, user: UserId) -> Result<Vec<OpenSession>, DbError> {
    let mut tx = db.begin_platform_as(user).await?;
    let rows: Vec<Row> = Statement::new(
        "SELECT s.id, s.kind, t.name AS tenant, s.user_agent, s.ip, s.created_at, s.last_seen_at, s.expires_at \
         FROM sessions s LEFT JOIN tenants t ON t.id = s.acting_tenant \
         WHERE s.user_id = $1 AND s.expires_at > now() AND s.absolute_expires_at > now() \
         ORDER BY s.last_seen_at DESC, s.id DESC LIMIT $2",
    )
    .bind(user.as_uuid())
    .bind(MOST_SHOWN)
    .load(tx.conn()?)
    .await?;
    tx.commit().await?;
    Ok(rows.into_iter().map(Into::into).collect())
}

/// Ends one of a person's own sessions with all its tokens; says whether it was there.
pub async fn end_own_session(db: &Db, user: UserId, session: SessionId) -> Result<bool, DbError> {
    let mut tx = db.begin_platform_as(user).await?;
    // One that is under way to another secret ends too.
    hold(&mut tx, user, Hold::Change).await?;
    let ended: Vec<Ended> = Statement::new(
        "DELETE FROM sessions WHERE user_id = $1 AND id = $2 RETURNING acting_tenant, impersonation_id",
    )
    .bind(user.as_uuid())
    .bind(session.as_uuid())
    .load(tx.conn()?)
    .await?;
    let was_there = !ended.is_empty();
    visits::end_with(&mut tx, user, &ended).await?;
    tell_open_pages(&mut tx, user, ended);
    tx.commit().await?;
    Ok(was_there)
}

/// Ends all of a person's sessions, wherever they act, but one; how many there were.
pub async fn end_other_sessions(
    db: &Db,
    user: UserId,
    keep: Option<SessionId>,
) -> Result<usize, DbError> {
    let mut tx = db.begin_platform_as(user).await?;
    // As in [`end_own_session`].
    hold(&mut tx, user, Hold::Change).await?;
    let many = end_others(&mut tx, user, keep).await?;
    tx.commit().await?;
    Ok(many)
}

/// As [`end_other_sessions`], in a transaction that acts as the person: a changed password ends them too.
pub(super) async fn end_others(
    tx: &mut PlatformTx,
    user: UserId,
    keep: Option<SessionId>,
) -> Result<usize, DbError> {
    let ended: Vec<Ended> = Statement::new(
        "DELETE FROM sessions WHERE user_id = $1 AND id IS DISTINCT FROM $2 RETURNING acting_tenant, impersonation_id",
    )
    .bind(user.as_uuid())
    .bind(keep.map(|id| id.as_uuid()))
    .load(tx.conn()?)
    .await?;
    let many = ended.len();
    visits::end_with(tx, user, &ended).await?;
    tell_open_pages(tx, user, ended);
    Ok(many)
}

/// A session that was ended: in which tenant its pages are open, and the support visit that it was.
#[derive(QueryableByName)]
pub(super) struct Ended {
    #[diesel(sql_type = Nullable<Uuid>)]
    pub(super) acting_tenant: Option<TenantId>,
    #[diesel(sql_type = Nullable<Uuid>)]
    pub(super) impersonation_id: Option<ImpersonationId>,
}

/// Pages of the platform have no stream of hints.
pub(super) fn tell_open_pages(tx: &mut PlatformTx, user: UserId, ended: Vec<Ended>) {
    for tenant in ended
        .into_iter()
        .filter_map(|session| session.acting_tenant)
    {
        tx.changed(tenant, Subject::SignIns(user));
    }
}
