//! `/account/second-factor`: one's own second factor.

use poem::web::Data;
use poem::{Request, Response, handler};
use vitaran_core::identity::OwnAccount;
use vitaran_core::identity::second_factor::{self, ProofForm, RecoveryCodes};

use super::views::{self, Asked};
use crate::auth::CurrentSession;
use crate::auth::session;
use crate::http::form::Form;
use crate::http::form_page::after;
use crate::http::problem::Refusal;
use crate::http::problem_page::{PageResult, field_errors};
use crate::http::throttle::ClientAddress;
use crate::identity::password::own;
use crate::identity::sign_in;
use crate::shell::Shell;
use crate::state::AppState;
use crate::ui::flash::Flash;
use crate::ui::form::FieldError;

pub const PATH: &str = "/account/second-factor";
pub const TITLE: &str = "Second factor";

async fn page(
    shell: &Shell,
    state: &AppState,
    session: &CurrentSession,
    errors: &[FieldError],
) -> PageResult {
    let by = own(session)?;
    let standing = second_factor::find_second_factor(&state.db, &state.secret_key()?, &by).await?;
    let is_asked = session.lacks_second_factor(state);
    let draft = match errors {
        [] => shell.page(TITLE),
        _ => shell.page(TITLE).refused(),
    };
    Ok(draft.render(views::own(&standing, is_asked, errors)))
}

/// `GET /account/second-factor`
#[handler]
pub async fn show(shell: Shell, state: Data<&AppState>, session: CurrentSession) -> PageResult {
    page(&shell, &state, &session, &[]).await
}

/// `POST /account/second-factor`: makes a secret for the app. Whoever asks again gets another.
#[handler]
pub async fn begin(shell: Shell, state: Data<&AppState>, session: CurrentSession) -> PageResult {
    let by = own(&session)?;
    let begun = second_factor::begin_set_up(&state.db, &state.secret_key()?, &by).await;
    match begun {
        Ok(_) => Ok(shell.go_to(PATH, None)),
        Err(error) => after::<()>(&shell, Err(error.into()), PATH, |()| String::new()),
    }
}

/// What a form of password and code does.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Wanted {
    On,
    NewCodes,
    Off,
}

/// Codes to show, if the deed gives some.
async fn act(
    state: &AppState,
    session: &CurrentSession,
    request: &Request,
    form: &ProofForm,
    wanted: Wanted,
) -> Result<Option<RecoveryCodes>, Refusal> {
    let by: OwnAccount = own(session)?;
    let proof = form.parse()?;
    let from = ClientAddress::of(request).network();
    let (db, rules, key) = (&state.db, state.config.sign_in, state.secret_key()?);
    Ok(match wanted {
        Wanted::On => Some(second_factor::confirm(db, rules, &key, &by, proof, from).await?),
        Wanted::NewCodes => {
            Some(second_factor::renew_recovery_codes(db, rules, &key, &by, proof, from).await?)
        }
        Wanted::Off => {
            second_factor::switch_off(db, rules, &key, &by, proof, from).await?;
            None
        }
    })
}

/// `POST /account/second-factor/confirmation`: it is on; this browser goes on under a new session id, all others are signed out.
#[handler]
pub async fn confirm(
    shell: Shell,
    state: Data<&AppState>,
    session: CurrentSession,
    request: &Request,
    Form(form): Form<ProofForm>,
) -> PageResult {
    let codes = match act(&state, &session, request, &form, Wanted::On).await {
        Ok(codes) => codes,
        Err(refusal) if refusal.faults.is_empty() => {
            return after::<()>(&shell, Err(refusal), PATH, |()| String::new());
        }
        Err(refusal) => {
            return page(&shell, &state, &session, &field_errors(&refusal.faults)).await;
        }
    };
    let mut response = show_codes(&shell, &session, codes, true);
    let opening = session.opening_again(request);
    session::open(&state, opening, &mut response).await?;
    Ok(response)
}

fn show_codes(
    shell: &Shell,
    session: &CurrentSession,
    codes: Option<RecoveryCodes>,
    is_new: bool,
) -> Response {
    let codes = codes.map(|codes| codes.shown()).unwrap_or_default();
    let go_on = sign_in::home(session);
    shell
        .page("Your recovery codes")
        .render(views::codes(&codes, go_on, is_new))
}

/// `GET /account/second-factor/recovery-codes`
#[handler]
pub async fn ask_for_codes(shell: Shell, session: CurrentSession) -> PageResult {
    own(&session)?;
    let body = views::ask(Asked::NewCodes, &[]);
    Ok(shell.page(Asked::NewCodes.title()).render(body))
}

/// `POST /account/second-factor/recovery-codes`
#[handler]
pub async fn renew_codes(
    shell: Shell,
    state: Data<&AppState>,
    session: CurrentSession,
    request: &Request,
    Form(form): Form<ProofForm>,
) -> PageResult {
    match act(&state, &session, request, &form, Wanted::NewCodes).await {
        Ok(codes) => Ok(show_codes(&shell, &session, codes, false)),
        Err(refusal) => refused(&shell, refusal, Asked::NewCodes),
    }
}

/// `GET /account/second-factor/removal`
#[handler]
pub async fn ask_removal(shell: Shell, session: CurrentSession) -> PageResult {
    own(&session)?;
    let body = views::ask(Asked::Off, &[]);
    Ok(shell.page(Asked::Off.title()).render(body))
}

/// `POST /account/second-factor/removal`
#[handler]
pub async fn remove(
    shell: Shell,
    state: Data<&AppState>,
    session: CurrentSession,
    request: &Request,
    Form(form): Form<ProofForm>,
) -> PageResult {
    match act(&state, &session, request, &form, Wanted::Off).await {
        Ok(_) => {
            let message = Flash::good("Your second factor is off");
            Ok(shell.go_to(PATH, Some(&message)))
        }
        Err(refusal) => refused(&shell, refusal, Asked::Off),
    }
}

/// The form again with its faults; what no typing mends leads back to the page of the second factor.
fn refused(shell: &Shell, refusal: Refusal, asked: Asked) -> PageResult {
    if refusal.faults.is_empty() {
        return after::<()>(shell, Err(refusal), PATH, |()| String::new());
    }
    let body = views::ask(asked, &field_errors(&refusal.faults));
    Ok(shell.page(asked.title()).refused().render(body))
}
