//! What happened, in order: who, when, and why.

use chrono::{DateTime, Utc};
use maud::{Markup, html};

use super::Tone;
use super::time::time;

#[derive(Clone, Debug)]
pub struct Event<'a> {
    pub title: Markup,
    pub at: DateTime<Utc>,
    /// Who did it; `None` for the system.
    pub by: Option<&'a str>,
    /// A reason or a remark, as its author wrote it.
    pub note: Option<&'a str>,
    pub tone: Tone,
}

/// Oldest first, as the record was written.
#[must_use]
pub fn timeline(events: &[Event<'_>]) -> Markup {
    html! {
        ol.timeline {
            @for event in events {
                li data-tone=(event.tone.as_str()) {
                    p.timeline-title { (event.title) }
                    p.timeline-meta { @if let Some(by) = event.by { (by) " · " } (time(event.at)) }
                    @if let Some(note) = event.note { blockquote.timeline-note { (note) } }
                }
            }
        }
    }
}
