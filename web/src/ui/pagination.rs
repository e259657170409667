//! Pages by cursor: there is a next one or there is not, and nobody counts what is not shown.

use maud::{Markup, html};

use super::counted::Noun;
use super::icon::{Icon, icon};
use crate::hx::Link;

/// Where one can go from this page of a list.
#[derive(Clone, Copy, Debug)]
pub struct Pagination<'a> {
    /// What is paged, such as orders.
    pub of: Noun,
    /// How many rows are shown.
    pub shown: usize,
    /// Back to the start; `None` on the first page.
    pub first: Option<&'a str>,
    pub next: Option<&'a str>,
}

#[must_use]
pub fn pagination(page: &Pagination<'_>) -> Markup {
    html! {
        nav.pagination aria-label={ "Pages of " (page.of.many()) } {
            p { (page.of.count(page.shown)) @if page.next.is_some() { ", more follow" } }
            @if let Some(href) = page.first { a.button href=(href) { (icon(Icon::ArrowLeft)) "First page" } }
            @if let Some(href) = page.next { a.button href=(href) rel="next" { "Next page" (icon(Icon::ArrowRight)) } }
        }
    }
}

/// A link that takes its own place with the next part of a list. Without scripts it opens the next page.
#[must_use]
pub fn show_more(href: &str, label: &str) -> Markup {
    Link::new(href)
        .class("button show-more")
        .replaces_itself()
        .render(html! { (label) })
}
