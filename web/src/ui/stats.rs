//! A few figures at the top of a dashboard, each the way into its list.

use maud::{Markup, html};

use super::Tone;

#[derive(Clone, Debug)]
pub struct Tile<'a> {
    pub label: &'a str,
    pub value: Markup,
    /// One line under the figure.
    pub note: Option<&'a str>,
    pub href: Option<&'a str>,
    pub tone: Tone,
}

#[must_use]
pub fn tiles(tiles: &[Tile<'_>]) -> Markup {
    html! {
        ul.tiles {
            @for tile in tiles {
                li.tile data-tone=(tile.tone.as_str()) {
                    p.tile-label { @if let Some(href) = tile.href { a href=(href) { (tile.label) } } @else { (tile.label) } }
                    p.tile-value { (tile.value) }
                    @if let Some(note) = tile.note { p.tile-note { (note) } }
                }
            }
        }
    }
}
