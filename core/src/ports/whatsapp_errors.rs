//! What to do about an error code of WhatsApp's.
//!
//! Meta adds codes and changes their meaning, so the classes live in the table
//! `whatsapp_error_classes`; the rows it starts with are [`default_rows`]. A code nobody knows is tried
//! again, which is the mistake that costs least.

use std::{fmt, str::FromStr};

/// What follows from a failure to send.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ErrorClass {
    /// Try again with growing pauses.
    Retry,
    /// Try again, but leave this recipient alone for a while.
    RetryRecipientLater,
    /// Nothing of this tenant's can be sent until somebody acts; the messages wait.
    PauseChannel,
    /// The template is at fault: this message has failed, others of the template would.
    PauseTemplate,
    /// This person cannot be reached on WhatsApp.
    RecipientPermanent,
    /// The request itself is wrong.
    RequestPermanent,
}

impl ErrorClass {
    pub const ALL: [Self; 6] = [
        Self::Retry,
        Self::RetryRecipientLater,
        Self::PauseChannel,
        Self::PauseTemplate,
        Self::RecipientPermanent,
        Self::RequestPermanent,
    ];

    /// The text in the database and in the log.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Retry => "RETRY",
            Self::RetryRecipientLater => "RETRY_RECIPIENT_LATER",
            Self::PauseChannel => "PAUSE_CHANNEL",
            Self::PauseTemplate => "PAUSE_TEMPLATE",
            Self::RecipientPermanent => "RECIPIENT_PERMANENT",
            Self::RequestPermanent => "REQUEST_PERMANENT",
        }
    }
}

impl fmt::Display for ErrorClass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this is not a class of WhatsApp errors")]
pub struct ErrorClassError;

impl FromStr for ErrorClass {
    type Err = ErrorClassError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|class| class.as_str() == text)
            .ok_or(ErrorClassError)
    }
}

/// All codes from `code_from` to `code_to`, both included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ErrorClassRow {
    pub code_from: i64,
    pub code_to: i64,
    pub class: ErrorClass,
}

impl ErrorClassRow {
    const fn one(code: i64, class: ErrorClass) -> Self {
        Self {
            code_from: code,
            code_to: code,
            class,
        }
    }

    const fn range(code_from: i64, code_to: i64, class: ErrorClass) -> Self {
        Self {
            code_from,
            code_to,
            class,
        }
    }

    const fn width(&self) -> i64 {
        self.code_to.saturating_sub(self.code_from)
    }

    const fn contains(&self, code: i64) -> bool {
        self.code_from <= code && code <= self.code_to
    }
}

/// The classes as loaded from the database, ready to be asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ErrorClassTable {
    /// Narrowest first, so that a code of its own wins over the range around it.
    rows: Vec<ErrorClassRow>,
}

impl ErrorClassTable {
    /// A row whose range is empty simply matches nothing.
    #[must_use]
    pub fn new(rows: impl IntoIterator<Item = ErrorClassRow>) -> Self {
        let mut rows: Vec<_> = rows.into_iter().collect();
        rows.sort_by_key(|row| (row.width(), row.code_from));
        Self { rows }
    }

    /// The class of a code; [`ErrorClass::Retry`] when nobody knows it.
    #[must_use]
    pub fn classify(&self, code: i64) -> ErrorClass {
        self.find(code).unwrap_or(ErrorClass::Retry)
    }

    /// The class of an answer. A known code decides; without one, 401 means that the token is no
    /// longer good, and everything else is tried again.
    #[must_use]
    pub fn classify_answer(&self, http_status: Option<u16>, code: Option<i64>) -> ErrorClass {
        const UNAUTHORIZED: u16 = 401;
        match code.and_then(|code| self.find(code)) {
            Some(class) => class,
            None if http_status == Some(UNAUTHORIZED) => ErrorClass::PauseChannel,
            None => ErrorClass::Retry,
        }
    }

    fn find(&self, code: i64) -> Option<ErrorClass> {
        self.rows
            .iter()
            .find(|row| row.contains(code))
            .map(|row| row.class)
    }
}

impl Default for ErrorClassTable {
    fn default() -> Self {
        Self::new(default_rows().iter().copied())
    }
}

