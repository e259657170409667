//! Lists of the API: a page of rows, whether there are more, and the way to them.
//!
//! A cursor is signed for the tenant, the list and the filters it was given for: one that was changed, or that comes from
//! elsewhere, is refused before it reaches a query. So nobody can point a list at a place of their own making.

use chrono::{DateTime, Utc};
use poem::http::Uri;
use poem::{FromRequest, Request, RequestBody};
use poem_openapi::payload::Json;
use poem_openapi::types::{ParseFromJSON, ToJSON, Type};
use poem_openapi::{ApiResponse, Object};
use vitaran_core::access::Actor;
use vitaran_core::db::{CursorError, Page, Paged};
use vitaran_core::secrets::SecretKey;
use vitaran_kernel::TenantId;

use super::params;
use super::problem::Refusal;
use crate::state::AppState;

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
    /// With `updated_since` alone: what to ask with the next time, the same on every page. It lies some minutes back, so that a
    /// change which is committed late is not lost; what changed in those minutes comes again.
    next_updated_since: Option<DateTime<Utc>>,
}

/// A list's answer.
#[derive(Debug, Clone, ApiResponse)]
pub enum Listed<T: Type + ParseFromJSON + ToJSON> {
    /// A page of the list.
    #[oai(status = 200)]
    Page(
        Json<Rows<T>>,
        /// `rel="next"`, where there is a next page, and `rel="first"`, where this is not the first.
        #[oai(header = "Link")]
        Option<String>,
    ),
}

impl<T: Type + ParseFromJSON + ToJSON> Listed<T> {
    /// A list that is always given whole.
    pub fn whole<R: Into<T>>(rows: Vec<R>) -> Self {
        let rows = Rows {
            data: rows.into_iter().map(Into::into).collect(),
            has_more: false,
            next_cursor: None,
            next_updated_since: None,
        };
        Listed::Page(Json(rows), None)
    }
}

/// A list as a request asks for it: its address and its parameters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    path: String,
    /// In the order they came, without the cursor.
    query: Vec<(String, String)>,
    is_first: bool,
}

impl<'a> FromRequest<'a> for Asked {
    async fn from_request(request: &'a Request, _body: &mut RequestBody) -> poem::Result<Self> {
        Ok(Self::at(request.original_uri()))
    }
}

impl Asked {
    fn at(address: &Uri) -> Self {
        let query = address.query().unwrap_or_default();
        let pairs: Vec<(String, String)> = serde_urlencoded::from_str(query).unwrap_or_default();
        let (cursors, query): (Vec<_>, Vec<_>) =
            pairs.into_iter().partition(|(name, _)| name == "cursor");
        Asked {
            path: address.path().to_owned(),
            query,
            is_first: cursors.iter().all(|(_, text)| text.is_empty()),
        }
    }

    /// The list as one of its readers may page through it.
    pub fn by(self, state: &AppState, reader: &Actor) -> Result<List, Refusal> {
        Ok(List {
            signer: Signer {
                key: state.secret_key()?,
                place: self.place(reader.tenant_id()),
            },
            asked: self,
        })
    }

    /// What a cursor is good for. The filters may come in any order, and pages may differ in length.
    fn place(&self, tenant: TenantId) -> String {
        let mut filters: Vec<_> = self.query.iter().filter(|(n, _)| n != "limit").collect();
        filters.sort();
        let filters = serde_urlencoded::to_string(filters).unwrap_or_default();
        format!("{tenant}\n{}\n{filters}", self.path)
    }

    /// `Link` (RFC 8288), each way with the same filters.
    fn links(&self, next: Option<&str>) -> Option<String> {
        let first = (!self.is_first).then(|| self.link("first", None));
        let next = next.map(|cursor| self.link("next", Some(cursor)));
        let links: Vec<String> = next.into_iter().chain(first).collect();
        (!links.is_empty()).then(|| links.join(", "))
    }

    fn link(&self, relation: &str, cursor: Option<&str>) -> String {
        let asked = self.query.iter().map(|(n, v)| (n.as_str(), v.as_str()));
        let all: Vec<(&str, &str)> = asked.chain(cursor.map(|c| ("cursor", c))).collect();
        let address = params::address(&self.path, &all);
        format!("<{address}>; rel=\"{relation}\"")
    }
}

/// A list that a reader pages through.
#[derive(Debug)]
pub struct List {
    asked: Asked,
    signer: Signer,
}

