//! The operator's command `vitaran`: migrate, seed, create tenants. The only holder of the owner's database URL.

pub mod demo;
