//! `/suspended`: what somebody is told whose distributor is suspended, once they have proven who they are, and whom they ask.

use maud::{Markup, html};
use poem::handler;
use poem::http::StatusCode;
use poem::web::Data;
use vitaran_core::identity::{self, SuspendedTenant};
use vitaran_core::tenancy::{self, Helpline};

use super::views;
use crate::auth::session::SuspendedSession;
use crate::http::problem_page::PageResult;
use crate::http::site::Site;
use crate::hx;
use crate::shell::Shell;
use crate::state::AppState;
use crate::ui::form::{Style, buttons, submit_as};
use crate::ui::panel::{Heading, panel};

/// Where every page leads whose session is in a suspended distributor.
pub const PATH: &str = "/suspended";
const TITLE: &str = "Account suspended";

/// `GET /suspended`
#[handler]
pub async fn show(
    shell: Shell,
    state: Data<&AppState>,
    site: Site,
    session: Option<SuspendedSession>,
) -> PageResult {
    let found = session
        .as_ref()
        .and_then(|SuspendedSession(session)| Some((session.user(), session.view().suspended()?)));
    let Some((user, suspended)) = found else {
        return Ok(hx::go_to(shell.request(), "/"));
    };
    let others = match site.tenant() {
        None => identity::list_memberships(&state.db, user).await?,
        Some(_) => Vec::new(),
    };
    let leave = html! {
        @if !others.is_empty() { (views::companies(&others, None)) }
        (hx::Form::post("/logout").unboosted().render(buttons(submit_as(Style::Plain, "Sign out"))))
    };
    tell(&shell, &state, suspended, leave).await
}

/// The page for somebody who has just tried to sign in, and is not.
pub(super) async fn turn_away(
    shell: &Shell,
    state: &AppState,
    suspended: &SuspendedTenant,
) -> PageResult {
    let leave = html! { p { a href="/login" { "Sign in as somebody else" } } };
    tell(shell, state, suspended, leave).await
}

async fn tell(
    shell: &Shell,
    state: &AppState,
    suspended: &SuspendedTenant,
    leave: Markup,
) -> PageResult {
    let name = &suspended.tenant.name;
    let whom = if suspended.is_dealer {
        dealers_ask(name, &tenancy::helpline(&state.db, suspended).await?)
    } else {
        staff_ask(state.config.support_contact.as_deref())
    };
    let body = html! {
        (Heading::new(TITLE))
        (panel(name, html! {
            p { "The account of " strong { (name) } " is suspended. Nobody can work there until it is restored; nothing is lost." }
            p { (whom) }
        }))
        (leave)
    };
    Ok(shell.page(TITLE).status(StatusCode::FORBIDDEN).render(body))
}

fn staff_ask(contact: Option<&str>) -> Markup {
    match contact {
        Some(contact) => html! { "Ask for it here: " strong { (contact) } "." },
        None => html! { "Ask the people who run this installation." },
    }
}

fn dealers_ask(name: &str, helpline: &Helpline) -> Markup {
    let known = [&helpline.phone, &helpline.email];
    let known: Vec<&str> = known.into_iter().filter_map(Option::as_deref).collect();
    html! {
        "Ask " (name)
        @if !known.is_empty() { ": " strong { (known.join(" or ")) } }
        ". Orders you placed stay as they are."
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dealer_asks_the_distributor_and_staff_ask_the_platform() {
        let told = staff_ask(Some("080 <1>")).into_string();
        assert!(told.contains("080 &lt;1&gt;"), "{told}");
        assert!(
            staff_ask(None)
                .into_string()
                .contains("who run this installation")
        );
        let mut helpline = Helpline {
            phone: Some("+919876500001".to_owned()),
            email: None,
        };
        let told = dealers_ask("Volt", &helpline).into_string();
        assert!(
            told.starts_with("Ask Volt: <strong>+919876500001</strong>."),
            "{told}"
        );
        helpline.phone = None;
        assert!(
            dealers_ask("Volt", &helpline)
                .into_string()
                .starts_with("Ask Volt.")
        );
    }
}
