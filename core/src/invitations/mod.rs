//! Inviting somebody to work here, or for one of the dealers: a link by mail, or one to copy, that works once for seven days.
//!
//! The link holds 256 random bits and is stored as their hash. What it gives is looked at twice: whoever invites must have it
//! to give, and must still have it when the invitation is accepted. Accepting needs the password of the account that the
//! address has, or makes one; whoever looks at the link is not told which it will be.

mod accept;
mod form;
mod invite;
mod model;
mod query;

pub use accept::{AcceptError, AcceptForm, Accepted, OpenInvitation, accept, find_open};
pub use form::{Delivery, InvitationForm, NewInvitation, SendingForm};
pub use invite::{Sent, invite, revoke, send_again};
pub use model::{Invitation, InvitationStatus};
pub use query::{list, load};

/// How long a link works.
pub const LINK_TTL_DAYS: i32 = 7;

/// Invitations that wait at one distributor: more than anybody looks after, and no way to send mails without end.
pub const MAX_OPEN: i64 = 200;

/// How often one invitation is sent: whoever has not found it by then has another address.
pub const MAX_SENDINGS: i32 = 5;
