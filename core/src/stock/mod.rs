//! What is on the shelf: on hand and promised, per location.

mod reserve;
mod state;

pub(crate) use reserve::{give_up_unpicked, release, reserve, top_up};
pub use state::StockState;
