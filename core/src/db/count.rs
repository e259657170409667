//! Counting up to a limit: a tab that says "99+" costs the same in a tenant of any size.

use std::fmt;
use std::ops::Add;

use super::Statement;

/// How many there are, or that there are more than were counted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Count {
    counted: u64,
    is_more: bool,
}

impl Count {
    /// Counted for a number beside a name: a tab, an entry of the navigation.
    pub const BESIDE_A_NAME: i64 = 99;

    /// Counted for a figure that people open a page to read.
    pub const FIGURE: i64 = 999;

    /// Of rows read up to `most` and one: the one beyond says that there are more.
    pub(crate) fn up_to(most: i64, rows: i64) -> Self {
        Count {
            counted: u64::try_from(rows.min(most)).unwrap_or(0),
            is_more: rows > most,
        }
    }

    pub fn is_zero(self) -> bool {
        self.counted == 0
    }
}

impl From<u64> for Count {
    /// All of them.
    fn from(counted: u64) -> Self {
        Count {
            counted,
            is_more: false,
        }
    }
}

impl Add for Count {
    type Output = Count;

    fn add(self, other: Count) -> Count {
        Count {
            counted: self.counted.saturating_add(other.counted),
            is_more: self.is_more || other.is_more,
        }
    }
}

/// As people read it: "12", "99+".
impl fmt::Display for Count {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.counted, if self.is_more { "+" } else { "" })
    }
}

/// Counts the rows of a table in each of these statuses, up to `$2`, in the tenant `$1`. The statuses stand in the text: the
/// planner then knows how few rows a status has, and does not read the whole table for one that is nearly empty.
pub(crate) fn count_each<const N: usize>(table: &str, statuses: [&'static str; N]) -> Statement {
    let counts = statuses.map(|status| {
        format!("SELECT '{status}' AS status, count(*) AS count FROM (SELECT FROM {table} WHERE tenant_id = $1 AND status = '{status}' LIMIT $2) x")
    });
    Statement::new(counts.join(" UNION ALL "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_count_says_when_there_are_more() {
        for (rows, text) in [
            (0, "0"),
            (98, "98"),
            (99, "99"),
            (100, "99+"),
            (5_000, "99+"),
        ] {
            assert_eq!(Count::up_to(99, rows).to_string(), text);
        }
        assert!(Count::up_to(99, 0).is_zero());
        assert!(!Count::up_to(99, 100).is_zero());
    }

    #[test]
    fn a_sum_with_an_open_end_has_an_open_end() {
        let (open, exact) = (Count::up_to(99, 100), Count::from(3));
        assert_eq!((open + exact).to_string(), "102+");
        assert_eq!((exact + exact).to_string(), "6");
    }
}
