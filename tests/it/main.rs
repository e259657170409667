//! The integration tests: one binary, a module for each subject. Each test has an installation of its own.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a claim that cannot be looked at has failed"
)]

mod account_races;
mod api_keys;
mod asvs;
mod audit;
mod bad_input;
mod concurrency;
mod contract;
mod csrf;
mod documents;
mod domains;
mod emails;
mod figures;
mod endpoints;
mod faces;
mod headers;
mod health;
mod house;
mod invitations;
mod invoices;
mod isolation;
mod live;
mod locations;
mod logs;
mod masters;
mod matrix;
mod members;
mod meta;
mod migrations;
mod modules;
mod notifications;
mod openapi;
mod operator;
mod orders;
mod outbox;
mod passwords;
mod platform;
mod platform_api;
mod portal;
mod problems;
mod proof;
mod processes;
mod roles;
mod schema;
mod second_factor;
mod session_ends;
mod sessions;
mod sign_in;
mod suspension;
mod switches;
mod throttle;
mod tidy;
mod tokens;
mod trail;
mod verbs;
mod walks;
mod warehouse;
mod webhooks;
mod worker_crash;
