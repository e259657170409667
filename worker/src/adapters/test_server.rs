//! A provider that answers as it is told, also badly.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

/// What the server does with one request.
#[derive(Debug, Clone)]
pub enum Behaviour {
    /// Status line's end, extra headers (each with its line end) and body.
    Answer(&'static str, &'static str, Vec<u8>),
    /// Reads the whole request and closes: it may have been acted upon.
    CloseAfterReading,
    /// Promises a body and closes in the middle of it.
    CloseInTheBody(&'static str),
    Hang,
    /// An answer, one byte at a time.
    Drip,
}

impl Behaviour {
    pub fn json(status: &'static str, body: &str) -> Self {
        Self::Answer(status, "", body.as_bytes().to_vec())
    }
}

/// One request, as text; a PDF in it is ASCII in these tests.
pub type Request = String;

#[derive(Debug)]
pub struct TestServer {
    pub url: String,
    requests: Arc<Mutex<Vec<Request>>>,
}

impl TestServer {
    /// Every request is treated the same.
    pub async fn start(behaviour: Behaviour) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let requests = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&requests);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, behaviour.clone(), Arc::clone(&seen)));
            }
        });
        Self { url, requests }
    }

    pub fn requests(&self) -> Vec<Request> {
        self.requests.lock().unwrap().clone()
    }
}

async fn serve(mut stream: TcpStream, behaviour: Behaviour, seen: Arc<Mutex<Vec<Request>>>) {
    let request = read_request(&mut stream).await;
    seen.lock().unwrap().push(request);
    match behaviour {
        Behaviour::Answer(status, headers, body) => {
            let head = format!(
                "HTTP/1.1 {status}\r\n{headers}Content-Length: {}\r\nConnection: close\r\n\r\n",
                body.len()
            );
            let _ = stream.write_all(head.as_bytes()).await;
            let _ = stream.write_all(&body).await;
        }
        Behaviour::CloseAfterReading => {}
        Behaviour::CloseInTheBody(status) => {
            let head = format!("HTTP/1.1 {status}\r\nContent-Length: 1000\r\n\r\n{{\"mess");
            let _ = stream.write_all(head.as_bytes()).await;
        }
        Behaviour::Hang => std::future::pending().await,
        Behaviour::Drip => {
            for byte in b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n"
                .iter()
                .chain([b' '; 1000].iter())
            {
                if stream.write_all(&[*byte]).await.is_err() {
                    return;
                }
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        }
    }
}

async fn read_request(stream: &mut TcpStream) -> Request {
    let mut read = Vec::new();
    let mut chunk = [0; 4096];
    loop {
        let count = stream.read(&mut chunk).await.unwrap();
        read.extend_from_slice(&chunk[..count]);
        let text = String::from_utf8_lossy(&read).into_owned();
        let Some((head, body)) = text.split_once("\r\n\r\n") else {
            assert_ne!(count, 0, "half a request: {text}");
            continue;
        };
        let length = head
            .lines()
            .find_map(|line| {
                line.to_ascii_lowercase()
                    .strip_prefix("content-length: ")
                    .map(str::to_owned)
            })
            .map_or(0, |length| length.parse().unwrap());
        if body.len() >= length {
            return text;
        }
        assert_ne!(count, 0, "half a body: {text}");
    }
}
