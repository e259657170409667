//! What the product says to PostgreSQL, listened to on the wire: a proxy that counts statements and round trips.
//!
//! Nothing on either side knows of it, so what it counts is what is really sent: BEGIN, COMMIT and the look-up of the
//! credential included, and the rollback of a read that nobody waits for.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;

/// What was said for one thing that was done.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Said {
    /// Every statement that ran, in order; several in one text are one.
    pub statements: Vec<String>,
    /// How often something was sent while nothing was under way: statements that are sent together share one.
    pub round_trips: usize,
}

#[derive(Debug, Default)]
struct Heard {
    said: Said,
    /// Messages that the server has not answered to the end, on all connections.
    unanswered: usize,
    /// Connections inside a transaction.
    in_transaction: usize,
}

/// The proxy. Cheap to clone; it ends with the runtime.
#[derive(Debug, Clone)]
pub struct Wire {
    port: u16,
    heard: Arc<Mutex<Heard>>,
    changed: Arc<Notify>,
}

/// One connection's own state.
#[derive(Debug, Default)]
struct Line {
    /// SQL by the name it was prepared under.
    prepared: HashMap<String, String>,
    unanswered: usize,
    in_transaction: bool,
}

impl Wire {
    /// Listens in front of the server of this URL.
    pub async fn before(url: &str) -> Self {
        let (_, host) = url.split_once('@').expect("a role in the URL");
        let (server, _) = host.split_once('/').expect("a database in the URL");
        let server = server.to_owned();
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let wire = Wire {
            port: listener.local_addr().expect("an address").port(),
            heard: Arc::default(),
            changed: Arc::default(),
        };
        let own = wire.clone();
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let server = TcpStream::connect(&server).await.expect("PostgreSQL");
                let _ = (client.set_nodelay(true), server.set_nodelay(true));
                own.carry(client, server);
            }
        });
        wire
    }

    /// The URL of the same database through the proxy.
    pub fn url(&self, url: &str) -> String {
        let (start, rest) = url.split_once('@').expect("a role in the URL");
        let (_, database) = rest.split_once('/').expect("a database in the URL");
        format!("{start}@127.0.0.1:{}/{database}", self.port)
    }

    /// What is said while `work` is done, and until every connection has come to rest.
    pub async fn during<T>(&self, work: impl Future<Output = T>) -> (T, Said) {
        self.rest().await;
        self.lock().said = Said::default();
        let done = work.await;
        self.rest().await;
        (done, std::mem::take(&mut self.lock().said))
    }

    /// Waits until nothing is under way and no transaction is open.
    async fn rest(&self) {
        loop {
            let changed = self.changed.notified();
            {
                let heard = self.lock();
                if heard.unanswered == 0 && heard.in_transaction == 0 {
                    return;
                }
            }
            changed.await;
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Heard> {
        self.heard.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn carry(&self, client: TcpStream, server: TcpStream) {
        let line = Arc::new(Mutex::new(Line::default()));
        let (client_in, client_out) = client.into_split();
        let (server_in, server_out) = server.into_split();
        let (wire, own) = (self.clone(), Arc::clone(&line));
        tokio::spawn(async move {
            // The first message has no type: who connects, and to what.
            let asked = forward(client_in, server_out, false, |kind, body| {
                wire.asked(&own, kind, body);
            });
            asked.await;
        });
        let wire = self.clone();
        tokio::spawn(async move {
            let answered = forward(server_in, client_out, true, |kind, body| {
                wire.answered(&line, kind, body);
            });
            answered.await;
            wire.closed(&line);
        });
    }

    /// A message of the client.
    fn asked(&self, line: &Mutex<Line>, kind: u8, body: &[u8]) {
        let mut line = line.lock().unwrap_or_else(PoisonError::into_inner);
        let mut heard = self.lock();
        match kind {
            b'Q' => heard.said.statements.push(text(body).0),
            b'P' => {
                let (name, rest) = text(body);
                line.prepared.insert(name, text(rest).0);
            }
            b'B' => {
                // The portal's name stands before the statement's.
                let name = text(text(body).1).0;
                let sql = line.prepared.get(&name).cloned().unwrap_or_default();
                heard.said.statements.push(sql);
            }
            _ => {}
        }
        if matches!(kind, b'Q' | b'S') {
            if line.unanswered == 0 {
                heard.said.round_trips += 1;
            }
            line.unanswered += 1;
            heard.unanswered += 1;
        }
    }

    /// A message of the server; `Z` says that it is ready, and whether a transaction is open.
    fn answered(&self, line: &Mutex<Line>, kind: u8, body: &[u8]) {
        if kind != b'Z' {
            return;
        }
        let mut line = line.lock().unwrap_or_else(PoisonError::into_inner);
        let mut heard = self.lock();
        // The first one ends the connecting, which nobody counted.
        let counted = usize::from(line.unanswered > 0);
        line.unanswered -= counted;
        heard.unanswered -= counted;
        let is_open = body.first().is_some_and(|status| *status != b'I');
        if is_open != line.in_transaction {
            line.in_transaction = is_open;
            if is_open {
                heard.in_transaction += 1;
            } else {
                heard.in_transaction -= 1;
            }
        }
        self.changed.notify_waiters();
    }

    fn closed(&self, line: &Mutex<Line>) {
        let mut line = line.lock().unwrap_or_else(PoisonError::into_inner);
        let mut heard = self.lock();
        heard.unanswered -= std::mem::take(&mut line.unanswered);
        heard.in_transaction -= usize::from(std::mem::take(&mut line.in_transaction));
        self.changed.notify_waiters();
    }
}

/// Text that ends with a zero, and what stands behind it.
fn text(body: &[u8]) -> (String, &[u8]) {
    let end = body.iter().position(|b| *b == 0).unwrap_or(body.len());
    let (text, rest) = body.split_at(end);
    (
        String::from_utf8_lossy(text).into_owned(),
        rest.get(1..).unwrap_or_default(),
    )
}

/// Carries bytes on as they come; each message is shown before its last byte goes on, so that its answer cannot be first.
async fn forward(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    mut is_typed: bool,
    mut show: impl FnMut(u8, &[u8]),
) {
    let mut pending: Vec<u8> = Vec::new();
    let mut chunk = vec![0; 64 * 1024];
    while let Ok(read) = from.read(&mut chunk).await {
        if read == 0 {
            break;
        }
        pending.extend_from_slice(&chunk[..read]);
        loop {
            let at = usize::from(is_typed);
            let Some(length) = pending.get(at..at + 4) else {
                break;
            };
            let length = u32::from_be_bytes(length.try_into().expect("four bytes"));
            let end = at + usize::try_from(length).expect("a message that fits");
            if pending.len() < end {
                break;
            }
            if is_typed {
                show(pending[0], &pending[5..end]);
            }
            is_typed = true;
            pending.drain(..end);
        }
        if to.write_all(&chunk[..read]).await.is_err() {
            break;
        }
    }
    let _ = to.shutdown().await;
}
