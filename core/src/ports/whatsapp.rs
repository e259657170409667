//! Sending one approved template to one person, on a tenant's own WhatsApp Business account.
//!
//! The provider knows no idempotency key: a connection that breaks after the request was written
//! leaves open whether the message goes out. [`Outcome`] says so, and `notification_id` travels with
//! the message and comes back in the status reports, so that the truth can be learnt later.

use std::{fmt, time::Duration};

use async_trait::async_trait;
use bytes::Bytes;
use vitaran_kernel::{ids::NotificationId, phone::Phone};

use super::{
    text::{FileName, one_line, shorten},
    whatsapp_errors::ErrorClass,
};

#[async_trait]
pub trait WhatsappProvider: Send + Sync {
    /// Whether a tenant without an account of its own cannot be served.
    fn needs_account(&self) -> bool {
        true
    }

    /// Stores a document with the provider (Meta keeps it 30 days) so that a message can show it.
    /// Nobody is told anything yet, so a failure's outcome is always [`Outcome::NotSent`].
    async fn upload_media(
        &self,
        account: &WhatsappAccount,
        file: MediaFile,
    ) -> Result<MediaId, SendError>;

    /// `Ok` means that the provider has accepted the message, not that it was delivered.
    async fn send_template(
        &self,
        account: &WhatsappAccount,
        message: &TemplateMessage,
    ) -> Result<Accepted, SendError>;
}

/// Whose number a message comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WhatsappAccount {
    pub phone_number_id: PhoneNumberId,
    pub token: AccessToken,
}

/// A word the provider would not understand, or that could change the request around it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this is not a valid {0}")]
pub struct WhatsappValueError(&'static str);

/// Meta's id of a business phone number: digits, though not the number itself. Part of an address.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct PhoneNumberId(String);

impl PhoneNumberId {
    pub fn parse(text: &str) -> Result<Self, WhatsappValueError> {
        let is_valid =
            (1..=32).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
        is_valid
            .then(|| Self(text.to_owned()))
            .ok_or(WhatsappValueError("phone number id"))
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A secret. It has no `Display`, and its `Debug` shows nothing.
#[derive(Clone, PartialEq, Eq)]
pub struct AccessToken(String);

impl AccessToken {
    /// Visible ASCII only, since it goes into a header.
    pub fn parse(text: &str) -> Result<Self, WhatsappValueError> {
        let is_valid =
            (1..=1024).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic());
        is_valid
            .then(|| Self(text.to_owned()))
            .ok_or(WhatsappValueError("access token"))
    }

    /// The secret itself, for the one line that sends it.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for AccessToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AccessToken(hidden)")
    }
}

/// A PDF to be shown above a message.
#[derive(Clone, PartialEq, Eq)]
pub struct MediaFile {
    pub file_name: FileName,
    pub bytes: Bytes,
}

impl MediaFile {
    pub const MEDIA_TYPE: &str = "application/pdf";
}

impl fmt::Debug for MediaFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "MediaFile({}, {} bytes)",
            self.file_name,
            self.bytes.len()
        )
    }
}

/// The provider's name for an uploaded file.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct MediaId(String);