impl List {
    /// Which page is wanted.
    pub fn page(&self, limit: Option<u16>, cursor: Option<&str>) -> Result<Page, Refusal> {
        match cursor {
            None | Some("") => params::page(limit, None),
            Some(text) => params::page(limit, Some(self.signer.opened(text)?)),
        }
    }

    /// The page that was found, with the way to the next.
    pub fn answer<R: Into<T>, T: Type + ParseFromJSON + ToJSON>(
        &self,
        found: Paged<R>,
    ) -> Listed<T> {
        let next_cursor = found.next.map(|cursor| self.signer.signed(cursor.as_str()));
        let links = self.asked.links(next_cursor.as_deref());
        let rows = Rows {
            data: found.rows.into_iter().map(Into::into).collect(),
            has_more: next_cursor.is_some(),
            next_cursor,
            next_updated_since: found.next_since,
        };
        Listed::Page(Json(rows), links)
    }
}

/// Signs the cursors of one list of one tenant.
#[derive(Debug)]
struct Signer {
    key: SecretKey,
    place: String,
}

impl Signer {
    const PURPOSE: &str = "cursor";

    fn signed(&self, cursor: &str) -> String {
        let mark = self.key.mark(Self::PURPOSE, &self.text(cursor));
        format!("{cursor}.{mark}")
    }

    /// The cursor that was signed here.
    fn opened<'t>(&self, text: &'t str) -> Result<&'t str, Refusal> {
        text.rsplit_once('.')
            .filter(|(cursor, mark)| self.key.has_marked(Self::PURPOSE, &self.text(cursor), mark))
            .map(|(cursor, _)| cursor)
            .ok_or_else(|| params::cursor_fault(CursorError))
    }

    fn text(&self, cursor: &str) -> String {
        format!("{}\n{cursor}", self.place)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(address: &str) -> Asked {
        Asked::at(&address.parse().unwrap())
    }

    fn signer(tenant: TenantId, address: &str) -> Signer {
        let key = "k1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
        Signer {
            key: SecretKey::parse(key).unwrap(),
            place: asked(address).place(tenant),
        }
    }

    #[test]
    fn the_next_page_and_the_first_are_asked_as_this_one_was() {
        let first = asked("/api/v1/products?q=a%20b&limit=2");
        assert_eq!(
            first.links(Some("xyz")).unwrap(),
            "</api/v1/products?q=a%20b&limit=2&cursor=xyz>; rel=\"next\""
        );
        assert_eq!(first.links(None), None);
        let last = asked("/api/v1/products?q=a%20b&cursor=xyz&limit=2");
        assert_eq!(
            last.links(None).unwrap(),
            "</api/v1/products?q=a%20b&limit=2>; rel=\"first\""
        );
    }

    #[test]
    fn a_cursor_opens_for_its_tenant_list_and_filters_alone() {
        let tenant = TenantId::generate();
        let list = "/api/v1/orders?status=PLACED&q=x&limit=2";
        let cursor = signer(tenant, list).signed("WzFd");
        for same in [
            list,
            "/api/v1/orders?q=x&status=PLACED",
            "/api/v1/orders?q=x&limit=100&cursor=old&status=PLACED",
        ] {
            assert_eq!(signer(tenant, same).opened(&cursor).unwrap(), "WzFd");
        }
        for other in [
            "/api/v1/orders?status=PLACED",
            "/api/v1/orders?status=PLACED&q=y",
            "/api/v1/invoices?status=PLACED&q=x",
        ] {
            assert!(signer(tenant, other).opened(&cursor).is_err(), "{other}");
        }
        assert!(signer(TenantId::generate(), list).opened(&cursor).is_err());
    }

    #[test]
    fn a_cursor_with_one_letter_changed_is_refused() {
        let signer = signer(TenantId::generate(), "/api/v1/orders");
        let cursor = signer.signed("WzFd");
        for at in 0..cursor.len() {
            let mut changed = cursor.clone().into_bytes();
            changed[at] = if changed[at] == b'A' { b'B' } else { b'A' };
            let changed = String::from_utf8(changed).unwrap();
            let refusal = signer.opened(&changed).unwrap_err();
            assert_eq!(refusal.status.as_u16(), 400, "{changed}");
            assert_eq!(refusal.code, CursorError::CODE);
        }
        for text in ["", ".", "WzFd", "WzFd."] {
            assert!(signer.opened(text).is_err(), "{text}");
        }
    }
}
