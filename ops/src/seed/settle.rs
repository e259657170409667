//! Closing the books of a seeded past: nothing of it may be sent, rendered or run now.
//!
//! - Messages that waited are recorded as the fake provider would have taken them: SENT a few seconds after they were
//!   written, with the two rows of an attempt that went well.
//! - Wanted renders are taken out. A PDF of the past is made when somebody asks for it, as a copy is that was never asked
//!   for; rendering hundreds at once would only keep the machine busy.
//! - Queued jobs are deleted: each was a wake-up call for one of these rows.

use serde_json::json;
use vitaran_kernel::TenantId;

use crate::OpsError;
use crate::database::Session;

/// SQL for a version 7 id of an instant, so that ids made in SQL sort by time like those made in Rust.
#[must_use]
pub(super) fn uuid_at(instant: &str) -> String {
    format!(
        "(lpad(to_hex(floor(extract(epoch FROM {instant}) * 1000)::bigint), 12, '0') || '7' || left(md5(random()::text), 3) || '8' || left(md5(random()::text), 15))::uuid"
    )
}

/// Settles a tenant's past, as the owner and in one transaction.
pub(super) async fn settle(owner: &mut Session, tenant: TenantId) -> Result<(), OpsError> {
    owner.begin_in(tenant).await?;
    owner
        .run(&format!(
            "CREATE TEMPORARY TABLE settled ON COMMIT DROP AS \
             SELECT tenant_id, id, created_at FROM notification_logs WHERE status = 'PENDING'; \
             INSERT INTO notification_attempts (tenant_id, id, notification_id, attempt, event, at) \
             SELECT s.tenant_id, {started}, s.id, 1, 'STARTED', s.created_at + interval '3 seconds' FROM settled s; \
             INSERT INTO notification_attempts (tenant_id, id, notification_id, attempt, event, at) \
             SELECT s.tenant_id, {accepted}, s.id, 1, 'ACCEPTED', s.created_at + interval '4 seconds' FROM settled s; \
             UPDATE notification_logs n SET status = 'SENT', attempts = 1, next_attempt_at = n.created_at, sent_at = n.created_at + interval '4 seconds', \
                    provider_message_id = CASE WHEN n.channel = 'WHATSAPP' THEN 'wamid.FAKE' || n.id END, \
                    recipient = coalesce(n.recipient, (SELECT min(u.email) FROM memberships m JOIN users u ON u.id = m.user_id WHERE m.tenant_id = n.tenant_id AND m.role = 'SALES' AND m.is_active)) \
             FROM settled s WHERE n.tenant_id = s.tenant_id AND n.id = s.id; \
             DELETE FROM document_renders WHERE status = 'PENDING'",
            started = uuid_at("s.created_at + interval '3 seconds'"),
            accepted = uuid_at("s.created_at + interval '4 seconds'"),
        ))
        .await?;
    owner
        .run_with(
            "DELETE FROM apalis.jobs WHERE convert_from(job, 'UTF8')::jsonb->>'tenant' = $1->>'tenant' AND status = 'Pending'",
            &json!({ "tenant": tenant }),
        )
        .await?;
    owner.commit().await
}
