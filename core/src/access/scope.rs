//! Which records of a tenant an actor sees.

use std::sync::Arc;

use vitaran_kernel::{DealerId, LocationId};

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

/// The locations whose stock, orders and shipments somebody works with: every one, or those they are bound to. Row-level
/// security holds to it too.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum LocationScope {
    #[default]
    All,
    /// At least one, each once.
    Own(Arc<[LocationId]>),
}

impl LocationScope {
    /// Of a list somebody chose: none chosen is all.
    pub fn of(mut chosen: Vec<LocationId>) -> Self {
        chosen.sort_unstable();
        chosen.dedup();
        if chosen.is_empty() {
            LocationScope::All
        } else {
            LocationScope::Own(chosen.into())
        }
    }

    /// Of what the database says: `None` is all. A list without anything in it, which a check of the table excludes, lets
    /// nobody in anywhere.
    pub(crate) fn stored(ids: Option<Vec<LocationId>>) -> Self {
        match ids {
            None => LocationScope::All,
            Some(ids) => LocationScope::Own(ids.into()),
        }
    }

    /// The locations the actor is bound to, if any.
    pub fn own(&self) -> Option<&[LocationId]> {
        match self {
            LocationScope::All => None,
            LocationScope::Own(own) => Some(own),
        }
    }

    /// As conditions bind it; `None` for all.
    pub(crate) fn uuids(&self) -> Option<Vec<uuid::Uuid>> {
        let own = self.own()?;
        Some(own.iter().map(|id| id.as_uuid()).collect())
    }

    pub fn has(&self, location: LocationId) -> bool {
        self.own().is_none_or(|own| own.contains(&location))
    }

    /// Whether nothing of the other lies outside.
    pub fn covers(&self, other: &LocationScope) -> bool {
        match (self.own(), other.own()) {
            (None, _) => true,
            (Some(_), None) => false,
            (Some(own), Some(other)) => other.iter().all(|id| own.contains(id)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_is_bound_covers_what_lies_within_and_never_everything() {
        let (a, b) = (LocationId::generate(), LocationId::generate());
        let of = |ids: &[LocationId]| LocationScope::of(ids.to_vec());
        let all = LocationScope::All;
        for (wide, narrow, covers) in [
            (&all, &all, true),
            (&all, &of(&[a]), true),
            (&of(&[a, b]), &of(&[b]), true),
            (&of(&[a]), &of(&[a, b]), false),
            (&of(&[a]), &of(&[b]), false),
            (&of(&[a, b]), &all, false),
        ] {
            assert_eq!(wide.covers(narrow), covers, "{wide:?} {narrow:?}");
        }
        assert!(all.has(a) && of(&[a]).has(a) && !of(&[a]).has(b));
    }

    #[test]
    fn no_location_chosen_is_every_one_and_none_stored_is_no_one() {
        assert_eq!(LocationScope::of(Vec::new()), LocationScope::All);
        assert_eq!(LocationScope::stored(None), LocationScope::All);
        let none = LocationScope::stored(Some(Vec::new()));
        assert!(!none.has(LocationId::generate()));
    }
}
