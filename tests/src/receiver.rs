//! A program elsewhere that is told of events, on a port of this machine: it keeps every request whole, and answers for each
//! path as it is told, or not at all.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, Mac as _};
use sha2::Sha256;
use tokio::io::AsyncWriteExt as _;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

use crate::meta::{Call, read};

/// How long a request may take to come: longer than the worker's sweeper needs to find what is due.
const PATIENCE: Duration = Duration::from_secs(60);

/// How a request is answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reply {
    Status(u16),
    /// Not yet: keeps the request until the reply is another one.
    Hold,
    /// Takes the request whole and breaks the connection.
    BreakOff,
    RedirectTo(String),
    /// 200 with megabytes behind it.
    Endless,
}

#[derive(Debug, Default)]
struct State {
    calls: Vec<Call>,
    replies: HashMap<String, Reply>,
}

#[derive(Debug)]
struct Shared {
    state: Mutex<State>,
    changed: watch::Sender<()>,
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("the state")
    }

    fn reply_of(&self, path: &str) -> Reply {
        let state = self.state();
        state
            .replies
            .get(path)
            .cloned()
            .unwrap_or(Reply::Status(204))
    }
}

/// The running program. It ends with the value.
#[derive(Debug)]
pub struct Receiver {
    base: String,
    shared: Arc<Shared>,
    task: tokio::task::JoinHandle<()>,
}

impl Receiver {
    /// Takes everything until it is told otherwise.
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let base = format!("http://{}", listener.local_addr().expect("an address"));
        let shared = Arc::new(Shared {
            state: Mutex::default(),
            changed: watch::channel(()).0,
        });
        let serving = shared.clone();
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, serving.clone()));
            }
        });
        Receiver { base, shared, task }
    }

    /// The address of an endpoint here.
    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }

    /// Answers what comes to this path so from now on, also who waits already.
    pub fn reply(&self, path: &str, reply: Reply) {
        self.shared.state().replies.insert(path.to_owned(), reply);
        self.shared.changed.send_replace(());
    }

    /// What came to this path so far.
    pub fn calls(&self, path: &str) -> Vec<Call> {
        let target = format!("POST {path}");
        let state = self.shared.state();
        let here = state.calls.iter().filter(|call| call.target == target);
        here.cloned().collect()
    }

    /// Waits until so much has come to a path, and gives it.
    pub async fn until(&self, path: &str, count: usize) -> Vec<Call> {
        let started = Instant::now();
        loop {
            let calls = self.calls(path);
            if calls.len() >= count {
                return calls;
            }
            assert!(
                started.elapsed() < PATIENCE,
                "{} requests came to {path}, not {count}",
                calls.len()
            );
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Whether one of the signatures of a request is the secret's, by the words of Standard Webhooks and nothing of ours.
pub fn is_signed(call: &Call, secret: &str) -> bool {
    let key = secret.strip_prefix("whsec_").expect("a secret");
    let key = STANDARD.decode(key).expect("base64");
    let mut content = Vec::new();
    for part in [call.header("webhook-id"), call.header("webhook-timestamp")] {
        content.extend_from_slice(part.as_bytes());
        content.push(b'.');
    }
    content.extend_from_slice(&call.body);
    let mut mac = Hmac::<Sha256>::new_from_slice(&key).expect("any length");
    mac.update(&content);
    let expected = format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()));
    let sent = call.header("webhook-signature").split(' ');
    sent.into_iter().any(|signature| signature == expected)
}

async fn serve(mut stream: TcpStream, shared: Arc<Shared>) {
    let Some(call) = read(&mut stream).await else {
        return;
    };
    let path = call.target.trim_start_matches("POST ").to_owned();
    shared.state().calls.push(call);
    let mut changed = shared.changed.subscribe();
    let reply = loop {
        match shared.reply_of(&path) {
            Reply::Hold if changed.changed().await.is_ok() => {}
            reply => break reply,
        }
    };
    let head = match reply {
        Reply::Status(status) => {
            format!(
                "HTTP/1.1 {status} Said\r\nContent-Length: 5\r\nConnection: close\r\n\r\nsaid\n"
            )
        }
        Reply::RedirectTo(url) => {
            format!(
                "HTTP/1.1 307 Elsewhere\r\nLocation: {url}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
            )
        }
        Reply::Endless => "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n".to_owned(),
        Reply::Hold | Reply::BreakOff => return,
    };
    // Who has gone away hears nothing.
    let _ = stream.write_all(head.as_bytes()).await;
    if !head.contains("Content-Length") {
        let chunk = vec![b'x'; 64 * 1024];
        while stream.write_all(&chunk).await.is_ok() {}
    }
}
