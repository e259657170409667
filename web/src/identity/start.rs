//! Where people begin.

use poem::{Response, handler};

use super::sign_in;
use crate::auth::CurrentSession;
use crate::hx;
use crate::shell::Shell;

/// `GET /`: to the home of the one who asks.
#[handler]
pub async fn go_to_start(shell: Shell, session: Option<CurrentSession>) -> Response {
    let path = session.as_ref().map_or("/login", sign_in::home);
    hx::go_to(shell.request(), path)
}
