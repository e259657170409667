//! Sending one mail: claim, send, finish. As for all messages, delivery is at least once, and a row whose worker died is
//! claimed again when its lease is over.

use std::time::Duration;

use diesel::QueryableByName;
use diesel::sql_types::{Integer, Nullable, Text, Uuid as SqlUuid};
use diesel_async::RunQueryDsl as _;
use uuid::Uuid;
use vitaran_kernel::EmailAddress;

use super::letter::{self, Letter};
use super::{DeliverAccountMail, sealed_place};
use crate::db::{Db, DbError, Statement};
use crate::jobs::Outcome;
use crate::ports::{HeaderText, Mail, MailError, Mailer};
use crate::secrets::SecretKey;

/// Below the lease.
const SEND_LIMIT: Duration = Duration::from_secs(50);
const LEASE_S: i64 = 60;
/// After the n-th failure n² minutes pass; the fifth is the last.
const MAX_ATTEMPTS: i32 = 5;
/// Mails found in one sweep, at most.
const PER_SWEEP: i64 = 100;

#[derive(QueryableByName)]
struct Claimed {
    #[diesel(sql_type = Text)]
    kind: String,
    #[diesel(sql_type = Text)]
    recipient: String,
    #[diesel(sql_type = Text)]
    recipient_name: String,
    #[diesel(sql_type = Nullable<Text>)]
    sealed_secret: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    about: Option<String>,
    #[diesel(sql_type = Integer)]
    attempts: i32,
}

/// How an attempt ended.
enum Ending {
    Sent,
    Again(String),
    Failed(String),
}

/// Delivers one mail if it is due and nobody else is at it. `public_url` is where its link leads.
pub async fn deliver_account_mail_now(
    db: &Db,
    mailer: &dyn Mailer,
    key: &SecretKey,
    public_url: &str,
    job: &DeliverAccountMail,
) -> Result<Outcome, DbError> {
    let lease = Uuid::now_v7();
    let Some(claimed) = claim(db, job.mail, lease).await? else {
        return Ok(Outcome::Cancel("not due".to_owned()));
    };
    let ending = match written(job.mail, &claimed, key, public_url) {
        Err(detail) => Ending::Failed(detail),
        Ok(mail) => match tokio::time::timeout(SEND_LIMIT, mailer.send(&mail)).await {
            Ok(Ok(())) => Ending::Sent,
            Ok(Err(MailError::Permanent(detail))) => Ending::Failed(detail),
            Ok(Err(MailError::Transient(detail))) => Ending::Again(detail),
            Err(_) => Ending::Again("the mail server took too long".to_owned()),
        },
    };
    let ending = match ending {
        Ending::Again(detail) if claimed.attempts >= MAX_ATTEMPTS => Ending::Failed(detail),
        other => other,
    };
    finish(db, job.mail, lease, &claimed, ending).await?;
    Ok(Outcome::Done)
}

fn written(id: Uuid, claimed: &Claimed, key: &SecretKey, public_url: &str) -> Result<Mail, String> {
    let opened = claimed.sealed_secret.as_deref();
    let secret = opened
        .map(|sealed| key.open(&sealed_place(id), sealed))
        .transpose()
        .map_err(|error| error.to_string())?;
    let name = &claimed.recipient_name;
    let Letter {
        subject,
        text,
        html,
    } = letter::write(
        &claimed.kind,
        name,
        (secret.as_deref(), claimed.about.as_deref()),
        public_url,
    )
    .ok_or("a mail of this kind is not known")?;
    Ok(Mail {
        id,
        to: EmailAddress::parse(&claimed.recipient).map_err(|error| error.to_string())?,
        to_name: HeaderText::new(name),
        subject: HeaderText::new(&subject),
        text,
        html: Some(html),
        attachments: Vec::new(),
    })
}

async fn claim(db: &Db, mail: Uuid, lease: Uuid) -> Result<Option<Claimed>, DbError> {
    let mut tx = db.begin_platform().await?;
    let rows: Vec<Claimed> = Statement::new(
        "UPDATE account_mails SET status = 'SENDING', attempts = attempts + 1, lease_token = $2, lease_until = now() + $3 * interval '1 second' \
         WHERE id = $1 AND ((status = 'PENDING' AND next_attempt_at <= now()) OR (status = 'SENDING' AND lease_until < now())) \
         RETURNING kind, recipient, recipient_name, sealed_secret, about, attempts",
    )
    .bind(mail)
    .bind(lease)
    .bind(LEASE_S)
    .load(tx.conn()?)
    .await?;
    tx.commit().await?;
    Ok(rows.into_iter().next())
}

