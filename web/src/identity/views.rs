//! The pages of this feature: data in, markup out.

use maud::{Markup, html};
use vitaran_core::identity::{MembershipRef, SignInError};
use vitaran_kernel::TenantId;

use crate::http::site::Site;
use crate::hx;
use crate::ui::form::{
    Field, FieldError, Style, buttons, error_summary, hidden, submit, submit_choice,
};
use crate::ui::panel::{Heading, panel};

/// The sign-in form. The e-mail stays as typed, the password never comes back.
/// Under a distributor's name it says whose it is.
pub fn sign_in(
    site: &Site,
    email: &str,
    next: Option<&str>,
    refused: Option<&SignInError>,
) -> Markup {
    let errors: Vec<FieldError> = refused
        .iter()
        .map(|error| FieldError::new("email", error.to_string()))
        .collect();
    let email_field = Field::email("email", "E-mail")
        .autocomplete("username")
        .value(email)
        .errors(&errors)
        .max_length(254)
        .required();
    // With a summary on the page, the summary takes the focus.
    let email_field = if errors.is_empty() {
        email_field.focused()
    } else {
        email_field
    };
    let title = match site.tenant() {
        Some(tenant) => format!("Sign in to {}", tenant.name),
        None => "Sign in".to_owned(),
    };
    html! {
        (Heading::new(&title))
        (error_summary(&errors))
        // A new person changes what lies outside the body too, so the browser loads the next page itself.
        (hx::Form::post("/login").class("panel stack").unboosted().render(html! {
            @if let Some(next) = next { (hidden("next", next)) }
            (email_field)
            (Field::password("password", "Password").required())
            (buttons(html! { (submit("Sign in")) a href="/forgotten-password" { "Forgot your password?" } }))
        }))
    }
}

/// The page of [`companies`].
pub fn choose_tenant(memberships: &[MembershipRef], current: Option<TenantId>) -> Markup {
    html! {
        (Heading::new("Change company"))
        (companies(memberships, current))
    }
}

/// A button for each company, the current one excepted.
pub fn companies(memberships: &[MembershipRef], current: Option<TenantId>) -> Markup {
    html! {
        (panel("Your companies", hx::Form::post("/switch-tenant").unboosted().render(html! {
            ul.plain {
                @for membership in memberships {
                    li {
                        @if Some(membership.tenant.id) == current {
                            p { (membership.tenant.name) ", " (membership.role_label()) " (you are here)" }
                        } @else {
                            (submit_choice(Style::Plain, &format!("{}, {}", membership.tenant.name, membership.role_label()), "tenant", &membership.tenant.slug))
                        }
                    }
                }
            }
        })))
    }
}
