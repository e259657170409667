//! `/login/code`: the second step of a sign-in. Until it is done the browser holds a secret that opens this page and no other.

use poem::web::{Data, Query};
use poem::{Request, Response, handler};
use serde::Deserialize;
use vitaran_core::identity::{self, HalfSignedIn, PENDING_S, SignInError};

use super::views;
use crate::auth::CurrentSession;
use crate::http::form::Form;
use crate::http::problem_page::PageResult;
use crate::http::site::Site;
use crate::http::throttle::ClientAddress;
use crate::http::{cookies, next_path};
use crate::hx;
use crate::identity::sign_in::{self, Next};
use crate::identity::suspended;
use crate::shell::Shell;
use crate::state::AppState;
use crate::ui::flash::Flash;

pub const PATH: &str = "/login/code";
const TITLE: &str = "Enter your code";

/// Holds the secret of a sign-in that waits for its code.
const COOKIE: &str = "pending";

/// The password was right: on to the code, with the way back to what was wanted.
pub async fn ask_for_code(
    shell: &Shell,
    state: &AppState,
    half: &HalfSignedIn,
    next: Option<&str>,
) -> PageResult {
    let secret = identity::wait_for_code(&state.db, half).await?;
    let path = match next {
        Some(next) => format!("{PATH}?{}", next_path::as_parameter(next)),
        None => PATH.to_owned(),
    };
    let mut response = hx::go_to(shell.request(), &path);
    let is_https = state.config.is_https();
    cookies::set(&mut response, COOKIE, &secret.0, PENDING_S, is_https);
    Ok(response)
}

fn secret_of<'r>(request: &'r Request, state: &AppState) -> Option<&'r str> {
    cookies::read(request.headers(), COOKIE, state.config.is_https())
}

/// Whoever was on the way in begins anew: too late, or the account is no longer what it was.
pub fn start_again(shell: &Shell, state: &AppState) -> Response {
    let message = Flash::bad("This sign-in took too long or was ended. Sign in again");
    let mut response = shell.go_to("/login", Some(&message));
    cookies::remove(&mut response, COOKIE, state.config.is_https());
    response
}

/// `GET /login/code`
#[handler]
pub async fn show(
    shell: Shell,
    state: Data<&AppState>,
    request: &Request,
    Query(query): Query<Next>,
) -> PageResult {
    let Some(secret) = secret_of(request, &state) else {
        return Ok(hx::go_to(shell.request(), "/login"));
    };
    if !identity::is_pending(&state.db, secret).await? {
        return Ok(start_again(&shell, &state));
    }
    Ok(shell.page(TITLE).render(views::step(query.safe(), None)))
}

/// The form as typed. Not `Debug`: it holds a code.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct CodeForm {
    code: String,
    next: String,
}

/// `POST /login/code`: the browser gets its session now, under an id that nobody had before.
#[handler]
pub async fn submit(
    shell: Shell,
    state: Data<&AppState>,
    session: Option<CurrentSession>,
    site: Site,
    request: &Request,
    Form(form): Form<CodeForm>,
) -> PageResult {
    let Some(secret) = secret_of(request, &state) else {
        return Ok(hx::go_to(shell.request(), "/login"));
    };
    let from = ClientAddress::of(request).network();
    let (db, rules, key) = (&state.db, state.config.sign_in, state.secret_key()?);
    let next = next_path::safe(&form.next);
    let wanted = sign_in::wanted_at(&site);
    match identity::finish_pending(db, rules, &key, (secret, &form.code, &wanted), from).await {
        Ok(signed_in) => {
            let mut response =
                sign_in::enter(&shell, &state, session.as_ref(), request, signed_in, next).await?;
            cookies::remove(&mut response, COOKIE, state.config.is_https());
            Ok(response)
        }
        Err(error @ (SignInError::WrongCode | SignInError::TooMany(_))) => {
            let form = views::step(next, Some(&error.to_string()));
            Ok(sign_in::refused(&shell, TITLE, form, error))
        }
        Err(SignInError::Suspended(tenant)) => {
            let mut response = suspended::turn_away(&shell, &state, &tenant).await?;
            cookies::remove(&mut response, COOKIE, state.config.is_https());
            Ok(response)
        }
        // Their place there may have gone while they looked for the phone.
        Err(SignInError::PendingOver | SignInError::WrongCredentials) => {
            Ok(start_again(&shell, &state))
        }
        Err(other) => Err(other.into()),
    }
}
