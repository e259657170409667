//! The page that asks before something is taken away, for browsers without scripts and for links that are shared.

use maud::{Markup, html};

use super::form::{Style, buttons, submit_as, version};
use super::panel::Heading;
use crate::hx::Form;

/// One question, one answer.
#[derive(Clone, Copy, Debug)]
pub struct Question<'a> {
    /// Such as "Switch off Copper wire 2.5 sq mm?".
    pub title: &'a str,
    /// What follows from it.
    pub text: &'a str,
    /// The button, such as "Switch off".
    pub verb: &'a str,
    /// POST.
    pub action: &'a str,
    /// Of what is changed.
    pub version: i32,
    /// Label and address of the way back.
    pub back: (&'a str, &'a str),
}

#[must_use]
pub fn question(asked: &Question<'_>) -> Markup {
    let (label, href) = asked.back;
    html! {
        (Heading::new(asked.title).back(label, href))
        (Form::post(asked.action).class("panel").render(html! {
            p { (asked.text) }
            (version(i64::from(asked.version)))
            (buttons(html! { (submit_as(Style::Danger, asked.verb)) a.button href=(href) { "Leave it as it is" } }))
        }))
    }
}
