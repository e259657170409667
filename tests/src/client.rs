//! A browser without a window, or a program: cookies of its own, no redirect followed unasked.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use reqwest::{Method, RequestBuilder};
use serde_json::Value;

use crate::overheard;

/// What came back, read whole.
#[derive(Debug, Clone)]
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: String,
}

impl Answer {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// Where a redirect goes.
    /// The version in the tag of a record; the rest of the tag is a hash.
    pub fn version(&self) -> Option<i32> {
        let tag = self
            .header("etag")?
            .strip_prefix("\"v")?
            .strip_suffix('"')?;
        tag.split('-').next()?.parse().ok()
    }

    pub fn location(&self) -> &str {
        self.header("location").unwrap_or_default()
    }

    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error} in {}", self.body))
    }

    /// The `code` of a problem document.
    pub fn code(&self) -> String {
        self.json()["code"].as_str().unwrap_or_default().to_owned()
    }

    /// All cookies the answer sets, whole.
    pub fn set_cookies(&self) -> Vec<&str> {
        self.headers
            .get_all("set-cookie")
            .iter()
            .filter_map(|value| value.to_str().ok())
            .collect()
    }

    /// The body without what differs from request to request, to compare two refusals byte for byte.
    pub fn without_ids(&self) -> String {
        let id = self.header("x-request-id").unwrap_or("-").to_owned();
        let body = self.body.replace(&id, "ID");
        let Some((before, after)) = body.split_once("/live?since=") else {
            return body;
        };
        // When a page was drawn.
        let rest = after.trim_start_matches(|c: char| c.is_ascii_digit());
        format!("{before}/live?since=NOW{rest}")
    }
}

/// Clones share their cookies, as tabs do.
#[derive(Debug, Clone)]
pub struct Client {
    http: reqwest::Client,
    base: String,
    cookies: Arc<Mutex<BTreeMap<String, String>>>,
    headers: HeaderMap,
}

impl Client {
    pub fn new(base: &str) -> Self {
        let http = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .timeout(std::time::Duration::from_secs(30))
            .no_proxy()
            .build()
            .expect("a client");
        Client {
            http,
            base: base.to_owned(),
            cookies: Arc::default(),
            headers: HeaderMap::new(),
        }
    }

    /// As the page's script sends a request for a fragment.
    pub fn htmx(&self) -> Self {
        self.with("hx-request", "true")
            .with("hx-request-type", "partial")
    }

    /// With an access token.
    pub fn bearer(&self, token: impl AsRef<str>) -> Self {
        self.with("authorization", &format!("Bearer {}", token.as_ref()))
    }

    /// With a header on every request.
    pub fn with(&self, name: &'static str, value: &str) -> Self {
        let mut client = self.clone();
        client.headers.insert(
            HeaderName::from_static(name),
            HeaderValue::from_str(value).expect("a header"),
        );
        client
    }

    /// Without the cookies of the one it comes from.
    pub fn without_cookies(&self) -> Self {
        Client {
            cookies: Arc::default(),
            ..self.clone()
        }
    }

    pub fn cookie(&self, name: &str) -> Option<String> {
        self.cookies.lock().expect("the jar").get(name).cloned()
    }

    pub fn set_cookie(&self, name: &str, value: &str) {
        let mut jar = self.cookies.lock().expect("the jar");
        jar.insert(name.to_owned(), value.to_owned());
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.send(self.request(Method::GET, path)).await
    }

    /// A form of one of our own pages.
    pub async fn post_form(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let request = self
            .request(Method::POST, path)
            .header("sec-fetch-site", "same-origin")
            .form(fields);
        self.send(request).await
    }

    pub async fn post_json(&self, path: &str, body: &Value) -> Answer {
        self.send(self.request(Method::POST, path).json(body)).await
    }

    /// A body as it stands, with the content type among this client's headers.
    pub async fn post_bytes(&self, path: &str, body: &str) -> Answer {
        let request = self.request(Method::POST, path).body(body.to_owned());
        self.send(request).await
    }

    pub async fn put_json(&self, path: &str, body: &Value) -> Answer {
        self.send(self.request(Method::PUT, path).json(body)).await
    }

    /// Anything else; give it to [`Client::send`].
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let cookies = {
            let jar = self.cookies.lock().expect("the jar");
            let pairs: Vec<String> = jar
                .iter()
                .map(|(name, value)| format!("{name}={value}"))
                .collect();
            pairs.join("; ")
        };
        let request = self
            .http
            .request(method, format!("{}{path}", self.base))
            .headers(self.headers.clone());
        if cookies.is_empty() {
            request
        } else {
            request.header("cookie", cookies)
        }
    }

    pub async fn send(&self, request: RequestBuilder) -> Answer {
        let response = request.send().await.expect("an answer");
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        self.keep_cookies(&headers);
        let body = response.text().await.expect("text");
        overheard::entrust_answer(&body);
        Answer {
            status,
            headers,
            body,
        }
    }

    /// An answer whose body keeps coming, such as a stream of events.
    pub async fn open(&self, path: &str) -> reqwest::Response {
        self.request(Method::GET, path)
            .send()
            .await
            .expect("an answer")
    }

    fn keep_cookies(&self, headers: &HeaderMap) {
        let mut jar = self.cookies.lock().expect("the jar");
        for value in headers.get_all("set-cookie") {
            let text = value.to_str().expect("ASCII");
            let (pair, attributes) = text.split_once(';').unwrap_or((text, ""));
            let (name, value) = pair.split_once('=').expect("a pair");
            if attributes.contains("Max-Age=0") {
                jar.remove(name);
            } else {
                if name.ends_with("sid") {
                    overheard::entrust(value);
                }
                jar.insert(name.to_owned(), value.to_owned());
            }
        }
    }
}
