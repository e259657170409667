//! Throwing away what has had its time: expired sessions, tokens, counts and idempotency keys, events that were told, jobs that are over, workers that
//! are gone. Hourly, in small batches, by the worker's role, which row-level security lets delete what has expired and
//! nothing else.

use diesel::QueryableByName;
use diesel::sql_types::{BigInt, Nullable};
use diesel_async::RunQueryDsl as _;
use serde::{Deserialize, Serialize};

use crate::db::{Db, DbError, Statement};
use crate::jobs::Job;
use crate::webhooks;

/// Rows of one statement, so that none holds locks for long.
const BATCH: i64 = 1_000;
/// Batches of one kind in one run; what is left goes next hour.
const MAX_BATCHES: u32 = 100;

/// Wakes the worker for a run.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Housekeeping {}

impl Job for Housekeeping {
    const QUEUE: &'static str = "housekeeping";
    const MAX_ATTEMPTS: i32 = 3;
}

/// What is thrown away, and by which statement; each takes at most `$1` rows.
const CHORES: [(&str, &str); 15] = [
    (
        "sessions",
        "DELETE FROM sessions WHERE id_hash IN (SELECT id_hash FROM sessions WHERE expires_at < now() LIMIT $1)",
    ),
    (
        "access tokens",
        "DELETE FROM access_tokens WHERE token_hash IN (SELECT token_hash FROM access_tokens WHERE expires_at < now() LIMIT $1)",
    ),
    (
        "links to a new password",
        "DELETE FROM account_links WHERE token_hash IN (SELECT token_hash FROM account_links WHERE expires_at < now() LIMIT $1)",
    ),
    (
        "links to a new address",
        "DELETE FROM email_changes WHERE token_hash IN (SELECT token_hash FROM email_changes WHERE expires_at < now() LIMIT $1)",
    ),
    (
        "sign-ins without their code",
        "DELETE FROM pending_sign_ins WHERE secret_hash IN (SELECT secret_hash FROM pending_sign_ins WHERE expires_at < now() LIMIT $1)",
    ),
    (
        "mails about accounts",
        "DELETE FROM account_mails WHERE id IN (SELECT id FROM account_mails WHERE created_at < now() - interval '30 days' LIMIT $1)",
    ),
    // A network that an account is known from is remembered for 90 days.
    (
        "tries to sign in",
        "DELETE FROM sign_in_tries WHERE (key, network) IN (SELECT key, network FROM sign_in_tries WHERE failed_at < now() - interval '24 hours' \
         AND (succeeded_at IS NULL OR succeeded_at < now() - interval '90 days') LIMIT $1)",
    ),
    (
        "counts of requests",
        "DELETE FROM request_counts WHERE (kind, network, started_at) IN \
         (SELECT kind, network, started_at FROM request_counts WHERE started_at < now() - interval '10 minutes' \
          AND (kind <> 'INVITATION' OR started_at < now() - interval '2 days') LIMIT $1)",
    ),
    (
        "used refresh tokens",
        "DELETE FROM rotated_tokens WHERE token_hash IN (SELECT token_hash FROM rotated_tokens WHERE expires_at < now() LIMIT $1)",
    ),
    (
        "idempotency keys",
        "DELETE FROM idempotency_keys WHERE (tenant_id, actor_id, key) IN \
         (SELECT tenant_id, actor_id, key FROM idempotency_keys WHERE created_at < now() - interval '24 hours' LIMIT $1)",
    ),
    (
        // Their deliveries and attempts go with them. What somebody still waits for, as a suspended tenant's endpoints do, stays.
        "webhook events",
        "DELETE FROM webhook_events WHERE (tenant_id, id) IN \
         (SELECT tenant_id, id FROM webhook_events e WHERE occurred_at < now() - interval '30 days' \
          AND NOT EXISTS (SELECT FROM webhook_deliveries d WHERE d.tenant_id = e.tenant_id AND d.event_id = e.id AND d.status IN ('PENDING', 'SENDING')) LIMIT $1)",
    ),
    (
        "webhook secrets",
        "DELETE FROM webhook_secrets WHERE (tenant_id, id) IN (SELECT tenant_id, id FROM webhook_secrets WHERE expires_at < now() LIMIT $1)",
    ),
    (
        "finished jobs",
        "DELETE FROM apalis.jobs WHERE id IN (SELECT id FROM apalis.jobs WHERE status = 'Done' AND done_at < now() - interval '24 hours' LIMIT $1)",
    ),
    (
        "dead jobs",
        "DELETE FROM apalis.jobs WHERE id IN (SELECT id FROM apalis.jobs WHERE (status = 'Killed' OR (status = 'Failed' AND attempts >= max_attempts)) \
         AND done_at < now() - interval '14 days' LIMIT $1)",
    ),
    (
        "workers",
        "DELETE FROM apalis.workers WHERE id IN (SELECT w.id FROM apalis.workers w WHERE w.last_seen < now() - interval '1 day' \
         AND NOT EXISTS (SELECT FROM apalis.jobs j WHERE j.lock_by = w.id) LIMIT $1)",
    ),
];

