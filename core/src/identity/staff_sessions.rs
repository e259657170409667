//! Where a distributor's people are signed in, for its administrators: a phone that was lost, a colleague who left.
//!
//! They see and end what acts in their distributor alone; where else a person works is not theirs to know. Nobody signs out
//! somebody who may do more than they may, or works where they do not.

use chrono::{DateTime, Utc};
use diesel::QueryableByName;
use diesel::sql_types::{Nullable, Text, Timestamptz, Uuid};
use diesel_async::RunQueryDsl as _;
use serde_json::json;
use vitaran_kernel::{SessionId, UserId};

use super::SessionKind;
use super::credential::GrantColumns;
use super::device::device_name;
use crate::access::{Allowed, PlatformSessionsRevoke};
use crate::audit::{self, Change};
use crate::db::{DbError, Page, Paged, Statement, TenantTx};
use crate::live::Subject;
use crate::master::ListError;
use crate::problem::{Kind, Problem};

/// A session of somebody who works here, or for one of the dealers.
#[derive(Debug, Clone)]
pub struct MemberSession {
    pub id: SessionId,
    pub kind: SessionKind,
    pub user: UserId,
    pub user_name: String,
    pub email: String,
    pub device: String,
    pub ip: Option<String>,
    pub created_at: DateTime<Utc>,
    pub last_seen_at: DateTime<Utc>,
}

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = Uuid)]
    id: SessionId,
    #[diesel(sql_type = Text)]
    kind: SessionKind,
    #[diesel(sql_type = Uuid)]
    user_id: UserId,
    #[diesel(sql_type = Text)]
    user_name: String,
    #[diesel(sql_type = Text)]
    email: String,
    #[diesel(sql_type = Nullable<Text>)]
    user_agent: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    ip: Option<String>,
    #[diesel(sql_type = Timestamptz)]
    created_at: DateTime<Utc>,
    #[diesel(sql_type = Timestamptz)]
    last_seen_at: DateTime<Utc>,
}

#[derive(Debug, thiserror::Error)]
pub enum EndSessionError {
    #[error("There is no such session, or it has ended")]
    NoSession,
    #[error("Nobody of that id works here")]
    NoMember,
    #[error("You cannot do this for somebody who may do more than you, or works where you do not")]
    BeyondYours,
    #[error(transparent)]
    Db(#[from] DbError),
}

impl From<diesel::result::Error> for EndSessionError {
    fn from(error: diesel::result::Error) -> Self {
        EndSessionError::Db(error.into())
    }
}

impl Problem for EndSessionError {
    fn kind(&self) -> Kind {
        match self {
            EndSessionError::NoSession | EndSessionError::NoMember => Kind::NotFound,
            EndSessionError::BeyondYours => Kind::Invalid,
            EndSessionError::Db(error) => error.kind(),
        }
    }

    fn code(&self) -> &'static str {
        match self {
            EndSessionError::NoSession => "identity.session_not_found",
            EndSessionError::NoMember => "identity.member_not_found",
            EndSessionError::BeyondYours => "identity.beyond_yours",
            EndSessionError::Db(error) => error.code(),
        }
    }
}

/// The members' sessions in this distributor, the newest first; of one person, if one is named.
pub async fn list_member_sessions(
    tx: &TenantTx,
    _by: &Allowed<PlatformSessionsRevoke>,
    user: Option<UserId>,
    page: &Page,
) -> Result<Paged<MemberSession>, ListError> {
    let mut statement = Statement::new(
        "SELECT s.id, s.kind, s.user_id, u.name AS user_name, u.email, s.user_agent, s.ip, s.created_at, s.last_seen_at \
         FROM sessions s JOIN memberships m ON m.tenant_id = $1 AND m.id = s.membership_id AND m.is_active JOIN users u ON u.id = s.user_id \
         WHERE s.acting_tenant = $1 AND s.expires_at > now() AND s.absolute_expires_at > now()",
    )
    .bind(tx.tenant().as_uuid());
    if let Some(user) = user {
        let user = statement.push_bind(user.as_uuid());
        statement.push_sql(&format!(" AND s.user_id = {user}"));
    }
    if let Some(cursor) = &page.after {
        let after = statement.push_bind(cursor.key::<SessionId>()?.as_uuid());
        statement.push_sql(&format!(" AND s.id < {after}"));
    }
    let limit = page.limit.sql(&mut statement);
    statement.push_sql(&format!(" ORDER BY s.id DESC LIMIT {limit}"));
    let rows: Vec<Row> = statement.load(&mut tx.reader()).await?;
    let sessions = Paged::from_lookahead(rows, page.limit, |row| row.id);
    Ok(sessions.map(|row| MemberSession {
        id: row.id,
        kind: row.kind,
        user: row.user_id,
        user_name: row.user_name,
        email: row.email,
        device: device_name(row.user_agent.as_deref()),
        ip: row.ip,
        created_at: row.created_at,
        last_seen_at: row.last_seen_at,
    }))
}

