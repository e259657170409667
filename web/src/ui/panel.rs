//! Headings and boxes: what a page is divided into.

use maud::{Markup, Render, html};

use super::icon::{Icon, icon};

/// The head of a page: a way back, the title with its state, one line of facts, and what may be done.
#[derive(Clone, Debug, Default)]
#[must_use = "a heading is shown by splicing it into markup"]
pub struct Heading<'a> {
    title: &'a str,
    back: Option<(&'a str, &'a str)>,
    badge: Option<Markup>,
    meta: Option<Markup>,
    actions: Option<Markup>,
}

impl<'a> Heading<'a> {
    pub fn new(title: &'a str) -> Self {
        Self {
            title,
            ..Self::default()
        }
    }

    /// Label and address of the list this page belongs to.
    pub fn back(mut self, label: &'a str, href: &'a str) -> Self {
        self.back = Some((label, href));
        self
    }

    pub fn badge(mut self, badge: Markup) -> Self {
        self.badge = Some(badge);
        self
    }

    pub fn meta(mut self, meta: Markup) -> Self {
        self.meta = Some(meta);
        self
    }

    pub fn actions(mut self, actions: Markup) -> Self {
        self.actions = Some(actions);
        self
    }
}

impl Render for Heading<'_> {
    fn render(&self) -> Markup {
        html! {
            header.heading {
                div.heading-main {
                    @if let Some((label, href)) = self.back { a.back href=(href) { (icon(Icon::ChevronLeft)) (label) } }
                    div.heading-title {
                        h1 { (self.title) }
                        @if let Some(badge) = &self.badge { (badge) }
                    }
                    @if let Some(meta) = &self.meta { p.heading-meta { (meta) } }
                }
                @if let Some(actions) = &self.actions { div.heading-actions { (actions) } }
            }
        }
    }
}

/// A box with a heading.
#[must_use]
pub fn panel(title: &str, body: impl Render) -> Markup {
    panel_with(title, html! {}, body)
}

/// A box with a heading and something beside it.
#[must_use]
pub fn panel_with(title: &str, aside: impl Render, body: impl Render) -> Markup {
    html! { section.panel { header.panel-head { h2 { (title) } (aside) } (body) } }
}

/// A box around a table: no padding, so that its rows reach the edges.
#[must_use]
pub fn sheet(body: impl Render) -> Markup {
    html! { div.sheet { (body) } }
}

/// Two columns where there is room: what one reads, and what belongs to it.
#[must_use]
pub fn columns(main: impl Render, side: impl Render) -> Markup {
    html! { div.columns { div.stack { (main) } div.stack { (side) } } }
}

/// Search, filters and buttons above a list.
#[must_use]
pub fn toolbar(contents: impl Render) -> Markup {
    html! { div.toolbar { (contents) } }
}

/// Names and values.
#[must_use]
pub fn facts(facts: &[(&str, Markup)]) -> Markup {
    html! { dl.facts { @for (name, value) in facts { div { dt { (name) } dd { (value) } } } } }
}

/// Amounts that add up; the last is the sum.
#[must_use]
pub fn totals(lines: &[(&str, Markup)]) -> Markup {
    html! { dl.totals { @for (name, value) in lines { div { dt { (name) } dd { (value) } } } } }
}

/// Stays at the bottom of a phone's screen: the total and the one button that counts.
#[must_use]
pub fn sticky_bar(summary: impl Render, action: impl Render) -> Markup {
    html! { div.sticky-bar { div.sticky-summary { (summary) } (action) } }
}

/// A filter in force, with a link that lifts it.
#[must_use]
pub fn filter_chip(label: &str, without_url: &str) -> Markup {
    html! { a.chip href=(without_url) { (label) (icon(Icon::X)) span.visually-hidden { ", remove this filter" } } }
}

/// Something to copy by hand or eye: an id, a GSTIN, a code.
#[must_use]
pub fn code(text: &str) -> Markup {
    html! { span.code { (text) } }
}
