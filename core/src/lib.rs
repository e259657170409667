//! Vitaran's business: every rule, query and action. No HTTP, no queue library, no processes.
//!
//! In reading order; a feature may use those above it and never those below.

pub mod problem;
pub mod access;
pub mod db;
pub mod live;
pub mod jobs;
pub mod secrets;
pub mod qr;
pub mod ports;
pub mod master;
pub mod audit;
pub mod idempotency;
pub mod files;
pub mod throttle;
pub mod account_mails;
pub mod domains;

pub mod identity;
pub mod api_keys;
pub mod tenancy;
pub mod roles;
pub mod webhooks;
pub mod members;
pub mod invitations;
pub mod config;

pub mod catalog;
pub mod dealers;
pub mod stock;
pub mod pricing;
pub mod notifications;
pub mod orders;
pub mod invoicing;
pub mod warehouse;
pub mod payments;
pub mod housekeeping;

#[cfg(feature = "testkit")]
pub mod testkit;
