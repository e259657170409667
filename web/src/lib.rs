//! Pages and API: poem, maud, poem-openapi over the actions of vitaran-core.
//!
//! [`router`] is the table of contents: every route on one screen. A handler parses, asks the actor for the permission,
//! opens a transaction, calls the action and answers; everything else is around it, in [`http`] and [`auth`].

pub mod api_keys;
pub mod assets;
pub mod audit;
pub mod auth;
pub mod catalog;
pub mod dealers;
pub mod dashboard;
pub mod developers;
pub mod domains;
pub mod health;
pub mod http;
pub mod hx;
pub mod identity;
pub mod invitations;
pub mod invoicing;
pub mod live;
pub mod members;
pub mod modules;
pub mod notifications;
pub mod openapi;
pub mod orders;
pub mod payments;
pub mod portal;
pub mod pricing;
pub mod roles;
pub mod router;
pub mod shell;
pub mod state;
pub mod stock;
pub mod tenancy;
pub mod ui;
pub mod warehouse;
pub mod webhooks;

pub use router::app;
pub use state::{AppState, Shutdown};
