//! One trait for everything an action may refuse, without a word of HTTP: the web gives it two faces, a problem+json
//! document and a page.

use serde_json::{Map, Value};

use crate::db::DbError;

/// What kind of refusal it is; the web knows which status that makes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The input breaks a rule: it can be corrected and sent again.
    Invalid,
    /// Nothing of that id here, or nothing this actor may know of.
    NotFound,
    /// The thing is in another state than the request assumes.
    Conflict,
    /// The thing was changed since the caller read it.
    Stale,
    /// The role does not allow it.
    Forbidden,
    /// Who is asking is not known.
    Unauthenticated,
    /// Too much at once.
    TooMany,
    /// Not now; in a moment it may work.
    Unavailable,
    /// Our fault.
    Internal,
}

/// One fault of the input: where, what rule, and a sentence for the person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// A JSON pointer into the input, such as `/lines/0/quantity`; empty for the input as a whole.
    pub pointer: String,
    pub code: &'static str,
    pub detail: String,
}

impl Fault {
    pub fn new(pointer: impl Into<String>, code: &'static str, detail: impl Into<String>) -> Self {
        Fault {
            pointer: pointer.into(),
            code,
            detail: detail.into(),
        }
    }
}

/// A refusal. Its `Display` is one sentence a dealer can act on, without the ids of others.
pub trait Problem: std::error::Error + Send + Sync {
    fn kind(&self) -> Kind;

    /// `feature.reason`; never changed once released.
    fn code(&self) -> &'static str;

    /// Every fault at once, so that nobody corrects a form one field at a time.
    fn faults(&self) -> Vec<Fault> {
        Vec::new()
    }

    /// Facts a program can act on, such as the state an order is in.
    fn facts(&self) -> Map<String, Value> {
        Map::new()
    }
}

impl Problem for DbError {
    fn kind(&self) -> Kind {
        match self {
            DbError::Unavailable(_) => Kind::Unavailable,
            DbError::Busy(_) => Kind::TooMany,
            DbError::Unique { .. }
            | DbError::Check { .. }
            | DbError::ForeignKey { .. }
            | DbError::Other(_) => Kind::Internal,
        }
    }

    fn code(&self) -> &'static str {
        match self.kind() {
            Kind::Unavailable => "service.unavailable",
            Kind::TooMany => "service.busy",
            _ => "service.internal",
        }
    }
}

/// The input of an action breaks rules: all of them, each beside its field.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", summary(.faults))]
pub struct Invalid {
    pub faults: Vec<Fault>,
}

fn summary(faults: &[Fault]) -> String {
    match faults {
        [one] => one.detail.clone(),
        many => format!("{} fields need your attention", many.len()),
    }
}

impl Problem for Invalid {
    fn kind(&self) -> Kind {
        Kind::Invalid
    }

    fn code(&self) -> &'static str {
        "input.invalid"
    }

    fn faults(&self) -> Vec<Fault> {
        self.faults.clone()
    }
}

/// Collects the faults of a form while its fields are parsed.
#[derive(Debug, Default)]
pub struct Faults(Vec<Fault>);

impl Faults {
    pub fn new() -> Self {
        Self::default()
    }

    pub fn add(
        &mut self,
        pointer: impl Into<String>,
        code: &'static str,
        detail: impl Into<String>,
    ) {
        self.0.push(Fault::new(pointer, code, detail));
    }

    /// Takes the value of a field, or notes why it has none.
    pub fn take<T, E: std::fmt::Display>(
        &mut self,
        pointer: &str,
        parsed: Result<T, E>,
    ) -> Option<T> {
        parsed
            .map_err(|error| self.add(pointer, "invalid", error.to_string()))
            .ok()
    }

    /// As [`Faults::take`] for a field that must not be blank.
    pub fn required<T, E: std::fmt::Display>(
        &mut self,
        pointer: &str,
        text: &str,
        what: &str,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Option<T> {
        if text.trim().is_empty() {
            self.add(pointer, "required", format!("Enter {what}"));
            return None;
        }
        self.take(pointer, parse(text))
    }

    /// As [`Faults::take`] for a field that may be blank, which is then `None`.
    pub fn optional<T, E: std::fmt::Display>(
        &mut self,
        pointer: &str,
        text: &str,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Option<T> {
        if text.trim().is_empty() {
            None
        } else {
            self.take(pointer, parse(text))
        }
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The refusal with all faults. Ask it after building the value failed or [`Faults::is_empty`] is false.
    pub fn into_invalid(self) -> Invalid {
        Invalid { faults: self.0 }
    }

    /// `Ok` when nothing was noted.
    pub fn check(self) -> Result<(), Invalid> {
        if self.0.is_empty() {
            Ok(())
        } else {
            Err(self.into_invalid())
        }
    }
}
