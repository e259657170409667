//! The real `web` and `worker` beside a [`TestApp`]: configured as a test wants, what they say kept, ended as it wants.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use tokio::process::{Child, Command};
use vitaran_ops::bench::{Cost, cost};

use crate::{Database, TestApp, overheard};

/// How long a process may take to answer after its start.
const START: Duration = Duration::from_secs(30);

/// How long a process may take that does one thing and ends.
const ONE_RUN: Duration = Duration::from_secs(60);

/// A program with its arguments and its whole environment, ready to be started any number of times.
#[derive(Debug, Clone)]
pub struct Program {
    name: &'static str,
    arguments: Vec<String>,
    settings: BTreeMap<String, String>,
}

impl Program {
    /// Without a single setting.
    pub fn unconfigured(name: &'static str, command: &str) -> Self {
        Program {
            name,
            arguments: vec![command.to_owned()],
            settings: BTreeMap::new(),
        }
    }

    /// Serves this application's database and files, on a port of its own.
    pub fn web(app: &TestApp) -> Self {
        Self::web_on(&app.database, &app.files)
    }

    /// Serves a database and a folder, on a port of its own.
    pub fn web_on(database: &Database, files: &Path) -> Self {
        let address = format!("127.0.0.1:{}", free_port());
        let base = format!("http://{address}");
        Self::unconfigured("web", "serve")
            .with_all(common(&base, files))
            .with("DATABASE_URL", database.url_of("app_user"))
            .with("BIND", address)
    }

    /// Works for this application, with mails as files and messages recorded.
    pub fn worker(app: &TestApp) -> Self {
        Self::worker_on(&app.base, &app.database, &app.files)
    }

    /// Works for the web at this address.
    pub fn worker_on(base: &str, database: &Database, files: &Path) -> Self {
        Self::unconfigured("worker", "run")
            .with_all(common(base, files))
            .with("WORKER_DATABASE_URL", database.url_of("app_worker"))
            .with("MAIL_FROM", "orders@vitaran.test")
            .with("MAIL_DIR", files.join("mail").display().to_string())
            .with("WHATSAPP_PROVIDER", "fake")
            .with("WEASYPRINT_PYTHON", crate::renderer::python())
    }

    /// The operator's command, as its owner's database URL lets it work.
    pub fn vitaran(database: &Database, arguments: &[&str]) -> Self {
        let mut program = Self::unconfigured("vitaran", "");
        program.arguments = arguments.iter().map(|&word| word.to_owned()).collect();
        program
            .with("OWNER_DATABASE_URL", database.url_of("app_owner"))
            .with("DATABASE_URL", database.url_of("app_user"))
    }

    fn with_all(mut self, settings: Vec<(String, String)>) -> Self {
        self.settings.extend(settings);
        self
    }

    #[must_use]
    pub fn with(mut self, key: &str, value: impl Into<String>) -> Self {
        self.settings.insert(key.to_owned(), value.into());
        self
    }

    /// Of a worker: only these queues.
    #[must_use]
    pub fn queues(mut self, queues: &str) -> Self {
        self.arguments
            .extend(["--queues".to_owned(), queues.to_owned()]);
        self
    }

    /// Where a web is to be reached.
    pub fn base(&self) -> &str {
        &self.settings["PUBLIC_URL"]
    }

