//! Work for the worker, handed in through the transaction of the change: committed with it, rolled back with it.
//!
//! A job is a wake-up call with ids in it. The row it points at (a notification, a render) is the truth, so a job that is
//! lost, doubled or late does no harm: a sweeper finds what is due.

mod backlog;
mod enqueue;
mod payload;

pub use backlog::{Backlog, backlog};
pub use enqueue::{REQUEST_ID, back_off, enqueue, enqueue_once};
pub(crate) use enqueue::{asked_by, insert_job_each_sql, insert_jobs_sql, job_ids, job_row};
pub use payload::{Job, Outcome};
