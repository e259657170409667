//! What the jobs work with: the database and the ports, built once from the configuration.

use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use tokio::sync::OnceCell;

use vitaran_core::config::{WhatsappChoice, WorkerConfig};
use vitaran_core::db::Db;
use vitaran_core::files::LocalFileStore;
use vitaran_core::notifications;
use vitaran_core::ports::{
    FileStore, Mailer, Names, PdfRenderer, RenderError, WebhookSender, WhatsappProvider,
};
use vitaran_core::secrets::SecretKey;

use crate::adapters::{
    Dns, MailDir, MetaConfig, Sender, SmtpMailer, WeasyPrint, WeasyPrintConfig, WebhookHttp,
    WhatsappFake, WhatsappMeta,
};

/// The database and the world behind the ports.
pub struct Outside {
    pub db: Db,
    pub whatsapp: Box<dyn WhatsappProvider>,
    pub mailer: Box<dyn Mailer>,
    pub pdf: Box<dyn PdfRenderer>,
    pub files: Box<dyn FileStore>,
    pub webhooks: Box<dyn WebhookSender>,
    pub names: Box<dyn Names>,
    pub secret_key: SecretKey,
    pub public_url: String,
}

/// What is wrong with the configuration beyond its form.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct OutsideError(String);

fn wrong(error: impl std::fmt::Display) -> OutsideError {
    OutsideError(error.to_string())
}

impl Outside {
    /// Builds the adapters. Only the classes of the provider's errors are read from the database.
    pub async fn build(config: &WorkerConfig, db: Db) -> Result<Arc<Self>, OutsideError> {
        let classes = notifications::error_classes(&db).await.map_err(wrong)?;
        let whatsapp: Box<dyn WhatsappProvider> = match &config.whatsapp {
            WhatsappChoice::Fake => Box::new(WhatsappFake::new(classes)),
            WhatsappChoice::Meta {
                base_url,
                api_version,
            } => {
                let meta = MetaConfig::parse(base_url, api_version).map_err(wrong)?;
                Box::new(WhatsappMeta::new(meta, classes).map_err(wrong)?)
            }
        };
        let sender = Sender::parse(&config.mail_from).map_err(wrong)?;
        let mailer: Box<dyn Mailer> = match &config.smtp_url {
            Some(url) => Box::new(SmtpMailer::new(url.reveal(), sender).map_err(wrong)?),
            None => Box::new(MailDir::new(config.mail_dir.clone(), sender)),
        };
        Ok(Arc::new(Outside {
            db,
            whatsapp,
            mailer,
            pdf: Box::new(Renderer::of(config)),
            files: Box::new(LocalFileStore::open(&config.files_dir).map_err(wrong)?),
            webhooks: Box::new(WebhookHttp::new(config.webhook_targets).map_err(wrong)?),
            names: Box::new(Dns::new(&config.dns_servers)),
            secret_key: SecretKey::parse(config.secret_key.reveal()).map_err(wrong)?,
            public_url: config.public_url.clone(),
        }))
    }
}

/// The renderer, started when the first document needs it: one that is missing fails its renders, which are tried again,
/// and keeps no message waiting.
struct Renderer {
    config: WeasyPrintConfig,
    started: OnceCell<WeasyPrint>,
}

impl Renderer {
    fn of(config: &WorkerConfig) -> Self {
        Renderer {
            config: renderer_config(config),
            started: OnceCell::new(),
        }
    }
}

#[async_trait]
impl PdfRenderer for Renderer {
    async fn render(&self, html: &str) -> Result<Bytes, RenderError> {
        let start = || WeasyPrint::start(self.config.clone());
        self.started
            .get_or_try_init(start)
            .await?
            .render(html)
            .await
    }
}

fn renderer_config(config: &WorkerConfig) -> WeasyPrintConfig {
    WeasyPrintConfig {
        python: config.weasyprint_python.clone(),
        children: config.renderers,
    }
}

/// Starts a renderer and ends it again: whether the configured one is there and of the right version.
pub async fn check_renderer(config: &WorkerConfig) -> Result<(), OutsideError> {
    WeasyPrint::start(renderer_config(config))
        .await
        .map(drop)
        .map_err(wrong)
}
