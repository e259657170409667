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
    digest: &'static str,
    plain: &'static [u8],
    gzip: &'static [u8],
    brotli: &'static [u8],
}

/// Every file the pages may ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asset {
    AppCss,
    /// htmx with its extension for streams, and our own script.
    AppJs,
    /// The icon sprite; see [`crate::ui::icon`].
    Icons,
    /// Swagger UI's stylesheet. It and its scripts are for [`crate::developers::try_it`] alone.
    TryCss,
    /// Swagger UI.
    TryJs,
    /// What starts it.
    TryStartJs,
}

impl Asset {
    pub const ALL: [Self; 6] = [
        Self::AppCss,
        Self::AppJs,
        Self::Icons,
        Self::TryCss,
        Self::TryJs,
        Self::TryStartJs,
    ];

    fn file(self) -> &'static File {
        match self {
            Self::AppCss => &generated::APP_CSS,
            Self::AppJs => &generated::APP_JS,
            Self::Icons => &generated::ICONS,
            Self::TryCss => &generated::TRY_CSS,
            Self::TryJs => &generated::TRY_JS,
            Self::TryStartJs => &generated::TRY_START_JS,
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
    let tag = format!("\"{}{suffix}\"", file.digest);
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

#[cfg(test)]
mod tests {
    use poem::test::TestClient;
    use poem::{Route, http::header};
    use sha2::{Digest, Sha256};

    use super::*;

    fn client() -> TestClient<Route> {
        TestClient::new(Route::new().nest("/assets", endpoint()))
    }

    #[tokio::test]
    async fn every_asset_is_served_for_a_year_with_its_type() {
        for asset in Asset::ALL {
            let answer = client().get(asset.url()).send().await;
            answer.assert_status_is_ok();
            answer.assert_header(header::CACHE_CONTROL, ONE_YEAR);
            answer.assert_header(header::X_CONTENT_TYPE_OPTIONS, "nosniff");
            answer.assert_header(header::VARY, "Accept-Encoding");
            answer.assert_header(header::CONTENT_TYPE, asset.file().kind);
            answer.assert_bytes(asset.bytes()).await;
        }
    }

    #[tokio::test]
    async fn the_smallest_encoding_a_browser_accepts_is_sent() {
        for (accepted, expected) in [
            ("gzip, deflate, br", Some("br")),
            ("gzip", Some("gzip")),
            ("br;q=0, gzip;q=0.5", Some("gzip")),
            ("identity", None),
            ("x-br", None),
        ] {
            let answer = client()
                .get(Asset::AppCss.url())
                .header(header::ACCEPT_ENCODING, accepted)
                .send()
                .await;
            let sent = answer.0.header(header::CONTENT_ENCODING);
            assert_eq!(sent, expected, "{accepted}");
        }
    }

    #[tokio::test]
    async fn a_known_file_is_not_sent_again_and_each_encoding_has_its_own_tag() {
        let first = client()
            .get(Asset::AppJs.url())
            .header(header::ACCEPT_ENCODING, "br")
            .send()
            .await;
        let tag = first.0.header(header::ETAG).unwrap().to_owned();
        let again = client()
            .get(Asset::AppJs.url())
            .header(header::ACCEPT_ENCODING, "br")
            .header(header::IF_NONE_MATCH, &tag)
            .send()
            .await;
        again.assert_status(StatusCode::NOT_MODIFIED);
        let plain = client()
            .get(Asset::AppJs.url())
            .header(header::IF_NONE_MATCH, &tag)
            .send()
            .await;
        plain.assert_status_is_ok();
    }

    #[tokio::test]
    async fn an_unknown_name_is_not_found_and_never_kept() {
        for path in [
            "/assets/app.css",
            "/assets/../Cargo.toml",
            "/assets/",
            "/assets/app.0000000000.css",
        ] {
            let answer = client().get(path).send().await;
            answer.assert_status(StatusCode::NOT_FOUND);
            answer.assert_header(header::CACHE_CONTROL, "no-store");
        }
    }

    #[test]
    fn the_stylesheet_is_at_most_16_kb_and_the_script_at_most_18() {
        let css = Asset::AppCss.file().brotli.len();
        let js = Asset::AppJs.file().brotli.len();
        assert!(css <= 16 * 1024, "the stylesheet is {css} bytes");
        assert!(js <= 18 * 1024, "htmx and our script are {js} bytes");
    }

    #[test]
    fn the_stylesheet_declares_its_layers_first_and_every_part_is_listed() {
        let sheet = String::from_utf8(Asset::AppCss.bytes().to_vec()).unwrap();
        assert!(
            sheet.starts_with("@layer reset, tokens, base, layout, components, utilities, print;")
        );
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../assets/css");
        let listed = std::fs::read_to_string(folder.join("_order")).unwrap();
        for part in std::fs::read_dir(folder).unwrap() {
            let name = part.unwrap().file_name().into_string().unwrap();
            assert!(
                name == "_order" || listed.lines().any(|line| line == name),
                "{name} is in no page"
            );
        }
    }

    #[test]
    fn our_script_needs_no_eval() {
        let own = concat!(env!("CARGO_MANIFEST_DIR"), "/../assets/js/app.js");
        let script = std::fs::read_to_string(own).unwrap();
        for forbidden in [
            "eval(",
            "new Function",
            "innerHTML",
            "document.write",
            ".style.",
        ] {
            assert!(!script.contains(forbidden), "{forbidden}");
        }
    }

    #[test]
    fn what_is_vendored_is_the_file_of_the_package_and_the_record_says_so() {
        let vendor = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../assets/vendor");
        for (folder, files) in [
            ("htmx-4.0.1", ["htmx.min.js", "hx-sse.min.js"]),
            (
                "swagger-ui-5.35.0",
                ["swagger-ui-bundle.js", "swagger-ui.css"],
            ),
        ] {
            let folder = vendor.join(folder);
            let record = std::fs::read_to_string(folder.join("VENDORED.md")).unwrap();
            for file in files {
                let sum = hex::encode(Sha256::digest(std::fs::read(folder.join(file)).unwrap()));
                let is_recorded = record
                    .lines()
                    .any(|line| line.contains(file) && line.contains(&sum));
                assert!(is_recorded, "{file} is {sum}");
            }
        }
    }
}
