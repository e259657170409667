//! Where people begin.

use poem::{Response, handler};

use super::{sign_in, suspended};
use crate::auth::session::AnySession;
use crate::hx;
use crate::shell::Shell;

/// `GET /`: to the home of the one who asks.
#[handler]
pub async fn go_to_start(shell: Shell, session: Option<AnySession>) -> Response {
    let path = match &session {
        Some(AnySession(session)) if session.view().suspended().is_some() => suspended::PATH,
        Some(AnySession(session)) => sign_in::home(session),
        None => "/login",
    };
    hx::go_to(shell.request(), path)
}
