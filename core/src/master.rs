//! What all masters (products, dealers, price lists, …) have in common: how reading or changing one
//! is refused, and how their codes stand in the database.
//!
//! A master is changed from a form that somebody may have had open for an hour. So a change names
//! the version it was made from, and a master that has moved on since refuses it instead of losing
//! the other person's work.

use std::marker::PhantomData;

use serde_json::{Map, Value};

use crate::db::{CursorError, DbError};
use crate::problem::{Fault, Faults, Invalid, Kind, Problem};

/// A kind of record that is kept, versioned and switched off instead of deleted.
pub trait Master: std::fmt::Debug + Send + Sync + 'static {
    /// As a sentence calls it: "product".
    const NOUN: &'static str;
    /// The code of "there is none": `catalog.product_not_found`.
    const NOT_FOUND: &'static str;
    /// The code of "changed since you opened it": `catalog.product_stale`.
    const STALE: &'static str;
}

/// Why a master was not read or not changed.
#[derive(Debug, thiserror::Error)]
pub enum MasterError<M: Master> {
    /// No such record, or one of another tenant or dealer: the answer is the same.
    #[error("There is no such {}", M::NOUN)]
    NotFound(PhantomData<M>),
    /// `found` is the version it has now.
    #[error(
        "Somebody changed this {} since you opened it, look at it again",
        M::NOUN
    )]
    VersionConflict { found: i32 },
    #[error(transparent)]
    Invalid(#[from] Invalid),
    #[error(transparent)]
    Internal(#[from] DbError),
}

impl<M: Master> MasterError<M> {
    pub(crate) fn not_found() -> Self {
        MasterError::NotFound(PhantomData)
    }

    /// The whole refusal is one fault.
    pub(crate) fn fault(pointer: &str, code: &'static str, detail: impl Into<String>) -> Self {
        MasterError::Invalid(Invalid {
            faults: vec![Fault::new(pointer, code, detail)],
        })
    }
}

impl<M: Master> From<diesel::result::Error> for MasterError<M> {
    fn from(error: diesel::result::Error) -> Self {
        MasterError::Internal(error.into())
    }
}

impl<M: Master> Problem for MasterError<M> {
    fn kind(&self) -> Kind {
        match self {
            MasterError::NotFound(_) => Kind::NotFound,
            MasterError::VersionConflict { .. } => Kind::Stale,
            MasterError::Invalid(invalid) => invalid.kind(),
            MasterError::Internal(error) => error.kind(),
        }
    }

    fn code(&self) -> &'static str {
        match self {
            MasterError::NotFound(_) => M::NOT_FOUND,
            MasterError::VersionConflict { .. } => M::STALE,
            MasterError::Invalid(invalid) => invalid.code(),
            MasterError::Internal(error) => error.code(),
        }
    }

    fn faults(&self) -> Vec<Fault> {
        match self {
            MasterError::Invalid(invalid) => invalid.faults(),
            _ => Vec::new(),
        }
    }

    fn facts(&self) -> Map<String, Value> {
        match self {
            MasterError::VersionConflict { found } => {
                Map::from_iter([("version".to_owned(), Value::from(*found))])
            }
            _ => Map::new(),
        }
    }
}

