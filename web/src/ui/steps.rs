//! How far an order has come, as a line of steps.

use maud::{Markup, html};

use super::icon::{Icon, icon};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    Done,
    Current,
    Ahead,
    /// The way ended here: rejected or cancelled.
    Stopped,
}

impl Progress {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Current => "current",
            Self::Ahead => "ahead",
            Self::Stopped => "stopped",
        }
    }

    const fn spoken(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Current => "now",
            Self::Ahead => "still to come",
            Self::Stopped => "ended here",
        }
    }
}

#[derive(Clone, Debug)]
pub struct Step<'a> {
    pub label: &'a str,
    pub progress: Progress,
    /// When it happened.
    pub note: Option<Markup>,
}

#[must_use]
pub fn steps(label: &str, steps: &[Step<'_>]) -> Markup {
    html! {
        ol.steps aria-label=(label) {
            @for step in steps {
                li data-progress=(step.progress.as_str()) aria-current=[(step.progress == Progress::Current).then_some("step")] {
                    span.step-mark {
                        @match step.progress {
                            Progress::Done => (icon(Icon::Check)),
                            Progress::Stopped => (icon(Icon::X)),
                            Progress::Current | Progress::Ahead => {},
                        }
                    }
                    span.step-label { (step.label) span.visually-hidden { ", " (step.progress.spoken()) } }
                    @if let Some(note) = &step.note { span.step-note { (note) } }
                }
            }
        }
    }
}
