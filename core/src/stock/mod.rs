//! What is on the shelf: on hand and promised, per location.

mod state;

pub use state::StockState;
