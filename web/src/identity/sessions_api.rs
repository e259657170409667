//! Sessions for programs: one's own, and for administrators those of their people.

use chrono::{DateTime, Utc};
use poem::web::Data;
use poem_openapi::param::{Path, Query};
use poem_openapi::{ApiResponse, Enum, Object, OpenApi};
use vitaran_core::access::PlatformSessionsRevoke;
use vitaran_core::identity::{self, MemberSession, OpenSession, SessionKind};
use vitaran_kernel::{SessionId, UserId};

use crate::auth::ApiActor;
use crate::http::listing::{Asked, Listed};
use crate::http::problem_json::Failure;
use crate::openapi::Tag;
use crate::state::AppState;

/// What a session belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[oai(rename_all = "SCREAMING_SNAKE_CASE", rename = "SessionKind")]
pub enum Kind {
    Browser,
    /// A program that signed in with a person's password.
    Api,
}

impl From<SessionKind> for Kind {
    fn from(kind: SessionKind) -> Self {
        match kind {
            SessionKind::Browser => Kind::Browser,
            SessionKind::Api => Kind::Api,
        }
    }
}

/// A place where the person is signed in.
#[derive(Debug, Clone, Object)]
#[oai(skip_serializing_if_is_none)]
pub struct OwnSession {
    id: uuid::Uuid,
    kind: Kind,
    /// The name of the distributor it acts in; absent for the platform.
    tenant: Option<String>,
    /// Such as "Chrome on Windows".
    device: String,
    ip: Option<String>,
    created_at: DateTime<Utc>,
    /// To the minute; of a program, when it last fetched a token.
    last_seen_at: DateTime<Utc>,
    /// Unless it is used before.
    expires_at: DateTime<Utc>,
    /// Whether it is the session of this very request.
    is_current: bool,
}

impl OwnSession {
    fn of(session: OpenSession, current: SessionId) -> Self {
        OwnSession {
            id: session.id.as_uuid(),
            kind: session.kind.into(),
            tenant: session.tenant,
            device: session.device,
            ip: session.ip,
            created_at: session.created_at,
            last_seen_at: session.last_seen_at,
            expires_at: session.expires_at,
            is_current: session.id == current,
        }
    }
}

/// A session of somebody who works here, or for one of the dealers.
#[derive(Debug, Clone, Object)]
#[oai(skip_serializing_if_is_none)]
pub struct Session {
    id: uuid::Uuid,
    kind: Kind,
    user_id: uuid::Uuid,
    user_name: String,
    user_email: String,
    /// Such as "Chrome on Windows".
    device: String,
    ip: Option<String>,
    created_at: DateTime<Utc>,
    /// To the minute; of a program, when it last fetched a token.
    last_seen_at: DateTime<Utc>,
}

impl From<MemberSession> for Session {
    fn from(session: MemberSession) -> Self {
        Session {
            id: session.id.as_uuid(),
            kind: session.kind.into(),
            user_id: session.user.as_uuid(),
            user_name: session.user_name,
            user_email: session.email,
            device: session.device,
            ip: session.ip,
            created_at: session.created_at,
            last_seen_at: session.last_seen_at,
        }
    }
}

#[derive(ApiResponse)]
enum Ended {
    /// What was to end has ended, with all its tokens.
    #[oai(status = 204)]
    Done,
}

pub struct SessionsApi;

