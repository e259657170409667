//! A name server of a test's own, by UDP and TCP: it knows the texts it was told, and can be broken.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use domain::base::iana::Rcode;
use domain::base::{Message, MessageBuilder, Name, ToName as _};
use domain::rdata::Txt;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, UdpSocket};
use tokio::task::JoinHandle;

/// What stands at a name. Where nothing stands there is no such name.
#[derive(Debug, Clone)]
pub enum Record {
    /// Each in strings of at most 40 bytes, as long texts must be.
    Texts(Vec<String>),
    /// By TCP alone: by UDP it does not fit.
    Long(Vec<String>),
    /// The server fails.
    Broken,
}

impl Record {
    pub fn text(text: &str) -> Self {
        Record::Texts(vec![text.to_owned()])
    }
}

type Zone = Arc<Mutex<HashMap<String, Record>>>;

/// Runs until it is dropped.
pub struct NameServer {
    address: SocketAddr,
    zone: Zone,
    tasks: [JoinHandle<()>; 2],
}

impl Drop for NameServer {
    fn drop(&mut self) {
        self.tasks.iter().for_each(JoinHandle::abort);
    }
}

impl NameServer {
    pub async fn start() -> Self {
        let tcp = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = tcp.local_addr().expect("an address");
        let udp = UdpSocket::bind(address).await.expect("the same port");
        let zone = Zone::default();
        let tasks = [
            tokio::spawn(answer_datagrams(udp, zone.clone())),
            tokio::spawn(answer_streams(tcp, zone.clone())),
        ];
        NameServer {
            address,
            zone,
            tasks,
        }
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// From now on this stands at a name; without a record there is no such name.
    pub fn set(&self, name: &str, record: Option<Record>) {
        let mut zone = self.zone.lock().expect("the zone");
        match record {
            Some(record) => zone.insert(name.to_owned(), record),
            None => zone.remove(name),
        };
    }
}

async fn answer_datagrams(socket: UdpSocket, zone: Zone) {
    let mut buffer = [0_u8; 1_500];
    while let Ok((length, from)) = socket.recv_from(&mut buffer).await {
        let answer = answer(&buffer[..length], &zone, false);
        let _ = socket.send_to(&answer, from).await;
    }
}

async fn answer_streams(listener: TcpListener, zone: Zone) {
    while let Ok((mut stream, _)) = listener.accept().await {
        let zone = zone.clone();
        tokio::spawn(async move {
            while let Ok(length) = stream.read_u16().await {
                let mut question = vec![0_u8; usize::from(length)];
                if stream.read_exact(&mut question).await.is_err() {
                    return;
                }
                let answer = answer(&question, &zone, true);
                let length = u16::try_from(answer.len()).expect("a short answer");
                if stream.write_u16(length).await.is_err()
                    || stream.write_all(&answer).await.is_err()
                {
                    return;
                }
            }
        });
    }
}

fn answer(question: &[u8], zone: &Zone, is_stream: bool) -> Vec<u8> {
    let message = Message::from_octets(question.to_vec()).expect("a message");
    let asked = message.first_question().expect("a question");
    let name: Name<Vec<u8>> = asked.qname().to_vec();
    let found = zone
        .lock()
        .expect("the zone")
        .get(&name.to_string())
        .cloned();
    let (rcode, texts, is_cut) = match found {
        None => (Rcode::NXDOMAIN, Vec::new(), false),
        Some(Record::Broken) => (Rcode::SERVFAIL, Vec::new(), false),
        Some(Record::Long(_)) if !is_stream => (Rcode::NOERROR, Vec::new(), true),
        Some(Record::Texts(texts) | Record::Long(texts)) => (Rcode::NOERROR, texts, false),
    };
    let mut builder = MessageBuilder::new_vec();
    builder.header_mut().set_tc(is_cut);
    let mut answer = builder.start_answer(&message, rcode).expect("room");
    answer.header_mut().set_tc(is_cut);
    for text in texts {
        let mut parts = domain::rdata::rfc1035::TxtBuilder::<Vec<u8>>::new();
        for part in text.as_bytes().chunks(40) {
            parts
                .append_charstr(domain::base::CharStr::from_slice(part).expect("a string"))
                .expect("room");
        }
        let data: Txt<Vec<u8>> = parts.finish().expect("a record");
        answer.push((name.clone(), 60_u32, data)).expect("room");
    }
    answer.finish()
}
