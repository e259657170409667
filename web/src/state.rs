//! What every handler may reach: the database, the configuration, the live feed, the files, and word of the shutdown.

use std::sync::Arc;

use tokio::sync::watch;
use vitaran_core::config::WebConfig;
use vitaran_core::db::Db;
use vitaran_core::live::LiveFeed;
use vitaran_core::ports::FileStore;
use vitaran_core::secrets::SecretKey;
use vitaran_core::throttle::RequestLimit;

use crate::http::problem::Refusal;
use crate::live::Streams;

/// Cheap to clone; poem carries it as data of the request.
#[derive(Clone)]
pub struct AppState {
    pub db: Db,
    pub config: Arc<WebConfig>,
    pub live: LiveFeed,
    pub files: Arc<dyn FileStore>,
    pub shutdown: Shutdown,
    /// How many requests each network may still make.
    pub(crate) requests: Arc<RequestLimit>,
    /// The places of open live streams.
    pub(crate) streams: Arc<Streams>,
}

impl AppState {
    pub fn new(
        db: Db,
        config: WebConfig,
        live: LiveFeed,
        files: Arc<dyn FileStore>,
        shutdown: Shutdown,
    ) -> Self {
        AppState {
            db,
            requests: Arc::new(RequestLimit::new(config.requests_per_10s)),
            config: Arc::new(config),
            live,
            files,
            shutdown,
            streams: Arc::default(),
        }
    }

    /// What seals secrets. Its form was looked at with the rest of the configuration.
    pub(crate) fn secret_key(&self) -> Result<SecretKey, Refusal> {
        SecretKey::parse(self.config.secret_key.reveal()).map_err(|error| {
            tracing::error!(%error, "the secret key cannot be read");
            Refusal::unavailable("This cannot be done just now")
        })
    }
}

/// Tells streams to end, once, when the process is asked to stop.
#[derive(Debug, Clone)]
pub struct Shutdown(Arc<watch::Sender<bool>>);

impl Shutdown {
    #[must_use]
    pub fn new() -> Self {
        Shutdown(Arc::new(watch::channel(false).0))
    }

    pub fn begin(&self) {
        self.0.send_replace(true);
    }

    /// Returns once the process is stopping; at once if it is already.
    pub async fn begun(self) {
        let mut receiver = self.0.subscribe();
        // The sender lives in `self`, so waiting cannot fail before the value changes.
        let _ = receiver.wait_for(|stopping| *stopping).await;
    }
}

impl Default for Shutdown {
    fn default() -> Self {
        Self::new()
    }
}
