//! Operations on their way out. Within a version of the API nothing is taken away without notice: an operation that will go
//! is listed here, and from then on its answers say so (`Deprecation`, RFC 9745, and `Sunset`, RFC 8594), the document marks
//! it, and the reference names what to use instead.

use chrono::{DateTime, NaiveDate, Utc};
use poem::http::{HeaderName, HeaderValue, header};
use poem::{Endpoint, Middleware, PathPattern, Request, Response, Result};
use serde_json::{Value, json};

use crate::developers;

/// Months between the first word of an operation's end and the end itself, at the least.
pub const NOTICE_MONTHS: u32 = 6;

/// The operations that will go, and when.
pub const RETIRING: &[Retiring] = &[];

const DEPRECATION: HeaderName = HeaderName::from_static("deprecation");
const SUNSET: HeaderName = HeaderName::from_static("sunset");

/// An operation that will go.
#[derive(Debug, Clone, Copy)]
pub struct Retiring {
    /// In small letters, as in the document.
    pub method: &'static str,
    /// As in the document, such as `/api/v1/orders/{id}`.
    pub path: &'static str,
    /// Year, month and day since when nobody should begin to use it.
    pub since: (i32, u32, u32),
    /// The day from which it is gone.
    pub gone: (i32, u32, u32),
    /// What to use from now on, as a sentence.
    pub instead: &'static str,
}

impl Retiring {
    fn headers(&self) -> Option<[(HeaderName, HeaderValue); 3]> {
        let since = format!("@{}", midnight(self.since)?.timestamp());
        let gone = midnight(self.gone)?.format("%a, %d %b %Y %H:%M:%S GMT");
        let link = "</developers#versions>; rel=\"deprecation\"";
        Some([
            (DEPRECATION, HeaderValue::from_str(&since).ok()?),
            (SUNSET, HeaderValue::from_str(&gone.to_string()).ok()?),
            (header::LINK, HeaderValue::from_static(link)),
        ])
    }

    /// Writes it into the document.
    pub fn mark(&self, document: &mut Value) {
        let place = format!(
            "/paths/{}/{}",
            self.path.replace('~', "~0").replace('/', "~1"),
            self.method
        );
        if let Some(Value::Object(operation)) = document.pointer_mut(&place) {
            let (year, month, day) = self.gone;
            let said = operation.get("description").and_then(Value::as_str);
            let notice = format!(
                "Goes on {year}-{month:02}-{day:02}. {}\n\n{}",
                self.instead,
                said.unwrap_or_default()
            );
            operation.insert("deprecated".to_owned(), json!(true));
            operation.insert("description".to_owned(), json!(notice.trim_end()));
        }
    }
}

fn midnight((year, month, day): (i32, u32, u32)) -> Option<DateTime<Utc>> {
    let day = NaiveDate::from_ymd_opt(year, month, day)?;
    day.and_hms_opt(0, 0, 0).map(|time| time.and_utc())
}

/// Tells those who still use a retiring operation.
pub struct TellRetirement(pub &'static [Retiring]);

impl<E: Endpoint<Output = Response>> Middleware<E> for TellRetirement {
    type Output = Telling<E>;

    fn transform(&self, inner: E) -> Telling<E> {
        Telling {
            inner,
            retiring: self.0,
        }
    }
}

pub struct Telling<E> {
    inner: E,
    retiring: &'static [Retiring],
}

impl<E: Endpoint<Output = Response>> Endpoint for Telling<E> {
    type Output = Response;

    async fn call(&self, request: Request) -> Result<Response> {
        let method = request.method().as_str().to_ascii_lowercase();
        let mut response = self.inner.call(request).await?;
        let route = response.data::<PathPattern>().cloned();
        let found = route.and_then(|route| {
            self.retiring.iter().find(|operation| {
                operation.method == method && developers::is_same_address(operation.path, &route.0)
            })
        });
        for (name, value) in found.and_then(Retiring::headers).into_iter().flatten() {
            response.headers_mut().append(name, value);
        }
        Ok(response)
    }
}

#[cfg(test)]
mod tests {
    use poem::http::StatusCode;
    use poem::{EndpointExt as _, Route, handler, post};

    use super::*;
    use crate::openapi;

    const OLD: &[Retiring] = &[Retiring {
        method: "get",
        path: "/api/v1/me",
        since: (2027, 1, 15),
        gone: (2027, 8, 1),
        instead: "Use /api/v2/me.",
    }];

    #[handler]
    fn answer() -> StatusCode {
        StatusCode::OK
    }

    async fn ask(method: poem::http::Method, path: &str) -> Response {
        let api = Route::new()
            .at("/v1/me", poem::get(answer).post(answer))
            .at("/v1/other", post(answer).get(answer));
        let app = Route::new().nest("/api", api.map_to_response().with(TellRetirement(OLD)));
        let request = Request::builder().method(method).uri_str(path).finish();
        app.get_response(request).await
    }

    #[tokio::test]
    async fn a_retiring_operation_says_so_on_its_answers_and_no_other_does() {
        let response = ask(poem::http::Method::GET, "/api/v1/me").await;
        let header = |name: &str| response.headers().get(name).unwrap().to_str().unwrap();
        assert_eq!(header("deprecation"), "@1799971200");
        assert_eq!(header("sunset"), "Sun, 01 Aug 2027 00:00:00 GMT");
        assert!(header("link").contains("rel=\"deprecation\""));
        for (method, path) in [("POST", "/api/v1/me"), ("GET", "/api/v1/other")] {
            let response = ask(method.parse().unwrap(), path).await;
            assert_eq!(response.status(), 200, "{method} {path}");
            assert!(response.headers().get("deprecation").is_none());
        }
    }

    #[test]
    fn the_document_marks_a_retiring_operation_and_says_what_to_use() {
        let mut document = openapi::documents().v3_1;
        OLD[0].mark(&mut document);
        let operation = &document["paths"]["/api/v1/me"]["get"];
        assert_eq!(operation["deprecated"], json!(true));
        let said = operation["description"].as_str().unwrap();
        assert!(said.starts_with("Goes on 2027-08-01. Use /api/v2/me."));
    }

    #[test]
    fn whoever_is_told_has_half_a_year_and_everything_told_of_exists() {
        let document = openapi::documents().v3_1;
        for operation in RETIRING.iter().chain(OLD) {
            let (since, gone) = (midnight(operation.since), midnight(operation.gone));
            let notice = chrono::Months::new(NOTICE_MONTHS);
            assert!(since.unwrap() + notice <= gone.unwrap(), "{operation:?}");
            let found = &document["paths"][operation.path][operation.method];
            assert!(found.is_object(), "{operation:?}");
        }
    }
}
