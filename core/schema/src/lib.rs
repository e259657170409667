//! The tables of the database as diesel knows them. `tables.rs` is printed from a migrated database by
//! `diesel print-schema` and never edited; policies, functions, triggers and grants are the SQL files beside `src`.
//!
//! A crate of its own, because expanding these tables costs seconds and they change seldom.

mod tables;

pub use tables::*;

/// The version of this release's last migration, as `__diesel_schema_migrations` has it.
pub const LAST_MIGRATION: &str = env!("LAST_MIGRATION");

/// Re-run whole after every migration, in this order. Each file is idempotent.
pub const REPLACEABLE_SQL: [(&str, &str); 6] = [
    ("functions", include_str!("../sql/functions.sql")),
    ("policies", include_str!("../sql/policies.sql")),
    ("triggers", include_str!("../sql/triggers.sql")),
    ("audit", include_str!("../sql/audit.sql")),
    ("grants", include_str!("../sql/grants.sql")),
    (
        "seed_whatsapp_error_classes",
        include_str!("../sql/seed_whatsapp_error_classes.sql"),
    ),
];

/// Run after the queue's own migrations and before the grants.
pub const QUEUE_SQL: &str = include_str!("../sql/queue.sql");
