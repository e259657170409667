//! Views of one list, each an address of its own, with counts where they are cheap.

use maud::{Markup, html};
use vitaran_core::db::Count;

use super::badge::count;

#[derive(Clone, Copy, Debug)]
pub struct View<'a> {
    pub label: &'a str,
    pub href: &'a str,
    pub count: Option<Count>,
    pub is_current: bool,
}

#[must_use]
pub fn views(label: &str, views: &[View<'_>]) -> Markup {
    html! {
        nav.tabs aria-label=(label) {
            ul {
                @for view in views {
                    li {
                        a href=(view.href) aria-current=[view.is_current.then_some("page")] {
                            (view.label) @if let Some(number) = view.count { " " (count(number)) }
                        }
                    }
                }
            }
        }
    }
}
