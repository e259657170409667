//! What has just happened: at the top of the next page, or as a toast beside a fragment.

use maud::{Markup, html};

use super::Tone;
use super::icon::{Icon, icon};
use crate::hx::{self, Swap};

/// One sentence about the last request, with one thing to do about it at most.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Flash {
    pub tone: Tone,
    pub text: String,
    /// Label and address of a link, such as "View order".
    pub link: Option<(String, String)>,
}

impl Flash {
    pub fn new(tone: Tone, text: impl Into<String>) -> Self {
        Self {
            tone,
            text: text.into(),
            link: None,
        }
    }

    pub fn good(text: impl Into<String>) -> Self {
        Self::new(Tone::Good, text)
    }

    pub fn bad(text: impl Into<String>) -> Self {
        Self::new(Tone::Bad, text)
    }

    #[must_use]
    pub fn link(mut self, label: impl Into<String>, href: impl Into<String>) -> Self {
        self.link = Some((label.into(), href.into()));
        self
    }
}

/// A message in the page. Bad news interrupts a screen reader, the rest waits its turn.
#[must_use]
pub fn message(flash: &Flash) -> Markup {
    let role = if flash.tone == Tone::Bad {
        "alert"
    } else {
        "status"
    };
    html! { div.message role=(role) data-tone=(flash.tone.as_str()) { (contents(flash)) } }
}

/// The messages of a page, in the region that partial requests aim their failures at.
#[must_use]
pub fn region(flashes: &[Flash]) -> Markup {
    html! { div.flash id=(hx::FLASH) { @for flash in flashes { (message(flash)) } } }
}

/// Toasts to send after a fragment. The page's region announces them; bad ones stay until dismissed.
#[must_use]
pub fn toasts(flashes: &[Flash]) -> Markup {
    html! { @if !flashes.is_empty() { (hx::partial(hx::TOASTS, Swap::Append, html! { @for flash in flashes { (toast(flash)) } })) } }
}

fn toast(flash: &Flash) -> Markup {
    html! {
        div.toast data-tone=(flash.tone.as_str()) {
            (contents(flash))
            button.button.quiet.only-icon type="button" data-dismiss aria-label="Dismiss" { (icon(Icon::X)) }
        }
    }
}

fn contents(flash: &Flash) -> Markup {
    html! {
        (icon(flash.tone.icon()))
        p { (flash.text) @if let Some((label, href)) = &flash.link { " " a href=(href) { (label) } } }
    }
}