/// Ends a member's session with all its tokens: its open pages go to the sign-in page, its next request is refused.
pub async fn end_member_session(
    tx: &mut TenantTx,
    by: &Allowed<PlatformSessionsRevoke>,
    session: SessionId,
) -> Result<(), EndSessionError> {
    #[derive(QueryableByName)]
    struct Found {
        #[diesel(sql_type = Uuid)]
        user_id: UserId,
        #[diesel(sql_type = Text)]
        user_name: String,
        #[diesel(sql_type = Nullable<Text>)]
        user_agent: Option<String>,
        #[diesel(sql_type = Nullable<Text>)]
        ip: Option<String>,
        #[diesel(embed)]
        granted: GrantColumns,
    }
    let found: Vec<Found> = Statement::new(
        "SELECT s.user_id, u.name AS user_name, s.user_agent, s.ip, m.role, r.name AS role_name, r.permissions AS role_permissions, \
             r.approval_limit, m.location_ids \
         FROM sessions s JOIN users u ON u.id = s.user_id JOIN memberships m ON m.tenant_id = $1 AND m.id = s.membership_id \
         LEFT JOIN roles r ON r.tenant_id = $1 AND r.id = m.role_id WHERE s.acting_tenant = $1 AND s.id = $2",
    )
    .bind(tx.tenant().as_uuid())
    .bind(session.as_uuid())
    .load(tx.conn()?)
    .await?;
    let ended = found.into_iter().next();
    let ended = ended.ok_or(EndSessionError::NoSession)?;
    check_reach(by, ended.granted)?;
    let mut deleted = 0_usize;
    // As in [`end_sessions_here`].
    for _ in 0..2 {
        let rows = Statement::new(
            "DELETE FROM sessions WHERE acting_tenant = $1 AND id = $2 AND membership_id IS NOT NULL",
        )
        .bind(tx.tenant().as_uuid())
        .bind(session.as_uuid())
        .execute(tx.conn()?)
        .await?;
        deleted = deleted.saturating_add(rows);
    }
    if deleted == 0 {
        return Err(EndSessionError::NoSession);
    }
    tx.changed(Subject::SignIns(ended.user_id));
    let device = device_name(ended.user_agent.as_deref());
    let seen = json!({ "name": ended.user_name, "device": device, "ip": ended.ip });
    let (action, user) = ("identity.sessions.end", ended.user_id.as_uuid());
    let change = Change::updated(&seen, &json!({}));
    Ok(audit::record(tx, action, "user", Some(user), change).await?)
}

fn check_reach(
    by: &Allowed<PlatformSessionsRevoke>,
    theirs: GrantColumns,
) -> Result<(), EndSessionError> {
    match theirs.grant() {
        Some(theirs) if !by.actor().grant().covers(&theirs) => Err(EndSessionError::BeyondYours),
        _ => Ok(()),
    }
}

/// Ends all sessions of a member in this distributor; how many there were.
pub async fn end_sessions_of_member(
    tx: &mut TenantTx,
    by: &Allowed<PlatformSessionsRevoke>,
    user: UserId,
) -> Result<usize, EndSessionError> {
    #[derive(QueryableByName)]
    struct Member {
        #[diesel(sql_type = Text)]
        name: String,
        #[diesel(embed)]
        granted: GrantColumns,
    }
    let member: Vec<Member> = Statement::new(
        "SELECT u.name, m.role, r.name AS role_name, r.permissions AS role_permissions, r.approval_limit, m.location_ids \
         FROM memberships m JOIN users u ON u.id = m.user_id LEFT JOIN roles r ON r.tenant_id = m.tenant_id AND r.id = m.role_id \
         WHERE m.tenant_id = $1 AND m.user_id = $2",
    )
    .bind(tx.tenant().as_uuid())
    .bind(user.as_uuid())
    .load(tx.conn()?)
    .await?;
    let member = member.into_iter().next();
    let member = member.ok_or(EndSessionError::NoMember)?;
    check_reach(by, member.granted)?;
    let ended = end_sessions_here(tx, user).await?;
    if ended > 0 {
        let seen = json!({ "name": member.name, "sessions": ended });
        let (action, object) = ("identity.sessions.end_all", user.as_uuid());
        let change = Change::updated(&seen, &json!({}));
        audit::record(tx, action, "user", Some(object), change).await?;
    }
    Ok(ended)
}

/// Ends what a member is signed in with at this distributor, and tells their open pages; how many it was.
pub(crate) async fn end_sessions_here(tx: &mut TenantTx, user: UserId) -> Result<usize, DbError> {
    let mut ended = 0_usize;
    // Twice: the first waits for one that goes on under another secret at this moment, the second finds it there.
    for _ in 0..2 {
        let rows = Statement::new(
            "DELETE FROM sessions WHERE acting_tenant = $1 AND user_id = $2 AND membership_id IS NOT NULL",
        )
        .bind(tx.tenant().as_uuid())
        .bind(user.as_uuid())
        .execute(tx.conn()?)
        .await?;
        ended = ended.saturating_add(rows);
    }
    if ended > 0 {
        tx.changed(Subject::SignIns(user));
    }
    Ok(ended)
}
