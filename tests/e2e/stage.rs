//! What the journeys walk on: the demo, seeded once as an operator would, and copied for each.

use std::process::Stdio;

use tokio::process::Command;
use tokio::sync::OnceCell;
use vitaran_tests::Database;
use vitaran_tests::installation::Installation;
use vitaran_tests::process::binary;

/// Of every login of the demo.
pub const PASSWORD: &str = "vitaran-demo-2026";

/// An installation, web and worker, that holds the demo.
pub async fn demo() -> Installation {
    static DEMO: OnceCell<Database> = OnceCell::const_new();
    let seeded = DEMO.get_or_init(seed).await;
    Installation::start(seeded.copy().await).await
}

async fn seed() -> Database {
    let database = Database::create().await;
    let seeding = Command::new(binary("vitaran"))
        .args(["seed", "--demo"])
        .env("OWNER_DATABASE_URL", database.url_of("app_owner"))
        .env("DATABASE_URL", database.url_of("app_user"))
        .env("WORKER_DATABASE_URL", database.url_of("app_worker"))
        .stdin(Stdio::null())
        .output()
        .await
        .unwrap();
    assert!(
        seeding.status.success(),
        "{}",
        String::from_utf8_lossy(&seeding.stderr)
    );
    database
}
