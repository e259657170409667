//! An installation as operators run it: the real `web` and `worker` processes on a database of their own.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use tokio::process::{Child, Command};

use crate::Database;

/// How long a process may take to answer after its start.
pub(crate) const START: Duration = Duration::from_secs(30);

/// Running processes; they end with the value.
pub struct Installation {
    pub base: String,
    pub database: Database,
    pub files: PathBuf,
    pub web: Child,
    pub worker: Option<Child>,
}

/// Where cargo put the binaries: beside the test's own.
pub(crate) fn binary(name: &str) -> PathBuf {
    let test = std::env::current_exe().expect("the test's path");
    let folder = test.parent().and_then(Path::parent).expect("target/debug");
    let path = folder.join(name);
    assert!(
        path.exists(),
        "{} is not built: run the tests through bin/test",
        path.display()
    );
    path
}

pub(crate) fn free_port() -> u16 {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    listener.local_addr().expect("an address").port()
}

impl Installation {
    /// Starts both processes on this database.
    pub async fn start(database: Database) -> Self {
        let mut installation = Self::start_web(database).await;
        installation.worker = Some(installation.spawn_worker(&[]));
        installation
    }

    /// Starts web alone.
    pub async fn start_web(database: Database) -> Self {
        let port = free_port();
        let base = format!("http://127.0.0.1:{port}");
        let files = std::env::temp_dir().join(format!("vitaran-{}", uuid::Uuid::now_v7()));
        std::fs::create_dir_all(&files).expect("a folder");
        let web = Command::new(binary("web"))
            .arg("serve")
            .env_clear()
            .envs(common(&base, &files))
            .env("DATABASE_URL", database.url_of("app_user"))
            .env("BIND", format!("127.0.0.1:{port}"))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .expect("web starts");
        let installation = Installation {
            base,
            database,
            files,
            web,
            worker: None,
        };
        installation.wait_for_health().await;
        installation
    }

    /// Starts a worker with further settings.
    pub fn spawn_worker(&self, settings: &[(&str, &str)]) -> Child {
        let python = std::env::var("WEASYPRINT_PYTHON")
            .expect("WEASYPRINT_PYTHON is not set: run the tests through bin/test");
        Command::new(binary("worker"))
            .arg("run")
            .env_clear()
            .envs(common(&self.base, &self.files))
            .env("WORKER_DATABASE_URL", self.database.url_of("app_worker"))
            .env("MAIL_FROM", "orders@vitaran.test")
            .env("MAIL_DIR", self.files.join("mail"))
            .env("WHATSAPP_PROVIDER", "fake")
            .env("WEASYPRINT_PYTHON", python)
            .envs(settings.iter().copied())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .expect("worker starts")
    }

    async fn wait_for_health(&self) {
        let started = Instant::now();
        loop {
            let answer = reqwest::get(format!("{}/health", self.base)).await;
            if answer.is_ok_and(|answer| answer.status().is_success()) {
                return;
            }
            assert!(started.elapsed() < START, "web did not become healthy");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}

impl Drop for Installation {
    fn drop(&mut self) {
        let _ = self.web.start_kill();
        if let Some(worker) = &mut self.worker {
            let _ = worker.start_kill();
        }
        let _ = std::fs::remove_dir_all(&self.files);
    }
}

pub(crate) fn common(base: &str, files: &Path) -> Vec<(String, String)> {
    let inherited = ["PATH", "HOME", "LANG", "TMPDIR"]
        .into_iter()
        .filter_map(|key| Some((key.to_owned(), std::env::var(key).ok()?)));
    inherited
        .chain([
            ("PUBLIC_URL".to_owned(), base.to_owned()),
            ("FILES_DIR".to_owned(), files.display().to_string()),
            (
                "SECRET_KEY".to_owned(),
                "k1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=".to_owned(),
            ),
            ("LOG_FORMAT".to_owned(), "json".to_owned()),
            ("RUST_LOG".to_owned(), "warn".to_owned()),
        ])
        .collect()
}
