//! What a whole run of the suite logged, and the secrets that went through it, so that a last test can look for the ones
//! in the other.
//!
//! Works where `VITARAN_LOGS` names a folder, as `bin/test` has it: every application of a test writes there at its most
//! talkative, every process that a test starts leaves its output there, and every client notes what it was entrusted.

use std::collections::BTreeSet;
use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::{LazyLock, Mutex, Once};

use serde_json::Value;
use tracing_subscriber::EnvFilter;

/// Ours in detail, the libraries' as an operator has them.
pub const LOUD: &str = "info,web=debug,worker=debug,vitaran_core=debug,vitaran_web=debug,vitaran_worker=debug,vitaran_kernel=debug";

/// What an answer hands over once and for all.
const ENTRUSTED: [&str; 3] = ["access_token", "refresh_token", "secret"];

/// Shorter words are common ones.
const SHORTEST_SECRET: usize = 12;

const SECRETS: &str = "secrets";

/// The folder of this run, if anybody wants to know.
pub fn folder() -> Option<PathBuf> {
    std::env::var_os("VITARAN_LOGS").map(PathBuf::from)
}

/// Lets the applications of this process write their log, from the first of them on.
pub(crate) fn listen() {
    static ONCE: Once = Once::new();
    let Some(folder) = folder() else { return };
    ONCE.call_once(|| {
        std::fs::create_dir_all(&folder).expect("a folder");
        let log = File::create(folder.join(format!("suite-{}.log", std::process::id())));
        tracing_subscriber::fmt()
            .with_env_filter(EnvFilter::new(LOUD))
            .with_writer(Mutex::new(log.expect("a file")))
            .json()
            .init();
    });
}

/// Keeps the log of a process.
pub(crate) fn keep(process: &str, log: &str) {
    if let Some(folder) = folder()
        && !log.is_empty()
    {
        let name = format!("{process}-{}.log", uuid::Uuid::now_v7());
        std::fs::create_dir_all(&folder).expect("a folder");
        std::fs::write(folder.join(name), log).expect("a file");
    }
}

/// Notes a cookie's value, a token, a key or a password of this run.
pub(crate) fn entrust(secret: &str) {
    static NOTES: LazyLock<Option<Mutex<File>>> = LazyLock::new(|| {
        let folder = folder()?;
        std::fs::create_dir_all(&folder).expect("a folder");
        let path = folder.join(format!("{SECRETS}-{}.txt", std::process::id()));
        let file = OpenOptions::new().create(true).append(true).open(path);
        Some(Mutex::new(file.expect("a file")))
    });
    if let Some(notes) = &*NOTES
        && secret.len() >= SHORTEST_SECRET
        && !secret.contains('\n')
    {
        let mut notes = notes.lock().expect("the notes");
        writeln!(notes, "{secret}").expect("a line");
    }
}

/// Notes what an answer entrusts to its client.
pub(crate) fn entrust_answer(body: &str) {
    if folder().is_none() {
        return;
    }
    let Ok(Value::Object(fields)) = serde_json::from_str(body) else {
        return;
    };
    for name in ENTRUSTED {
        if let Some(secret) = fields.get(name).and_then(Value::as_str) {
            entrust(secret);
        }
    }
}

/// Every secret of the run.
pub fn secrets(folder: &Path) -> BTreeSet<String> {
    files(folder, "txt")
        .iter()
        .flat_map(|path| {
            let notes = std::fs::read_to_string(path).expect("notes");
            notes.lines().map(str::to_owned).collect::<Vec<_>>()
        })
        .collect()
}

/// Every log of the run.
pub fn logs(folder: &Path) -> Vec<PathBuf> {
    files(folder, "log")
}

fn files(folder: &Path, ending: &str) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).expect("the folder of the run");
    entries
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.extension().is_some_and(|found| found == ending))
        .collect()
}
