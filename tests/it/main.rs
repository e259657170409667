//! The integration tests: one binary, a module for each subject. Each test has an installation of its own.

mod concurrency;
mod csrf;
mod headers;
mod health;
mod isolation;
mod live;
mod openapi;
mod platform;
mod problems;
mod schema;
mod sessions;
mod sign_in;
