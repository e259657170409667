//! Where people begin.

use poem::{Response, handler};

use super::{sign_in, views};
use crate::auth::{CurrentSession, PageActor};
use crate::hx;
use crate::shell::Shell;

/// `GET /`: to the home of the one who asks.
#[handler]
pub async fn go_to_start(shell: Shell, session: Option<CurrentSession>) -> Response {
    let path = session.as_ref().map_or("/login", sign_in::home);
    hx::go_to(shell.request(), path)
}

/// `GET /admin`
#[handler]
pub async fn staff_home(shell: Shell, PageActor(actor): PageActor) -> Response {
    shell.page("Home").render(views::home(&actor))
}