/// How many rows of what are gone.
pub type Swept = Vec<(&'static str, usize)>;

/// One run. Running it twice does no harm.
pub async fn keep_house_now(db: &Db) -> Result<Swept, DbError> {
    let mut swept = Swept::new();
    for (what, sql) in CHORES {
        let mut gone = 0_usize;
        for _ in 0..MAX_BATCHES {
            let mut tx = db.begin_platform().await?;
            tx.see_all_dealers().await?;
            let rows = Statement::new(sql).bind(BATCH).execute(tx.conn()?).await?;
            tx.commit().await?;
            gone = gone.saturating_add(rows);
            if i64::try_from(rows).unwrap_or(BATCH) < BATCH {
                break;
            }
        }
        swept.push((what, gone));
    }
    let gone = webhooks::clear_removed(db).await?;
    swept.push(("removed webhook endpoints with their logs", gone));
    Ok(swept)
}

#[derive(QueryableByName)]
struct Age {
    #[diesel(sql_type = Nullable<BigInt>)]
    seconds: Option<i64>,
}

/// How many seconds ago the quietest queue of a worker showed a sign of life; `None` when it never did. `prefix` is what
/// the names of its workers begin with.
pub async fn worker_silence_s(db: &Db, prefix: &str) -> Result<Option<i64>, DbError> {
    let mut tx = db.begin_platform().await?;
    let age: Age = Statement::new(
        "SELECT extract(epoch FROM now() - min(seen))::bigint AS seconds FROM \
         (SELECT worker_type, max(last_seen) AS seen FROM apalis.workers WHERE starts_with(id, $1) AND last_seen > now() - interval '1 hour' \
          GROUP BY worker_type) queues",
    )
    .bind(prefix)
    .get_result(tx.conn()?)
    .await?;
    tx.commit().await?;
    Ok(age.seconds)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::jobs::enqueue_once;
    use crate::testkit::test_worker_db;

    #[derive(QueryableByName)]
    struct Count {
        #[diesel(sql_type = BigInt)]
        count: i64,
    }

    async fn count(db: &Db, sql: String) -> i64 {
        let mut tx = db.begin_platform().await.unwrap();
        let count: Count = Statement::new(sql)
            .get_result(tx.conn().unwrap())
            .await
            .unwrap();
        count.count
    }

    #[tokio::test]
    async fn an_hour_is_one_job_however_many_workers_there_are() {
        let (db, _) = test_worker_db();
        let key = format!("test:{}", uuid::Uuid::now_v7());
        let mut added = Vec::new();
        for _ in 0..3 {
            added.push(enqueue_once(&db, &Housekeeping {}, &key).await.unwrap());
        }
        assert_eq!(added, [true, false, false]);
    }

    #[tokio::test]
    async fn a_job_that_is_over_goes_after_its_time_and_one_that_waits_stays() {
        let (db, _) = test_worker_db();
        let key = uuid::Uuid::now_v7();
        let states = [
            ("Done", 1, 25),
            ("Done", 1, 23),
            ("Failed", 3, 15 * 24),
            ("Failed", 1, 15 * 24),
            ("Killed", 1, 15 * 24),
            ("Killed", 1, 13 * 24),
            ("Pending", 0, 99 * 24),
        ];
        for (n, (status, attempts, hours)) in states.into_iter().enumerate() {
            let key = format!("{key}:{n}");
            enqueue_once(&db, &Housekeeping {}, &key).await.unwrap();
            let mut tx = db.begin_platform().await.unwrap();
            Statement::new("UPDATE apalis.jobs SET status = $2, attempts = $3, done_at = now() - $4 * interval '1 hour' WHERE idempotency_key = $1")
                .bind(key.as_str())
                .bind(status)
                .bind(attempts)
                .bind(hours)
                .execute(tx.conn().unwrap())
                .await
                .unwrap();
            tx.commit().await.unwrap();
        }
        keep_house_now(&db).await.unwrap();
        let left = count(
            &db,
            format!("SELECT count(*) AS count FROM apalis.jobs WHERE starts_with(idempotency_key, '{key}')"),
        )
        .await;
        assert_eq!(left, 4);
    }

    #[tokio::test]
    async fn a_worker_is_as_alive_as_its_quietest_queue() {
        let (db, _) = test_worker_db();
        let machine = format!("{}/", uuid::Uuid::now_v7());
        assert_eq!(worker_silence_s(&db, &machine).await.unwrap(), None);
        for (run, queue, seconds) in [
            ("old", "mail", 500),
            ("new", "mail", 2),
            ("new", "render", 40),
        ] {
            let mut tx = db.begin_platform().await.unwrap();
            Statement::new("INSERT INTO apalis.workers (id, worker_type, storage_name, layers, last_seen) VALUES ($1, $2, '', '', now() - $3 * interval '1 second')")
                .bind(format!("{machine}{run}/{queue}"))
                .bind(queue)
                .bind(seconds)
                .execute(tx.conn().unwrap())
                .await
                .unwrap();
            tx.commit().await.unwrap();
        }
        let silence = worker_silence_s(&db, &machine).await.unwrap().unwrap();
        assert!((40..45).contains(&silence), "{silence}");
    }

    #[tokio::test]
    async fn a_failed_job_waits() {
        let (db, _) = test_worker_db();
        let key = uuid::Uuid::now_v7().to_string();
        enqueue_once(&db, &Housekeeping {}, &key).await.unwrap();
        let mut tx = db.begin_platform().await.unwrap();
        #[derive(QueryableByName)]
        struct Id {
            #[diesel(sql_type = diesel::sql_types::Text)]
            id: String,
        }
        let job: Id = Statement::new("SELECT id FROM apalis.jobs WHERE idempotency_key = $1")
            .bind(key.as_str())
            .get_result(tx.conn().unwrap())
            .await
            .unwrap();
        drop(tx);
        crate::jobs::back_off(&db, &job.id, Duration::from_secs(60))
            .await
            .unwrap();
        let waiting = count(
            &db,
            format!("SELECT count(*) AS count FROM apalis.jobs WHERE idempotency_key = '{key}' AND run_at > now() + interval '50 seconds'"),
        )
        .await;
        assert_eq!(waiting, 1);
    }
}
