//! The log of messages over the API.

use poem::web::Data;
use poem_openapi::OpenApi;
use poem_openapi::param::{Path, Query};
use poem_openapi::payload::Json;
use vitaran_core::access::{Allowed, PlatformNotificationsRead, PlatformNotificationsRequeue};
use vitaran_core::notifications;
use vitaran_kernel::NotificationId;

use super::dto::{Notification, NotificationDetail};
use crate::auth::ApiActor;
use crate::http::listing::{Asked, Listed};
use crate::http::problem_json::Failure;
use crate::openapi::Tag;
use crate::state::AppState;

pub struct NotificationsApi;

#[OpenApi]
impl NotificationsApi {
    /// List messages
    ///
    /// The newest first.
    #[oai(
        path = "/v1/notifications",
        method = "get",
        operation_id = "notifications_list",
        tag = "Tag::Notifications"
    )]
    #[expect(
        clippy::too_many_arguments,
        reason = "each is a parameter of the address"
    )]
    async fn list(
        &self,
        state: Data<&AppState>,
        by: ApiActor,
        asked: Asked,
        /// Such as `FAILED`.
        status: Query<Option<String>>,
        /// `WHATSAPP` or `EMAIL`.
        channel: Query<Option<String>>,
        /// Such as `ORDER_APPROVED`.
        event: Query<Option<String>>,
        /// The beginning of an order number, or its running number alone.
        q: Query<Option<String>>,
        /// Rows, 1 to 100; 25 unless told.
        limit: Query<Option<u16>>,
        /// `next_cursor` of the page before.
        cursor: Query<Option<String>>,
    ) -> Result<Listed<Notification>, Failure> {
        let by: Allowed<PlatformNotificationsRead> = by.actor().allow()?;
        let (status, channel) = (status.as_deref(), channel.as_deref());
        let (event, q) = (event.as_deref(), q.as_deref());
        let filter = super::filter(status, channel, event, q)?;
        let asked = asked.by(&state, by.actor())?;
        let page = asked.page(limit.0, cursor.as_deref())?;
        let tx = state.db.begin_read(&by).await?;
        let messages = notifications::list(&tx, &by, &filter, &page).await?;
        tx.commit().await?;
        Ok(asked.answer(messages))
    }

    /// Get a message
    ///
    /// With everything that was tried.
    #[oai(
        path = "/v1/notifications/:id",
        method = "get",
        operation_id = "notifications_get",
        tag = "Tag::Notifications"
    )]
    async fn get(
        &self,
        state: Data<&AppState>,
        by: ApiActor,
        id: Path<uuid::Uuid>,
    ) -> Result<Json<NotificationDetail>, Failure> {
        let by: Allowed<PlatformNotificationsRead> = by.actor().allow()?;
        let mut tx = state.db.begin_read(&by).await?;
        let detail = notifications::load(&mut tx, &by, NotificationId::from_uuid(id.0)).await?;
        tx.commit().await?;
        Ok(Json(detail.into()))
    }

    /// Send a message again
    ///
    /// A failed or skipped one is queued with all its attempts, to where the dealer can be reached now; any other is 409.
    #[oai(
        path = "/v1/notifications/:id/requeue",
        method = "post",
        operation_id = "notifications_requeue",
        tag = "Tag::Notifications"
    )]
    async fn requeue(
        &self,
        state: Data<&AppState>,
        by: ApiActor,
        id: Path<uuid::Uuid>,
    ) -> Result<Json<Notification>, Failure> {
        let by: Allowed<PlatformNotificationsRequeue> = by.actor().allow()?;
        let mut tx = state.db.begin(&by).await?;
        let message = notifications::requeue(&mut tx, &by, NotificationId::from_uuid(id.0)).await?;
        tx.commit().await?;
        Ok(Json(message.into()))
    }
}
