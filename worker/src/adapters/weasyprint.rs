//! PDFs by WeasyPrint, in one or two Python children that stay: importing it costs six times as much
//! as rendering an invoice.
//!
//! A child is trusted with nothing. It gets an empty environment, a folder of its own, limits set by
//! itself (`renderer/render.py`) and a hard time limit set here; its answer must carry the number of
//! the question, begin as a PDF does and keep to a size. Whatever else happens, the child is killed and
//! the next document gets a fresh one, so only a child that has just answered well is ever used again.
//!
//! A child cannot start processes (an audit hook refuses it), so killing it leaves nothing behind. It
//! has a process group of its own so that Ctrl-C in a terminal lets a render in flight end well.

use std::{
    fs::{self, DirBuilder},
    io,
    os::unix::fs::DirBuilderExt,
    path::{Path, PathBuf, absolute},
    process::Stdio,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::future::try_join_all;
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    process::{Child, ChildStderr, ChildStdin, ChildStdout, Command},
    sync::Semaphore,
    time::timeout,
};
use vitaran_core::ports::{PdfRenderer, RenderError, text::bounded_detail};

/// The only version whose fetching is known to be shut: others differ in their interface.
const WEASYPRINT_VERSION: &str = "70.0";
const SCRIPT: &str = include_str!("../../renderer/render.py");
const PDF_MAGIC: &[u8] = b"%PDF-";
/// More children than this only compete for the processors.
const MAX_CHILDREN: usize = 2;
/// Lines of a child's log that are passed on. A document can cause one for each of its faults.
const MAX_LOG_LINES: usize = 200;
/// Bytes of one log line that are passed on.
const MAX_LOG_LINE_BYTES: usize = 400;

#[derive(Debug, Clone)]
pub struct WeasyPrintConfig {
    /// The interpreter of the virtual environment that has WeasyPrint (`WEASYPRINT_PYTHON`).
    pub python: PathBuf,
    /// How many documents are rendered at a time: 1 or 2 (`RENDERERS`); other numbers are brought there.
    pub children: usize,
}

#[derive(Debug, Clone)]
struct Limits {
    html_bytes: usize,
    pdf_bytes: usize,
    start: Duration,
    render: Duration,
    /// How long a document waits for a child to be free. With the other two it stays below the
    /// lease of a rendering.
    wait: Duration,
    /// A child that has rendered so many documents is replaced, whatever it may have leaked.
    documents: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            html_bytes: 8 * 1024 * 1024,
            pdf_bytes: 20 * 1024 * 1024,
            start: Duration::from_secs(30),
            render: Duration::from_secs(45),
            wait: Duration::from_secs(60),
            documents: 200,
        }
    }
}

/// Dropping it kills its children and removes its folder.
#[derive(Debug)]
pub struct WeasyPrint {
    python: PathBuf,
    script: String,
    limits: Limits,
    free: Semaphore,
    idle: Mutex<Vec<Renderer>>,
    children_made: AtomicU32,
    // Last, so that the children are gone before their folder.
    folder: Folder,
}

impl WeasyPrint {
    /// Starts all children and checks their version, so that a wrong installation is found now and
    /// the first invoice does not wait.
    pub async fn start(config: WeasyPrintConfig) -> Result<Self, RenderError> {
        Self::start_with(config, SCRIPT.to_owned(), Limits::default()).await
    }

    async fn start_with(
        config: WeasyPrintConfig,
        script: String,
        limits: Limits,
    ) -> Result<Self, RenderError> {
        let children = config.children.clamp(1, MAX_CHILDREN);
        let name = format!("vitaran-render-{}", uuid::Uuid::now_v7());
        let this = Self {
            python: findable_from_anywhere(&config.python),
            script,
            limits,
            free: Semaphore::new(children),
            idle: Mutex::default(),
            children_made: AtomicU32::new(0),
            folder: Folder::make(std::env::temp_dir().join(name))?,
        };
        let renderers = try_join_all((0..children).map(|_| this.make_renderer())).await?;
        this.idle().extend(renderers);
        tracing::info!(
            children,
            weasyprint.version = WEASYPRINT_VERSION,
            "the PDF renderer is ready"
        );
        Ok(this)
    }

    fn idle(&self) -> std::sync::MutexGuard<'_, Vec<Renderer>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// An idle child that still lives, or a new one.
    async fn take_renderer(&self) -> Result<Renderer, RenderError> {
        loop {
            let idle = self.idle().pop();
            let Some(mut renderer) = idle else {
                return self.make_renderer().await;
            };
            if renderer.sequence < self.limits.documents && renderer.is_alive() {
                return Ok(renderer);
            }
            renderer.end().await;
        }
    }

