//! Calling a program elsewhere that wants to know what happened.

use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;

/// What is sent, whole: the headers besides those that every request has.
#[derive(Debug, Clone)]
pub struct WebhookPost {
    pub url: String,
    pub headers: Vec<(&'static str, String)>,
    pub body: Bytes,
}

/// What came back. Redirects come back as they are; nobody follows them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WebhookAnswer {
    pub status: u16,
    /// The beginning of the body, as text.
    pub body: String,
    pub retry_after: Option<Duration>,
}

/// Why no answer came, in a sentence for whoever looks at the log.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WebhookFailure {
    /// The address is none that may be called.
    #[error("{0}")]
    Forbidden(String),
    #[error("{0}")]
    NoAnswer(String),
}

/// Posts once, within limits of its own, to an address that was looked at and to no other.
#[async_trait]
pub trait WebhookSender: Send + Sync {
    async fn post(&self, post: &WebhookPost) -> Result<WebhookAnswer, WebhookFailure>;
}
