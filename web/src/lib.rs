//! Pages and API: poem, maud, poem-openapi over the actions of vitaran-core.

pub mod assets;
pub mod hx;
pub mod ui;
