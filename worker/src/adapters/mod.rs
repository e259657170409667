//! The outside world, behind the ports of [`vitaran_core::ports`].
//!
//! Nothing here decides what is sent or when; that is the business of the features. What an adapter
//! owes them: a hard limit on time and size, an error that says whether trying again can help, and
//! no secret, phone number or address in a log or an error.

mod dns;
mod mail_dir;
mod mail_message;
mod smtp;
mod weasyprint;
mod webhook_http;
mod whatsapp_fake;
mod whatsapp_meta;

#[cfg(test)]
mod test_server;

pub use dns::Dns;
pub use mail_dir::MailDir;
pub use mail_message::{Sender, SenderError};
pub use smtp::{SmtpMailer, SmtpUrlError};
pub use weasyprint::{WeasyPrint, WeasyPrintConfig};
pub use webhook_http::WebhookHttp;
pub use whatsapp_fake::{FakeAnswer, SentMessage, WhatsappFake};
pub use whatsapp_meta::{MetaConfig, MetaConfigError, WhatsappMeta};
