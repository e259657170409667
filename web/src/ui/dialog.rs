//! Native dialogs: the browser keeps the focus inside and closes them by Escape.

use maud::{Markup, Render, html};

use super::form::Style;
use super::icon::{Icon, icon};

/// The dialog that asks before an action with a `confirm` text. Stands once on every page; the script fills in the text.
#[must_use]
pub(super) fn confirm() -> Markup {
    html! {
        dialog.dialog id="confirm" aria-labelledby="confirm-text" {
            form method="dialog" {
                p.dialog-text id="confirm-text" {}
                div.buttons {
                    button class=(Style::Primary.class()) value="yes" { "Yes, go on" }
                    button class=(Style::Plain.class()) value="no" autofocus { "No" }
                }
            }
        }
    }
}

/// One line of the help on keys.
#[derive(Clone, Copy, Debug)]
pub struct Shortcut<'a> {
    pub keys: &'a str,
    pub does: &'a str,
}

/// The keys of the staff's pages. Each works where something carries it as `data-key`, or where there are rows.
pub const STAFF_SHORTCUTS: &[Shortcut<'static>] = &[
    Shortcut {
        keys: "/",
        does: "Search",
    },
    Shortcut {
        keys: "g o",
        does: "Go to orders",
    },
    Shortcut {
        keys: "g p",
        does: "Go to products",
    },
    Shortcut {
        keys: "n",
        does: "New",
    },
    Shortcut {
        keys: "a",
        does: "Approve",
    },
    Shortcut {
        keys: "j",
        does: "Next row",
    },
    Shortcut {
        keys: "k",
        does: "Previous row",
    },
    Shortcut {
        keys: "x",
        does: "Select the row",
    },
    Shortcut {
        keys: "Enter",
        does: "Open the row",
    },
    Shortcut {
        keys: "?",
        does: "Show these keys",
    },
];

/// The help on keys, opened by `?`.
#[must_use]
pub fn shortcuts(lines: &[Shortcut<'_>]) -> Markup {
    dialog(
        "keys",
        "Keyboard shortcuts",
        html! {
            dl.keys {
                @for line in lines {
                    div { dt { @for key in line.keys.split(' ') { kbd { (key) } } } dd { (line.does) } }
                }
            }
        },
    )
}

/// A dialog opened by [`opener`].
#[must_use]
pub fn dialog(id: &str, title: &str, body: impl Render) -> Markup {
    let title_id = format!("{id}-title");
    html! {
        dialog.dialog id=(id) aria-labelledby=(title_id) {
            div.dialog-head {
                h2 id=(title_id) { (title) }
                form method="dialog" { button.button.quiet.only-icon aria-label="Close" { (icon(Icon::X)) } }
            }
            (body)
        }
    }
}

/// A link to a page that says the same as the dialog; with scripts it opens the dialog instead.
#[must_use]
pub fn opener(dialog_id: &str, fallback_url: &str, style: Style, label: &str) -> Markup {
    html! { a class=(style.class()) href=(fallback_url) data-dialog=(dialog_id) { (label) } }
}
