//! Telling open pages that something changed. Ids travel, never data: a page fetches the part again with its viewer's own
//! rights, so that a hint can leak nothing.
//!
//! NOTIFY inside a business transaction would serialise every commit on one lock. So a transaction only remembers what
//! it changed, and after the commit the process sends one coalesced NOTIFY for everything of the last moment. A crash
//! in between loses the hint and nothing else; live pages also refresh by themselves. What was said between the drawing of a
//! page and the opening of its stream is told when the stream opens ([`LiveFeed::subscribe`]).

mod feed;
mod hint;
mod listen;
mod send;

pub use feed::{LiveFeed, Missed, Moment};
pub use hint::{Hint, Subject};
pub use listen::listen;
pub use send::{Hints, run_sender};
