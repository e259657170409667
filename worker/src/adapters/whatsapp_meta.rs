//! WhatsApp by Meta's Cloud API.
//!
//! What is hard about it is to know whether a failed message went out. It did not when there was no
//! connection, when Meta answers with an error of its own, or when a server refuses the request; it
//! may have when the connection broke or timed out after that, or when the answer makes no sense.
//!
//! The address is the operator's, never a tenant's; of a tenant's data only a phone number id (digits)
//! gets into it. Redirects and proxies are off, so the token goes nowhere else.

use std::{fmt, time::Duration};

use async_trait::async_trait;
use chrono::DateTime;
use reqwest::{
    Client, RequestBuilder, Response, StatusCode, Url,
    header::{DATE, HeaderMap, HeaderName, HeaderValue, RETRY_AFTER},
    multipart::{Form, Part},
    redirect,
};
use serde_json::{Value, json};
use vitaran_core::ports::{
    Accepted, AcceptedStatus, ErrorClassTable, MediaFile, MediaId, Outcome, SendError,
    TemplateMessage, WhatsappAccount, WhatsappProvider, text::bounded_detail,
};

/// An answer has a few hundred bytes; what comes after this is not read.
const MAX_ANSWER_BYTES: usize = 64 * 1024;
/// The longest pause we let a provider ask for.
const MAX_RETRY_AFTER: Duration = Duration::from_secs(24 * 60 * 60);
/// Longest name of a message we believe.
const MAX_MESSAGE_ID_BYTES: usize = 256;

#[derive(Debug, Clone, Copy)]
struct Timeouts {
    connect: Duration,
    /// From the beginning to the last byte of the answer. Twice this (upload, then send) stays below
    /// the lease of a notification.
    total: Duration,
}

const TIMEOUTS: Timeouts = Timeouts {
    connect: Duration::from_secs(5),
    total: Duration::from_secs(15),
};

/// Where the API is.
#[derive(Debug, Clone)]
pub struct MetaConfig {
    base_url: Url,
    api_version: String,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MetaConfigError {
    #[error("WHATSAPP_BASE_URL must be an https address without user, query and fragment")]
    BaseUrl,
    #[error("WHATSAPP_API_VERSION must look like v24.0")]
    ApiVersion,
    #[error("the HTTP client cannot be set up: {0}")]
    Client(String),
}

impl MetaConfig {
    /// Plain http is for a server on this machine only.
    pub fn parse(base_url: &str, api_version: &str) -> Result<Self, MetaConfigError> {
        let base_url = Url::parse(base_url).map_err(|_| MetaConfigError::BaseUrl)?;
        let is_safe = match base_url.scheme() {
            "https" => true,
            "http" => matches!(
                base_url.host_str(),
                Some("127.0.0.1" | "[::1]" | "localhost")
            ),
            _ => false,
        };
        let is_plain = base_url.username().is_empty()
            && base_url.password().is_none()
            && base_url.query().is_none()
            && base_url.fragment().is_none();
        if !is_safe || !is_plain {
            return Err(MetaConfigError::BaseUrl);
        }
        let is_number =
            |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        let is_version = api_version
            .strip_prefix('v')
            .and_then(|version| version.split_once('.'))
            .is_some_and(|(major, minor)| is_number(major) && is_number(minor));
        if !is_version {
            return Err(MetaConfigError::ApiVersion);
        }
        Ok(Self {
            base_url,
            api_version: api_version.to_owned(),
        })
    }

    fn endpoint(&self, account: &WhatsappAccount, name: &str) -> Url {
        let mut url = self.base_url.clone();
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop_if_empty()
                .extend([&self.api_version, account.phone_number_id.as_str(), name]);
        }
        url
    }
}

pub struct WhatsappMeta {
    client: Client,
    config: MetaConfig,
    classes: ErrorClassTable,
}

impl fmt::Debug for WhatsappMeta {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WhatsappMeta")
            .field("config", &self.config)
            .finish_non_exhaustive()
    }
}

impl WhatsappMeta {
    pub fn new(config: MetaConfig, classes: ErrorClassTable) -> Result<Self, MetaConfigError> {
        Self::with_timeouts(config, classes, TIMEOUTS)
    }

