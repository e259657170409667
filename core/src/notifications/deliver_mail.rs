//! Sending one mail: claim, send, finish. A new order goes to each member of the sales team in a mail of its own, and who
//! has got it does not get it again when a later attempt serves the rest.

use std::collections::HashSet;
use std::time::{Duration, Instant};

use diesel::QueryableByName;
use diesel::sql_types::{Text, Uuid as SqlUuid};
use diesel_async::RunQueryDsl as _;
use sha2::{Digest as _, Sha256};
use uuid::Uuid;
use vitaran_kernel::{EmailAddress, NotificationId, UserId};

use super::claim::{self, Claimed, Ending};
use super::deliver_whatsapp::{end, not_due};
use super::facts::{self, OrderFacts};
use super::message::{self, Letter, Reader};
use super::outcome::Consequence;
use super::pdf::{self, PdfState, again};
use super::{Channel, DeliverError, DeliverMail, Event, SkipReason};
use crate::access::Actor;
use crate::db::{Db, DbError, Statement, TenantTx};
use crate::jobs::{Job as _, Outcome};
use crate::ports::{Attachment, FileStore, HeaderText, Mail, MailError, Mailer};

/// One mail; below the lease.
const SEND_LIMIT: Duration = Duration::from_secs(50);
/// All mails of one attempt. What is left after it waits for the next.
const ROUND_LIMIT: Duration = Duration::from_secs(90);
/// Members of the sales team who are told, at most.
const MAX_RECEIVERS: i64 = 50;

struct Receiver {
    /// The same at every attempt.
    mail_id: Uuid,
    address: EmailAddress,
    name: String,
}

struct Order {
    claimed: Claimed,
    facts: OrderFacts,
    receivers: Vec<Receiver>,
    pdf: Option<String>,
}

enum Prepared {
    Over(Outcome),
    Send(Box<Order>),
}

/// Delivers one mail if it is due and nobody else is at it. `public_url` is where its links lead.
pub async fn deliver_mail_now(
    db: &Db,
    mailer: &dyn Mailer,
    files: &dyn FileStore,
    public_url: &str,
    job: &DeliverMail,
) -> Result<Outcome, DeliverError> {
    let mut tx = db
        .begin_as(&Actor::system(job.tenant, DeliverMail::QUEUE))
        .await?;
    let prepared = prepare(&mut tx, job).await?;
    tx.commit().await?;
    let order = match prepared {
        Prepared::Over(outcome) => return Ok(outcome),
        Prepared::Send(order) => order,
    };
    let claimed = &order.claimed;
    let number = order.facts.invoice_number.as_deref();
    let attachment = match pdf::read(files, order.pdf.as_deref(), number, claimed.attempt).await {
        Ok(file) => file.map(|(name, bytes)| Attachment::pdf(name, bytes)),
        Err(ending) => {
            let is_missing = matches!(ending, Ending::Uncounted { .. });
            let outcome = end(db, claimed, ending, Consequence::None).await?;
            return match claimed.due.invoice_id {
                Some(invoice) if is_missing => Err(DeliverError::PdfMissing(invoice)),
                _ => Ok(outcome),
            };
        }
    };
    let Some(ending) = send_all(db, mailer, &order, attachment.as_ref(), public_url).await? else {
        return Ok(Outcome::Cancel("the lease had run out".to_owned()));
    };
    Ok(end(db, claimed, ending, Consequence::None).await?)
}

async fn prepare(tx: &mut TenantTx, job: &DeliverMail) -> Result<Prepared, DbError> {
    let render = pdf::hold_render(tx, job.notification).await?;
    let Some(due) = claim::lock_due(tx, Channel::Email, job.notification).await? else {
        return Ok(Prepared::Over(not_due()));
    };
    let pdf = match render {
        PdfState::Awaited => {
            claim::put_off(tx, &due, None).await?;
            return Ok(Prepared::Over(Outcome::Cancel(
                "waits for its PDF".to_owned(),
            )));
        }
        PdfState::Ready { path } => Some(path),
        PdfState::Never => None,
    };
    let (receivers, nobody) = match due.event {
        Event::OrderPlaced => (sales_team(tx, due.id).await?, SkipReason::NoRecipient),
        _ => (dealer(&due), SkipReason::NoEmail),
    };
    // Everybody may have been served by an attempt that crashed before it could say so.
    if receivers.is_empty() && served_before(tx, due.id).await?.is_empty() {
        claim::skip(tx, &due, nobody).await?;
        return Ok(Prepared::Over(Outcome::Cancel(nobody.label().to_owned())));
    }
    let facts = facts::load(tx, &due).await?;
    Ok(match claim::start(tx, due).await? {
        Some(claimed) => Prepared::Send(Box::new(Order {
            claimed,
            facts,
            receivers,
            pdf,
        })),
        None => Prepared::Over(Outcome::Cancel("crashed while sending".to_owned())),
    })
}

