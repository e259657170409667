//! Writing to the outbox, as part of the change's own statement.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use vitaran_kernel::{DealerId, InvoiceId, NotificationId, OrderId, TenantId};

use super::{Channel, Event, NotificationStatus, SkipReason};
use crate::db::{Batch, DbError, TenantTx};
use crate::jobs::Job;

/// Wakes the worker for a WhatsApp message.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct DeliverWhatsapp {
    pub tenant: TenantId,
    pub notification: NotificationId,
}

impl Job for DeliverWhatsapp {
    const QUEUE: &'static str = "whatsapp";
    const MAX_ATTEMPTS: i32 = 3;
}

/// Wakes the worker for a mail.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct DeliverMail {
    pub tenant: TenantId,
    pub notification: NotificationId,
}

impl Job for DeliverMail {
    const QUEUE: &'static str = "mail";
    const MAX_ATTEMPTS: i32 = 3;
}

/// Where a dealer's messages go, as it stands now.
#[derive(Debug, Clone, Default)]
pub(crate) struct Addressee {
    pub name: String,
    pub phone: Option<String>,
    pub has_opted_in: bool,
    pub email: Option<String>,
    pub language: String,
}

/// What happened, to which order.
#[derive(Debug)]
pub(crate) struct Telling<'a> {
    pub event: Event,
    pub order: OrderId,
    pub dealer: DealerId,
    pub invoice: Option<InvoiceId>,
    pub to: &'a Addressee,
    /// What the message says beyond the order itself, such as a reason.
    pub params: Value,
}

#[derive(Serialize)]
struct OutboxRow<'a> {
    tenant_id: TenantId,
    id: NotificationId,
    event: Event,
    channel: Channel,
    order_id: OrderId,
    dealer_id: DealerId,
    invoice_id: Option<InvoiceId>,
    params: &'a Value,
    recipient: Option<&'a str>,
    recipient_name: Option<&'a str>,
    language: &'a str,
    status: NotificationStatus,
    skip_reason: Option<SkipReason>,
    attempts: i32,
    next_attempt_at: Value,
    created_at: DateTime<Utc>,
}

/// Adds the messages of an event and their jobs. The dealer hears by WhatsApp, and by mail where there is an address;
/// of a new order the sales team hears by mail as well. A dispatch waits for its PDF: whoever ends the render wakes it.
pub(crate) fn queue(
    batch: &mut Batch,
    tx: &TenantTx,
    telling: &Telling<'_>,
) -> Result<(), DbError> {
    let to = telling.to;
    let waits = telling.event == Event::OrderDispatched;
    let whatsapp_skip = match (&to.phone, to.has_opted_in) {
        (None, _) => Some(SkipReason::NoPhone),
        (Some(_), false) => Some(SkipReason::NoOptIn),
        (Some(_), true) => None,
    };
    let row = |channel, recipient, skip_reason: Option<SkipReason>| OutboxRow {
        tenant_id: tx.tenant(),
        id: NotificationId::generate(),
        event: telling.event,
        channel,
        order_id: telling.order,
        dealer_id: telling.dealer,
        invoice_id: telling.invoice,
        params: &telling.params,
        recipient,
        recipient_name: Some(&to.name),
        language: &to.language,
        status: if skip_reason.is_some() {
            NotificationStatus::Skipped
        } else {
            NotificationStatus::Pending
        },
        skip_reason,
        attempts: 0,
        next_attempt_at: if waits {
            json!("infinity")
        } else {
            json!("now")
        },
        created_at: tx.now(),
    };
    let mut rows = vec![row(Channel::Whatsapp, to.phone.as_deref(), whatsapp_skip)];
    if telling.event == Event::OrderPlaced {
        // The sales team's addresses are found when the mail is sent.
        rows.push(OutboxRow {
            recipient_name: None,
            ..row(Channel::Email, None, None)
        });
    } else if let Some(email) = &to.email {
        rows.push(row(Channel::Email, Some(email), None));
    }
    for row in rows
        .iter()
        .filter(|row| row.status == NotificationStatus::Pending && !waits)
    {
        match row.channel {
            Channel::Whatsapp => batch.enqueue(&DeliverWhatsapp {
                tenant: row.tenant_id,
                notification: row.id,
            }),
            Channel::Email => batch.enqueue(&DeliverMail {
                tenant: row.tenant_id,
                notification: row.id,
            }),
        }
    }
    batch.insert("notification_logs", &rows)
}
