//! Keyset paging: a list is read from a place in its order, never from an offset, so that page 2,000 costs what page 1
//! costs and a new row shifts nothing.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::Statement;

/// How many rows a page holds: 1 to 100.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limit(u16);

impl Limit {
    /// What a list shows when nobody says otherwise.
    pub const DEFAULT: Limit = Limit(25);
    /// No page is longer, for every row costs the phone that shows it.
    pub const MAX: u16 = 100;

    pub fn new(rows: u16) -> Option<Self> {
        (1..=Self::MAX).contains(&rows).then_some(Limit(rows))
    }

    /// One more than the page, so that the extra row answers "is there a next page" without a count.
    pub(crate) fn with_lookahead(self) -> i64 {
        i64::from(self.0) + 1
    }

    /// The rows of `LIMIT`, with the look-ahead. The sizes that pages use stand in the text: only then does the planner know
    /// how few rows are wanted, and keep its plan instead of making it anew for each value. Others are a bind, so that texts
    /// stay few.
    pub(crate) fn sql(self, statement: &mut Statement) -> String {
        match self.0 {
            25 | 50 | 100 => self.with_lookahead().to_string(),
            _ => statement.push_bind(self.with_lookahead()),
        }
    }

    pub fn rows(self) -> usize {
        usize::from(self.0)
    }
}

impl Default for Limit {
    fn default() -> Self {
        Self::DEFAULT
    }
}

/// A place in a list's order, opaque to those who carry it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cursor(String);

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("This page link is no longer valid, start again from the first page")]
pub struct CursorError;

impl CursorError {
    /// The code of this fault, the same for every list.
    pub const CODE: &str = "list.cursor_invalid";
}

impl Cursor {
    /// Longest text accepted from outside: a name of 200 characters of any script, and an id.
    pub const MAX_LENGTH: usize = 1_400;

    pub fn parse(text: &str) -> Result<Self, CursorError> {
        let fits = !text.is_empty() && text.len() <= Self::MAX_LENGTH;
        let is_base64 = text
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
        if fits && is_base64 {
            Ok(Cursor(text.to_owned()))
        } else {
            Err(CursorError)
        }
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub(crate) fn of<T: Serialize>(key: &T) -> Option<Self> {
        serde_json::to_vec(key)
            .ok()
            .map(|json| Cursor(URL_SAFE_NO_PAD.encode(json)))
    }

    pub(crate) fn key<T: DeserializeOwned>(&self) -> Result<T, CursorError> {
        let json = URL_SAFE_NO_PAD.decode(&self.0).map_err(|_| CursorError)?;
        serde_json::from_slice(&json).map_err(|_| CursorError)
    }
}

/// Which page of a list is wanted.
#[derive(Debug, Clone, Default)]
pub struct Page {
    pub limit: Limit,
    pub after: Option<Cursor>,
}

/// A page of rows and, when there are more, the way to the next.
#[derive(Debug, Clone)]
pub struct Paged<T> {
    pub rows: Vec<T>,
    pub next: Option<Cursor>,
    /// Of a list of changes: since when the next one is to be asked for.
    pub next_since: Option<DateTime<Utc>>,
}

impl<T> Paged<T> {
    /// Cuts the look-ahead row off and makes the cursor from the last row that stays.
    pub(crate) fn from_lookahead<K: Serialize>(
        mut rows: Vec<T>,
        limit: Limit,
        key: impl Fn(&T) -> K,
    ) -> Self {
        let has_more = rows.len() > limit.rows();
        rows.truncate(limit.rows());
        let next = if has_more {
            rows.last().and_then(|row| Cursor::of(&key(row)))
        } else {
            None
        };
        Paged {
            rows,
            next,
            next_since: None,
        }
    }

    pub fn map<U>(self, f: impl FnMut(T) -> U) -> Paged<U> {
        Paged {
            rows: self.rows.into_iter().map(f).collect(),
            next: self.next,
            next_since: self.next_since,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_page_with_nothing_behind_it_has_no_next() {
        let limit = Limit::new(3).unwrap();
        let page = Paged::from_lookahead(vec![1, 2, 3], limit, |n| *n);
        assert_eq!((page.rows, page.next), (vec![1, 2, 3], None));
    }

    #[test]
    fn the_lookahead_row_is_cut_and_the_cursor_names_the_last_row_shown() {
        let page = Paged::from_lookahead(vec![1, 2, 3, 4], Limit::new(3).unwrap(), |n| *n);
        assert_eq!(page.rows, vec![1, 2, 3]);
        assert_eq!(page.next.unwrap().key::<i32>(), Ok(3));
    }

    #[test]
    fn a_cursor_from_outside_that_is_not_ours_is_refused_without_a_panic() {
        for text in ["", "a b", "é", "====", &"a".repeat(Cursor::MAX_LENGTH + 1)] {
            assert_eq!(Cursor::parse(text), Err(CursorError), "{text}");
        }
        assert_eq!(
            Cursor::parse("bm9wZQ").unwrap().key::<(i64, String)>(),
            Err(CursorError)
        );
    }

    #[test]
    fn the_cursor_behind_the_longest_name_in_any_script_is_accepted_again() {
        for letter in ["a", "अ", "𑀅"] {
            let key = (1, letter.repeat(200), uuid::Uuid::max());
            let cursor = Cursor::of(&key).unwrap();
            assert_eq!(Cursor::parse(cursor.as_str()), Ok(cursor));
        }
    }

    #[test]
    fn a_limit_is_between_one_and_a_hundred() {
        assert_eq!((Limit::new(0), Limit::new(101)), (None, None));
        assert_eq!(Limit::new(100).map(Limit::rows), Some(100));
    }
}