/// The rows the table starts with; `schema/sql/seed_whatsapp_error_classes.sql` says the same.
#[must_use]
pub const fn default_rows() -> &'static [ErrorClassRow] {
    use ErrorClass::{
        PauseChannel, PauseTemplate, RecipientPermanent, RequestPermanent, Retry,
        RetryRecipientLater,
    };
    const {
        &[
            // Authorisation, permission, policy.
            ErrorClassRow::one(0, PauseChannel),
            ErrorClassRow::one(3, PauseChannel),
            ErrorClassRow::one(10, PauseChannel),
            ErrorClassRow::one(190, PauseChannel),
            ErrorClassRow::range(200, 299, PauseChannel),
            ErrorClassRow::one(368, PauseChannel),
            ErrorClassRow::one(130_497, PauseChannel),
            ErrorClassRow::one(131_005, PauseChannel),
            ErrorClassRow::one(131_031, PauseChannel),
            ErrorClassRow::one(131_037, PauseChannel),
            ErrorClassRow::one(131_042, PauseChannel),
            ErrorClassRow::one(131_045, PauseChannel),
            ErrorClassRow::one(131_048, PauseChannel),
            ErrorClassRow::range(133_000, 133_999, PauseChannel),
            // Busy, down, throttled.
            ErrorClassRow::one(1, Retry),
            ErrorClassRow::one(2, Retry),
            ErrorClassRow::one(4, Retry),
            ErrorClassRow::one(80_007, Retry),
            ErrorClassRow::one(130_429, Retry),
            ErrorClassRow::one(131_000, Retry),
            ErrorClassRow::one(131_016, Retry),
            ErrorClassRow::one(131_057, Retry),
            ErrorClassRow::one(133_016, Retry),
            // Too many messages for one person.
            ErrorClassRow::one(131_049, RetryRecipientLater),
            ErrorClassRow::one(131_056, RetryRecipientLater),
            // Templates.
            ErrorClassRow::one(132_000, PauseTemplate),
            ErrorClassRow::one(132_001, PauseTemplate),
            ErrorClassRow::one(132_005, PauseTemplate),
            ErrorClassRow::one(132_007, PauseTemplate),
            ErrorClassRow::one(132_012, PauseTemplate),
            ErrorClassRow::one(132_015, PauseTemplate),
            ErrorClassRow::one(132_016, PauseTemplate),
            ErrorClassRow::one(132_068, PauseTemplate),
            ErrorClassRow::one(132_069, PauseTemplate),
            // Recipients.
            ErrorClassRow::one(130_472, RecipientPermanent),
            ErrorClassRow::one(131_021, RecipientPermanent),
            ErrorClassRow::one(131_026, RecipientPermanent),
            ErrorClassRow::one(131_030, RecipientPermanent),
            ErrorClassRow::one(131_050, RecipientPermanent),
            // Requests.
            ErrorClassRow::one(33, RequestPermanent),
            ErrorClassRow::one(100, RequestPermanent),
            ErrorClassRow::one(131_008, RequestPermanent),
            ErrorClassRow::one(131_009, RequestPermanent),
            ErrorClassRow::one(131_047, RequestPermanent),
            ErrorClassRow::one(131_051, RequestPermanent),
            ErrorClassRow::one(131_052, RequestPermanent),
            ErrorClassRow::one(131_053, RequestPermanent),
            ErrorClassRow::one(135_000, RequestPermanent),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_class_is_read_back_from_its_text() {
        for class in ErrorClass::ALL {
            assert_eq!(class.as_str().parse(), Ok(class));
        }
        assert_eq!("retry".parse::<ErrorClass>(), Err(ErrorClassError));
    }

    #[test]
    fn every_kind_of_code_has_the_class_its_meaning_asks_for() {
        let table = ErrorClassTable::default();
        let cases = [
            (130_429, ErrorClass::Retry),
            (131_056, ErrorClass::RetryRecipientLater),
            (190, ErrorClass::PauseChannel),
            (200, ErrorClass::PauseChannel),
            (250, ErrorClass::PauseChannel),
            (299, ErrorClass::PauseChannel),
            (132_015, ErrorClass::PauseTemplate),
            (131_026, ErrorClass::RecipientPermanent),
            (100, ErrorClass::RequestPermanent),
        ];
        for (code, class) in cases {
            assert_eq!(table.classify(code), class, "{code}");
        }
    }

    #[test]
    fn a_code_of_its_own_wins_over_the_range_around_it() {
        let table = ErrorClassTable::default();
        assert_eq!(table.classify(133_006), ErrorClass::PauseChannel);
        assert_eq!(table.classify(133_016), ErrorClass::Retry);
    }

    #[test]
    fn an_unknown_code_is_tried_again() {
        let table = ErrorClassTable::default();
        for code in [300, 999_999, -1, i64::MAX, i64::MIN] {
            assert_eq!(table.classify(code), ErrorClass::Retry, "{code}");
        }
    }

    #[test]
    fn a_known_code_decides_and_only_without_one_the_status_does() {
        let table = ErrorClassTable::default();
        assert_eq!(
            table.classify_answer(Some(401), None),
            ErrorClass::PauseChannel
        );
        assert_eq!(
            table.classify_answer(Some(401), Some(999_999)),
            ErrorClass::PauseChannel
        );
        assert_eq!(
            table.classify_answer(Some(401), Some(131_026)),
            ErrorClass::RecipientPermanent
        );
        for status in [None, Some(302), Some(400), Some(429), Some(500), Some(503)] {
            assert_eq!(
                table.classify_answer(status, None),
                ErrorClass::Retry,
                "{status:?}"
            );
        }
    }

    #[test]
    fn a_row_with_an_empty_range_matches_nothing() {
        let row = ErrorClassRow {
            code_from: 9,
            code_to: 1,
            class: ErrorClass::PauseChannel,
        };
        assert_eq!(ErrorClassTable::new([row]).classify(5), ErrorClass::Retry);
    }

    #[test]
    fn no_code_stands_in_two_default_rows_of_the_same_width() {
        for (index, row) in default_rows().iter().enumerate() {
            assert!(row.code_from <= row.code_to);
            let twins = default_rows()[index + 1..]
                .iter()
                .filter(|other| other.width() == row.width() && other.contains(row.code_from));
            assert_eq!(twins.count(), 0, "{row:?}");
        }
    }

    #[test]
    fn the_seed_file_says_what_the_default_rows_say() {
        let sql = include_str!("../../schema/sql/seed_whatsapp_error_classes.sql");
        let seeded: Vec<ErrorClassRow> = sql
            .lines()
            .filter_map(|line| line.trim().strip_prefix('('))
            .map(|line| {
                let cells: Vec<&str> = line.split([',', ')']).map(str::trim).collect();
                ErrorClassRow {
                    code_from: cells[0].parse().unwrap(),
                    code_to: cells[1].parse().unwrap(),
                    class: cells[2].trim_matches('\'').parse().unwrap(),
                }
            })
            .collect();
        assert_eq!(seeded, default_rows());
    }
}
