//! What tests of actions stand on (feature `testkit`): a real migrated database, a tenant of one's own, and a transaction
//! that is never committed.
//!
//! `TEST_DATABASE_URL` is the database as app_user, `TEST_WORKER_DATABASE_URL` as app_worker, `TEST_OWNER_DATABASE_URL` as its owner; `bin/test` makes both.
#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "a test that cannot be set up must stop, and finds its database in the environment"
)]

mod factory;
mod tx;

pub use factory::{DealerFactory, ProductFactory, dealer, product};
pub use tx::{TestTenant, TestTx, test_db, test_tenant, test_tx, test_tx_in_state, test_worker_db};
