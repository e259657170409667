//! The address one signs in with: asking for another, and the page that the mailed link leads to.

use poem::http::StatusCode;
use poem::web::{Data, Query};
use poem::{Request, Response, handler};
use serde::Deserialize;
use vitaran_core::identity::{self, ChangeEmailError, EmailForm};

use super::email_views as views;
use super::password::own;
use crate::auth::CurrentSession;
use crate::http::form::Form;
use crate::http::problem::Refusal;
use crate::http::problem_page::{PageResult, field_errors};
use crate::http::security_headers::without_referrer;
use crate::http::throttle::ClientAddress;
use crate::shell::Shell;
use crate::state::AppState;
use crate::ui::flash::Flash;

pub const PATH: &str = "/account/email";

const CHANGE: &str = "Change your e-mail";
const CONFIRM: &str = "Confirm your new e-mail";

/// `GET /account/email`
#[handler]
pub async fn show(shell: Shell, session: CurrentSession) -> PageResult {
    own(&session)?;
    let email = &session.user().email;
    Ok(shell.page(CHANGE).render(views::change(email, "", &[])))
}

/// `POST /account/email`: the same answer for every address.
#[handler]
pub async fn submit(
    shell: Shell,
    state: Data<&AppState>,
    session: CurrentSession,
    request: &Request,
    Form(form): Form<EmailForm>,
) -> PageResult {
    match ask(&state, &session, request, &form).await {
        Ok(()) => {
            let message = Flash::good(
                "A mail is on its way to the new address, with a link that works for 24 hours. Until you follow it nothing changes",
            );
            Ok(shell.go_to(PATH, Some(&message)))
        }
        Err(refusal) if refusal.faults.is_empty() => Err(refusal),
        Err(refusal) => {
            let email = &session.user().email;
            let body = views::change(email, &form.email, &field_errors(&refusal.faults));
            Ok(shell.page(CHANGE).refused().render(body))
        }
    }
}

async fn ask(
    state: &AppState,
    session: &CurrentSession,
    request: &Request,
    form: &EmailForm,
) -> Result<(), Refusal> {
    let by = own(session)?;
    let input = form.parse(&by)?;
    let from = ClientAddress::of(request).network();
    let (db, rules, key) = (&state.db, state.config.sign_in, state.secret_key()?);
    Ok(identity::ask_for_email(db, rules, &key, &by, input, from).await?)
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Link {
    token: String,
}

/// `GET /new-email`: looking uses nothing up, for programs that guard mailboxes open links too.
#[handler]
pub async fn show_new(
    shell: Shell,
    state: Data<&AppState>,
    Query(link): Query<Link>,
) -> PageResult {
    let found = identity::find_email_change(&state.db, &link.token).await?;
    Ok(without_referrer(match found {
        Some(change) => shell
            .page(CONFIRM)
            .render(views::confirm(&change.email, &link.token)),
        None => over(&shell, &ChangeEmailError::LinkOver),
    }))
}

/// `POST /new-email`
#[handler]
pub async fn submit_new(
    shell: Shell,
    state: Data<&AppState>,
    session: Option<CurrentSession>,
    request: &Request,
    Form(link): Form<Link>,
) -> PageResult {
    let from = ClientAddress::of(request).network();
    let came_with = session.as_ref().map(|own| (own.user().id, own.view().id));
    match identity::change_email(&state.db, &link.token, came_with, from).await {
        Ok(()) => {
            let message = Flash::good(
                "Your e-mail is changed: sign in with it from now on. All other devices are signed out",
            );
            Ok(shell.go_to("/login", Some(&message)))
        }
        Err(error @ (ChangeEmailError::LinkOver | ChangeEmailError::Taken)) => {
            Ok(without_referrer(over(&shell, &error)))
        }
        Err(error) => Err(error.into()),
    }
}

fn over(shell: &Shell, error: &ChangeEmailError) -> Response {
    shell
        .page("Your e-mail is not changed")
        .status(StatusCode::NOT_FOUND)
        .render(views::over(&error.to_string()))
}
