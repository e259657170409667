//! `/invitation`: what a link leads to. Public, and the same whether or not the address has an account.

use poem::http::{HeaderValue, StatusCode, header};
use poem::web::{Data, Query};
use poem::{Request, Response, handler};
use serde::Deserialize;
use vitaran_core::invitations::{self, AcceptError, AcceptForm, OpenInvitation};

use super::views;
use crate::http::form::Form;
use crate::http::problem::Refusal;
use crate::http::problem_page::{PageResult, field_errors};
use crate::http::security_headers::without_referrer;
use crate::http::site::Site;
use crate::http::throttle::ClientAddress;
use crate::shell::Shell;
use crate::state::AppState;
use crate::ui::flash::Flash;

const TITLE: &str = "You are invited";

#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Link {
    token: String,
}

/// `GET /invitation`: looking uses nothing up.
#[handler]
pub async fn show(
    shell: Shell,
    state: Data<&AppState>,
    site: Site,
    Query(link): Query<Link>,
) -> PageResult {
    let found = find(&state, &site, &link.token).await?;
    Ok(without_referrer(match found {
        Some(open) => {
            let form = AcceptForm {
                token: link.token,
                ..AcceptForm::default()
            };
            shell.page(TITLE).render(views::accept(&open, &form, &[]))
        }
        None => over(&shell, &AcceptError::LinkOver),
    }))
}

/// Under a distributor's name there are its own invitations alone.
pub(super) async fn find(
    state: &AppState,
    site: &Site,
    token: &str,
) -> Result<Option<OpenInvitation>, Refusal> {
    let found = invitations::find_open(&state.db, token).await?;
    Ok(found.filter(|open| site.admits(Some(open.tenant_id))))
}

/// `POST /invitation`
#[handler]
pub async fn accept(
    shell: Shell,
    state: Data<&AppState>,
    site: Site,
    request: &Request,
    Form(form): Form<AcceptForm>,
) -> PageResult {
    if site.tenant().is_some() && find(&state, &site, &form.token).await?.is_none() {
        return Ok(without_referrer(over(&shell, &AcceptError::LinkOver)));
    }
    let from = ClientAddress::of(request).network();
    let (db, rules) = (&state.db, state.config.sign_in);
    let error = match invitations::accept(db, rules, &form, from).await {
        Ok(accepted) => {
            let message = Flash::good(format!(
                "You work with {} now. Sign in with {}",
                accepted.tenant_name, accepted.email
            ));
            return Ok(shell.go_to("/login", Some(&message)));
        }
        Err(error @ (AcceptError::LinkOver | AcceptError::NotBacked)) => {
            return Ok(without_referrer(over(&shell, &error)));
        }
        Err(error) => error,
    };
    match find(&state, &site, &form.token).await? {
        Some(open) => refuse(&shell, &open, &form, error).map(without_referrer),
        None => Ok(without_referrer(over(&shell, &AcceptError::LinkOver))),
    }
}

/// The form again, with what was typed but for the password.
fn refuse(
    shell: &Shell,
    open: &OpenInvitation,
    form: &AcceptForm,
    error: AcceptError,
) -> PageResult {
    let refusal = Refusal::from(error);
    let mut errors = field_errors(&refusal.faults);
    if errors.is_empty() {
        errors.push(crate::ui::form::FieldError::new("", refusal.detail.clone()));
    }
    let status = match refusal.status {
        StatusCode::UNPROCESSABLE_ENTITY | StatusCode::TOO_MANY_REQUESTS => refusal.status,
        _ => return Err(refusal),
    };
    let page = shell.page(TITLE).refused().status(status);
    let mut response = page.render(views::accept(open, form, &errors));
    if let Some(seconds) = refusal.retry_after_s {
        let value = HeaderValue::from(seconds);
        response.headers_mut().insert(header::RETRY_AFTER, value);
    }
    Ok(response)
}

fn over(shell: &Shell, error: &AcceptError) -> Response {
    shell
        .page("This invitation does not work")
        .status(StatusCode::NOT_FOUND)
        .render(views::over(&error.to_string()))
}
