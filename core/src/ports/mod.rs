//! What the product needs from the outside, as traits: a PDF, a WhatsApp message, a mail, a call of a
//! program elsewhere, a name's records, a place for files. Here stand promises and plain values; the worker holds the adapters that keep them
//! ([`crate::files`] keeps the one of them that web needs as well).
//!
//! Every error says what the caller must decide: whether trying again can help, and for a message
//! whether it may have gone out although nobody said so.

pub mod text;

pub mod file_store;
pub mod mailer;
pub mod names;
pub mod pdf;
pub mod webhook;
pub mod whatsapp;
pub mod whatsapp_errors;

pub use file_store::{FilePath, FileStore, FileStoreError, InvoiceCopy};
pub use mailer::{Attachment, Mail, MailError, Mailer};
pub use names::{Names, NamesError};
pub use pdf::{PdfRenderer, RenderError};
pub use text::{FileName, HeaderText};
pub use webhook::{WebhookAnswer, WebhookFailure, WebhookPost, WebhookSender};
pub use whatsapp::{
    Accepted, AcceptedStatus, AccessToken, BodyText, DocumentHeader, Language, MediaFile, MediaId,
    Outcome, PhoneNumberId, SendError, TemplateMessage, TemplateName, WhatsappAccount,
    WhatsappProvider,
};
pub use whatsapp_errors::{ErrorClass, ErrorClassRow, ErrorClassTable};
