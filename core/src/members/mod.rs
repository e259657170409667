//! The people of a distributor: who works here, as what, and the end of it.
//!
//! Nobody gives a role that is more than their own, nobody changes somebody who may do more, and nobody changes themselves.
//! A distributor never loses its last administrator: whoever changes a member first locks all administrators, so that two
//! who take each other's role away at once leave one, and a trigger holds to it whatever else writes.

mod change;
mod guard;
mod model;
mod place;
mod query;

pub use change::{change_role, remove, set_active};
pub use model::{Member, MemberDealer, MemberLocation};
pub(crate) use place::Given;
pub use place::{MAX_LOCATIONS, Place, PlaceForm, RoleRef, can_give, can_give_role};
pub use query::{MemberFilter, list, load};

#[cfg(test)]
mod tests;