fn dealer(due: &claim::Due) -> Vec<Receiver> {
    let address = due
        .recipient
        .as_deref()
        .and_then(|text| EmailAddress::parse(text).ok());
    address
        .into_iter()
        .map(|address| Receiver {
            mail_id: due.id.as_uuid(),
            address,
            name: due.recipient_name.clone().unwrap_or_default(),
        })
        .collect()
}

#[derive(QueryableByName)]
struct Member {
    #[diesel(sql_type = SqlUuid)]
    id: UserId,
    #[diesel(sql_type = Text)]
    email: String,
    #[diesel(sql_type = Text)]
    name: String,
}

/// The active members of the sales team who have not got this mail yet.
async fn sales_team(tx: &mut TenantTx, id: NotificationId) -> Result<Vec<Receiver>, DbError> {
    let members: Vec<Member> = Statement::new(
        "SELECT u.id, u.email, u.name FROM memberships m JOIN users u ON u.id = m.user_id \
         WHERE m.tenant_id = $1 AND m.role = 'SALES' AND m.is_active AND u.is_active ORDER BY u.id LIMIT $2",
    )
    .bind(tx.tenant().as_uuid())
    .bind(MAX_RECEIVERS)
    .load(tx.conn()?)
    .await?;
    let served = served_before(tx, id).await?;
    Ok(members
        .into_iter()
        .filter(|member| !served.contains(&member.email))
        .filter_map(|member| {
            Some(Receiver {
                mail_id: mail_id(id, member.id),
                address: EmailAddress::parse(&member.email).ok()?,
                name: member.name,
            })
        })
        .collect())
}

#[derive(QueryableByName)]
struct Served {
    #[diesel(sql_type = Text)]
    detail: String,
}

async fn served_before(tx: &mut TenantTx, id: NotificationId) -> Result<HashSet<String>, DbError> {
    let rows: Vec<Served> = Statement::new(
        "SELECT detail FROM notification_attempts WHERE tenant_id = $1 AND notification_id = $2 AND event = 'ACCEPTED' AND detail IS NOT NULL",
    )
    .bind(tx.tenant().as_uuid())
    .bind(id.as_uuid())
    .load(tx.conn()?)
    .await?;
    Ok(rows.into_iter().map(|row| row.detail).collect())
}

/// One id for one message to one person, made of both.
fn mail_id(notification: NotificationId, receiver: UserId) -> Uuid {
    let digest = Sha256::new()
        .chain_update(notification.as_uuid().as_bytes())
        .chain_update(receiver.as_uuid().as_bytes())
        .finalize();
    let mut bytes = [0_u8; 16];
    bytes
        .iter_mut()
        .zip(digest)
        .for_each(|(to, from)| *to = from);
    uuid::Builder::from_custom_bytes(bytes).into_uuid()
}

/// Sends to each receiver; `None` when the lease was lost on the way.
async fn send_all(
    db: &Db,
    mailer: &dyn Mailer,
    order: &Order,
    attachment: Option<&Attachment>,
    public_url: &str,
) -> Result<Option<Ending>, DbError> {
    let (claimed, due) = (&order.claimed, &order.claimed.due);
    let letter = message::write(&Letter {
        event: due.event,
        reader: if due.event == Event::OrderPlaced {
            Reader::Staff
        } else {
            Reader::Dealer
        },
        order: due.order_id,
        facts: &order.facts,
        params: &due.params,
        public_url,
        has_document: attachment.is_some(),
    });
    let is_team = due.event == Event::OrderPlaced;
    let began = Instant::now();
    let mut last_refusal = None;
    let mut served = !is_team || order.receivers.is_empty();
    for receiver in &order.receivers {
        if began.elapsed() > ROUND_LIMIT {
            return Ok(Some(again(
                claimed.attempt,
                "not all mails went out in time",
            )));
        }
        let mail = Mail {
            id: receiver.mail_id,
            to: receiver.address.clone(),
            to_name: HeaderText::new(&receiver.name),
            subject: HeaderText::new(&letter.subject),
            text: letter.text.clone(),
            html: Some(letter.html.clone()),
            attachments: attachment.into_iter().cloned().collect(),
        };
        match tokio::time::timeout(SEND_LIMIT, mailer.send(&mail)).await {
            Ok(Ok(())) if is_team => {
                let address = receiver.address.as_str();
                if !claimed.served(db, address).await? {
                    return Ok(None);
                }
                served = true;
            }
            Ok(Ok(())) => {}
            Ok(Err(MailError::Permanent(detail))) => {
                last_refusal = Some(detail);
                if !claimed.renew(db).await? {
                    return Ok(None);
                }
            }
            Ok(Err(MailError::Transient(detail))) => {
                return Ok(Some(again(claimed.attempt, &detail)));
            }
            Err(_) => {
                return Ok(Some(again(
                    claimed.attempt,
                    "the mail server took too long",
                )));
            }
        }
    }
    Ok(Some(match last_refusal {
        Some(detail) if !is_team || !served => Ending::Failed { code: None, detail },
        _ => Ending::Sent { message_id: None },
    }))
}
