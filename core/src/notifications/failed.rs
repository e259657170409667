//! Telling programs elsewhere of a message that has failed for good. Whom it was for stays here.

use diesel::QueryableByName;
use diesel::sql_types::Jsonb;
use diesel_async::RunQueryDsl as _;
use serde_json::Value;
use vitaran_kernel::NotificationId;

use crate::db::{DbError, Statement, TenantTx};
use crate::webhooks::{self, EventType};

#[derive(QueryableByName)]
struct Told {
    #[diesel(sql_type = Jsonb)]
    data: Value,
}

/// Of a message that stands as failed already.
pub(super) async fn tell_failed(tx: &mut TenantTx, id: NotificationId) -> Result<(), DbError> {
    let told: Told = Statement::new(
        "SELECT jsonb_build_object('notification', jsonb_strip_nulls(jsonb_build_object('id', id, 'event', event, 'channel', channel, \
             'order_id', order_id, 'dealer_id', dealer_id, 'attempts', attempts, 'last_error', last_error))) AS data \
         FROM notification_logs WHERE tenant_id = $1 AND id = $2",
    )
    .bind(tx.tenant().as_uuid())
    .bind(id.as_uuid())
    .get_result(tx.conn()?)
    .await?;
    webhooks::publish_now(tx, EventType::NotificationFailed, told.data).await
}
