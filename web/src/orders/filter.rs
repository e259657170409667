//! Which orders a list shows, as its address says it: read, and written again for tabs, chips, sorting and the next page.

use poem::{FromRequest, Request, RequestBody, Result};
use serde::Deserialize;
use vitaran_core::db::Page;
use vitaran_core::orders::{OrderFilter, OrderSort, Status};
use vitaran_kernel::{DealerId, IstDate};

use crate::http::problem::Refusal;
use crate::http::{form, params};

/// Oldest first; anything else, and nothing, is newest first.
pub const OLDEST_FIRST: &str = "placed_at";
pub const NEWEST_FIRST: &str = "-placed_at";

/// The parameters as they came.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct ListParams {
    /// Repeated, or separated by commas.
    pub status: Vec<String>,
    pub dealer_id: String,
    pub placed_from: String,
    pub placed_to: String,
    pub q: String,
    /// `true`: only orders with a line that waits for stock.
    pub short: String,
    pub sort: String,
    pub limit: Option<u16>,
    pub cursor: String,
}

impl<'a> FromRequest<'a> for ListParams {
    async fn from_request(request: &'a Request, _body: &mut RequestBody) -> Result<Self> {
        Ok(Self::parse(request.uri().query().unwrap_or_default())?)
    }
}

impl ListParams {
    /// Reads what stands behind the question mark.
    pub fn parse(query: &str) -> std::result::Result<Self, Refusal> {
        form::parse(query.as_bytes())
    }

    /// The filter they mean. What cannot be read is named with its place.
    pub fn filter(&self) -> std::result::Result<OrderFilter, Refusal> {
        let unreadable =
            |pointer: &str, detail: &str| Refusal::malformed_at(pointer, "invalid", detail);
        let day = |pointer: &str, text: &str| match text.trim() {
            "" => Ok(None),
            text => IstDate::parse(text)
                .map(Some)
                .map_err(|error| unreadable(pointer, &error.to_string())),
        };
        let dealer = match self.dealer_id.trim() {
            "" => None,
            text => Some(
                DealerId::parse(text)
                    .map_err(|error| unreadable("/dealer_id", &error.to_string()))?,
            ),
        };
        let sort = match self.sort.as_str() {
            "" | NEWEST_FIRST => OrderSort::NewestFirst,
            OLDEST_FIRST => OrderSort::OldestFirst,
            _ => return Err(unreadable("/sort", "Sort by placed_at or -placed_at")),
        };
        Ok(OrderFilter {
            statuses: self.statuses()?,
            dealer,
            placed_from: day("/placed_from", &self.placed_from)?,
            placed_to: day("/placed_to", &self.placed_to)?,
            q: self.q.clone(),
            is_short: self.short == "true",
            since: None,
            sort,
        })
    }

    fn statuses(&self) -> std::result::Result<Vec<Status>, Refusal> {
        self.status
            .iter()
            .flat_map(|several| several.split(','))
            .map(str::trim)
            .filter(|code| !code.is_empty())
            .map(|code| {
                Status::parse(code).ok_or_else(|| {
                    let detail = format!("{code} is no status of an order");
                    Refusal::malformed_at("/status", "invalid", &detail)
                })
            })
            .collect()
    }

    pub fn page(&self) -> std::result::Result<Page, Refusal> {
        params::page(self.limit, Some(&self.cursor))
    }

    /// The parameters that say something, the cursor left out.
    #[must_use]
    pub fn pairs(&self) -> Vec<(&'static str, String)> {
        let limit = self.limit.map(|rows| rows.to_string()).unwrap_or_default();
        let all = [
            ("status", self.status.join(",")),
            ("dealer_id", self.dealer_id.clone()),
            ("placed_from", self.placed_from.clone()),
            ("placed_to", self.placed_to.clone()),
            ("q", self.q.clone()),
            ("short", self.short.clone()),
            ("sort", self.sort.clone()),
            ("limit", limit),
        ];
        all.into_iter()
            .filter(|(_, value)| !value.is_empty())
            .collect()
    }

    /// The address of these orders' first page under `path`.
    #[must_use]
    pub fn address(&self, path: &str) -> String {
        self.address_from(path, "")
    }

    /// The address of the page behind a cursor; an empty one is the first page.
    #[must_use]
    pub fn address_from(&self, path: &str, cursor: &str) -> String {
        let pairs = self.pairs();
        let mut told: Vec<(&str, &str)> = pairs
            .iter()
            .map(|(name, value)| (*name, value.as_str()))
            .collect();
        told.push(("cursor", cursor));
        params::address(path, &told)
    }

    /// The same list with something changed, from its first page.
    #[must_use]
    pub fn with(&self, change: impl FnOnce(&mut Self)) -> Self {
        let mut other = self.clone();
        other.cursor.clear();
        change(&mut other);
        other
    }

    /// The one status asked for, if it is one.
    #[must_use]
    pub fn one_status(&self) -> Option<&str> {
        match self.status.as_slice() {
            [one] if !one.is_empty() && !one.contains(',') => Some(one),
            _ => None,
        }
    }

    #[must_use]
    pub fn has_any_status(&self) -> bool {
        self.status.iter().any(|status| !status.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statuses_may_be_repeated_or_stand_between_commas() {
        for query in ["status=PLACED&status=APPROVED", "status=PLACED,APPROVED"] {
            let filter = ListParams::parse(query).unwrap().filter().unwrap();
            assert_eq!(
                filter.statuses,
                [Status::Placed, Status::Approved],
                "{query}"
            );
        }
    }

    #[test]
    fn what_cannot_be_read_is_named_with_its_place() {
        for (query, pointer) in [
            ("status=placed", "/status"),
            ("dealer_id=7", "/dealer_id"),
            ("placed_from=21-11-2026", "/placed_from"),
            ("placed_to=2026-13-01", "/placed_to"),
            ("sort=total", "/sort"),
        ] {
            let refusal = ListParams::parse(query).unwrap().filter().unwrap_err();
            assert_eq!(refusal.status.as_u16(), 400, "{query}");
            assert_eq!(refusal.faults[0].pointer, pointer);
        }
    }

    #[test]
    fn the_address_says_the_same_list_again() {
        let query = "status=PLACED%2CAPPROVED&q=Om%20%26%20Co&sort=placed_at";
        let params = ListParams::parse(query).unwrap();
        assert_eq!(params.address("/x"), format!("/x?{query}"));
        let again = ListParams::parse(params.address("").trim_start_matches('?')).unwrap();
        assert_eq!(
            again.filter().unwrap().statuses,
            params.filter().unwrap().statuses
        );
        assert_eq!(
            params.with(|p| p.status.clear()).address("/x"),
            "/x?q=Om%20%26%20Co&sort=placed_at"
        );
        assert_eq!(ListParams::default().address("/x"), "/x");
    }
}
