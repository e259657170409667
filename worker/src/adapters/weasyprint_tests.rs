//! Two kinds: what the renderer makes of children that misbehave, played by a few lines of Python in
//! the place of the script; and what the true one makes of documents that do.

use std::{collections::HashSet, process::Command as Tool, sync::Arc, time::Instant};

use futures_util::future::join_all;
use tokio::net::TcpListener;

use super::*;

/// Speaks the protocol; `handle(sequence, html)` is each test's own.
const FAKE: &str = r"
import os, sys, time
i, o = sys.stdin.buffer, sys.stdout.buffer
def frame(kind, sequence, payload):
    o.write(kind + sequence.to_bytes(4, 'big') + len(payload).to_bytes(4, 'big') + payload)
    o.flush()
def pdf(sequence, text=b''):
    frame(b'P', sequence, b'%PDF-' + text)
open(os.path.join(os.environ['HOME'], f'pid-{os.getpid()}'), 'w').close()
VERSION
def serve(handle):
    frame(b'H', 0, version)
    while head := i.read(8):
        handle(int.from_bytes(head[:4], 'big'), i.read(int.from_bytes(head[4:], 'big')))
";

fn python() -> PathBuf {
    #[expect(
        clippy::disallowed_methods,
        reason = "a test has no configuration to take it from"
    )]
    let named = std::env::var("WEASYPRINT_PYTHON").ok().map(PathBuf::from);
    let python = named
        .unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../.dev/venv/bin/python"));
    assert!(
        python.exists(),
        "{} is missing: run bin/setup, or set WEASYPRINT_PYTHON to a Python with WeasyPrint {WEASYPRINT_VERSION}",
        python.display()
    );
    python
}

fn config(children: usize) -> WeasyPrintConfig {
    WeasyPrintConfig {
        python: python(),
        children,
    }
}

fn short() -> Limits {
    Limits {
        render: Duration::from_millis(700),
        ..Limits::default()
    }
}

async fn fake_with(
    children: usize,
    handle: &str,
    limits: Limits,
) -> Result<WeasyPrint, RenderError> {
    let script = format!("{}{handle}", FAKE.replace("VERSION", "version = b'70.0'"));
    WeasyPrint::start_with(config(children), script, limits).await
}

async fn fake(children: usize, handle: &str) -> WeasyPrint {
    fake_with(children, handle, short()).await.unwrap()
}

async fn real() -> WeasyPrint {
    WeasyPrint::start(config(1)).await.unwrap()
}

impl WeasyPrint {
    /// The processes of all children there have been.
    fn pids(&self) -> HashSet<u32> {
        let names = fs::read_dir(&self.folder.0)
            .unwrap()
            .map(|entry| entry.unwrap().file_name());
        names
            .filter_map(|name| {
                name.to_str()
                    .unwrap()
                    .strip_prefix("pid-")
                    .map(|pid| pid.parse().unwrap())
            })
            .collect()
    }

    fn child_folders(&self) -> usize {
        let names = fs::read_dir(&self.folder.0)
            .unwrap()
            .map(|entry| entry.unwrap().file_name());
        names
            .filter(|name| name.to_str().unwrap().starts_with("child-"))
            .count()
    }
}

/// Also a zombie is a process.
fn exists(pid: u32) -> bool {
    Path::new(&format!("/proc/{pid}")).exists()
}

