//! The way to the database. Nothing outside this crate can run a statement: pages, API and jobs get a [`TenantTx`] or a
//! [`PlatformTx`] from [`Db`] and hand it to an action, which alone may reach the connection inside.
//!
//! - a [`TenantTx`] takes its tenant from a permission proof, so that no tenant id is ever passed around;
//! - dropping a transaction rolls it back;
//! - reads run `READ ONLY`, so that a GET which changes something fails in the database.

mod batch;
mod count;
mod error;
mod guard;
pub mod origin;
mod page;
mod platform_tx;
mod pool;
mod since;
mod statement;
mod tenant_tx;
mod tx_connection;

pub(crate) use batch::Batch;
pub use count::Count;
pub(crate) use count::count_each;
pub use error::DbError;
pub use guard::{StartFault, refuse_to_start};
pub use page::{Cursor, CursorError, Limit, Page, Paged};
pub use platform_tx::PlatformTx;
pub use pool::{Db, DbSettings};
pub use since::Since;
pub(crate) use since::Sweep;
pub(crate) use statement::Statement;
pub use tenant_tx::TenantTx;
pub(crate) use tx_connection::TxConnection;
