//! The pages of the second factor: data in, markup out. Neither password nor code ever comes back into a field.

use maud::{Markup, html};
use vitaran_core::access::Role;
use vitaran_core::identity::second_factor::{Enrolment, RECOVERY_CODES, RulesForm, SecondFactor};
use vitaran_core::qr::qr_svg;
use vitaran_core::roles::RoleRecord;

use super::{own as own_page, rules, step as step_page};
use crate::http::form_page::Attempt;
use crate::hx;
use crate::ui::form::{
    Checkbox, Field, FieldError, Style, Width, buttons, error_summary, group, hidden, submit,
    submit_as, version,
};
use crate::ui::panel::{Heading, code, facts, panel};
use crate::ui::time;

/// A code of the app, or where it may be one, a recovery code: phones offer digits, and let letters be typed all the same.
fn code_field<'a>(label: &'a str, errors: &'a [FieldError]) -> Field<'a> {
    Field::text("code", label)
        .inputmode("numeric")
        .autocomplete("one-time-code")
        .width(Width::Medium)
        .max_length(40)
        .errors(errors)
        .required()
}

/// The second step of a sign-in.
pub fn step(next: Option<&str>, refused: Option<&str>) -> Markup {
    let errors: Vec<FieldError> = refused
        .iter()
        .map(|message| FieldError::new("code", *message))
        .collect();
    let field = code_field("Code of your app", &errors)
        .hint("6 digits. Without your phone, type one of your recovery codes");
    let field = if errors.is_empty() {
        field.focused()
    } else {
        field
    };
    html! {
        (Heading::new("Enter your code"))
        (error_summary(&errors))
        (hx::Form::post(step_page::PATH).class("panel stack").unboosted().render(html! {
            @if let Some(next) = next { (hidden("next", next)) }
            (field)
            (buttons(html! { (submit("Sign in")) a href="/login" { "Sign in as somebody else" } }))
        }))
    }
}

pub fn own(standing: &SecondFactor, is_asked: bool, errors: &[FieldError]) -> Markup {
    html! {
        (Heading::new(own_page::TITLE).meta(html! { "After your password, a sign-in asks for a code of an app on your phone" }))
        @if is_asked { p { strong { "Your role needs a second factor. Set it up to go on." } } }
        @match standing {
            SecondFactor::Off => (off()),
            SecondFactor::BeingSetUp(enrolment) => (being_set_up(enrolment, errors)),
            SecondFactor::On { since, recovery_codes_left } => {
                (panel("It is on", html! {
                    (facts(&[
                        ("Since", time::date_of(*since)),
                        ("Recovery codes left", html! { (recovery_codes_left) " of " (RECOVERY_CODES) }),
                    ]))
                    (buttons(html! {
                        a.button href={ (own_page::PATH) "/recovery-codes" } { "Make new recovery codes" }
                        a.button href={ (own_page::PATH) "/removal" } { "Switch off" }
                    }))
                }))
            }
        }
    }
}

fn off() -> Markup {
    html! {
        (panel("It is off", html! {
            p { "You need an app that shows codes, such as Google Authenticator, Microsoft Authenticator, Aegis or your password manager." }
            (hx::Form::post(own_page::PATH).unboosted().render(buttons(submit("Set up"))))
        }))
    }
}

fn being_set_up(enrolment: &Enrolment, errors: &[FieldError]) -> Markup {
    html! {
        (error_summary(errors))
        (panel("1. Add Vitaran to your app", html! {
            p { "Scan this with the app. On the phone itself, open the link, or type the key." }
            (qr_svg(&enrolment.uri, "QR code for your app").unwrap_or_default())
            p { a href=(enrolment.uri) { "Open in the app on this phone" } }
            p { "Key: " (code(&enrolment.secret)) }
        }))
        (panel("2. Type the code that it shows", html! {
            (hx::Form::post(&format!("{}/confirmation", own_page::PATH)).class("stack").unboosted().render(html! {
                (Field::password("password", "Your password").errors(errors).required())
                (code_field("Code of your app", errors).hint("6 digits"))
                (buttons(submit("Switch on")))
            }))
        }))
        (hx::Form::post(own_page::PATH).unboosted().render(buttons(submit_as(Style::Plain, "Begin again with another key"))))
    }
}

