//! Colours and density: two cookies, since they belong to the device and not to the person.

use poem::{Response, handler};
use serde::Deserialize;

use crate::http::form::Form;
use crate::http::{cookies, next_path};
use crate::hx;
use crate::shell::{DENSITY_COOKIE, Shell, THEME_COOKIE};
use crate::ui::layout::{Density, Theme};

const ONE_YEAR_S: i32 = 365 * 24 * 3600;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct PreferencesForm {
    theme: Option<String>,
    density: Option<String>,
    next: String,
}

/// `POST /preferences`: what the form names is set, the rest stays; a value that is none of ours changes nothing.
#[handler]
pub async fn set_preferences(shell: Shell, Form(form): Form<PreferencesForm>) -> Response {
    let next = next_path::safe(&form.next).unwrap_or("/");
    let mut response = hx::go_to(shell.request(), next);
    let theme = form.theme.as_deref().and_then(Theme::parse);
    let density = form.density.as_deref().and_then(Density::parse);
    let chosen = [
        (THEME_COOKIE, theme.map(Theme::as_str)),
        (DENSITY_COOKIE, density.map(Density::as_str)),
    ];
    for (name, value) in chosen {
        if let Some(value) = value {
            cookies::set(&mut response, name, value, ONE_YEAR_S, shell.is_https());
        }
    }
    response
}
