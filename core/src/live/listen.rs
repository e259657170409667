//! The receiving end: one connection of its own listens and feeds every open page of the process.

use std::time::Duration;

use diesel_async::{AsyncConnection as _, AsyncPgConnection, SimpleAsyncConnection as _};
use futures_util::StreamExt as _;
use tokio::sync::broadcast;

use super::Hint;
use super::send::CHANNEL;

/// Hints a slow page may fall behind before it is told to look at everything again.
const BACKLOG: usize = 1024;

/// How long to wait before listening again after the connection was lost.
const RECONNECT: Duration = Duration::from_secs(1);

/// The feed open pages subscribe to. `None` says "look at everything again": hints may have been lost.
#[derive(Debug, Clone)]
pub struct LiveFeed(broadcast::Sender<Option<Hint>>);

impl LiveFeed {
    pub fn new() -> Self {
        LiveFeed(broadcast::channel(BACKLOG).0)
    }

    pub fn subscribe(&self) -> broadcast::Receiver<Option<Hint>> {
        self.0.subscribe()
    }
}

impl Default for LiveFeed {
    fn default() -> Self {
        Self::new()
    }
}

/// Listens for ever. `url` is a direct connection: LISTEN does not work through a transaction pooler.
pub async fn listen(url: String, feed: LiveFeed) {
    loop {
        if let Err(error) = listen_once(&url, &feed).await {
            tracing::warn!(%error, "the live connection was lost; connecting again");
        }
        let _ = feed.0.send(None);
        tokio::time::sleep(RECONNECT).await;
    }
}

async fn listen_once(
    url: &str,
    feed: &LiveFeed,
) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    let mut connection = AsyncPgConnection::establish(url).await?;
    connection
        .batch_execute(&format!("LISTEN {CHANNEL}"))
        .await?;
    let _ = feed.0.send(None);
    let mut notifications = std::pin::pin!(connection.notifications_stream());
    while let Some(notification) = notifications.next().await {
        for hint in notification?.payload.lines().filter_map(Hint::decode) {
            // An error only means that no page is open.
            let _ = feed.0.send(Some(hint));
        }
    }
    Ok(())
}
