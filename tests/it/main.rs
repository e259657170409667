//! The integration tests: one binary, a module for each subject. Each test has an installation of its own.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a claim that cannot be looked at has failed"
)]

mod bad_input;
mod concurrency;
mod csrf;
mod endpoints;
mod faces;
mod headers;
mod health;
mod house;
mod invoices;
mod isolation;
mod live;
mod masters;
mod matrix;
mod notifications;
mod openapi;
mod orders;
mod platform;
mod portal;
mod problems;
mod schema;
mod sessions;
mod sign_in;
mod tidy;
mod verbs;
mod walks;
mod warehouse;
