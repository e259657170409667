//! A list with nothing in it: what would be here, and the one thing to do.

use maud::{Markup, html};

use super::icon::{Icon, icon};

#[derive(Clone, Copy, Debug)]
pub struct Empty<'a> {
    pub icon: Icon,
    pub title: &'a str,
    pub text: &'a str,
    /// Label and address.
    pub action: Option<(&'a str, &'a str)>,
}

#[must_use]
pub fn empty(state: Empty<'_>) -> Markup {
    html! {
        div.empty {
            span.empty-icon { (icon(state.icon)) }
            h2 { (state.title) }
            p { (state.text) }
            @if let Some((label, href)) = state.action { a.button.primary href=(href) { (label) } }
        }
    }
}
