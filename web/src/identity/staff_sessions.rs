//! `/admin/sessions`: where a distributor's people are signed in, for administrators.

use poem::handler;
use poem::web::{Data, Path, Query};
use serde::Deserialize;
use vitaran_core::access::{PermissionCode, PlatformSessionsRevoke};
use vitaran_core::identity;
use vitaran_kernel::{SessionId, UserId};

use super::session_views;
use crate::auth::{CurrentSession, PageActor};
use crate::http::form_page::id_of;
use crate::http::params;
use crate::http::problem_page::PageResult;
use crate::shell::Shell;
use crate::state::AppState;
use crate::ui::flash::Flash;

pub const PATH: &str = "/admin/sessions";

/// What the list's address says.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct ListParams {
    /// One person's; empty for everybody's.
    pub user: String,
    pub cursor: Option<String>,
}

/// `GET /admin/sessions`
#[handler]
pub async fn list(
    shell: Shell,
    state: Data<&AppState>,
    PageActor(actor): PageActor,
    session: CurrentSession,
    Query(params): Query<ListParams>,
) -> PageResult {
    let by = actor.allow::<PlatformSessionsRevoke>()?;
    let user = match params.user.as_str() {
        "" => None,
        id => Some(id_of(id, UserId::parse)?),
    };
    let page = params::page(None, params.cursor.as_deref())?;
    let tx = state.db.begin_read(&by).await?;
    let sessions = identity::list_member_sessions(&tx, &by, user, &page).await?;
    tx.commit().await?;
    let now = state.db.clock().now();
    let may_reset = actor.has(PermissionCode::PlatformUsersWrite);
    let body = session_views::of_staff(&params, &sessions, session.view().id, may_reset, now);
    Ok(shell.page("Sessions").render(body))
}

/// `POST /admin/sessions/:id/revocation`
#[handler]
pub async fn end(
    shell: Shell,
    state: Data<&AppState>,
    PageActor(actor): PageActor,
    Path(id): Path<String>,
) -> PageResult {
    let by = actor.allow::<PlatformSessionsRevoke>()?;
    let id = id_of(&id, SessionId::parse)?;
    let mut tx = state.db.begin(&by).await?;
    identity::end_member_session(&mut tx, &by, id).await?;
    tx.commit().await?;
    let message = Flash::good("That device is signed out");
    Ok(shell.go_to(PATH, Some(&message)))
}

/// `POST /admin/users/:id/sessions/revocation`
#[handler]
pub async fn end_all(
    shell: Shell,
    state: Data<&AppState>,
    PageActor(actor): PageActor,
    Path(id): Path<String>,
) -> PageResult {
    let by = actor.allow::<PlatformSessionsRevoke>()?;
    let id = id_of(&id, UserId::parse)?;
    let mut tx = state.db.begin(&by).await?;
    identity::end_sessions_of_member(&mut tx, &by, id).await?;
    tx.commit().await?;
    let message = Flash::good("This person is signed out everywhere");
    Ok(shell.go_to(PATH, Some(&message)))
}
