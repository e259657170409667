//! Renderers that go wrong: programs that begin as the real one does and then hang or fail. A worker is given one as its
//! `WEASYPRINT_PYTHON`.

use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// How long the first document may take to come.
const PATIENCE: Duration = Duration::from_secs(60);

/// Says that it is there, and keeps what it is asked for. It speaks the protocol of `worker/renderer/render.py`.
const BEGINNING: &str = r#"
import os, sys
source, sink = sys.stdin.buffer, sys.stdout.buffer
sink.write(b"H" + bytes(4) + (4).to_bytes(4, "big") + b"70.0")
sink.flush()
while header := source.read(8):
    html = source.read(int.from_bytes(header[4:], "big"))
    with open(ASKED, "ab") as asked:
        asked.write(html + b"\0")
"#;

/// Waits for more input, which ends when the worker does: so nothing is left behind.
const HANG: &str = "    source.read()\n";
const FAIL: &str = r#"    sink.write(b"E" + header[:4] + (10).to_bytes(4, "big") + b"ValueError")
    sink.flush()
"#;

/// The interpreter that the real renderer runs in.
pub fn python() -> String {
    std::env::var("WEASYPRINT_PYTHON")
        .expect("WEASYPRINT_PYTHON is not set: run the tests through bin/test")
}

/// A program in place of the renderer's Python. It is removed with the value.
#[derive(Debug)]
pub struct BadRenderer {
    folder: PathBuf,
}

impl BadRenderer {
    /// Takes a document and never gives one back.
    pub fn that_hangs() -> Self {
        Self::make(HANG)
    }

    /// Answers every document with an exception.
    pub fn that_fails() -> Self {
        Self::make(FAIL)
    }

    fn make(then: &str) -> Self {
        let name = format!("vitaran-bad-renderer-{}", uuid::Uuid::now_v7());
        let folder = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&folder).expect("a folder");
        let renderer = BadRenderer { folder };
        let asked = renderer.asked_file();
        let script = format!(
            "#!{} -I\nASKED = {:?}{BEGINNING}{then}",
            python(),
            asked.display().to_string()
        );
        let program = renderer.program();
        std::fs::write(&program, script).expect("a script");
        let runnable = std::fs::Permissions::from_mode(0o700);
        std::fs::set_permissions(&program, runnable).expect("a script that runs");
        renderer
    }

    /// What `WEASYPRINT_PYTHON` is set to.
    pub fn program(&self) -> PathBuf {
        self.folder.join("python")
    }

    fn asked_file(&self) -> PathBuf {
        self.folder.join("asked")
    }

    /// How many documents it was asked for.
    pub fn asked(&self) -> usize {
        let asked = std::fs::read(self.asked_file()).unwrap_or_default();
        asked.iter().filter(|byte| **byte == 0).count()
    }

    /// Waits until it is in the middle of this many.
    pub async fn until_asked(&self, count: usize) {
        let started = Instant::now();
        while self.asked() < count {
            assert!(
                started.elapsed() < PATIENCE,
                "{} documents were asked for, not {count}",
                self.asked()
            );
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

impl Drop for BadRenderer {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}