    fn with_timeouts(
        config: MetaConfig,
        classes: ErrorClassTable,
        timeouts: Timeouts,
    ) -> Result<Self, MetaConfigError> {
        let client = Client::builder()
            .user_agent(concat!("vitaran/", env!("CARGO_PKG_VERSION")))
            .redirect(redirect::Policy::none())
            .no_proxy()
            .https_only(config.base_url.scheme() == "https")
            .connect_timeout(timeouts.connect)
            .timeout(timeouts.total)
            .build()
            .map_err(|error| MetaConfigError::Client(error.to_string()))?;
        Ok(Self {
            client,
            config,
            classes,
        })
    }

    fn post(&self, account: &WhatsappAccount, endpoint: &str) -> RequestBuilder {
        self.client
            .post(self.config.endpoint(account, endpoint))
            .bearer_auth(account.token.reveal())
    }

    async fn ask(
        &self,
        request: RequestBuilder,
        account: &WhatsappAccount,
    ) -> Result<Answer, SendError> {
        match request.send().await {
            Ok(response) => Ok(Answer::read(response).await),
            Err(error) => Err(self.broken(&error, account)),
        }
    }

    /// There is no answer.
    fn broken(&self, error: &reqwest::Error, account: &WhatsappAccount) -> SendError {
        let is_unsent = error.is_connect() || error.is_builder();
        let text = match (error.is_timeout(), is_unsent) {
            (true, true) => "no connection in time",
            (true, false) => "no answer in time",
            (false, true) => "no connection",
            (false, false) => "the connection broke before the answer",
        };
        SendError {
            class: self.classes.classify_answer(None, None),
            code: None,
            http_status: None,
            detail: bounded_detail(text, &[account.token.reveal()]),
            retry_after: None,
            outcome: if is_unsent {
                Outcome::NotSent
            } else {
                Outcome::Unknown
            },
        }
    }

    /// There is an answer, and it is not yes.
    fn refused(&self, answer: &Answer, account: &WhatsappAccount) -> SendError {
        let error = answer.error();
        let code = error.as_ref().and_then(|error| error.code);
        let text = error.as_ref().map_or_else(
            || {
                format!(
                    "an answer of status {} that is not understood",
                    answer.status.as_u16()
                )
            },
            |error| error.text.clone(),
        );
        SendError {
            class: self
                .classes
                .classify_answer(Some(answer.status.as_u16()), code),
            code,
            http_status: Some(answer.status.as_u16()),
            detail: bounded_detail(&text, &[account.token.reveal()]),
            retry_after: retry_after(&answer.headers),
            outcome: if error.is_some() || answer.refuses() {
                Outcome::NotSent
            } else {
                Outcome::Unknown
            },
        }
    }
}

#[async_trait]
impl WhatsappProvider for WhatsappMeta {
    async fn upload_media(
        &self,
        account: &WhatsappAccount,
        file: MediaFile,
    ) -> Result<MediaId, SendError> {
        // Nobody has been told anything, whatever became of the upload.
        let not_sent = |error| SendError {
            outcome: Outcome::NotSent,
            ..error
        };
        let request = self.post(account, "media").multipart(upload_form(file));
        let answer = self.ask(request, account).await.map_err(not_sent)?;
        answer
            .media_id()
            .ok_or_else(|| not_sent(self.refused(&answer, account)))
    }

    async fn send_template(
        &self,
        account: &WhatsappAccount,
        message: &TemplateMessage,
    ) -> Result<Accepted, SendError> {
        let request = self
            .post(account, "messages")
            .json(&template_request(message));
        let answer = self.ask(request, account).await?;
        answer
            .accepted()
            .ok_or_else(|| self.refused(&answer, account))
    }
}

fn upload_form(file: MediaFile) -> Form {
    let mut headers = HeaderMap::new();
    headers.insert(
        reqwest::header::CONTENT_TYPE,
        HeaderValue::from_static(MediaFile::MEDIA_TYPE),
    );
    let part = Part::bytes(file.bytes.to_vec())
        .file_name(file.file_name.to_string())
        .headers(headers);
    Form::new()
        .text("messaging_product", "whatsapp")
        .text("type", MediaFile::MEDIA_TYPE)
        .part("file", part)
}

