//! Sending one mail. The types leave no way to forge a header: see [`HeaderText`] and [`FileName`].

use async_trait::async_trait;
use bytes::Bytes;
use std::fmt;
use uuid::Uuid;
use vitaran_kernel::email::EmailAddress;

use super::text::{FileName, HeaderText};

#[async_trait]
pub trait Mailer: Send + Sync {
    /// Hands the mail to the next server. `Ok` means taken over, not read.
    async fn send(&self, mail: &Mail) -> Result<(), MailError>;
}

#[derive(Clone, PartialEq, Eq)]
pub struct Mail {
    /// The same for every attempt at the same mail. It becomes the Message-ID, so a mail that was
    /// taken over by the server although the answer got lost is not shown twice by good mail programs.
    pub id: Uuid,
    pub to: EmailAddress,
    /// Empty when only the address is known.
    pub to_name: HeaderText,
    pub subject: HeaderText,
    pub text: String,
    pub html: Option<String>,
    pub attachments: Vec<Attachment>,
}

/// Whom it goes to and what it says stay out of logs.
impl fmt::Debug for Mail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mail")
            .field("id", &self.id)
            .field("attachments", &self.attachments)
            .finish_non_exhaustive()
    }
}

#[derive(Clone, PartialEq, Eq)]
pub struct Attachment {
    pub file_name: FileName,
    /// A media type such as `application/pdf`; ours, never a user's.
    pub media_type: &'static str,
    pub bytes: Bytes,
}

impl Attachment {
    #[must_use]
    pub fn pdf(file_name: FileName, bytes: Bytes) -> Self {
        Self {
            file_name,
            media_type: "application/pdf",
            bytes,
        }
    }
}

impl fmt::Debug for Attachment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "Attachment({}, {} bytes)",
            self.file_name,
            self.bytes.len()
        )
    }
}

/// The detail is one bounded line without addresses.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MailError {
    /// Unreachable, busy, or a 4xx answer: try again later.
    #[error("the mail could not be sent now: {0}")]
    Transient(String),
    /// A 5xx answer, or a mail that cannot be written down: trying again changes nothing.
    #[error("the mail was refused: {0}")]
    Permanent(String),
}

impl MailError {
    #[must_use]
    pub const fn retryable(&self) -> bool {
        matches!(self, Self::Transient(_))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mail_in_a_log_names_nobody_and_quotes_nothing() {
        let mail = Mail {
            id: Uuid::nil(),
            to: EmailAddress::parse("ramesh@example.in").unwrap(),
            to_name: HeaderText::new("Ramesh Traders"),
            subject: HeaderText::new("Order SO/26-27/000042"),
            text: "secret words".to_owned(),
            html: None,
            attachments: vec![Attachment::pdf(
                FileName::new("a.pdf"),
                Bytes::from_static(b"%PDF-secret"),
            )],
        };
        let logged = format!("{mail:?}");
        for word in ["ramesh", "Ramesh", "SO/26", "secret"] {
            assert!(!logged.contains(word), "{logged}");
        }
        assert!(logged.contains("Attachment(a.pdf, 11 bytes)"), "{logged}");
    }
}
