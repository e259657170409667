//! Who is asking: a browser's session or an API token, never both. What either may do is read from the database with
//! every request.

pub mod api_actor;
pub mod area_guard;
pub mod page_actor;
pub mod session;

pub use api_actor::{ApiActor, ApiPerson, PlatformToken};
pub use page_actor::{PageActor, PlatformPage};
pub use session::CurrentSession;
