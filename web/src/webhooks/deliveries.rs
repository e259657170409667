//! `/admin/webhooks/deliveries/:id`: what was sent, what came back, and sending it again.

use poem::handler;
use poem::web::{Data, Path};
use vitaran_core::access::PlatformWebhooksManage;
use vitaran_core::webhooks;
use vitaran_kernel::WebhookDeliveryId;

use super::{delivery_views, path_of_delivery};
use crate::auth::PageActor;
use crate::http::form_page::{after, id_of, in_transaction};
use crate::http::problem_page::PageResult;
use crate::shell::Shell;
use crate::state::AppState;

/// `GET /admin/webhooks/deliveries/:id`
#[handler]
pub async fn show(
    shell: Shell,
    state: Data<&AppState>,
    PageActor(actor): PageActor,
    Path(id): Path<String>,
) -> PageResult {
    let by = actor.allow::<PlatformWebhooksManage>()?;
    let id = id_of(&id, WebhookDeliveryId::parse)?;
    let tx = state.db.begin_read(&by).await?;
    let delivery = webhooks::load_delivery(&tx, &by, id).await?;
    tx.commit().await?;
    Ok(shell
        .page("Webhook delivery")
        .render(delivery_views::show(&delivery)))
}

/// `POST /admin/webhooks/deliveries/:id/replay`
#[handler]
pub async fn replay(
    shell: Shell,
    state: Data<&AppState>,
    PageActor(actor): PageActor,
    Path(id): Path<String>,
) -> PageResult {
    let by = actor.allow::<PlatformWebhooksManage>()?;
    let id = id_of(&id, WebhookDeliveryId::parse)?;
    let result = in_transaction(&state, &by, async |tx| webhooks::replay(tx, &by, id).await).await;
    after(&shell, result, &path_of_delivery(id), |delivery| {
        format!("{} is sent again", delivery.event.as_str())
    })
}
