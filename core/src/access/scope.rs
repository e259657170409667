//! Which records of a tenant an actor sees.

use vitaran_kernel::DealerId;

/// Staff see every dealer's records; a dealer's people see their own dealer's alone. Row-level security holds to it too.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DealerScope {
    All,
    Own(DealerId),
}

impl DealerScope {
    /// The dealer whose records alone may be seen, if the actor is bound to one.
    pub fn own(self) -> Option<DealerId> {
        match self {
            DealerScope::All => None,
            DealerScope::Own(dealer) => Some(dealer),
        }
    }
}