    async fn make_renderer(&self) -> Result<Renderer, RenderError> {
        let number = self.children_made.fetch_add(1, Ordering::Relaxed);
        let folder = Folder::make(self.folder.0.join(format!("child-{number}")))?;
        let mut renderer = self.spawn(folder).map_err(|error| {
            RenderError::Unavailable(format!(
                "{} cannot be started: {error}",
                self.python.display()
            ))
        })?;
        match timeout(self.limits.start, renderer.read_version()).await {
            Ok(Some(version)) if version == WEASYPRINT_VERSION => Ok(renderer),
            Ok(Some(version)) => {
                renderer.end().await;
                let text =
                    format!("WeasyPrint {version} was found, {WEASYPRINT_VERSION} is needed");
                Err(RenderError::Unavailable(text))
            }
            Ok(None) => {
                renderer.end().await;
                let text = "it ended while starting: is WeasyPrint installed?";
                Err(RenderError::Unavailable(text.to_owned()))
            }
            Err(_) => {
                renderer.end().await;
                Err(RenderError::Unavailable(
                    "it took too long to start".to_owned(),
                ))
            }
        }
    }

    fn spawn(&self, folder: Folder) -> io::Result<Renderer> {
        // Should the worker die, the child ends itself a little after it would have been killed.
        let seconds = self.limits.render.as_secs().saturating_add(15).to_string();
        let mut process = Command::new(&self.python)
            .args(["-I", "-B", "-c", &self.script, &seconds])
            .env_clear()
            .env("HOME", &self.folder.0)
            .env("XDG_CACHE_HOME", &self.folder.0)
            .env("TMPDIR", &folder.0)
            .env("LANG", "C.UTF-8")
            .current_dir(&folder.0)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0)
            .kill_on_drop(true)
            .spawn()?;
        let no_pipe = || io::Error::other("a pipe is missing");
        let input = process.stdin.take().ok_or_else(no_pipe)?;
        let output = process.stdout.take().ok_or_else(no_pipe)?;
        let log = process.stderr.take().ok_or_else(no_pipe)?;
        tokio::spawn(pass_on_log(log, process.id()));
        Ok(Renderer {
            process,
            input,
            output,
            sequence: 0,
            _folder: folder,
        })
    }
}

#[async_trait]
impl PdfRenderer for WeasyPrint {
    async fn render(&self, html: &str) -> Result<Bytes, RenderError> {
        if html.len() > self.limits.html_bytes {
            return Err(RenderError::TooLarge);
        }
        let busy = || RenderError::Unavailable("all renderers are busy".to_owned());
        let Ok(Ok(_place)) = timeout(self.limits.wait, self.free.acquire()).await else {
            return Err(busy());
        };
        let mut renderer = self.take_renderer().await?;
        let answer = timeout(
            self.limits.render,
            renderer.render(html, self.limits.pdf_bytes),
        )
        .await;
        match answer.unwrap_or(Err(RenderError::TimedOut)) {
            Ok(pdf) => {
                self.idle().push(renderer);
                Ok(pdf)
            }
            Err(error) => {
                renderer.end().await;
                Err(error)
            }
        }
    }
}

/// One child. Dropped in the middle of a render (the caller went away), it is killed as well.
#[derive(Debug)]
struct Renderer {
    process: Child,
    input: ChildStdin,
    output: ChildStdout,
    /// The number of the last question.
    sequence: u32,
    _folder: Folder,
}

impl Renderer {
    fn is_alive(&mut self) -> bool {
        matches!(self.process.try_wait(), Ok(None))
    }

    /// What the child says about itself once it is ready; `None` when it says something else.
    async fn read_version(&mut self) -> Option<String> {
        const MAX_VERSION_BYTES: usize = 40;
        let frame = self.read_frame_head().await.ok()?;
        if frame.kind != b'H' || frame.sequence != 0 || frame.length > MAX_VERSION_BYTES {
            return None;
        }
        let version = self.read_payload(frame.length).await.ok()?;
        Some(bounded_detail(&String::from_utf8_lossy(&version), &[]))
    }