fn template_request(message: &TemplateMessage) -> Value {
    let header = message.document.as_ref().map(|document| {
        json!({"type": "header", "parameters": [{"type": "document", "document": {
            "id": document.media_id.as_str(),
            "filename": document.file_name.as_str(),
        }}]})
    });
    let texts: Vec<Value> = message
        .body
        .iter()
        .map(|text| json!({"type": "text", "text": text.as_str()}))
        .collect();
    let body = (!texts.is_empty()).then(|| json!({"type": "body", "parameters": texts}));
    json!({
        "messaging_product": "whatsapp",
        "recipient_type": "individual",
        "to": message.to.digits(),
        "type": "template",
        "biz_opaque_callback_data": message.notification_id.to_string(),
        "template": {
            "name": message.template.as_str(),
            "language": {"code": message.language.as_str()},
            "components": header.into_iter().chain(body).collect::<Vec<Value>>(),
        },
    })
}

/// An answer as far as it could be read; `body` is `Null` when it is no JSON or too long.
#[derive(Debug)]
struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    body: Value,
}

#[derive(Debug)]
struct GraphError {
    code: Option<i64>,
    text: String,
}

impl Answer {
    async fn read(mut response: Response) -> Self {
        let (status, headers) = (response.status(), response.headers().clone());
        let mut bytes = Vec::new();
        while let Ok(Some(chunk)) = response.chunk().await {
            bytes.extend_from_slice(&chunk);
            if bytes.len() > MAX_ANSWER_BYTES {
                bytes.clear();
                break;
            }
        }
        let body = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
        Self {
            status,
            headers,
            body,
        }
    }

    fn media_id(&self) -> Option<MediaId> {
        if !self.status.is_success() {
            return None;
        }
        MediaId::parse(self.body.get("id")?.as_str()?).ok()
    }

    fn accepted(&self) -> Option<Accepted> {
        if !self.status.is_success() {
            return None;
        }
        let message = self.body.get("messages")?.as_array()?.first()?;
        let message_id = message.get("id")?.as_str()?;
        let is_believable = (1..=MAX_MESSAGE_ID_BYTES).contains(&message_id.len())
            && message_id.bytes().all(|byte| byte.is_ascii_graphic());
        let status = match message.get("message_status").and_then(Value::as_str) {
            None | Some("accepted") => AcceptedStatus::Accepted,
            Some("held_for_quality_assessment") => AcceptedStatus::HeldForQualityAssessment,
            Some("paused") => AcceptedStatus::Paused,
            Some(_) => AcceptedStatus::Other,
        };
        is_believable.then(|| Accepted {
            message_id: message_id.to_owned(),
            status,
        })
    }

    /// Meta's own word that it did not do it. The code counts, not the title, which changes.
    fn error(&self) -> Option<GraphError> {
        let error = self.body.get("error")?;
        let code = error.get("code")?;
        let code = code.as_i64().or_else(|| code.as_str()?.parse().ok());
        let text_at = |path| {
            error
                .pointer(path)
                .and_then(Value::as_str)
                .filter(|text| !text.is_empty())
        };
        let text = text_at("/error_data/details")
            .or_else(|| text_at("/message"))
            .unwrap_or("no explanation");
        Some(GraphError {
            code,
            text: text.to_owned(),
        })
    }

    /// Whether the status alone says that the request was not acted upon. The other 5xx come from
    /// machines in between as well, which do not know.
    fn refuses(&self) -> bool {
        self.status.is_redirection()
            || self.status.is_client_error()
            || self.status == StatusCode::SERVICE_UNAVAILABLE
    }
}

/// How long to wait, from seconds or from a date measured against the answer's own.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = |name: &HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    let wanted = text(&RETRY_AFTER)?;
    let seconds = match wanted.parse::<u64>() {
        Ok(seconds) => seconds,
        Err(_) => {
            let until = DateTime::parse_from_rfc2822(wanted).ok()?;
            let from = DateTime::parse_from_rfc2822(text(&DATE)?).ok()?;
            u64::try_from((until - from).num_seconds()).ok()?
        }
    };
    Some(Duration::from_secs(seconds).min(MAX_RETRY_AFTER))
}

#[cfg(test)]
#[path = "whatsapp_meta_tests.rs"]
mod tests;