async fn eventually(what: &str, is_so: impl Fn() -> bool) {
    let start = Instant::now();
    while !is_so() {
        assert!(
            start.elapsed() < Duration::from_secs(10),
            "never happened: {what}"
        );
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// A child that answers each document as `handle` does, and well after it has been replaced.
async fn fails_once_and_recovers(handle_the_bad: &str, wanted: &RenderError) {
    let handle = format!(
        "
def handle(sequence, html):
    if html == b'good':
        return pdf(sequence, html)
    {handle_the_bad}
serve(handle)"
    );
    let renderer = fake(1, &handle).await;
    let first = renderer.pids();
    assert_eq!(
        renderer.render("bad").await.as_ref(),
        Err(wanted),
        "{handle_the_bad}"
    );
    assert!(
        !exists(*first.iter().next().unwrap()),
        "the child still runs, or is a zombie: {handle_the_bad}"
    );
    assert_eq!(
        renderer.render("good").await.unwrap(),
        "%PDF-good",
        "{handle_the_bad}"
    );
    assert_eq!(renderer.pids().len(), 2, "{handle_the_bad}");
    assert_eq!(renderer.child_folders(), 1, "{handle_the_bad}");
}

#[tokio::test]
async fn a_child_that_hangs_is_killed_and_replaced() {
    fails_once_and_recovers("time.sleep(3600)", &RenderError::TimedOut).await;
    fails_once_and_recovers(
        "o.write(b'P'); o.flush(); time.sleep(3600)",
        &RenderError::TimedOut,
    )
    .await;
}

#[tokio::test]
async fn a_child_that_dies_is_replaced() {
    fails_once_and_recovers("os._exit(1)", &RenderError::Crashed).await;
    fails_once_and_recovers("os.abort()", &RenderError::Crashed).await;
    fails_once_and_recovers(
        "o.write(b'P\\0'); o.flush(); os._exit(0)",
        &RenderError::Crashed,
    )
    .await;
}

#[tokio::test]
async fn a_child_that_reports_an_exception_is_replaced() {
    fails_once_and_recovers(
        "frame(b'E', sequence, b'MemoryError')",
        &RenderError::Crashed,
    )
    .await;
}

#[tokio::test]
async fn a_child_that_talks_nonsense_is_replaced() {
    let not_a_pdf = &RenderError::NotAPdf;
    fails_once_and_recovers("o.write(b'<html>not a frame</html>'); o.flush()", not_a_pdf).await;
    fails_once_and_recovers("frame(b'P', sequence, b'<html>')", not_a_pdf).await;
    fails_once_and_recovers("frame(b'P', sequence, b'')", not_a_pdf).await;
    fails_once_and_recovers("frame(b'E', sequence, b'x' * 100_000)", not_a_pdf).await;
}

#[tokio::test]
async fn the_answer_to_another_question_is_never_given() {
    let twice = "
def handle(sequence, html):
    pdf(sequence, html)
    pdf(sequence, html)
serve(handle)";
    let renderer = fake(1, twice).await;
    assert_eq!(renderer.render("mine").await.unwrap(), "%PDF-mine");
    assert_eq!(renderer.render("yours").await, Err(RenderError::NotAPdf));
    assert_eq!(renderer.render("yours").await.unwrap(), "%PDF-yours");
}

#[tokio::test]
async fn a_pdf_or_a_document_beyond_its_limit_is_too_large_and_not_tried_again() {
    let echo = "serve(lambda sequence, html: pdf(sequence, html))";
    let limits = Limits {
        html_bytes: 2_000,
        pdf_bytes: 1_005,
        ..short()
    };
    let renderer = fake_with(1, echo, limits).await.unwrap();
    assert_eq!(
        renderer.render(&"x".repeat(1_000)).await.unwrap().len(),
        1_005
    );
    assert_eq!(
        renderer.render(&"x".repeat(1_001)).await,
        Err(RenderError::TooLarge)
    );
    assert_eq!(
        renderer.render(&"x".repeat(2_001)).await,
        Err(RenderError::TooLarge)
    );
    assert!(!RenderError::TooLarge.retryable());
    // The length is believed before a byte is read: four gigabytes must not be asked for.
    fails_once_and_recovers(
        "o.write(b'P' + sequence.to_bytes(4, 'big') + b'\\xff' * 4); o.flush()",
        &RenderError::TooLarge,
    )
    .await;
}

#[tokio::test]
async fn a_child_that_died_while_idle_costs_no_document() {
    let renderer = fake(
        1,
        "serve(lambda sequence, html: (pdf(sequence), os._exit(0)))",
    )
    .await;
    renderer.render("one").await.unwrap();
    let first = *renderer.pids().iter().next().unwrap();
    let stat = format!("/proc/{first}/stat");
    eventually("the child is gone", || {
        fs::read_to_string(&stat).map_or(true, |stat| stat.contains(") Z "))
    })
    .await;
    renderer.render("two").await.unwrap();
    assert!(!exists(first), "a zombie is left");
}

#[tokio::test]
async fn a_child_is_replaced_after_its_share_of_documents() {
    let limits = Limits {
        documents: 3,
        ..short()
    };
    let renderer = fake_with(1, "serve(lambda sequence, html: pdf(sequence))", limits)
        .await
        .unwrap();
    for rendered in 1..=7_usize {
        renderer.render("x").await.unwrap();
        assert_eq!(
            renderer.pids().len(),
            rendered.div_ceil(3),
            "after {rendered}"
        );
    }
    let alive = renderer
        .pids()
        .into_iter()
        .filter(|pid| exists(*pid))
        .count();
    assert_eq!((alive, renderer.child_folders()), (1, 1));
}

#[tokio::test]
async fn as_many_documents_are_rendered_at_a_time_as_there_are_children() {
    let handle = "
def handle(sequence, html):
    begin = time.monotonic()
    time.sleep(0.1)
    pdf(sequence, f'{begin} {time.monotonic()}'.encode())
serve(handle)";
    let renderer = fake(2, handle).await;
    let answers = join_all((0..6).map(|_| renderer.render("x"))).await;
    let spans: Vec<(f64, f64)> = answers
        .into_iter()
        .map(|answer| {
            let text = String::from_utf8(answer.unwrap().to_vec()).unwrap();
            let (begin, end) = text.strip_prefix("%PDF-").unwrap().split_once(' ').unwrap();
            (begin.parse().unwrap(), end.parse().unwrap())
        })
        .collect();
    let most = spans
        .iter()
        .map(|(at, _)| {
            spans
                .iter()
                .filter(|(begin, end)| begin <= at && at < end)
                .count()
        })
        .max();
    assert_eq!(most, Some(2));
    assert_eq!(renderer.pids().len(), 2);
}

#[tokio::test]
async fn a_document_does_not_wait_for_ever_for_a_child() {
    let limits = Limits {
        wait: Duration::from_millis(50),
        render: Duration::from_secs(2),
        ..short()
    };
    let renderer = fake_with(1, "serve(lambda sequence, html: time.sleep(3600))", limits)
        .await
        .unwrap();
    let (first, second) = tokio::join!(renderer.render("x"), renderer.render("x"));
    assert_eq!(first, Err(RenderError::TimedOut));
    assert!(
        matches!(second, Err(RenderError::Unavailable(_))),
        "{second:?}"
    );
}

#[tokio::test]
async fn a_caller_that_goes_away_leaves_no_process_and_spoils_no_document() {
    let handle = "
def handle(sequence, html):
    if html == b'hang':
        open(os.path.join(os.environ['HOME'], 'hanging'), 'w').close()
        time.sleep(3600)
    pdf(sequence, html)
serve(handle)";
    let limits = Limits {
        render: Duration::from_secs(60),
        ..short()
    };
    let renderer = Arc::new(fake_with(1, handle, limits).await.unwrap());
    let first = *renderer.pids().iter().next().unwrap();
    let caller = tokio::spawn({
        let renderer = Arc::clone(&renderer);
        async move { renderer.render("hang").await }
    });
    let mark = renderer.folder.0.join("hanging");
    eventually("the child hangs", || mark.exists()).await;
    caller.abort();
    assert_eq!(renderer.render("good").await.unwrap(), "%PDF-good");
    eventually("the abandoned child is gone", || !exists(first)).await;
}

#[tokio::test]
async fn dropping_the_renderer_ends_its_children_and_removes_its_folder() {
    let renderer = fake(2, "serve(lambda sequence, html: pdf(sequence))").await;
    let (pids, folder) = (renderer.pids(), renderer.folder.0.clone());
    assert_eq!(pids.len(), 2);
    drop(renderer);
    assert!(!folder.exists());
    eventually("the children are gone", || {
        !pids.iter().any(|pid| exists(*pid))
    })
    .await;
}

#[tokio::test]
async fn a_flood_on_the_childs_log_holds_nothing_up() {
    let handle = "
def handle(sequence, html):
    sys.stderr.write('x' * 3_000_000)
    sys.stderr.write('y\\n' * 100_000)
    pdf(sequence)
serve(handle)";
    let limits = Limits {
        render: Duration::from_secs(20),
        ..short()
    };
    let renderer = fake_with(1, handle, limits).await.unwrap();
    renderer.render("x").await.unwrap();
}

#[tokio::test]
async fn a_child_knows_no_environment_of_ours() {
    let handle =
        "serve(lambda sequence, html: pdf(sequence, ' '.join(sorted(os.environ)).encode()))";
    let answer = fake(1, handle).await.render("x").await.unwrap();
    let names = std::str::from_utf8(&answer)
        .unwrap()
        .strip_prefix("%PDF-")
        .unwrap();
    // LC_CTYPE is set by Python itself.
    let names: Vec<&str> = names
        .split(' ')
        .filter(|name| *name != "LC_CTYPE")
        .collect();
    assert_eq!(names, ["HOME", "LANG", "TMPDIR", "XDG_CACHE_HOME"]);
}

#[tokio::test]
async fn another_version_a_silent_child_and_a_missing_one_are_refused_at_the_start() {
    let old = format!(
        "{}serve(None)",
        FAKE.replace("VERSION", "version = b'57.2'")
    );
    let limits = Limits {
        start: Duration::from_millis(500),
        ..short()
    };
    let cases = [
        (python(), old.as_str(), "57.2"),
        (python(), "import time; time.sleep(3600)", "too long"),
        (
            python(),
            "import no_such_module",
            "is WeasyPrint installed?",
        ),
        (
            python(),
            "print('hello, this is not the protocol')",
            "is WeasyPrint installed?",
        ),
        (PathBuf::from("/nowhere/python"), "", "cannot be started"),
    ];
    for (python, script, wanted) in cases {
        let config = WeasyPrintConfig {
            python,
            children: 2,
        };
        let refused = WeasyPrint::start_with(config, script.to_owned(), limits.clone()).await;
        let Err(RenderError::Unavailable(text)) = refused else {
            panic!("{script}: {refused:?}")
        };
        assert!(text.contains(wanted), "{text}");
    }
}

/// The output of a tool of poppler-utils over a PDF, which stands between its options and `last`.
fn poppler(tool: &str, options: &[&str], pdf: &Bytes, last: &[&str]) -> String {
    let path = std::env::temp_dir().join(format!("vitaran-test-{}.pdf", uuid::Uuid::now_v7()));
    fs::write(&path, pdf).unwrap();
    let answer = Tool::new(tool).args(options).arg(&path).args(last).output();
    let answer = answer.unwrap_or_else(|error| panic!("{tool}, of poppler-utils: {error}"));
    fs::remove_file(&path).unwrap();
    assert!(
        answer.status.success(),
        "{tool}: {}",
        String::from_utf8_lossy(&answer.stderr)
    );
    String::from_utf8_lossy(&answer.stdout).into_owned()
}

fn text_of(pdf: &Bytes) -> String {
    poppler("pdftotext", &["-layout"], pdf, &["-"])
}

const INVOICE: &str = r#"<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Tax invoice</title>
<meta name="dcterms.created" content="2026-11-21T10:00:00+05:30">
<meta name="dcterms.modified" content="2026-11-21T10:00:00+05:30">
<style>body { font-family: "Noto Sans", "Noto Sans Devanagari", "Noto Sans Tamil" }</style></head>
<body><h1>Tax invoice</h1><p>VLT/26-27/000123 ₹1,18,000.00</p><p>बिल விலை</p>
<img alt="" src="data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGP4z8AAAAMBAQDJ/pLvAAAAAElFTkSuQmCC">
</body></html>"#;

#[tokio::test]
async fn an_invoice_becomes_a_pdf_with_its_words_its_logo_and_its_date() {
    let pdf = real().await.render(INVOICE).await.unwrap();
    let text = text_of(&pdf);
    assert!(text.contains("VLT/26-27/000123 ₹1,18,000.00"), "{text}");
    let images = poppler("pdfimages", &["-list"], &pdf, &[]);
    assert_eq!(
        images.lines().count(),
        3,
        "a title, a rule and the logo: {images}"
    );
    let info = poppler("pdfinfo", &["-isodates"], &pdf, &[]);
    assert!(info.contains("2026-11-21T10:00:00+05:30"), "{info}");
    assert!(
        info.lines()
            .any(|line| line.starts_with("Tagged:") && line.ends_with("yes")),
        "{info}"
    );
}

#[tokio::test]
async fn the_same_document_gives_the_same_bytes_in_any_child_at_any_time() {
    let (one, other) = tokio::join!(real(), real());
    let first = one.render(INVOICE).await.unwrap();
    one.render("<p>something else").await.unwrap();
    assert!(
        first == one.render(INVOICE).await.unwrap(),
        "the same child made another PDF"
    );
    assert!(
        first == other.render(INVOICE).await.unwrap(),
        "another child made another PDF"
    );
}

/// Everything that makes WeasyPrint fetch, aimed at a listener of ours and at a file of the machine.
fn greedy_document(address: &str) -> String {
    let svg = format!(
        "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' width='9' height='9'%3E\
         %3Cimage width='9' height='9' href='http://{address}/svg.png'/%3E%3C/svg%3E"
    );
    let targets = [
        format!("http://{address}/x"),
        "file:///etc/passwd".to_owned(),
        "/etc/passwd".to_owned(),
    ];
    let tags: String = targets
        .iter()
        .map(|target| {
            format!(
                r#"<link rel="attachment" href="{target}"><link rel="stylesheet" href="{target}">
                <style>@import "{target}"; @font-face {{ font-family: f; src: url({target}) }}
                p {{ font-family: f; background: url({target}) }}</style>
                <a rel="attachment" href="{target}">a</a><img src="{target}" alt="x">
                <object data="{target}"></object><embed src="{target}"><iframe src="{target}"></iframe>"#
            )
        })
        .collect();
    format!(
        r#"<!doctype html><html><body>{tags}<img alt="s" src="{svg}"><p>a seemingly innocent name</p></body></html>"#
    )
}

/// Whether anybody has tried to connect.
async fn was_called(listener: &TcpListener) -> bool {
    timeout(Duration::from_millis(200), listener.accept())
        .await
        .is_ok()
}

#[tokio::test]
async fn a_document_reaches_no_file_and_no_server() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let pdf = real()
        .await
        .render(&greedy_document(&address))
        .await
        .unwrap();
    assert!(!was_called(&listener).await, "a connection was opened");
    assert_eq!(
        poppler("pdfdetach", &["-list"], &pdf, &[]).trim(),
        "0 embedded files"
    );
    let text = text_of(&pdf);
    assert!(
        text.contains("innocent") && !text.contains("root:"),
        "{text}"
    );
}

#[tokio::test]
async fn even_a_fetcher_that_allows_everything_opens_no_connection() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let open = SCRIPT.replace("allowed_protocols=(\"data\",)", "allowed_protocols=None");
    assert_ne!(open, SCRIPT);
    let renderer = WeasyPrint::start_with(config(1), open, Limits::default())
        .await
        .unwrap();
    renderer.render(&greedy_document(&address)).await.unwrap();
    assert!(!was_called(&listener).await, "a connection was opened");
}

