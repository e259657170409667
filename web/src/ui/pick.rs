//! The picking page: big rows for a phone in a warehouse, fed by thumb or by scanner.

use maud::{Markup, Render, html};

use super::form::Field;
use super::icon::{Icon, icon};

/// One line of a pick list.
#[derive(Clone, Debug)]
pub struct PickLine<'a> {
    pub id: &'a str,
    pub sku: &'a str,
    pub name: &'a str,
    /// Where it lies, such as "A-04-2".
    pub bin: Option<&'a str>,
    pub wanted: String,
    pub picked: String,
    pub unit: &'a str,
    pub state: PickState,
    /// The form or buttons of the line.
    pub control: Markup,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PickState {
    Open,
    Partly,
    Full,
    Short,
}

impl PickState {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Partly => "partly",
            Self::Full => "full",
            Self::Short => "short",
        }
    }

    const fn word(self) -> &'static str {
        match self {
            Self::Open => "To pick",
            Self::Partly => "In progress",
            Self::Full => "Picked",
            Self::Short => "Closed short",
        }
    }
}

#[must_use]
pub fn pick_line(line: &PickLine<'_>) -> Markup {
    html! {
        li.pick-line id=(line.id) data-state=(line.state.as_str()) {
            div.pick-what {
                p.pick-name { (line.name) }
                p.pick-meta {
                    span.code { (line.sku) }
                    @if let Some(bin) = line.bin { span.bin { (icon(Icon::MapPin)) span.visually-hidden { "Bin " } (bin) } }
                }
            }
            p.pick-count {
                @if line.state == PickState::Full { (icon(Icon::CircleCheck)) }
                span.visually-hidden { (line.state.word()) ": " }
                strong { (line.picked) } " / " (line.wanted) " " span.unit-name { (line.unit) }
            }
            div.pick-control { (line.control) }
        }
    }
}

#[must_use]
pub fn pick_list(label: &str, lines: impl Render) -> Markup {
    html! { ol.pick-list aria-label=(label) { (lines) } }
}

/// The field a scanner types into. Put it into a [`crate::hx::Form::scan`] form: the focus stays on it, and what stands in it
/// is selected, so that the next scan takes its place.
#[must_use]
pub fn scan_field(name: &str, label: &str, value: &str) -> Markup {
    html! {
        div.scan {
            (icon(Icon::ScanBarcode))
            (Field::text(name, label).value(value).autocomplete("off").required().label_hidden().placeholder(label).focused())
            button.button type="submit" { "Enter" }
        }
    }
}

/// What the last scan did. Swapped in by the answer, it also makes the phone beep and shake.
#[must_use]
pub fn scan_result(is_good: bool, text: &str) -> Markup {
    let (signal, tone, which) = if is_good {
        ("good", "good", Icon::CircleCheck)
    } else {
        ("bad", "bad", Icon::CircleX)
    };
    html! { div.scan-result role="status" data-signal=(signal) data-tone=(tone) { (icon(which)) p { (text) } } }
}
