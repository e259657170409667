//! One's own password: changing it, and choosing a new one when it is forgotten.

use poem::http::{HeaderValue, StatusCode, header};
use poem::web::{Data, Query};
use poem::{Request, Response, handler};
use serde::Deserialize;
use vitaran_core::identity::{self, OwnAccount, PasswordForm, ResetPasswordError};

use super::{password_views as views, sign_in};
use crate::auth::CurrentSession;
use crate::auth::session;
use crate::http::form::Form;
use crate::http::problem::Refusal;
use crate::http::problem_page::{PageResult, field_errors};
use crate::http::security_headers::without_referrer;
use crate::http::throttle::ClientAddress;
use crate::shell::Shell;
use crate::state::AppState;
use crate::ui::flash::Flash;

const CHANGE: &str = "Change your password";
const FORGOTTEN: &str = "Forgot your password?";
const NEW: &str = "Choose a new password";

/// One's own account; on a support visit it is not the visitor's house.
pub(super) fn own(session: &CurrentSession) -> Result<OwnAccount, Refusal> {
    OwnAccount::of_session(session.view()).ok_or_else(|| {
        Refusal::wrong_area("End the support visit first: then this page is about your own account")
    })
}

/// `GET /account/password`
#[handler]
pub async fn show_change(shell: Shell, session: CurrentSession) -> PageResult {
    own(&session)?;
    Ok(shell.page(CHANGE).render(views::change(&[])))
}

/// `POST /account/password`: this browser goes on under a new session id, all others are signed out.
#[handler]
pub async fn submit_change(
    shell: Shell,
    state: Data<&AppState>,
    session: CurrentSession,
    request: &Request,
    Form(form): Form<PasswordForm>,
) -> PageResult {
    match change(&state, &session, request, &form).await {
        Ok(()) => {}
        Err(refusal) if refusal.faults.is_empty() => return Err(refusal),
        Err(refusal) => {
            let body = views::change(&field_errors(&refusal.faults));
            return Ok(shell.page(CHANGE).refused().render(body));
        }
    }
    let opening = session.opening_again(request);
    let message = Flash::good("Your password is changed, and all other devices are signed out");
    let mut response = shell.go_to(sign_in::home(&session), Some(&message));
    session::open(&state, opening, &mut response).await?;
    Ok(response)
}

async fn change(
    state: &AppState,
    session: &CurrentSession,
    request: &Request,
    form: &PasswordForm,
) -> Result<(), Refusal> {
    let by = own(session)?;
    let input = form.parse(&by)?;
    let from = ClientAddress::of(request).network();
    let (db, rules) = (&state.db, state.config.sign_in);
    Ok(identity::change_password(db, rules, &by, input, from).await?)
}

/// The form as typed.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct ForgottenForm {
    email: String,
}

/// `GET /forgotten-password`
#[handler]
pub async fn show_forgotten(shell: Shell) -> Response {
    shell.page(FORGOTTEN).render(views::forgotten("", None))
}

/// `POST /forgotten-password`: the same answer for every address.
#[handler]
pub async fn submit_forgotten(
    shell: Shell,
    state: Data<&AppState>,
    request: &Request,
    Form(form): Form<ForgottenForm>,
) -> PageResult {
    let from = ClientAddress::of(request).network();
    let (db, rules) = (&state.db, state.config.sign_in);
    let asked = identity::ask_for_link(db, rules, &state.secret_key()?, &form.email, from).await;
    match asked {
        Ok(()) => {
            let message = Flash::good(
                "If that address has an account, a mail is on its way to it, with a link that works for 30 minutes",
            );
            Ok(shell.go_to("/login", Some(&message)))
        }
        Err(ResetPasswordError::TooMany(limit)) => {
            let body = views::forgotten(&form.email, Some(limit));
            let page = shell
                .page(FORGOTTEN)
                .refused()
                .status(StatusCode::TOO_MANY_REQUESTS);
            let mut response = page.render(body);
            let seconds = HeaderValue::from(limit.seconds);
            response.headers_mut().insert(header::RETRY_AFTER, seconds);
            Ok(response)
        }
        Err(other) => Err(other.into()),
    }
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Link {
    token: String,
}

/// The form as typed. Not `Debug`: it holds a password.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct NewPasswordForm {
    token: String,
    password: String,
}

/// `GET /new-password`: looking at the form uses nothing up.
#[handler]
pub async fn show_new(
    shell: Shell,
    state: Data<&AppState>,
    Query(link): Query<Link>,
) -> PageResult {
    let holder = identity::find_link_holder(&state.db, &link.token).await?;
    Ok(without_referrer(match holder {
        Some(_) => shell.page(NEW).render(views::choose(&link.token, &[])),
        None => link_over(&shell),
    }))
}

/// `POST /new-password`
#[handler]
pub async fn submit_new(
    shell: Shell,
    state: Data<&AppState>,
    request: &Request,
    Form(form): Form<NewPasswordForm>,
) -> PageResult {
    let Some(holder) = identity::find_link_holder(&state.db, &form.token).await? else {
        return Ok(link_over(&shell));
    };
    let password = match holder.parse(&form.password) {
        Ok(password) => password,
        Err(invalid) => {
            let body = views::choose(&form.token, &field_errors(&invalid.faults));
            return Ok(shell.page(NEW).refused().render(body));
        }
    };
    let from = ClientAddress::of(request).network();
    let (db, rules) = (&state.db, state.config.sign_in);
    match identity::set_new_password(db, rules, &form.token, &holder, password, from).await {
        Ok(()) => {
            let message = Flash::good("Your password is changed. Sign in with it");
            Ok(shell.go_to("/login", Some(&message)))
        }
        Err(ResetPasswordError::LinkOver) => Ok(link_over(&shell)),
        Err(other) => Err(other.into()),
    }
}

fn link_over(shell: &Shell) -> Response {
    shell
        .page("This link no longer works")
        .status(StatusCode::NOT_FOUND)
        .render(views::link_over())
}
