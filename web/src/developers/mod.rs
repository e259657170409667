//! `/developers`: the reference of the API, drawn from its own document, with no script and nothing from elsewhere; and
//! `/developers/try`, where its operations are tried out.

pub mod changelog;
mod reference;
mod samples;
pub mod try_it;
mod views;

use std::sync::LazyLock;

use poem::web::Query;
use poem::{Response, handler};
use serde::Deserialize;

use crate::openapi::{self, Documents};
use crate::shell::Shell;
use reference::Reference;

static DOCUMENTS: LazyLock<Documents> = LazyLock::new(openapi::documents);
static PRINTED_3_1: LazyLock<String> = LazyLock::new(|| openapi::printed(&DOCUMENTS.v3_1));
static PRINTED_3_0: LazyLock<String> = LazyLock::new(|| openapi::printed(&DOCUMENTS.v3_0));
static REFERENCE: LazyLock<Reference> = LazyLock::new(|| Reference::of(&DOCUMENTS.v3_1));

/// Where the reference stands.
const PATH: &str = "/developers";

/// Letters of a search that count.
const MAX_SEARCH: usize = 100;

#[derive(Deserialize)]
struct Search {
    #[serde(default)]
    q: String,
}

/// `GET /developers`: all of it, or what a search finds in it.
#[handler]
pub fn show(shell: Shell, Query(search): Query<Search>) -> Response {
    let asked: String = search.q.trim().chars().take(MAX_SEARCH).collect();
    let words: Vec<String> = asked
        .to_lowercase()
        .split_whitespace()
        .map(str::to_owned)
        .collect();
    let page = if words.is_empty() {
        views::page(&REFERENCE)
    } else {
        views::found(&asked, &REFERENCE.find(&words))
    };
    shell.page("Developers").render(page)
}

/// `GET /api/openapi.json`
#[handler]
pub fn document_3_1() -> Response {
    json(&PRINTED_3_1)
}

/// `GET /api/openapi-3.0.json`
#[handler]
pub fn document_3_0() -> Response {
    json(&PRINTED_3_0)
}

fn json(text: &'static str) -> Response {
    Response::builder()
        .content_type("application/json")
        .body(text)
}

/// The methods of an address of the API by poem's pattern, for the `Allow` of a 405. The router counts parameters where
/// the document names them.
pub(crate) fn methods_at(pattern: &str) -> Option<String> {
    let methods: Vec<String> = openapi::operations(&DOCUMENTS.v3_1)
        .filter(|(path, _, _)| is_same_address(path, pattern))
        .map(|(_, method, _)| method.to_ascii_uppercase())
        .collect();
    (!methods.is_empty()).then(|| methods.join(", "))
}

/// Whether a documented address and a pattern of the router are the same.
pub(crate) fn is_same_address(documented: &str, pattern: &str) -> bool {
    let mut pairs = (documented.split('/'), pattern.split('/'));
    loop {
        match (pairs.0.next(), pairs.1.next()) {
            (None, None) => return true,
            (Some(a), Some(b)) if a == b || (a.starts_with('{') && b.starts_with(':')) => {}
            _ => return false,
        }
    }
}
