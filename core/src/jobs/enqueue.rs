//! The only way into the queue.
//!
//! The row is written directly: the queue library's own `push_job` function fails on its column type, and a library call
//! would need a second connection and so lose the transaction. `run_at` is left to the database's clock.

use diesel_async::RunQueryDsl as _;
use serde_json::{Value, json};
use ulid::Ulid;

use super::Job;
use crate::db::{Db, DbError, Statement, TenantTx, origin};

/// The member of a payload that names the request.
pub const REQUEST_ID: &str = "request_id";

/// The row of a job, for a statement that inserts it among other rows:
/// `INSERT INTO apalis.jobs (job, id, job_type, status, attempts, max_attempts, priority) SELECT convert_to(r.job, 'UTF8'), …`.
/// The payload also names the request that asked for the job, by which its lines and changes are found.
pub(crate) fn job_row<J: Job>(job: &J) -> Value {
    let mut payload = serde_json::to_value(job).unwrap_or_default();
    if let (Some(payload), Some(request)) = (payload.as_object_mut(), origin::request()) {
        payload.insert(REQUEST_ID.to_owned(), json!(request));
    }
    json!({
        "job": payload.to_string(),
        "id": Ulid::generate().to_string(),
        "job_type": J::QUEUE,
        "max_attempts": J::MAX_ATTEMPTS,
        "priority": J::PRIORITY,
    })
}

/// The SQL that turns `$n`, a JSON array of [`job_row`]s, into jobs.
pub(crate) fn insert_jobs_sql(placeholder: &str) -> String {
    format!(
        "INSERT INTO apalis.jobs (job, id, job_type, status, attempts, max_attempts, priority) \
         SELECT convert_to(r.job, 'UTF8'), r.id, r.job_type, 'Pending', 0, r.max_attempts, r.priority \
         FROM jsonb_to_recordset({placeholder}) AS r (job text, id text, job_type text, max_attempts integer, priority integer)"
    )
}

/// Names for jobs that a statement will find out about, of which it may use fewer.
pub(crate) fn job_ids(count: usize) -> Vec<String> {
    (0..count).map(|_| Ulid::generate().to_string()).collect()
}

/// What every payload says besides its job: which request asked for it.
pub(crate) fn asked_by() -> Value {
    match origin::request() {
        Some(request) => json!({ REQUEST_ID: request }),
        None => json!({}),
    }
}

/// The SQL that enqueues a job for each row of a query; `id` and `payload` are expressions over it.
pub(crate) fn insert_job_each_sql<J: Job>(id: &str, payload: &str, from: &str) -> String {
    format!(
        "INSERT INTO apalis.jobs (job, id, job_type, status, attempts, max_attempts, priority) \
         SELECT convert_to(({payload})::text, 'UTF8'), {id}, '{}', 'Pending', 0, {}, {} FROM {from}",
        J::QUEUE,
        J::MAX_ATTEMPTS,
        J::PRIORITY
    )
}

/// Enqueues a job in the caller's transaction.
pub async fn enqueue<J: Job>(tx: &mut TenantTx, job: &J) -> Result<(), DbError> {
    Statement::new(insert_jobs_sql("$1"))
        .bind(Value::Array(vec![job_row(job)]))
        .execute(tx.conn()?)
        .await?;
    Ok(())
}

/// Enqueues a job of no tenant's, once for each key, however many workers do so: for what runs by the clock.
pub async fn enqueue_once<J: Job>(db: &Db, job: &J, key: &str) -> Result<bool, DbError> {
    let mut tx = db.begin_platform().await?;
    let added = Statement::new(
        "INSERT INTO apalis.jobs (job, id, job_type, status, attempts, max_attempts, priority, idempotency_key) \
         SELECT convert_to(r.job, 'UTF8'), r.id, r.job_type, 'Pending', 0, r.max_attempts, r.priority, $2 \
         FROM jsonb_to_record($1) AS r (job text, id text, job_type text, max_attempts integer, priority integer) \
         ON CONFLICT (job_type, idempotency_key) DO NOTHING",
    )
    .bind(job_row(job))
    .bind(key)
    .execute(tx.conn()?)
    .await?;
    tx.commit().await?;
    Ok(added > 0)
}

/// Lets a job that failed wait before it runs again; the queue library itself would run it at once.
pub async fn back_off(db: &Db, job_id: &str, wait: std::time::Duration) -> Result<(), DbError> {
    let mut tx = db.begin_platform().await?;
    Statement::new(
        "UPDATE apalis.jobs SET run_at = now() + $2 * interval '1 second' WHERE id = $1",
    )
    .bind(job_id)
    .bind(i64::try_from(wait.as_secs()).unwrap_or(i64::MAX))
    .execute(tx.conn()?)
    .await?;
    tx.commit().await
}
