//! Distributors, as the platform's own people see them.

pub mod platform;
pub mod register;
mod views;
