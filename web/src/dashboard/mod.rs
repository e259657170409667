//! The staff's home: what waits for whom, and the day so far. Everybody sees the figures of their own work, each the way
//! into its list.

mod admin;
mod views;

pub use admin::show;
