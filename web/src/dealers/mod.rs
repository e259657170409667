//! Dealers: their own record, as they see it.

pub mod portal;
mod portal_views;
