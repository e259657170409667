//! Lists of what has changed since a moment, for programs that keep a copy.
//!
//! A row carries the time its change began, and its transaction may commit after a later change was read already: a program that
//! went on from the latest time it saw would never see it. So a list says itself where the next sync begins: some time before its
//! first page was read, by which everything that began earlier is either committed and read or never will be. What changed in
//! between is given twice, and nothing is lost. That no write takes longer is not hoped for: [`LONGEST_WRITE`] is asked at the
//! commit.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::statement::Bind;
use super::{CursorError, Limit, Page, Paged, Statement, TenantTx};

/// A transaction that is open for longer is not committed.
pub(super) const LONGEST_WRITE: Duration = Duration::from_mins(2);

/// How far back a sync looks again: the longest write, and what the clocks of two processes and a slow commit may make of it.
const LOOKS_BACK: TimeDelta = TimeDelta::minutes(5);

/// From when on changes are wanted, that moment included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Since(DateTime<Utc>);

impl Since {
    #[must_use]
    pub const fn new(moment: DateTime<Utc>) -> Self {
        Since(moment)
    }

    /// Ends a query with what changed at `at` since then, the oldest change first, and one row more than the page. A row that
    /// changes while somebody pages comes again at its new place, never before the one they have reached.
    pub(crate) fn end<I: DeserializeOwned + Into<Bind>>(
        self,
        tx: &TenantTx,
        statement: &mut Statement,
        page: &Page,
        (at, id): (&str, &str),
    ) -> Result<Sweep, CursorError> {
        let began = match &page.after {
            None => {
                let since = statement.push_bind(self.0);
                statement.push_sql(&format!(" AND {at} >= {since}"));
                tx.now()
            }
            Some(cursor) => {
                let (after, last, began): (DateTime<Utc>, I, DateTime<Utc>) = cursor.key()?;
                let (after, last) = (statement.push_bind(after), statement.push_bind(last));
                statement.push_sql(&format!(" AND ({at}, {id}) > ({after}, {last})"));
                began
            }
        };
        let limit = page.limit.sql(statement);
        statement.push_sql(&format!(" ORDER BY {at}, {id} LIMIT {limit}"));
        Ok(Sweep { began })
    }
}

/// One reading of a list from its first page to its last.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sweep {
    /// When the first page was read.
    began: DateTime<Utc>,
}

impl Sweep {
    /// The page, with the way to the next and the moment where the next sweep begins.
    pub(crate) fn paged<T, I: Serialize>(
        self,
        rows: Vec<T>,
        limit: Limit,
        key: impl Fn(&T) -> (DateTime<Utc>, I),
    ) -> Paged<T> {
        let began = self.began;
        let paged = Paged::from_lookahead(rows, limit, |row| {
            let (at, id) = key(row);
            (at, id, began)
        });
        Paged {
            next_since: Some(began - LOOKS_BACK),
            ..paged
        }
    }
}
