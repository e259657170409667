//! Domains: the pages where a distributor says which names of the internet are theirs, and their operations.

pub mod admin;
mod api;
pub mod ask;
mod dto;
mod views;

pub use api::DomainsApi;
pub use dto::Domain;
pub(crate) use views::table;

use vitaran_kernel::DomainId;

/// The page of all domains.
pub const PATH: &str = "/admin/domains";

fn path_of(id: DomainId) -> String {
    format!("{PATH}/{id}")
}
