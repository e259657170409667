//! The pages of one's address: data in, markup out.

use maud::{Markup, html};

use crate::hx;
use crate::ui::form::{Field, FieldError, buttons, error_summary, hidden, submit};
use crate::ui::panel::Heading;

pub fn change(present: &str, typed: &str, errors: &[FieldError]) -> Markup {
    html! {
        (Heading::new("Change your e-mail"))
        (error_summary(errors))
        (hx::Form::post(super::email::PATH).class("panel stack").unboosted().render(html! {
            p { "You sign in with " strong { (present) } " now. We mail a link to the new address; once you follow it, you sign in with that one." }
            (Field::email("email", "New e-mail").value(typed).errors(errors).max_length(254).required())
            (Field::password("password", "Your password").errors(errors).max_length(128).required())
            (buttons(submit("Send the link")))
        }))
    }
}

pub fn confirm(email: &str, token: &str) -> Markup {
    html! {
        (Heading::new("Confirm your new e-mail"))
        (hx::Form::post("/new-email").class("panel stack").unboosted().render(html! {
            (hidden("token", token))
            p { "From now on you sign in with " strong { (email) } ". Your password stays as it is, and all your other devices and programs are signed out." }
            (buttons(submit("Confirm")))
        }))
    }
}

pub fn over(sentence: &str) -> Markup {
    html! {
        (Heading::new("Your e-mail is not changed"))
        div.panel.stack {
            p { (sentence) "." }
            p { a.button href="/login" { "Go on" } }
        }
    }
}