#[OpenApi(tag = "Tag::Sessions")]
impl SessionsApi {
    /// List your sessions
    ///
    /// Every browser and program you are signed in with, at all your distributors, the last used first; at most 100.
    #[oai(
        path = "/v1/me/sessions",
        method = "get",
        operation_id = "me_list_sessions"
    )]
    async fn list_own(
        &self,
        state: Data<&AppState>,
        by: ApiActor,
    ) -> Result<Listed<OwnSession>, Failure> {
        let (user, current) = by.person()?;
        let sessions = identity::list_own_sessions(&state.db, user).await?;
        let sessions = sessions.into_iter();
        let sessions: Vec<OwnSession> = sessions
            .map(|session| OwnSession::of(session, current))
            .collect();
        Ok(Listed::whole(sessions))
    }

    /// End one of your sessions
    ///
    /// Its open pages go to the sign-in page, and its next request is refused. One that has ended is no fault.
    #[oai(
        path = "/v1/me/sessions/:id/revocation",
        method = "post",
        operation_id = "me_end_session"
    )]
    async fn end_own(
        &self,
        state: Data<&AppState>,
        by: ApiActor,
        id: Path<uuid::Uuid>,
    ) -> Result<Ended, Failure> {
        let (user, _) = by.person()?;
        identity::end_own_session(&state.db, user, SessionId::from_uuid(id.0)).await?;
        Ok(Ended::Done)
    }

    /// End all your other sessions
    ///
    /// At all your distributors; the one of this request stays.
    #[oai(
        path = "/v1/me/sessions/revocation",
        method = "post",
        operation_id = "me_end_other_sessions"
    )]
    async fn end_others(&self, state: Data<&AppState>, by: ApiActor) -> Result<Ended, Failure> {
        let (user, current) = by.person()?;
        identity::end_other_sessions(&state.db, user, Some(current)).await?;
        Ok(Ended::Done)
    }

    /// List your people's sessions
    ///
    /// Of staff and of dealers' people at this distributor, the newest first.
    #[oai(path = "/v1/sessions", method = "get", operation_id = "sessions_list")]
    async fn list(
        &self,
        state: Data<&AppState>,
        by: ApiActor,
        asked: Asked,
        /// Those of one person.
        user_id: Query<Option<uuid::Uuid>>,
        /// Rows of a page, 1 to 100; 25 if left out.
        limit: Query<Option<u16>>,
        /// `next_cursor` of the page before.
        cursor: Query<Option<String>>,
    ) -> Result<Listed<Session>, Failure> {
        let by = by.actor().allow::<PlatformSessionsRevoke>()?;
        let asked = asked.by(&state, by.actor())?;
        let page = asked.page(limit.0, cursor.0.as_deref())?;
        let user = user_id.0.map(UserId::from_uuid);
        let tx = state.db.begin_read(&by).await?;
        let sessions = identity::list_member_sessions(&tx, &by, user, &page).await?;
        tx.commit().await?;
        Ok(asked.answer(sessions))
    }

    /// End a session of your people
    ///
    /// Its open pages go to the sign-in page, and its next request is refused. It is written into the audit log.
    #[oai(
        path = "/v1/sessions/:id/revocation",
        method = "post",
        operation_id = "sessions_end"
    )]
    async fn end(
        &self,
        state: Data<&AppState>,
        by: ApiActor,
        id: Path<uuid::Uuid>,
    ) -> Result<Ended, Failure> {
        let by = by.actor().allow::<PlatformSessionsRevoke>()?;
        let mut tx = state.db.begin(&by).await?;
        identity::end_member_session(&mut tx, &by, SessionId::from_uuid(id.0)).await?;
        tx.commit().await?;
        Ok(Ended::Done)
    }

    /// End all sessions of a person
    ///
    /// At this distributor, in browsers and of programs. It is written into the audit log.
    #[oai(
        path = "/v1/users/:id/sessions/revocation",
        method = "post",
        operation_id = "users_end_sessions"
    )]
    async fn end_all(
        &self,
        state: Data<&AppState>,
        by: ApiActor,
        id: Path<uuid::Uuid>,
    ) -> Result<Ended, Failure> {
        let by = by.actor().allow::<PlatformSessionsRevoke>()?;
        let mut tx = state.db.begin(&by).await?;
        identity::end_sessions_of_member(&mut tx, &by, UserId::from_uuid(id.0)).await?;
        tx.commit().await?;
        Ok(Ended::Done)
    }
}