#[tokio::test]
async fn a_document_that_would_take_minutes_is_stopped_and_the_next_one_is_served() {
    let columns = r#"<div style="columns:50">"#.repeat(60);
    let limits = Limits {
        render: Duration::from_secs(2),
        ..Limits::default()
    };
    let renderer = WeasyPrint::start_with(config(1), SCRIPT.to_owned(), limits)
        .await
        .unwrap();
    assert_eq!(
        renderer.render(&format!("{columns}x")).await,
        Err(RenderError::TimedOut)
    );
    assert!(
        renderer
            .render("<p>next")
            .await
            .unwrap()
            .starts_with(PDF_MAGIC)
    );
}

/// The true script with one line of it changed.
fn script_that_renders(expression: &str) -> String {
    let changed = SCRIPT.replace("render(html.decode())", expression);
    assert_ne!(changed, SCRIPT);
    changed
}

#[tokio::test]
async fn a_child_may_not_take_all_memory_nor_start_a_program() {
    // Each would answer with a good PDF if it were let.
    for expression in [
        "bytes(2 * 1024 ** 3) and b'%PDF-'",
        "os.system('true') or b'%PDF-'",
        "(os.fork() or os._exit(0)) and b'%PDF-'",
        "__import__('subprocess').run(['true']) and b'%PDF-'",
        "open('big', 'wb').write(bytes(60 * 1024 ** 2)) and b'%PDF-'",
    ] {
        let script = script_that_renders(expression);
        let renderer = WeasyPrint::start_with(config(1), script, Limits::default())
            .await
            .unwrap();
        assert_eq!(
            renderer.render("x").await,
            Err(RenderError::Crashed),
            "{expression}"
        );
    }
}

#[tokio::test]
async fn a_child_that_hangs_when_its_worker_is_gone_ends_itself() {
    use std::os::unix::process::ExitStatusExt;
    const SIGALRM: i32 = 14;
    let mut child = Command::new(python())
        .args([
            "-I",
            "-B",
            "-c",
            &script_that_renders("time.sleep(3600)"),
            "1",
        ])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let mut input = child.stdin.take().unwrap();
    input
        .write_all(&[0, 0, 0, 1, 0, 0, 0, 1, b'x'])
        .await
        .unwrap();
    let status = timeout(Duration::from_secs(20), child.wait())
        .await
        .expect("it ends")
        .unwrap();
    assert_eq!(status.signal(), Some(SIGALRM));
}

#[tokio::test]
async fn a_child_whose_worker_is_gone_ends_with_its_input() {
    let mut child = Command::new(python())
        .args(["-I", "-B", "-c", SCRIPT, "60"])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let status = timeout(Duration::from_secs(20), child.wait())
        .await
        .expect("it ends")
        .unwrap();
    assert!(status.success(), "{status}");
}
