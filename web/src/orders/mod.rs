//! Orders: the dealers' cart, and the dealers' view of what they ordered.

pub mod cart;
pub(crate) mod cart_views;
pub mod portal;
pub mod portal_home;
pub(crate) mod portal_views;
