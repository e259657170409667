//! Products: the dealers' catalogue.

pub mod portal;
pub(crate) mod portal_views;
