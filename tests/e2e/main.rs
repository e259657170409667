//! The browser's journeys: the real processes and a headless Chromium, with scripts on and with scripts off.
#![expect(
    clippy::unwrap_used,
    reason = "a claim that cannot be looked at has failed"
)]

mod journey;
mod live;
mod sign_in;
mod stage;
