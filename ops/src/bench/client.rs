//! A client of the API, and one of the pages: each signs in, and says what was answered when it was not what was wanted.

use std::time::Duration;

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::OpsError;

const TIMEOUT: Duration = Duration::from_secs(30);

/// One signed-in user of the API. Clones share their connections.
#[derive(Debug, Clone)]
pub(super) struct Client {
    http: reqwest::Client,
    base_url: String,
    token: String,
}

fn failed(what: &str, error: &reqwest::Error) -> OpsError {
    OpsError::Refused(format!("{what}: {error}"))
}

impl Client {
    /// Signs in; the token holds for 15 minutes.
    pub(super) async fn sign_in(
        base_url: &str,
        email: &str,
        password: &str,
    ) -> Result<Self, OpsError> {
        let http = reqwest::Client::builder()
            .timeout(TIMEOUT)
            .build()
            .map_err(|error| failed("the client", &error))?;
        let mut client = Client {
            http,
            base_url: base_url.trim_end_matches('/').to_owned(),
            token: String::new(),
        };
        let answer = client
            .send(
                Method::POST,
                "/api/v1/auth/login",
                Some(json!({ "email": email, "password": password })),
                None,
            )
            .await?;
        client.token = answer
            .get("access_token")
            .and_then(Value::as_str)
            .ok_or_else(|| OpsError::Refused("the sign-in gave no token".to_owned()))?
            .to_owned();
        Ok(client)
    }

    pub(super) async fn get(&self, path: &str) -> Result<Value, OpsError> {
        self.send(Method::GET, path, None, None).await
    }

    pub(super) async fn post(&self, path: &str, body: Value) -> Result<Value, OpsError> {
        self.send(Method::POST, path, Some(body), None).await
    }

    /// Changes what has this version.
    pub(super) async fn put(
        &self,
        path: &str,
        body: Value,
        version: i64,
    ) -> Result<Value, OpsError> {
        self.send(Method::PUT, path, Some(body), Some(version))
            .await
    }

    async fn send(
        &self,
        method: Method,
        path: &str,
        body: Option<Value>,
        version: Option<i64>,
    ) -> Result<Value, OpsError> {
        let is_post = method == Method::POST;
        let mut request = self
            .http
            .request(method, format!("{}{path}", self.base_url));
        if !self.token.is_empty() {
            request = request.bearer_auth(&self.token);
            if is_post {
                // Not an id alone: the replay takes an id for one.
                request = request.header("Idempotency-Key", format!("bench:{}", Uuid::now_v7()));
            }
        }
        if let Some(version) = version {
            request = request.header("If-Match", format!("\"v{version}\""));
        }
        if let Some(body) = body {
            request = request.json(&body);
        }
        let answer = request.send().await.map_err(|error| failed(path, &error))?;
        let status = answer.status();
        let text = answer.text().await.map_err(|error| failed(path, &error))?;
        if status.is_success() {
            if status == StatusCode::NO_CONTENT || text.is_empty() {
                return Ok(Value::Null);
            }
            return serde_json::from_str(&text)
                .map_err(|error| OpsError::Refused(format!("{path}: {error}")));
        }
        Err(OpsError::Refused(format!(
            "{path} answered {status}: {text}"
        )))
    }
}

/// One signed-in user's browser. Clones share their connections.
#[derive(Debug, Clone)]
pub(super) struct Browser {
    http: reqwest::Client,
    base_url: String,
    cookie: String,
}

impl Browser {
    pub(super) async fn sign_in(
        base_url: &str,
        email: &str,
        password: &str,
    ) -> Result<Self, OpsError> {
        let http = reqwest::Client::builder()
            .timeout(TIMEOUT)
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .map_err(|error| failed("the browser", &error))?;
        let base_url = base_url.trim_end_matches('/').to_owned();
        let answer = http
            .post(format!("{base_url}/login"))
            .header("Sec-Fetch-Site", "same-origin")
            .form(&[("email", email), ("password", password)])
            .send()
            .await
            .map_err(|error| failed("/login", &error))?;
        let cookies = answer.headers().get_all("set-cookie").iter();
        let cookie = cookies
            .filter_map(|value| value.to_str().ok()?.split(';').next())
            .collect::<Vec<_>>()
            .join("; ");
        if answer.status() != StatusCode::SEE_OTHER || cookie.is_empty() {
            let status = answer.status();
            return Err(OpsError::Refused(format!("/login answered {status}")));
        }
        Ok(Browser {
            http,
            base_url,
            cookie,
        })
    }

    /// Opens a page as a browser does that goes from one to the next.
    pub(super) async fn open(&self, path: &str) -> Result<(), OpsError> {
        let answer = self
            .http
            .get(format!("{}{path}", self.base_url))
            .header("Cookie", &self.cookie)
            .send()
            .await
            .map_err(|error| failed(path, &error))?;
        let status = answer.status();
        answer.bytes().await.map_err(|error| failed(path, &error))?;
        if status == StatusCode::OK {
            Ok(())
        } else {
            Err(OpsError::Refused(format!("{path} answered {status}")))
        }
    }
}
