//! Names of the internet under which a tenant's people come in, beside the installation's own address (003-4).
//!
//! Anybody may write a name down. It counts once its owner has shown that it is theirs: a TXT record beneath it says what only this
//! tenant was told. From then on the sign-in page under that name is this tenant's, a session or a token of another tenant is worth
//! nothing there. Links in mails about orders lead to the one that somebody made primary, and to the installation's own address where
//! nobody did: a record says nothing of whether the name answers. The worker looks at the record again each day; a
//! name whose record stays away for [`GRACE_DAYS`] days counts no more, for it may have another owner by then.
//!
//! The name of a request picks the tenant for who is not signed in, and never decides what somebody may see: that is their session's
//! or their token's. A link that holds a secret, or leads to where a password is chosen, leads to the installation's own address
//! whatever names there are: whoever holds a name can have it lead to a server of theirs.

mod change;
mod check;
mod model;
mod name;
mod query;

pub use change::{add, ask_check, make_primary, remove, stop_primary};
pub use check::{CheckDomain, check_domain_now, due_domains};
pub use model::{Domain, DomainStatus, Finding};
pub(crate) use name::is_inner_name;
pub use name::{DomainForm, DomainName, host_of, origin_of};
pub(crate) use query::list_in;
pub use query::{find_tenant_of, list, load};

/// Names of one tenant: one for each of its brands, and some to spare.
pub const MAX_DOMAINS: usize = 10;

/// How long a verified name's record may be away before the name counts no more: a move from one DNS provider to another takes
/// days, and what is let go is not sold within a week.
pub const GRACE_DAYS: i64 = 7;
const _: () = assert!(GRACE_DAYS == 7, "the mails to administrators say a week");
