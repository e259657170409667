//! Runs the jobs: renders invoices, sends WhatsApp messages and mail, keeps house.
//!
//! - [`registry`] lists every kind of work;
//! - [`queue`] runs what is woken, through the queue library; [`sweeper`] runs what is due, woken or not;
//! - [`schedule`] enqueues what runs by the clock.
//!
//! Rows in the features' own tables are the truth, so the queue library may lose, double or delay a job without harm.

pub mod adapters;
pub mod jobs;
pub mod outside;
pub mod queue;
pub mod registry;
pub mod run;
pub mod schedule;
pub mod sweeper;
