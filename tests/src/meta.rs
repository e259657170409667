//! Meta's Cloud API for WhatsApp, as far as it is used, on a port of this machine: it keeps every request whole, and
//! answers as it is told, or not at all.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use vitaran_core::access::{PlatformSettingsWrite, Role};
use vitaran_core::notifications::{self, NewWhatsappAccount};
use vitaran_core::secrets::SecretKey;
use vitaran_core::testkit::TestTenant;

use crate::process::Program;
use crate::{SECRET_KEY, TestApp};

/// Of every tenant's account in a test.
pub const TOKEN: &str = "EAAGm0PX4ZCpsBAtokenoftheaccount";
/// Meta's id of the number that messages come from; the number of the tenant follows.
pub const PHONE_NUMBER_ID: &str = "106540352242922";
pub const API_VERSION: &str = "v23.0";

/// How long a request may take to come: longer than the worker's sweeper needs to find what is due.
const PATIENCE: Duration = Duration::from_secs(60);

/// How a message is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reply {
    Accept,
    /// Not yet: keeps the request until the reply is another one.
    Hold,
    /// With this HTTP status and this error code, and words that repeat the number and the token.
    Refuse(u16, i64),
    /// Takes the request whole and breaks the connection.
    BreakOff,
}

/// One request.
#[derive(Debug, Clone)]
pub struct Call {
    /// Method and path.
    pub target: String,
    pub headers: HashMap<String, String>,
    pub body: Vec<u8>,
}

impl Call {
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", String::as_str)
    }

    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).expect("a JSON body")
    }

    /// The receiver, in digits.
    pub fn to(&self) -> String {
        self.text("to")
    }

    /// Our id of the message, which goes with it.
    pub fn notification(&self) -> String {
        self.text("biz_opaque_callback_data")
    }

    fn text(&self, name: &str) -> String {
        self.json()[name].as_str().unwrap_or_default().to_owned()
    }

    fn is_upload(&self) -> bool {
        self.target.ends_with("/media")
    }
}

#[derive(Debug)]
struct State {
    calls: Vec<Call>,
    reply: Reply,
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

    fn reply_to(&self, phone: &str) -> Reply {
        let state = self.state();
        state.replies.get(phone).copied().unwrap_or(state.reply)
    }
}

/// The running provider. It ends with the value.
#[derive(Debug)]
pub struct Meta {
    pub url: String,
    shared: Arc<Shared>,
    task: tokio::task::JoinHandle<()>,
}

