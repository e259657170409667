//! The harness: a whole installation for each test (its own database, its own server), and browsers to use it with.
//!
//! `TEST_ADMIN_DATABASE_URL` is a superuser of a throw-away cluster that has the four roles, `TEST_ROLE_PASSWORD` their
//! password; `bin/test` makes both.
#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a test that cannot be set up must stop, and finds its cluster in the environment"
)]

mod app;
pub mod browser;
mod client;
mod database;
pub mod flow;
pub mod fuzz;
pub mod installation;
pub mod meta;
pub mod names;
pub mod overheard;
pub mod process;
pub mod receiver;
pub mod renderer;
mod wire;
mod picture;

pub use app::{
    BareApp, PASSWORD, Person, SECRET_KEY, TestApp, bare_app, test_app, test_app_on_a_wire,
    test_app_with,
};
pub use client::{Answer, Client};
pub use database::Database;
pub use picture::Picture;
pub use wire::{Said, Wire};
