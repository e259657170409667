//! The receiving end: one connection of its own listens and feeds every open page of the process.

use std::time::Duration;

use super::send::CHANNEL;
use super::{Hint, LiveFeed};
use diesel_async::{AsyncConnection as _, AsyncPgConnection, SimpleAsyncConnection as _};
use futures_util::StreamExt as _;

/// How long to wait before listening again after the connection was lost.
const RECONNECT: Duration = Duration::from_secs(1);

/// Listens for ever. `url` is a direct connection: LISTEN does not work through a transaction pooler.
pub async fn listen(url: String, feed: LiveFeed) {
    loop {
        if let Err(error) = listen_once(&url, &feed).await {
            tracing::warn!(%error, "the live connection was lost; connecting again");
        }
        feed.start_over();
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
    feed.start_over();
    let mut notifications = std::pin::pin!(connection.notifications_stream());
    while let Some(notification) = notifications.next().await {
        for hint in notification?.payload.lines().filter_map(Hint::decode) {
            feed.say(hint);
        }
    }
    Ok(())
}