/// Whoever lost the lease changes nothing.
async fn finish(
    db: &Db,
    mail: Uuid,
    lease: Uuid,
    claimed: &Claimed,
    ending: Ending,
) -> Result<(), DbError> {
    let (status, detail) = match ending {
        Ending::Sent => ("SENT", None),
        Ending::Again(detail) => ("PENDING", Some(detail)),
        Ending::Failed(detail) => ("FAILED", Some(detail)),
    };
    let minutes = claimed.attempts.saturating_mul(claimed.attempts);
    let mut tx = db.begin_platform().await?;
    Statement::new(
        "UPDATE account_mails SET status = $3, last_error = $4, lease_token = NULL, lease_until = NULL, \
             next_attempt_at = now() + $5 * interval '1 minute', sent_at = CASE WHEN $3 = 'SENT' THEN now() END, \
             sealed_secret = CASE WHEN $3 = 'PENDING' THEN sealed_secret END \
         WHERE id = $1 AND lease_token = $2",
    )
    .bind(mail)
    .bind(lease)
    .bind(status)
    .bind(detail)
    .bind(minutes)
    .execute(tx.conn()?)
    .await?;
    tx.commit().await
}

#[derive(QueryableByName)]
struct Due {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
}

/// Finds what has been due for as long as `grace`, which the queue had to wake it first.
pub async fn due_account_mails(
    db: &Db,
    grace: Duration,
) -> Result<Vec<DeliverAccountMail>, DbError> {
    let mut tx = db.begin_platform().await?;
    let due: Vec<Due> = Statement::new(
        "SELECT id FROM account_mails WHERE (status = 'PENDING' AND next_attempt_at <= now() - $1 * interval '1 second') \
         OR (status = 'SENDING' AND lease_until < now()) ORDER BY next_attempt_at LIMIT $2",
    )
    .bind(i64::try_from(grace.as_secs()).unwrap_or(i64::MAX))
    .bind(PER_SWEEP)
    .load(tx.conn()?)
    .await?;
    tx.commit().await?;
    Ok(due
        .into_iter()
        .map(|due| DeliverAccountMail { mail: due.id })
        .collect())
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use async_trait::async_trait;
    use diesel::sql_types::BigInt;

    use super::*;
    use crate::account_mails::{AccountMail, queue};
    use crate::identity::{NewPassword, PasswordCost, hash_password};
    use crate::testkit::{test_db, test_worker_db};

    const KEY: &str = "k1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";

    /// Answers as it is told, and keeps what it was handed.
    struct Post {
        answer: Result<(), MailError>,
        sent: Mutex<Vec<Mail>>,
    }

    impl Post {
        fn that(answer: Result<(), MailError>) -> Self {
            Post {
                answer,
                sent: Mutex::default(),
            }
        }
    }

    #[async_trait]
    impl Mailer for Post {
        async fn send(&self, mail: &Mail) -> Result<(), MailError> {
            self.sent.lock().unwrap().push(mail.clone());
            self.answer.clone()
        }
    }

    /// A link is queued to somebody new.
    async fn queued() -> DeliverAccountMail {
        let (db, _) = test_db();
        let email = format!("{}@volt.test", Uuid::now_v7().simple());
        let password = NewPassword::parse("correct horse battery").unwrap();
        let hash = hash_password(password, PasswordCost::LEAST).await.unwrap();
        let mut tx = db.begin_platform().await.unwrap();
        Statement::new(
            "INSERT INTO users (id, email, name, password_hash) VALUES ($1, $2, 'Asha', $3)",
        )
        .bind(Uuid::now_v7())
        .bind(email.as_str())
        .bind(hash)
        .execute(tx.conn().unwrap())
        .await
        .unwrap();
        let key = SecretKey::parse(KEY).unwrap();
        let mail = AccountMail::NewPassword {
            secret: "s3cret",
            key: &key,
        };
        queue(tx.conn().unwrap(), &email, mail).await.unwrap();
        tx.commit().await.unwrap();
        let (worker, _) = test_worker_db();
        let mut tx = worker.begin_platform().await.unwrap();
        let due: Due = Statement::new("SELECT id FROM account_mails WHERE recipient = $1")
            .bind(email)
            .get_result(tx.conn().unwrap())
            .await
            .unwrap();
        DeliverAccountMail { mail: due.id }
    }

    async fn deliver(post: &Post, job: &DeliverAccountMail) -> Outcome {
        let (db, _) = test_worker_db();
        let key = SecretKey::parse(KEY).unwrap();
        deliver_account_mail_now(&db, post, &key, "https://x.in", job)
            .await
            .unwrap()
    }

    /// Status, whether the secret is still there, and minutes to the next attempt.
    async fn standing(job: &DeliverAccountMail) -> (String, bool, i64) {
        #[derive(QueryableByName)]
        struct Row {
            #[diesel(sql_type = Text)]
            status: String,
            #[diesel(sql_type = diesel::sql_types::Bool)]
            has_secret: bool,
            #[diesel(sql_type = BigInt)]
            minutes: i64,
        }
        let (db, _) = test_worker_db();
        let mut tx = db.begin_platform().await.unwrap();
        let row: Row = Statement::new(
            "SELECT status, sealed_secret IS NOT NULL AS has_secret, \
                 round(extract(epoch FROM next_attempt_at - now()) / 60)::bigint AS minutes FROM account_mails WHERE id = $1",
        )
        .bind(job.mail)
        .get_result(tx.conn().unwrap())
        .await
        .unwrap();
        (row.status, row.has_secret, row.minutes)
    }

    async fn let_time_pass(job: &DeliverAccountMail) {
        let (db, _) = test_worker_db();
        let mut tx = db.begin_platform().await.unwrap();
        Statement::new("UPDATE account_mails SET next_attempt_at = now() WHERE id = $1")
            .bind(job.mail)
            .execute(tx.conn().unwrap())
            .await
            .unwrap();
        tx.commit().await.unwrap();
    }

    #[tokio::test]
    async fn a_mail_goes_out_once_with_its_link_and_its_secret_is_forgotten() {
        let (job, post) = (queued().await, Post::that(Ok(())));
        assert_eq!(deliver(&post, &job).await, Outcome::Done);
        assert_eq!(standing(&job).await.0, "SENT");
        assert!(!standing(&job).await.1);
        let again = deliver(&post, &job).await;
        assert_eq!(again, Outcome::Cancel("not due".to_owned()));
        let sent = post.sent.lock().unwrap();
        assert_eq!(sent.len(), 1);
        assert!(
            sent[0]
                .text
                .contains("https://x.in/new-password?token=s3cret")
        );
    }

    #[tokio::test]
    async fn what_fails_for_now_waits_1_4_9_16_minutes_and_the_fifth_failure_is_the_last() {
        let job = queued().await;
        let post = Post::that(Err(MailError::Transient("busy".to_owned())));
        for minutes in [1, 4, 9, 16] {
            deliver(&post, &job).await;
            let waits = ("PENDING".to_owned(), true, minutes);
            assert_eq!(standing(&job).await, waits);
            let early = deliver(&post, &job).await;
            assert_eq!(early, Outcome::Cancel("not due".to_owned()));
            let_time_pass(&job).await;
        }
        deliver(&post, &job).await;
        let (status, has_secret, _) = standing(&job).await;
        assert_eq!((status.as_str(), has_secret), ("FAILED", false));
        assert_eq!(post.sent.lock().unwrap().len(), 5);
    }

    #[tokio::test]
    async fn what_is_refused_is_not_tried_again_and_its_secret_is_forgotten() {
        let job = queued().await;
        let post = Post::that(Err(MailError::Permanent("no such mailbox".to_owned())));
        deliver(&post, &job).await;
        let (status, has_secret, _) = standing(&job).await;
        assert_eq!((status.as_str(), has_secret), ("FAILED", false));
    }

    #[tokio::test]
    async fn what_is_due_is_found_when_nobody_was_woken() {
        let job = queued().await;
        let (db, _) = test_worker_db();
        let due = due_account_mails(&db, Duration::ZERO).await.unwrap();
        assert!(due.iter().any(|found| found.mail == job.mail));
    }
}
