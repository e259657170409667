//! The demonstration tenants: two invented distributors with catalogues,
//! prices, dealers and users that a person in the electrical trade would
//! recognise. `data` is what they are; nothing here touches a database.

pub mod data;
