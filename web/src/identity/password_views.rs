//! The pages of one's password: data in, markup out. No password ever comes back into a field.

use maud::{Markup, html};
use vitaran_core::throttle::TooMany;

use crate::hx;
use crate::ui::form::{Field, FieldError, buttons, error_summary, hidden, submit};
use crate::ui::panel::Heading;

const HINT: &str = "At least 12 characters: a few words that have nothing to do with each other are good, and easy to keep in mind";

fn new_password<'a>(name: &'a str, errors: &'a [FieldError]) -> Field<'a> {
    Field::password(name, "New password")
        .autocomplete("new-password")
        .hint(HINT)
        .errors(errors)
        .max_length(128)
        .required()
}

pub fn change(errors: &[FieldError]) -> Markup {
    html! {
        (Heading::new("Change your password"))
        (error_summary(errors))
        // The session is another one afterwards, so the browser loads the next page itself.
        (hx::Form::post("/account/password").class("panel stack").unboosted().render(html! {
            (Field::password("old_password", "Present password").errors(errors).max_length(128).required())
            (new_password("new_password", errors))
            p { "All your other devices and programs are signed out, and a mail tells you of the change." }
            (buttons(submit("Change password")))
        }))
    }
}

pub fn forgotten(email: &str, refused: Option<TooMany>) -> Markup {
    let errors: Vec<FieldError> = refused
        .iter()
        .map(|limit| FieldError::new("email", limit.to_string()))
        .collect();
    html! {
        (Heading::new("Forgot your password?").back("Sign in", "/login"))
        (error_summary(&errors))
        (hx::Form::post("/forgotten-password").class("panel stack").unboosted().render(html! {
            p { "Tell us the address you sign in with. We mail you a link to choose a new password." }
            (Field::email("email", "E-mail").autocomplete("username").value(email).errors(&errors).max_length(254).required())
            (buttons(submit("Send the link")))
        }))
    }
}

pub fn choose(token: &str, errors: &[FieldError]) -> Markup {
    html! {
        (Heading::new("Choose a new password"))
        (error_summary(errors))
        (hx::Form::post("/new-password").class("panel stack").unboosted().render(html! {
            (hidden("token", token))
            (new_password("password", errors))
            p { "All your devices and programs are signed out." }
            (buttons(submit("Set password")))
        }))
    }
}

pub fn link_over() -> Markup {
    html! {
        (Heading::new("This link no longer works"))
        div.panel.stack {
            p { "It was used, or it is older than 30 minutes. If you asked for several, the newest mail has the one that works longest." }
            p { a.button.primary href="/forgotten-password" { "Send another link" } }
        }
    }
}