    async fn render(&mut self, html: &str, max_pdf_bytes: usize) -> Result<Bytes, RenderError> {
        const MAX_NAME_BYTES: usize = 200;
        let length = u32::try_from(html.len()).map_err(|_| RenderError::TooLarge)?;
        self.sequence = self.sequence.wrapping_add(1);
        self.ask(length, html)
            .await
            .map_err(|_| RenderError::Crashed)?;
        let frame = self
            .read_frame_head()
            .await
            .map_err(|_| RenderError::Crashed)?;
        match frame.kind {
            _ if frame.sequence != self.sequence => Err(RenderError::NotAPdf),
            b'P' if frame.length > max_pdf_bytes => Err(RenderError::TooLarge),
            b'P' => {
                let pdf = self
                    .read_payload(frame.length)
                    .await
                    .map_err(|_| RenderError::Crashed)?;
                if pdf.starts_with(PDF_MAGIC) {
                    Ok(pdf.into())
                } else {
                    Err(RenderError::NotAPdf)
                }
            }
            b'E' if frame.length <= MAX_NAME_BYTES => {
                let name = self
                    .read_payload(frame.length)
                    .await
                    .map_err(|_| RenderError::Crashed)?;
                let exception = bounded_detail(&String::from_utf8_lossy(&name), &[]);
                tracing::warn!(exception, "a document could not be rendered");
                Err(RenderError::Crashed)
            }
            _ => Err(RenderError::NotAPdf),
        }
    }

    async fn ask(&mut self, length: u32, html: &str) -> io::Result<()> {
        self.input.write_u32(self.sequence).await?;
        self.input.write_u32(length).await?;
        self.input.write_all(html.as_bytes()).await?;
        self.input.flush().await
    }

    async fn read_frame_head(&mut self) -> io::Result<FrameHead> {
        let kind = self.output.read_u8().await?;
        let sequence = self.output.read_u32().await?;
        let length = usize::try_from(self.output.read_u32().await?).map_err(io::Error::other)?;
        Ok(FrameHead {
            kind,
            sequence,
            length,
        })
    }

    async fn read_payload(&mut self, length: usize) -> io::Result<Vec<u8>> {
        let mut payload = vec![0; length];
        self.output.read_exact(&mut payload).await?;
        Ok(payload)
    }

    /// Kills the child and waits for its end, so that no zombie is left.
    async fn end(mut self) {
        if let Err(error) = self.process.kill().await {
            tracing::warn!(%error, "a PDF renderer could not be ended");
        }
    }
}

#[derive(Debug, Clone, Copy)]
struct FrameHead {
    kind: u8,
    sequence: u32,
    length: usize,
}

/// A folder only we can look into, removed when dropped.
#[derive(Debug)]
struct Folder(PathBuf);

impl Folder {
    fn make(path: PathBuf) -> Result<Self, RenderError> {
        DirBuilder::new()
            .mode(0o700)
            .create(&path)
            .map_err(|error| {
                RenderError::Unavailable(format!("no folder for the renderer: {error}"))
            })?;
        Ok(Self(path))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_dir_all(&self.0) {
            tracing::warn!(%error, "a folder of the PDF renderer could not be removed");
        }
    }
}

/// A child starts in another folder, which a path like `.dev/venv/bin/python` would be looked up from.
/// Links are kept: a virtual environment is known by the link to its interpreter.
fn findable_from_anywhere(python: &Path) -> PathBuf {
    let is_bare_name = python.components().count() == 1;
    if is_bare_name {
        python.to_owned()
    } else {
        absolute(python).unwrap_or_else(|_| python.to_owned())
    }
}

/// Passes on what a child writes about faults, in bounded lines and of bounded number, and reads the
/// rest away so that the child never waits for us.
async fn pass_on_log(log: ChildStderr, child: Option<u32>) {
    let mut log = BufReader::new(log);
    let mut lines = 0;
    let mut line = Vec::new();
    while let Ok(chunk) = log.fill_buf().await {
        if chunk.is_empty() {
            break;
        }
        let end = chunk.iter().position(|byte| *byte == b'\n');
        let part = chunk.iter().take(end.unwrap_or(chunk.len()));
        line.extend(part.take(MAX_LOG_LINE_BYTES.saturating_sub(line.len())));
        let read = end.map_or(chunk.len(), |end| end.saturating_add(1));
        log.consume(read);
        if end.is_some() {
            if lines < MAX_LOG_LINES && !line.is_empty() {
                lines += 1;
                let said = bounded_detail(&String::from_utf8_lossy(&line), &[]);
                tracing::warn!(child, said, "the PDF renderer complains");
            }
            line.clear();
        }
    }
}

#[cfg(test)]
#[path = "weasyprint_tests.rs"]
mod tests;