    pub fn start(&self) -> Process {
        let name = format!("vitaran-{}-{}", self.name, uuid::Uuid::now_v7());
        let folder = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&folder).expect("a folder");
        let file = |name: &str| File::create(folder.join(name)).expect("a file");
        let child = Command::new(binary(self.name))
            .args(&self.arguments)
            .env_clear()
            .envs(&self.settings)
            // What a killed one leaves behind goes with the rest.
            .env("TMPDIR", &folder)
            .stdin(Stdio::null())
            .stdout(file("stdout"))
            .stderr(file("stderr"))
            .kill_on_drop(true)
            .spawn()
            .expect("a process");
        Process {
            name: self.name,
            child,
            folder,
        }
    }

    /// Of the operator's command: its answer when it succeeds, its refusal otherwise.
    pub async fn answer(&self) -> Result<String, String> {
        let mut process = self.start();
        match process.ended_within(ONE_RUN).await {
            Some(0) => Ok(process.stdout()),
            _ => Err(process.stderr()),
        }
    }

    /// Starts a web and waits until it is well.
    pub async fn serve(&self) -> Process {
        let process = self.start();
        let started = Instant::now();
        loop {
            let answer = reqwest::get(format!("{}/health", self.base())).await;
            if answer.is_ok_and(|answer| answer.status().is_success()) {
                return process;
            }
            assert!(started.elapsed() < START, "web did not become healthy");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Of a worker: does what is due now, to its end.
    pub async fn once(&self) {
        let mut program = self.clone();
        if let Some(command) = program.arguments.first_mut() {
            "once".clone_into(command);
        }
        let mut process = program.start();
        let code = process.ended_within(ONE_RUN).await;
        assert_eq!(code, Some(0), "{}", process.said());
    }
}

/// A running process. It ends with the value.
#[derive(Debug)]
pub struct Process {
    name: &'static str,
    child: Child,
    folder: PathBuf,
}

impl Process {
    pub fn stdout(&self) -> String {
        self.read("stdout")
    }

    pub fn stderr(&self) -> String {
        self.read("stderr")
    }

    /// All it has said so far.
    pub fn said(&self) -> String {
        self.stdout() + &self.stderr()
    }

    /// Waits until it has said this.
    pub async fn until_it_says(&self, words: &str) {
        let started = Instant::now();
        while !self.said().contains(words) {
            assert!(
                started.elapsed() < START,
                "{} did not say {words:?}",
                self.name
            );
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    fn read(&self, name: &str) -> String {
        let bytes = std::fs::read(self.folder.join(name)).unwrap_or_default();
        String::from_utf8_lossy(&bytes).into_owned()
    }

    fn id(&self) -> u32 {
        self.child.id().expect("a running process")
    }

    /// Ends it as the kernel does when memory runs out: at once, and it learns nothing of it.
    pub async fn kill(&mut self) {
        self.child.kill().await.expect("a running process");
    }

    /// Tells it to stop, as a supervisor does.
    pub fn terminate(&self) {
        let told = std::process::Command::new("kill")
            .args(["-TERM", &self.id().to_string()])
            .status();
        assert!(told.is_ok_and(|status| status.success()), "SIGTERM");
    }

    /// Waits for its end and gives the exit code; `None` when a signal ended it.
    pub async fn ended_within(&mut self, limit: Duration) -> Option<i32> {
        let ended = tokio::time::timeout(limit, self.child.wait()).await;
        let Ok(status) = ended else {
            panic!("{} did not end within {limit:?}", self.name);
        };
        status.expect("a child").code()
    }

    /// What it has cost so far.
    pub fn cost(&self) -> Cost {
        cost(self.child.id().expect("a running process"))
    }

    pub fn is_running(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("{} said:\n{}", self.name, self.said());
        }
        overheard::keep(self.name, &self.stderr());
        let _ = self.child.start_kill();
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// Where cargo put the binaries: beside the test's own.
pub fn binary(name: &str) -> PathBuf {
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

fn free_port() -> u16 {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    listener.local_addr().expect("an address").port()
}

fn common(base: &str, files: &Path) -> Vec<(String, String)> {
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
            // All browsers and programs of a test are one network.
            ("REQUESTS_PER_10S".to_owned(), "1000000".to_owned()),
            ("SIGN_INS_PER_MINUTE".to_owned(), "1000000".to_owned()),
            // Receivers of a test stand on this machine.
            ("WEBHOOK_TARGETS".to_owned(), "loopback".to_owned()),
            ("LOG_FORMAT".to_owned(), "json".to_owned()),
            ("RUST_LOG".to_owned(), "warn".to_owned()),
        ])
        .collect()
}
