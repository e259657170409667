//! The components of every page: data in, [`maud::Markup`] out. None runs a query, knows an actor or decides a rule.
//!
//! Reading order: [`layout`] is the page around everything; [`panel`] and [`table`] hold contents; [`form`] asks;
//! [`badge`], [`money`], [`time`] show values. The rest are single pieces. Their looks are in
//! `assets/css`, a part for each.

pub mod layout;
pub mod nav;

pub mod form;
pub mod panel;
pub mod table;

pub mod badge;
pub mod money;
pub mod time;

pub mod actions;
pub mod address;
pub mod confirm;
pub mod counted;
pub mod credit_meter;
pub mod dialog;
pub mod empty;
pub mod flash;
pub mod icon;
pub mod pagination;
pub mod pick;
pub mod product;
pub mod stats;
pub mod steps;
pub mod tabs;
pub mod timeline;

pub use icon::{Icon, icon};
pub use layout::{Area, Page};

/// What a colour says. Never shown by colour alone: a word always stands beside it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Tone {
    #[default]
    Neutral,
    Info,
    Good,
    Warn,
    Bad,
}

impl Tone {
    /// The value of `data-tone`, from which the stylesheet takes its colours.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Neutral => "neutral",
            Self::Info => "info",
            Self::Good => "good",
            Self::Warn => "warn",
            Self::Bad => "bad",
        }
    }

    /// The sign that goes with it in messages.
    #[must_use]
    pub const fn icon(self) -> Icon {
        match self {
            Self::Neutral | Self::Info => Icon::Info,
            Self::Good => Icon::CircleCheck,
            Self::Warn => Icon::TriangleAlert,
            Self::Bad => Icon::CircleAlert,
        }
    }
}

#[cfg(test)]
mod tests;
