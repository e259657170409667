//! Invitations: sending them and taking them back, and the page that a link leads to.

pub mod admin;
mod api;
mod dto;
pub mod open;
pub(crate) mod views;

pub use admin::PATH;
pub use api::{AcceptInvitationApi, InvitationsApi};

use crate::state::AppState;

/// Where a link leads that somebody passes on themselves.
fn link(state: &AppState, secret: &str) -> String {
    format!("{}/invitation?token={secret}", state.config.public_url)
}
