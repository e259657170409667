//! An installation as operators run it: the real `web` and `worker` on a database of their own.

use std::path::PathBuf;

use crate::Database;
use crate::process::{Process, Program};

/// Running processes; they end with the value.
pub struct Installation {
    pub base: String,
    // The processes first: they end before their database does.
    _web: Process,
    _worker: Option<Process>,
    database: Database,
    files: PathBuf,
}

impl Installation {
    /// Starts both processes on this database.
    pub async fn start(database: Database) -> Self {
        let mut installation = Self::start_web(database).await;
        let (base, database) = (&installation.base, &installation.database);
        let worker = Program::worker_on(base, database, &installation.files);
        installation._worker = Some(worker.start());
        installation
    }

    /// Starts web alone.
    pub async fn start_web(database: Database) -> Self {
        let files = std::env::temp_dir().join(format!("vitaran-{}", uuid::Uuid::now_v7()));
        std::fs::create_dir_all(&files).expect("a folder");
        let web = Program::web_on(&database, &files);
        Installation {
            base: web.base().to_owned(),
            _web: web.serve().await,
            _worker: None,
            database,
            files,
        }
    }
}

impl Drop for Installation {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.files);
    }
}
