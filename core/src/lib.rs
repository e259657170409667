//! Vitaran's business: every rule, query and action. No HTTP, no queue library, no processes.
//!
//! In reading order; a feature may use those above it and never those below.

pub mod access;
pub mod config;
pub mod db;
pub mod files;
pub mod idempotency;
pub mod jobs;
pub mod live;
pub mod ports;
pub mod problem;
pub mod secrets;

pub mod identity;
pub mod tenancy;

#[cfg(feature = "testkit")]
pub mod testkit;
