//! Lists of the API: a page of rows, whether there are more, and the way to them.

use poem_openapi::payload::Json;
use poem_openapi::types::{ParseFromJSON, ToJSON, Type};
use poem_openapi::{ApiResponse, Object};
use vitaran_core::db::Paged;

/// A page of a list.
#[derive(Debug, Clone, Object)]
#[oai(skip_serializing_if_is_none)]
pub struct Rows<T: Type + ParseFromJSON + ToJSON> {
    /// The rows, in the list's order.
    data: Vec<T>,
    /// Give it as `cursor` to get the next page; absent on the last one.
    next_cursor: Option<String>,
    /// Whether there is a next page.
    has_more: bool,
}

/// A list's answer.
#[derive(Debug, Clone, ApiResponse)]
pub enum Listed<T: Type + ParseFromJSON + ToJSON> {
    /// A page of the list.
    #[oai(status = 200)]
    Page(
        Json<Rows<T>>,
        /// `rel="next"`, where there is a next page.
        #[oai(header = "Link")]
        Option<String>,
    ),
}

impl<T: Type + ParseFromJSON + ToJSON> Listed<T> {
    /// `path` is the list's address, and `query` what it was asked, without the cursor.
    pub fn of<R: Into<T>, Q: AsRef<str>>(
        paged: Paged<R>,
        path: &str,
        query: &[(&str, Option<Q>)],
    ) -> Self {
        let next_cursor = paged.next.map(|cursor| cursor.as_str().to_owned());
        let link = next_cursor
            .as_ref()
            .map(|cursor| next_link(path, query, cursor));
        let rows = Rows {
            data: paged.rows.into_iter().map(Into::into).collect(),
            has_more: next_cursor.is_some(),
            next_cursor,
        };
        Listed::Page(Json(rows), link)
    }

    /// A list that is always given whole.
    pub fn whole<R: Into<T>>(rows: Vec<R>) -> Self {
        Self::of::<_, &str>(Paged { rows, next: None }, "", &[])
    }
}

fn next_link<Q: AsRef<str>>(path: &str, query: &[(&str, Option<Q>)], cursor: &str) -> String {
    let asked = query
        .iter()
        .filter_map(|(name, value)| value.as_ref().map(|value| (*name, value.as_ref())));
    let all: Vec<(&str, &str)> = asked.chain([("cursor", cursor)]).collect();
    let query = serde_urlencoded::to_string(all).unwrap_or_default();
    format!("<{path}?{query}>; rel=\"next\"")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_page_is_asked_as_this_one_was() {
        let link = next_link(
            "/api/v1/products",
            &[("q", Some("a b")), ("limit", None)],
            "xyz",
        );
        assert_eq!(link, "</api/v1/products?q=a+b&cursor=xyz>; rel=\"next\"");
    }
}