/// What asks for password and code.
#[derive(Clone, Copy)]
pub enum Asked {
    NewCodes,
    Off,
}

impl Asked {
    pub const fn title(self) -> &'static str {
        match self {
            Asked::NewCodes => "Make new recovery codes",
            Asked::Off => "Switch off the second factor",
        }
    }

    const fn action(self) -> &'static str {
        match self {
            Asked::NewCodes => "/account/second-factor/recovery-codes",
            Asked::Off => "/account/second-factor/removal",
        }
    }

    const fn text(self) -> &'static str {
        match self {
            Asked::NewCodes => "The recovery codes you have no longer work then.",
            Asked::Off => {
                "Your password alone opens your account then, and your recovery codes are gone."
            }
        }
    }
}

pub fn ask(asked: Asked, errors: &[FieldError]) -> Markup {
    let (style, verb) = match asked {
        Asked::NewCodes => (Style::Primary, "Make new codes"),
        Asked::Off => (Style::Danger, "Switch off"),
    };
    html! {
        (Heading::new(asked.title()).back(own_page::TITLE, own_page::PATH))
        (error_summary(errors))
        (hx::Form::post(asked.action()).class("panel stack").unboosted().render(html! {
            p { (asked.text()) }
            (Field::password("password", "Your password").errors(errors).required())
            (code_field("Code of your app", errors).hint("6 digits, or one of your recovery codes"))
            (buttons(html! { (submit_as(style, verb)) a.button href=(own_page::PATH) { "Leave it as it is" } }))
        }))
    }
}

/// Shown once.
pub fn codes(codes: &[String], go_on: &str, is_new: bool) -> Markup {
    html! {
        (Heading::new("Your recovery codes"))
        (panel("Keep these where your phone is not", html! {
            @if is_new { p { "Your second factor is on, and all other devices are signed out." } }
            p { "Each of these codes signs you in once when you do not have your phone. Print them or write them down: they are not shown again." }
            ol.codes { @for one in codes { li { (code(one)) } } }
            (buttons(html! { a.button.primary href=(go_on) { "I have kept them" } }))
        }))
    }
}

// For administrators ------------------------------------------------------------------------------------------------

/// A box for each role.
pub fn rules_form(
    form: &RulesForm,
    own: &[RoleRecord],
    form_version: i32,
    attempt: &Attempt,
) -> Markup {
    html! {
        (hx::Form::post(rules::PATH).class("panel stack").render(html! {
            (attempt.summary())
            (version(i64::from(form_version)))
            p { "Whoever has one of these roles sets up a second factor at the next step, and reaches nothing else before." }
            (group("Built-in roles", html! {
                @for role in Role::ALL {
                    (Checkbox {
                        name: "roles", value: role.as_str(), label: role.label(), hint: Some("And every role that grew from it"),
                        is_checked: form.roles.iter().any(|code| code == role.as_str()), id: role.as_str(),
                    })
                }
            }))
            @if !own.is_empty() {
                (group("Your own roles", html! {
                    @for role in own {
                        @let id = role.id.to_string();
                        (Checkbox {
                            name: "role_ids", value: &id, label: role.name.as_str(), hint: Some(role.base.label()),
                            is_checked: form.role_ids.contains(&id), id: &id,
                        })
                    }
                }))
            }
            (buttons(submit("Save")))
        }))
    }
}

pub fn rules(form: &Markup) -> Markup {
    html! { (Heading::new(rules::TITLE).meta(html! { "Whose sign-in needs more than a password" })) (form) }
}
