//! The buttons of what may be done now. Which they are is the state machine's and the permissions' business; this
//! module only draws what it is given.

use maud::{Markup, html};

use super::form::{Style, hidden};
use super::icon::{Icon, icon};
use crate::hx::Form;

/// How a button reaches its address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// Opens a page, such as the one that asks for a reason.
    Get,
    /// Does it.
    Post,
}

/// One thing that may be done.
#[derive(Clone, Debug)]
#[must_use = "an action is shown by buttons()"]
pub struct ActionButton<'a> {
    pub label: &'a str,
    pub action_url: String,
    pub style: Style,
    pub method: Method,
    /// A question to ask before it is done.
    pub confirm: Option<String>,
    pub icon: Option<Icon>,
    /// The key that presses it, for staff.
    pub key: Option<&'a str>,
    /// Fields that go with it: version, idempotency key.
    pub hidden: Vec<(&'a str, String)>,
    /// The region the answer takes the place of; `None` answers with a page.
    pub replaces: Option<&'a str>,
}

impl<'a> ActionButton<'a> {
    pub fn post(label: &'a str, action_url: impl Into<String>) -> Self {
        Self {
            label,
            action_url: action_url.into(),
            style: Style::Plain,
            method: Method::Post,
            confirm: None,
            icon: None,
            key: None,
            hidden: Vec::new(),
            replaces: None,
        }
    }

    /// A link that looks like a button.
    pub fn open(label: &'a str, url: impl Into<String>) -> Self {
        Self {
            method: Method::Get,
            ..Self::post(label, url)
        }
    }

    pub fn style(mut self, style: Style) -> Self {
        self.style = style;
        self
    }

    pub fn confirm(mut self, question: impl Into<String>) -> Self {
        self.confirm = Some(question.into());
        self
    }

    pub fn icon(mut self, icon: Icon) -> Self {
        self.icon = Some(icon);
        self
    }

    pub fn key(mut self, key: &'a str) -> Self {
        self.key = Some(key);
        self
    }

    pub fn hidden(mut self, name: &'a str, value: impl Into<String>) -> Self {
        self.hidden.push((name, value.into()));
        self
    }

    pub fn replaces(mut self, target_id: &'a str) -> Self {
        self.replaces = Some(target_id);
        self
    }

    fn contents(&self) -> Markup {
        html! {
            @if let Some(which) = self.icon { (icon(which)) }
            (self.label)
            @if let Some(key) = self.key { kbd aria-hidden="true" { (key) } }
        }
    }
}

/// All that may be done, in a row; the first is usually [`Style::Primary`].
#[must_use]
pub fn buttons(actions: &[ActionButton<'_>]) -> Markup {
    html! { @if !actions.is_empty() { div.buttons { @for action in actions { (button(action)) } } } }
}

#[must_use]
pub fn button(action: &ActionButton<'_>) -> Markup {
    match action.method {
        Method::Get => html! {
            a class=(action.style.class()) href=(action.action_url) data-key=[action.key] { (action.contents()) }
        },
        Method::Post => {
            let form = Form::post(&action.action_url).confirm(action.confirm.as_deref());
            let form = match action.replaces {
                Some(id) => form.replaces(id),
                None => form,
            };
            form.render(html! {
                @for (name, value) in &action.hidden { (hidden(name, value)) }
                button class=(action.style.class()) type="submit" data-key=[action.key] { (action.contents()) }
            })
        }
    }
}

/// A file link: never boosted, saved or opened by the browser.
#[must_use]
pub fn download(label: &str, url: &str, file_name: &str) -> Markup {
    html! { a.button href=(url) download=(file_name) { (icon(Icon::FileDown)) (label) } }
}
