//! The sign-in page. One answer for every wrong pair, and the way back to the page that was wanted.

use maud::Markup;
use poem::http::{HeaderValue, StatusCode, header};
use poem::web::{Data, Query};
use poem::{Request, Response, handler};
use serde::Deserialize;
use vitaran_core::access::Role;
use vitaran_core::identity::{self, SessionStart, SignIn, SignInError, SignedIn, WantedTenant};

use super::second_factor::step::{ask_for_code, start_again};
use super::{suspended, views};
use crate::auth::CurrentSession;
use crate::auth::session::{self, AnySession, Opening, client_of};
use crate::http::form::Form;
use crate::http::next_path;
use crate::http::problem::Refusal;
use crate::http::problem_page::PageResult;
use crate::http::site::Site;
use crate::http::throttle::ClientAddress;
use crate::hx;
use crate::shell::{self, Shell};
use crate::state::AppState;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Next {
    next: Option<String>,
}

impl Next {
    /// Where to go afterwards, if that is a page of ours.
    pub(super) fn safe(&self) -> Option<&str> {
        self.next.as_deref().and_then(next_path::safe)
    }
}

/// The form as typed. Not `Debug`: it holds a password.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct SignInForm {
    email: String,
    password: String,
    next: String,
}

/// `GET /login`
#[handler]
pub async fn show_sign_in(
    shell: Shell,
    session: Option<CurrentSession>,
    site: Site,
    Query(query): Query<Next>,
) -> Response {
    let next = query.safe();
    if let Some(session) = session {
        return hx::go_to(shell.request(), next.unwrap_or(home(&session)));
    }
    shell
        .page("Sign in")
        .render(views::sign_in(&site, "", next, None))
}

/// `POST /login`
#[handler]
pub async fn submit_sign_in(
    shell: Shell,
    state: Data<&AppState>,
    session: Option<CurrentSession>,
    site: Site,
    request: &Request,
    Form(form): Form<SignInForm>,
) -> PageResult {
    let next = next_path::safe(&form.next);
    let input = SignIn {
        email: form.email.clone(),
        password: form.password,
        tenant: wanted_at(&site),
    };
    let from = ClientAddress::of(request).network();
    let signed_in = match identity::sign_in(&state.db, state.config.sign_in, input, from).await {
        Ok(signed_in) => signed_in,
        Err(SignInError::SecondFactorRequired(half)) if !half.may_enter() => {
            let error = SignInError::WrongCredentials;
            return Ok(refuse(&shell, &site, &form.email, next, error));
        }
        Err(SignInError::SecondFactorRequired(half)) => {
            return ask_for_code(&shell, &state, &half, next).await;
        }
        Err(error @ (SignInError::WrongCredentials | SignInError::TooMany(_))) => {
            return Ok(refuse(&shell, &site, &form.email, next, error));
        }
        Err(SignInError::Suspended(tenant)) => {
            return suspended::turn_away(&shell, &state, &tenant).await;
        }
        Err(other) => return Err(other.into()),
    };
    enter(&shell, &state, session.as_ref(), request, signed_in, next).await
}

/// A person of several distributors comes in at the first of them; the menu leads to the others. Under a distributor's name there are
/// its own people alone.
pub(super) fn wanted_at(site: &Site) -> WantedTenant {
    site.wanted().unwrap_or(WantedTenant::First)
}

/// Opens the session of somebody who has proven who they are, and leads to their work or to what they wanted.
pub(super) async fn enter(
    shell: &Shell,
    state: &AppState,
    session: Option<&CurrentSession>,
    request: &Request,
    signed_in: SignedIn,
    next: Option<&str>,
) -> PageResult {
    let role = signed_in.membership.as_ref().map(|m| m.role);
    let is_usual = signed_in.membership.as_ref().is_none_or(|m| m.is_usual());
    // Where the work is of somebody with a role of the distributor's own, or of whom a module is switched off, the next request
    // finds out.
    let home = if is_usual { home_of(role) } else { "/" };
    let opening = Opening {
        start: SessionStart::SignIn {
            account: signed_in.account,
            before: session.map(CurrentSession::hash),
        },
        target: signed_in.target,
        is_dealer: role == Some(Role::Dealer),
        user: signed_in.user,
        client: client_of(request),
    };
    let mut response = hx::go_to(shell.request(), next.unwrap_or(home));
    match session::open(state, opening, &mut response).await {
        Ok(()) => Ok(response),
        Err(SignInError::PendingOver) => Ok(start_again(shell, state)),
        Err(error) => Err(error.into()),
    }
}

/// The form again, with what was typed but for the password.
fn refuse(
    shell: &Shell,
    site: &Site,
    email: &str,
    next: Option<&str>,
    error: SignInError,
) -> Response {
    let form = views::sign_in(site, email, next, Some(&error));
    refused(shell, "Sign in", form, error)
}

/// A page of the way in with its form as it was: the person is not signed in and was not before.
pub(super) fn refused(shell: &Shell, title: &str, form: Markup, error: SignInError) -> Response {
    let refusal = Refusal::from(error);
    let status = match refusal.status {
        StatusCode::TOO_MANY_REQUESTS => StatusCode::TOO_MANY_REQUESTS,
        _ => StatusCode::UNPROCESSABLE_ENTITY,
    };
    let mut response = shell.page(title).refused().status(status).render(form);
    if let Some(seconds) = refusal.retry_after_s {
        let value = HeaderValue::from(seconds);
        response.headers_mut().insert(header::RETRY_AFTER, value);
    }
    response
}

/// `POST /logout`
#[handler]
pub async fn sign_out(
    shell: Shell,
    state: Data<&AppState>,
    session: Option<AnySession>,
) -> PageResult {
    let mut response = hx::go_to(shell.request(), "/login");
    let session = session.map(|AnySession(session)| session);
    session::end(&state, session.as_ref(), &mut response).await?;
    Ok(response)
}

/// Where a signed-in person begins: at their work.
pub(super) fn home(session: &CurrentSession) -> &'static str {
    let Some(actor) = session.actor() else {
        return home_of(None);
    };
    let usual = home_of(Some(actor.role()));
    if shell::may_open(usual, actor) {
        usual
    } else {
        shell::first_way(actor)
    }
}

pub(super) const fn home_of(role: Option<Role>) -> &'static str {
    match role {
        Some(Role::Dealer) => "/portal",
        Some(Role::Sales) => "/admin/orders",
        Some(Role::Warehouse) => "/admin/warehouse",
        Some(Role::Accounts) => "/admin/invoices",
        Some(Role::Admin) => "/admin",
        None => "/super",
    }
}