/// Why a list was not read.
#[derive(Debug, thiserror::Error)]
pub enum ListError {
    /// The link to the page was not made by us, or for a list in another order.
    #[error(transparent)]
    Cursor(#[from] CursorError),
    #[error(transparent)]
    Internal(#[from] DbError),
}

impl From<diesel::result::Error> for ListError {
    fn from(error: diesel::result::Error) -> Self {
        ListError::Internal(error.into())
    }
}

impl Problem for ListError {
    fn kind(&self) -> Kind {
        match self {
            ListError::Cursor(_) => Kind::Invalid,
            ListError::Internal(error) => error.kind(),
        }
    }

    fn code(&self) -> &'static str {
        match self {
            ListError::Cursor(_) => CursorError::CODE,
            ListError::Internal(error) => error.code(),
        }
    }
}

/// Refuses a change that was made from another version than the present one. A change of what was
/// written names its version; a switch may name none, and is then made whatever the version is.
pub(crate) fn check_version<M: Master>(
    found: i32,
    expected: impl Into<Option<i32>>,
) -> Result<(), MasterError<M>> {
    match expected.into() {
        Some(expected) if expected != found => Err(MasterError::VersionConflict { found }),
        _ => Ok(()),
    }
}

/// Turns a refusal by a unique constraint, which only a race with another writer can still cause
/// after the action looked, into the fault the look would have found.
pub(crate) fn taken<M: Master>(
    error: DbError,
    constraints: &[(&str, &str, &str)],
) -> MasterError<M> {
    for (constraint, pointer, detail) in constraints {
        if error.is_unique(constraint) {
            return MasterError::fault(pointer, "taken", *detail);
        }
    }
    MasterError::Internal(error)
}

/// Parses the list `rows` of a form, each under its own pointer, and notes when it is too long.
pub(crate) fn parse_rows<F, T>(
    faults: &mut Faults,
    pointer: &str,
    rows: &[F],
    max: usize,
    mut parse: impl FnMut(&mut Faults, &str, &F) -> Option<T>,
) -> Vec<T> {
    if rows.len() > max {
        faults.add(
            pointer,
            "too_many",
            format!("Enter at most {max} at once, there are {}", rows.len()),
        );
        return Vec::new();
    }
    let place = |index: usize| format!("{pointer}/{index}");
    rows.iter()
        .enumerate()
        .filter_map(|(index, row)| parse(faults, &place(index), row))
        .collect()
}

/// An enum of codes that stand as text in columns, forms and JSON: parsing, printing, serde and
/// diesel's `Text`, from one list.
macro_rules! text_codes {
    ($(#[$doc:meta])* $name:ident, $ask:literal {
        $($(#[$variant_doc:meta])* $variant:ident = $code:literal, $label:literal;)+
    }) => {
        $(#[$doc])*
        #[derive(
            Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash,
            diesel::expression::AsExpression, diesel::deserialize::FromSqlRow,
        )]
        #[diesel(sql_type = diesel::sql_types::Text)]
        pub enum $name { $($(#[$variant_doc])* $variant),+ }

        impl $name {
            /// For choosing from.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The code as columns, forms and the API have it.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $code),+ }
            }

            /// What a person reads.
            pub const fn label(self) -> &'static str {
                match self { $(Self::$variant => $label),+ }
            }

            /// The error asks for a choice, in a sentence.
            pub fn parse(text: &str) -> Result<Self, &'static str> {
                Self::ALL.iter().copied().find(|value| value.as_str() == text.trim()).ok_or($ask)
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        impl diesel::serialize::ToSql<diesel::sql_types::Text, diesel::pg::Pg> for $name {
            fn to_sql<'b>(
                &'b self,
                out: &mut diesel::serialize::Output<'b, '_, diesel::pg::Pg>,
            ) -> diesel::serialize::Result {
                std::io::Write::write_all(out, self.as_str().as_bytes())?;
                Ok(diesel::serialize::IsNull::No)
            }
        }

        impl diesel::deserialize::FromSql<diesel::sql_types::Text, diesel::pg::Pg> for $name {
            fn from_sql(bytes: diesel::pg::PgValue<'_>) -> diesel::deserialize::Result<Self> {
                Ok(Self::parse(std::str::from_utf8(bytes.as_bytes())?)?)
            }
        }
    };
}
pub(crate) use text_codes;

/// The value made of a form's parsed fields, or all their faults. `build` answers `None` where a
/// field it needs has none, which is then among the faults.
pub(crate) fn finish<T>(faults: Faults, build: impl FnOnce() -> Option<T>) -> Result<T, Invalid> {
    match build() {
        Some(value) if faults.is_empty() => Ok(value),
        _ => Err(faults.into_invalid()),
    }
}

/// Which records of a list are wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Shown {
    #[default]
    Active,
    Inactive,
    All,
}

impl Shown {
    /// The condition on `column`, or nothing.
    pub(crate) fn condition(self, column: &str) -> String {
        match self {
            Shown::Active => format!(" AND {column}"),
            Shown::Inactive => format!(" AND NOT {column}"),
            Shown::All => String::new(),
        }
    }
}

/// What a switched-off record is not: offered, found, chosen. Documents keep showing it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Activity {
    Active,
    Inactive,
}

impl Activity {
    pub(crate) fn is_active(self) -> bool {
        self == Activity::Active
    }
}
