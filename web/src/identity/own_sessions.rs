//! `/account/sessions`: where one is signed in, and the end of any of it. For everybody who signs in.

use poem::handler;
use poem::web::{Data, Path};
use vitaran_core::identity;
use vitaran_kernel::SessionId;

use super::session_views;
use crate::auth::CurrentSession;
use crate::http::form_page::id_of;
use crate::http::problem_page::PageResult;
use crate::shell::Shell;
use crate::state::AppState;
use crate::ui::flash::Flash;

pub const PATH: &str = "/account/sessions";

/// `GET /account/sessions`
#[handler]
pub async fn show(shell: Shell, state: Data<&AppState>, session: CurrentSession) -> PageResult {
    let sessions = identity::list_own_sessions(&state.db, session.user().id).await?;
    let now = state.db.clock().now();
    let body = session_views::own(&sessions, session.view().id, now);
    Ok(shell.page("Where you are signed in").live().render(body))
}

/// `POST /account/sessions/:id/revocation`
#[handler]
pub async fn end(
    shell: Shell,
    state: Data<&AppState>,
    session: CurrentSession,
    Path(id): Path<String>,
) -> PageResult {
    let id = id_of(&id, SessionId::parse)?;
    let was_there = identity::end_own_session(&state.db, session.user().id, id).await?;
    let message = was_there.then(|| Flash::good("That device is signed out"));
    Ok(shell.go_to(PATH, message.as_ref()))
}

/// `POST /account/sessions/revocation`
#[handler]
pub async fn end_others(
    shell: Shell,
    state: Data<&AppState>,
    session: CurrentSession,
) -> PageResult {
    let (user, keep) = (session.user().id, session.view().id);
    identity::end_other_sessions(&state.db, user, Some(keep)).await?;
    let message = Flash::good("You are signed out everywhere else");
    Ok(shell.go_to(PATH, Some(&message)))
}
