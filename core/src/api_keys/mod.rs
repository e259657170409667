//! Keys of programs: what connects an accounting package or a shop without anybody's password.
//!
//! A key is the delegate of whoever made it. It may do what it names and its maker may do, at every moment: what the maker
//! loses, the key loses, and when the maker no longer works here it stops. Histories say its own name, the audit log its maker
//! beside it. Dealers' people have no keys: what their programs would do, a distributor's key does for one dealer at a time.

mod authenticate;
mod change;
mod create;
mod form;
mod model;
mod query;
mod secret;

pub use authenticate::{FoundKey, KeyView, authenticate, is_key, note_use};
pub use change::{MAX_OVERLAP_HOURS, RollForm, RollKey, revoke, roll};
pub use create::{MadeKey, create};
pub use form::{ApiKeyForm, MAX_DAYS, NewApiKey, grantable};
pub use model::{ApiKey, ApiKeyError, KeyStatus};
pub use query::{list, load};
pub use secret::KeySecret;