impl Meta {
    /// Accepts everything until it is told otherwise.
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let shared = Arc::new(Shared {
            state: Mutex::new(State {
                calls: Vec::new(),
                reply: Reply::Accept,
                replies: HashMap::new(),
            }),
            changed: watch::channel(()).0,
        });
        let serving = shared.clone();
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, serving.clone()));
            }
        });
        Meta { url, shared, task }
    }

    /// Answers so from now on, also those who wait already.
    pub fn reply(&self, reply: Reply) {
        self.shared.state().reply = reply;
        self.shared.changed.send_replace(());
    }

    /// Answers messages to this number so, whatever the others get.
    pub fn reply_to(&self, phone: &str, reply: Reply) {
        let digits = phone.trim_start_matches('+').to_owned();
        self.shared.state().replies.insert(digits, reply);
        self.shared.changed.send_replace(());
    }

    /// The messages asked for so far.
    pub fn messages(&self) -> Vec<Call> {
        self.calls(|call| !call.is_upload())
    }

    /// The documents handed in so far.
    pub fn uploads(&self) -> Vec<Call> {
        self.calls(Call::is_upload)
    }

    fn calls(&self, which: impl Fn(&Call) -> bool) -> Vec<Call> {
        let state = self.shared.state();
        state
            .calls
            .iter()
            .filter(|call| which(call))
            .cloned()
            .collect()
    }

    /// Waits until so many messages have been asked for, and gives them.
    pub async fn until(&self, count: usize) -> Vec<Call> {
        let started = Instant::now();
        loop {
            let messages = self.messages();
            if messages.len() >= count {
                return messages;
            }
            assert!(
                started.elapsed() < PATIENCE,
                "{} messages came, not {count}",
                messages.len()
            );
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Gives a tenant an account here.
    pub async fn open_account(&self, app: &TestApp, tenant: &TestTenant) {
        let input = NewWhatsappAccount::parse(
            PHONE_NUMBER_ID,
            "102290129340398",
            TOKEN,
            "0123456789abcdef0123456789abcdef",
            "a-token-for-the-hand-shake",
        )
        .expect("an account");
        let admin = tenant.actor(Role::Admin);
        let by = admin
            .allow::<PlatformSettingsWrite>()
            .expect("administrators hold every permission");
        let key = SecretKey::parse(SECRET_KEY).expect("a key");
        let mut tx = app.db.begin(&by).await.expect("BEGIN");
        notifications::set_account(&mut tx, &by, &key, input)
            .await
            .expect("a stored account");
        tx.commit().await.expect("COMMIT");
    }

    /// A worker that sends its messages here.
    pub fn worker(&self, app: &TestApp) -> Program {
        Program::worker(app)
            .with("WHATSAPP_PROVIDER", "meta")
            .with("WHATSAPP_BASE_URL", self.url.clone())
            .with("WHATSAPP_API_VERSION", API_VERSION)
    }
}

impl Drop for Meta {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn serve(mut stream: TcpStream, shared: Arc<Shared>) {
    let Some(call) = read(&mut stream).await else {
        return;
    };
    let number = {
        let mut state = shared.state();
        state.calls.push(call.clone());
        state.calls.len()
    };
    if call.is_upload() {
        let id = json!({ "id": format!("media-{number}") });
        return answer(&mut stream, 200, &id).await;
    }
    let mut changed = shared.changed.subscribe();
    let reply = loop {
        match shared.reply_to(&call.to()) {
            Reply::Hold if changed.changed().await.is_ok() => {}
            reply => break reply,
        }
    };
    match reply {
        Reply::Accept => {
            let accepted = json!({
                "messaging_product": "whatsapp",
                "contacts": [{ "input": call.to(), "wa_id": call.to() }],
                "messages": [{ "id": format!("wamid.{number}"), "message_status": "accepted" }],
            });
            answer(&mut stream, 200, &accepted).await;
        }
        Reply::Refuse(status, code) => {
            // As careless as a provider may be.
            let details = format!("Refused: to +{} by {TOKEN}", call.to());
            let refused = json!({ "error": {
                "message": format!("(#{code}) Refused"), "type": "OAuthException", "code": code,
                "error_data": { "messaging_product": "whatsapp", "details": details }, "fbtrace_id": "Az8or2yhqkZfEZ",
            } });
            answer(&mut stream, status, &refused).await;
        }
        Reply::Hold | Reply::BreakOff => {}
    }
}

/// Who has gone away hears nothing; that is what some tests are about.
async fn answer(stream: &mut TcpStream, status: u16, body: &Value) {
    let body = body.to_string();
    let head = format!(
        "HTTP/1.1 {status} Said\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        body.len()
    );
    let _ = stream.write_all((head + &body).as_bytes()).await;
}

/// A whole request; `None` when the other side went away in the middle of it.
pub(crate) async fn read(stream: &mut TcpStream) -> Option<Call> {
    const END_OF_HEAD: &[u8] = b"\r\n\r\n";
    let mut bytes = Vec::new();
    loop {
        let at = bytes
            .windows(END_OF_HEAD.len())
            .position(|window| window == END_OF_HEAD);
        if let Some(at) = at {
            let (target, headers) = head(&String::from_utf8_lossy(&bytes[..at]));
            let body = &bytes[at + END_OF_HEAD.len()..];
            let length = headers.get("content-length");
            let length = length.map_or(0, |length| length.parse().expect("a length"));
            if body.len() >= length {
                return Some(Call {
                    target,
                    headers,
                    body: body.to_vec(),
                });
            }
        }
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    }
}

fn head(text: &str) -> (String, HashMap<String, String>) {
    let mut lines = text.lines();
    let first = lines.next().unwrap_or_default();
    let target = first.trim_end_matches(" HTTP/1.1").to_owned();
    let headers = lines
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
        .collect();
    (target, headers)
}
