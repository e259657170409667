//! `/admin/notifications`: the log, one message with its history, and sending it again.

use futures_util::{TryFutureExt as _, try_join};
use poem::handler;
use poem::http::StatusCode;
use poem::web::{Data, Path, Query};
use serde::Deserialize;
use vitaran_core::access::{
    Allowed, PermissionCode, PlatformNotificationsRead, PlatformNotificationsRequeue,
};
use vitaran_core::notifications::{self, Notification};
use vitaran_kernel::NotificationId;

use super::views::{self, LOG, Log};
use crate::auth::PageActor;
use crate::http::form_page::{after, id_of};
use crate::http::params::PageParams;
use crate::http::problem::Refusal;
use crate::http::problem_page::PageResult;
use crate::shell::Shell;
use crate::state::AppState;

/// The filters of the log, as they stand in its address.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct LogParams {
    pub status: String,
    pub channel: String,
    pub event: String,
    pub q: String,
    pub limit: Option<String>,
    pub cursor: Option<String>,
}

/// `GET /admin/notifications`
#[handler]
pub async fn list(
    shell: Shell,
    state: Data<&AppState>,
    PageActor(actor): PageActor,
    Query(params): Query<LogParams>,
) -> PageResult {
    let by: Allowed<PlatformNotificationsRead> = actor.allow()?;
    let filter = super::filter(
        Some(&params.status),
        Some(&params.channel),
        Some(&params.event),
        Some(&params.q),
    )?;
    let place = PageParams {
        limit: params.limit.clone(),
        cursor: params.cursor.clone(),
    };
    let tx = state.db.begin_read(&by).await?;
    let page = place.page()?;
    let (messages, counts) = try_join!(
        notifications::list(&tx, &by, &filter, &page).map_err(Refusal::from),
        notifications::count_by_status(&tx, &by).map_err(Refusal::from)
    )?;
    let now = tx.now();
    tx.commit().await?;
    let log = Log {
        params: &params,
        messages: &messages,
        counts: &counts,
        now,
    };
    if shell.wants_fragment() {
        return Ok(shell.fragment(StatusCode::OK, views::rows(&log)));
    }
    Ok(shell.page("Messages").live().render(views::list(&log)))
}

/// `GET /admin/notifications/:id`
#[handler]
pub async fn show(
    shell: Shell,
    state: Data<&AppState>,
    PageActor(actor): PageActor,
    Path(id): Path<String>,
) -> PageResult {
    let by: Allowed<PlatformNotificationsRead> = actor.allow()?;
    let id = id_of(&id, NotificationId::parse)?;
    let mut tx = state.db.begin_read(&by).await?;
    let message = notifications::load(&mut tx, &by, id).await?;
    tx.commit().await?;
    let may_requeue = actor.has(PermissionCode::PlatformNotificationsRequeue);
    if shell.wants_fragment() {
        return Ok(shell.fragment(StatusCode::OK, views::show(&message, may_requeue)));
    }
    let page = shell.page("Message").live();
    Ok(page.render(views::show(&message, may_requeue)))
}

/// `POST /admin/notifications/:id/requeue`
#[handler]
pub async fn requeue(
    shell: Shell,
    state: Data<&AppState>,
    PageActor(actor): PageActor,
    Path(id): Path<String>,
) -> PageResult {
    let by: Allowed<PlatformNotificationsRequeue> = actor.allow()?;
    let id = id_of(&id, NotificationId::parse)?;
    let result = requeue_once(&state, &by, id).await;
    after(&shell, result, &format!("{LOG}/{id}"), |message| {
        format!("The message about {} is queued again", message.order_number)
    })
}

async fn requeue_once(
    state: &AppState,
    by: &Allowed<PlatformNotificationsRequeue>,
    id: NotificationId,
) -> Result<Notification, Refusal> {
    let mut tx = state.db.begin(by).await?;
    let message = notifications::requeue(&mut tx, by, id).await?;
    tx.commit().await?;
    Ok(message)
}
