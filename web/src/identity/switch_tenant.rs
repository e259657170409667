//! From one distributor to another, for people who work with several. The session gets a new id with the new company.

use poem::web::Data;
use poem::{Request, Response, handler};
use serde::Deserialize;
use vitaran_core::access::Role;
use vitaran_core::identity::{self, SessionStart};

use super::{sign_in, views};
use crate::auth::session::{self, AnySession, Opening, client_of};
use crate::http::form::Form;
use crate::http::problem::Refusal;
use crate::http::problem_page::PageResult;
use crate::hx;
use crate::shell::Shell;
use crate::state::AppState;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct SwitchForm {
    /// The slug of a tenant.
    tenant: String,
}

/// `GET /switch-tenant`
#[handler]
pub async fn show_switch(
    shell: Shell,
    state: Data<&AppState>,
    AnySession(session): AnySession,
) -> PageResult {
    let memberships = identity::list_memberships(&state.db, session.user()).await?;
    let current = session.actor().map(|actor| actor.tenant_id());
    let choices = views::choose_tenant(&memberships, current);
    Ok(shell.page("Change company").render(choices))
}

/// `POST /switch-tenant`
#[handler]
pub async fn submit_switch(
    shell: Shell,
    state: Data<&AppState>,
    AnySession(session): AnySession,
    request: &Request,
    Form(form): Form<SwitchForm>,
) -> PageResult {
    let found = identity::switch_target(&state.db, session.user(), &form.tenant).await?;
    let (target, membership) = found.ok_or_else(Refusal::not_found)?;
    let opening = Opening {
        start: SessionStart::GoesOn(session.hash()),
        user: session.user().clone(),
        target,
        is_dealer: membership.role == Role::Dealer,
        client: client_of(request),
    };
    let home = match membership.is_usual() {
        true => sign_in::home_of(Some(membership.role)),
        false => "/",
    };
    let mut response: Response = hx::go_to(shell.request(), home);
    session::open(&state, opening, &mut response).await?;
    Ok(response)
}