impl MediaId {
    pub fn parse(text: &str) -> Result<Self, WhatsappValueError> {
        let is_valid = (1..=128).contains(&text.len())
            && text
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'));
        is_valid
            .then(|| Self(text.to_owned()))
            .ok_or(WhatsappValueError("media id"))
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The name under which a template was approved: `order_approved_v1`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct TemplateName(String);

impl TemplateName {
    pub fn parse(text: &str) -> Result<Self, WhatsappValueError> {
        let is_valid = (1..=512).contains(&text.len())
            && text
                .bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_');
        is_valid
            .then(|| Self(text.to_owned()))
            .ok_or(WhatsappValueError("template name"))
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A language as templates name it: `en`, `hi`, `en_GB`. Name and language are approved together.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Language(String);

impl Language {
    pub fn parse(text: &str) -> Result<Self, WhatsappValueError> {
        let (language, country) = text.split_once('_').unwrap_or((text, "IN"));
        let is_valid = (2..=3).contains(&language.len())
            && language.bytes().all(|byte| byte.is_ascii_lowercase())
            && country.len() == 2
            && country.bytes().all(|byte| byte.is_ascii_uppercase());
        is_valid
            .then(|| Self(text.to_owned()))
            .ok_or(WhatsappValueError("template language"))
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What stands in one place of a template. The provider refuses empty texts, line breaks, tabs and
/// more than four spaces in a row, so none of these can be in it.
#[derive(Clone, PartialEq, Eq)]
pub struct BodyText(String);

impl BodyText {
    /// A template's whole text may have 1024 characters; no single value needs more than this.
    const MAX_CHARS: usize = 300;

    /// Runs of white space and control characters become one space, nothing becomes `-`, and a
    /// longer text ends in `…`.
    #[must_use]
    pub fn new(text: &str) -> Self {
        match shorten(&one_line(text), Self::MAX_CHARS) {
            text if text.is_empty() => Self("-".to_owned()),
            text => Self(text),
        }
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for BodyText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "BodyText({} characters)", self.0.chars().count())
    }
}

/// The document shown above a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DocumentHeader {
    pub media_id: MediaId,
    pub file_name: FileName,
}

#[derive(Clone, PartialEq, Eq)]
pub struct TemplateMessage {
    /// Comes back in the status reports of this message.
    pub notification_id: NotificationId,
    pub to: Phone,
    pub template: TemplateName,
    pub language: Language,
    pub document: Option<DocumentHeader>,
    /// The values of `{{1}}`, `{{2}}` and so on.
    pub body: Vec<BodyText>,
}

/// Whom it goes to and what it says stay out of logs.
impl fmt::Debug for TemplateMessage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TemplateMessage")
            .field("notification_id", &self.notification_id)
            .field("template", &self.template)
            .field("language", &self.language)
            .finish_non_exhaustive()
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Accepted {
    /// The provider's name for the message (`wamid.…`); the status reports speak of it.
    pub message_id: String,
    pub status: AcceptedStatus,
}

/// What the provider says it will do with an accepted message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AcceptedStatus {
    Accepted,
    /// Sent once the provider has looked at how people take this template.
    HeldForQualityAssessment,
    Paused,
    /// A word we do not know. The message was accepted all the same.
    Other,
}

/// Whether the message may have gone out in spite of the error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    NotSent,
    /// The request was written and no answer understood: wait for a status report before sending again.
    Unknown,
}

/// Why a message was not accepted, as far as it is known.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{class} {}: {detail}", code.map_or_else(|| "without a code".to_owned(), |code| code.to_string()))]
pub struct SendError {
    pub class: ErrorClass,
    /// The provider's error code.
    pub code: Option<i64>,
    pub http_status: Option<u16>,
    /// One bounded line without the token and without phone numbers.
    pub detail: String,
    /// How long the provider asks us to wait.
    pub retry_after: Option<Duration>,
    pub outcome: Outcome,
}

impl SendError {
    /// Whether the whole account is throttled, so that its other messages should wait as well.
    #[must_use]
    pub fn throttles_account(&self) -> bool {
        matches!(self.code, Some(4 | 80_007 | 130_429))
    }

    /// Whether the uploaded document is at fault: uploading it anew may help, once.
    #[must_use]
    pub fn wants_new_upload(&self) -> bool {
        matches!(self.code, Some(131_052 | 131_053))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_token_is_shown_by_nothing_that_prints_an_account() {
        let account = WhatsappAccount {
            phone_number_id: PhoneNumberId::parse("106540352242922").unwrap(),
            token: AccessToken::parse("EAAGsecret").unwrap(),
        };
        assert!(!format!("{account:?} {account:#?}").contains("EAAG"));
    }

    #[test]
    fn a_message_in_a_log_names_nobody_and_quotes_nothing() {
        let message = TemplateMessage {
            notification_id: NotificationId::generate(),
            to: Phone::parse("9876543210").unwrap(),
            template: TemplateName::parse("order_approved_v1").unwrap(),
            language: Language::parse("en").unwrap(),
            document: None,
            body: vec![BodyText::new("Ramesh Traders")],
        };
        let logged = format!("{message:?} {:?}", message.body);
        assert!(
            !logged.contains("98765") && !logged.contains("Ramesh"),
            "{logged}"
        );
        assert!(logged.contains("order_approved_v1"), "{logged}");
    }

    #[test]
    fn words_that_could_change_the_request_are_refused() {
        for wrong in ["", "12/../34", "12 34", "12\n", "१२", "12?x=y"] {
            assert!(PhoneNumberId::parse(wrong).is_err(), "{wrong:?}");
        }
        for wrong in ["", "a b", "a\r\nX-Evil: 1", "ü"] {
            assert!(AccessToken::parse(wrong).is_err(), "{wrong:?}");
        }
        for wrong in ["", "Order", "order-x", "order x"] {
            assert!(TemplateName::parse(wrong).is_err(), "{wrong:?}");
        }
        for wrong in ["", "e", "EN", "en-GB", "en_", "en_gb", "en_GB_x"] {
            assert!(Language::parse(wrong).is_err(), "{wrong:?}");
        }
        for right in ["en", "hi", "en_US", "fil"] {
            assert!(Language::parse(right).is_ok(), "{right:?}");
        }
    }

    #[test]
    fn an_empty_value_is_a_dash_and_a_long_one_ends_in_an_ellipsis() {
        assert_eq!(BodyText::new(" \n\t ").as_str(), "-");
        assert_eq!(BodyText::new("a\n\tb      c").as_str(), "a b c");
        let long = BodyText::new(&"ठ".repeat(1_000));
        assert_eq!(long.as_str().chars().count(), BodyText::MAX_CHARS);
        assert!(long.as_str().ends_with('…'));
    }

    proptest! {
        #[test]
        fn every_value_is_one_the_provider_takes(text in any::<String>()) {
            let value = BodyText::new(&text);
            prop_assert!(!value.as_str().is_empty());
            prop_assert!(!value.as_str().contains("  "));
            prop_assert!(!value.as_str().chars().any(char::is_control));
        }
    }
}
