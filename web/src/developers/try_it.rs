//! `/developers/try`: Swagger UI over our own document, to try operations with a token of one's own.
//!
//! A page by itself, without the shell: the library writes style attributes, so this page alone allows inline styles, and no
//! other page may come to stand under its policy, nor its 500 KB under another page.

use maud::{DOCTYPE, html};
use poem::http::{HeaderValue, header};
use poem::{IntoResponse as _, Response, handler};

use crate::assets::Asset;

pub const PATH: &str = "/developers/try";

/// As on every page, but for inline styles. Nothing inline runs, nothing is evaluated, nothing comes from or goes elsewhere.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; \
     img-src 'self' data:; connect-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'; object-src 'none'";

/// `GET /developers/try`
#[handler]
pub fn show() -> Response {
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { "Try the API" }
                link rel="stylesheet" href=(Asset::TryCss.url());
                script src=(Asset::TryJs.url()) defer {}
                script src=(Asset::TryStartJs.url()) defer {}
            }
            body {
                p { a href="/developers" { "Back to the reference" } }
                noscript { p { "Trying operations out needs scripts. The reference shows each of them as a line for the terminal." } }
                div id="swagger-ui" {}
            }
        }
    };
    let mut response = page.into_response();
    response.headers_mut().insert(
        header::CONTENT_SECURITY_POLICY,
        HeaderValue::from_static(CONTENT_SECURITY_POLICY),
    );
    response
}
