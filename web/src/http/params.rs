//! Reading the query of a list: where in it, and how much of it.

use serde::Deserialize;
use vitaran_core::db::{Cursor, CursorError, Limit, Page};
use vitaran_core::master::Shown;

use super::problem::Refusal;

/// `limit` and `cursor` of a page's address.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct PageParams {
    pub limit: Option<String>,
    pub cursor: Option<String>,
}

impl PageParams {
    pub fn page(&self) -> Result<Page, Refusal> {
        let limit = match self.limit.as_deref() {
            None | Some("") => None,
            Some(text) => Some(text.parse().map_err(|_| limit_fault())?),
        };
        page(limit, self.cursor.as_deref())
    }
}

/// Which page of a list is wanted, from parameters that are numbers and text already.
pub fn page(limit: Option<u16>, cursor: Option<&str>) -> Result<Page, Refusal> {
    let limit = match limit {
        None => Limit::DEFAULT,
        Some(rows) => Limit::new(rows).ok_or_else(limit_fault)?,
    };
    let after = match cursor {
        None | Some("") => None,
        Some(text) => Some(Cursor::parse(text).map_err(cursor_fault)?),
    };
    Ok(Page { limit, after })
}

/// Which records a list shows: those in use, unless its address says otherwise.
#[must_use]
pub fn shown(status: &str) -> Shown {
    match status {
        "inactive" => Shown::Inactive,
        "all" => Shown::All,
        _ => Shown::Active,
    }
}

/// A cursor that we have not given, or not for this list.
#[must_use]
pub fn cursor_fault(error: CursorError) -> Refusal {
    Refusal {
        code: CursorError::CODE,
        ..Refusal::malformed_at("/cursor", "invalid", &error.to_string())
    }
}

fn limit_fault() -> Refusal {
    let detail = format!("A page holds 1 to {} rows", Limit::MAX);
    Refusal::malformed_at("/limit", "out_of_range", &detail)
}

/// A path with the parameters that say something. A space is `%20`, since `+` is one only inside forms.
#[must_use]
pub fn address(path: &str, parameters: &[(&str, &str)]) -> String {
    let told: Vec<_> = parameters
        .iter()
        .filter(|(_, value)| !value.is_empty())
        .collect();
    match serde_urlencoded::to_string(told) {
        Ok(query) if !query.is_empty() => format!("{path}?{}", query.replace('+', "%20")),
        _ => path.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_asked_is_the_first_page_of_the_usual_length() {
        let page = PageParams::default().page().unwrap();
        assert_eq!((page.limit, page.after), (Limit::DEFAULT, None));
    }

    #[test]
    fn a_limit_or_cursor_out_of_range_says_which() {
        for (limit, cursor, pointer) in [
            ("0", "", "/limit"),
            ("101", "", "/limit"),
            ("x", "", "/limit"),
            ("-1", "", "/limit"),
            ("25", "a b", "/cursor"),
        ] {
            let params = PageParams {
                limit: Some(limit.to_owned()),
                cursor: Some(cursor.to_owned()),
            };
            assert_eq!(params.page().unwrap_err().faults[0].pointer, pointer);
        }
    }
}
