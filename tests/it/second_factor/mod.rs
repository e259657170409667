//! The second factor: set up, asked for at every sign-in, asked of whole roles, lost and reset.

mod phone;
mod reset;
mod roles;
mod set_up;
mod sign_in;

pub(crate) use phone::{begin, first_step, protect, prove, second_step};
