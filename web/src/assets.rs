//! The stylesheet, scripts and drawings, embedded in the binary under names that hold a hash of their contents.
//!
//! A page names an asset by the enum [`Asset`], so a wrong name does not compile. Because the address changes with the
//! contents, browsers may keep a file for a year; `build.rs` has compressed each one already.

use poem::{
    Endpoint, Request, Response, Result,
    http::{HeaderMap, Method, StatusCode, header},
};

mod generated {
    use super::File;
    include!(concat!(env!("OUT_DIR"), "/assets.rs"));
}

const ONE_YEAR: &str = "public, max-age=31536000, immutable";

struct File {
    file_name: &'static str,
    url: &'static str,
    kind: &'static str,
    etag: &'static str,
    plain: &'static [u8],
    gzip: &'static [u8],
    brotli: &'static [u8],
}

/// Every file the pages may ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asset {
    AppCss,
    AppJs,
    HtmxJs,
    /// Only for pages that listen to live changes.
    HtmxSseJs,
    /// The icon sprite; see [`crate::ui::icon`].
    Icons,
    Logo,
    Favicon,
}

impl Asset {
    pub const ALL: [Self; 7] = [
        Self::AppCss,
        Self::AppJs,
        Self::HtmxJs,
        Self::HtmxSseJs,
        Self::Icons,
        Self::Logo,
        Self::Favicon,
    ];

    fn file(self) -> &'static File {
        match self {
            Self::AppCss => &generated::APP_CSS,
            Self::AppJs => &generated::APP_JS,
            Self::HtmxJs => &generated::HTMX_JS,
            Self::HtmxSseJs => &generated::HTMX_SSE_JS,
            Self::Icons => &generated::ICONS,
            Self::Logo => &generated::LOGO,
            Self::Favicon => &generated::FAVICON,
        }
    }

    /// The address to put into a page, such as `/assets/app.3fa94c01b2.css`.
    #[must_use]
    pub fn url(self) -> &'static str {
        self.file().url
    }

    /// The file as it was written, for documents that carry it inside (e-mail, invoice).
    #[must_use]
    pub fn bytes(self) -> &'static [u8] {
        self.file().plain
    }
}

/// Serves `/assets/*`. Mount it with `nest("/assets", …)` or at `/assets/*name`: only the last part of the path counts.
#[must_use]
pub fn endpoint() -> impl Endpoint<Output = Response> {
    poem::endpoint::make(|request: Request| async move { serve(&request) })
}

fn serve(request: &Request) -> Result<Response> {
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return Ok(Response::builder()
            .status(StatusCode::METHOD_NOT_ALLOWED)
            .header(header::ALLOW, "GET, HEAD")
            .finish());
    }
    let path = request.uri().path();
    let wanted = path
        .strip_prefix("/assets/")
        .or_else(|| path.strip_prefix('/'))
        .unwrap_or(path);
    let Some(file) = generated::ALL.iter().find(|file| file.file_name == wanted) else {
        return Ok(Response::builder()
            .status(StatusCode::NOT_FOUND)
            .header(header::CACHE_CONTROL, "no-store")
            .header(header::CONTENT_TYPE, "text/plain; charset=utf-8")
            .body("Not found"));
    };

    let answer = Response::builder()
        .header(header::CACHE_CONTROL, ONE_YEAR)
        .header(header::VARY, "Accept-Encoding")
        .header(header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    let (suffix, encoding, body) = match Encoding::best(request.headers()) {
        Encoding::Brotli => ("-br", Some("br"), file.brotli),
        Encoding::Gzip => ("-gz", Some("gzip"), file.gzip),
        Encoding::Identity => ("", None, file.plain),
    };
    let tag = format!("\"{}{suffix}\"", file.etag.trim_matches('"'));
    let answer = answer.header(header::ETAG, &tag);
    if is_fresh(request.headers(), &tag) {
        return Ok(answer.status(StatusCode::NOT_MODIFIED).finish());
    }
    let answer = match encoding {
        Some(name) => answer.header(header::CONTENT_ENCODING, name),
        None => answer,
    };
    let answer = answer
        .content_type(file.kind)
        .header(header::CONTENT_LENGTH, body.len());
    if request.method() == Method::HEAD {
        Ok(answer.finish())
    } else {
        Ok(answer.body(body))
    }
}

fn is_fresh(headers: &HeaderMap, tag: &str) -> bool {
    headers
        .get_all(header::IF_NONE_MATCH)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .any(|list| {
            list.split(',')
                .map(str::trim)
                .any(|known| known == "*" || known.trim_start_matches("W/") == tag)
        })
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Encoding {
    Brotli,
    Gzip,
    Identity,
}

impl Encoding {
    /// The smallest encoding the browser accepts. A weight of zero refuses; other weights do not change our order,
    /// because a smaller answer is what everyone wants from a file that is already compressed.
    fn best(headers: &HeaderMap) -> Self {
        let accepts = |name: &str| {
            headers
                .get_all(header::ACCEPT_ENCODING)
                .iter()
                .filter_map(|value| value.to_str().ok())
                .flat_map(|list| list.split(','))
                .any(|item| {
                    let mut parts = item.split(';').map(str::trim);
                    parts
                        .next()
                        .is_some_and(|coding| coding.eq_ignore_ascii_case(name))
                        && !parts.any(is_zero_weight)
                })
        };
        if accepts("br") {
            Self::Brotli
        } else if accepts("gzip") {
            Self::Gzip
        } else {
            Self::Identity
        }
    }
}

fn is_zero_weight(parameter: &str) -> bool {
    parameter
        .strip_prefix("q=")
        .is_some_and(|weight| !weight.is_empty() && weight.chars().all(|c| c == '0' || c == '.'))
}
