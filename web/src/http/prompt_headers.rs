//! Cuts off who opens a connection and does not say what they want: hyper without a timer waits for the end of a header for ever,
//! and poem sets none. A connection that is quiet between two requests is poem's to close.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use poem::http::uri::Scheme;
use poem::listener::Acceptor;
use poem::web::{LocalAddr, RemoteAddr};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Sleep, sleep};

use super::body_limit::READING;

/// From the connection to the end of its first header.
const FIRST: Duration = Duration::from_secs(10);

/// From the first byte after an answer to the end of a header. Such bytes may also be a body that its sender was told to go on
/// with ("100 Continue"), so they have as long as a body has, and a header on top.
const LATER: Duration = READING.saturating_add(FIRST);

/// How HTTP/2 without TLS begins. It is cut off: nobody who stands before web speaks it to web, hyper would answer it all the same,
/// and such a connection has no end that this or poem could set.
const HTTP2: &[u8] = b"PRI ";

/// Accepts connections that are held to it.
pub struct PromptHeaders<A> {
    acceptor: A,
    first: Duration,
    later: Duration,
}

impl<A> PromptHeaders<A> {
    pub fn new(acceptor: A) -> Self {
        Self::within(acceptor, FIRST, LATER)
    }

    fn within(acceptor: A, first: Duration, later: Duration) -> Self {
        PromptHeaders {
            acceptor,
            first,
            later,
        }
    }
}

impl<A: Acceptor> Acceptor for PromptHeaders<A> {
    type Io = Prompt<A::Io>;

    fn local_addr(&self) -> Vec<LocalAddr> {
        self.acceptor.local_addr()
    }

    async fn accept(&mut self) -> io::Result<(Self::Io, LocalAddr, RemoteAddr, Scheme)> {
        let (io, local, remote, scheme) = self.acceptor.accept().await?;
        let prompt = Prompt {
            io,
            stage: Stage::Header(Header::due_in(self.first)),
            later: self.later,
        };
        Ok((prompt, local, remote, scheme))
    }
}

/// A header on its way, as far as it has come.
struct Header {
    deadline: Pin<Box<Sleep>>,
    /// Its first bytes.
    begins: Vec<u8>,
    /// What an empty line has shown of itself.
    end: End,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    Unseen,
    LineOver,
    LineOverAndReturn,
    Seen,
}

impl End {
    /// A line may end without the carriage return.
    fn after(self, byte: u8) -> Self {
        match (self, byte) {
            (End::Seen, _) | (End::LineOver | End::LineOverAndReturn, b'\n') => End::Seen,
            (End::Unseen, b'\n') => End::LineOver,
            (End::LineOver, b'\r') => End::LineOverAndReturn,
            _ => End::Unseen,
        }
    }
}

impl Header {
    fn due_in(limit: Duration) -> Self {
        Header {
            deadline: Box::pin(sleep(limit)),
            begins: Vec::with_capacity(HTTP2.len()),
            end: End::Unseen,
        }
    }

    fn read(&mut self, bytes: &[u8]) {
        let missing = HTTP2.len().saturating_sub(self.begins.len());
        self.begins.extend(bytes.iter().take(missing));
        self.end = bytes.iter().fold(self.end, |end, byte| end.after(*byte));
    }
}

/// Where a connection stands.
enum Stage {
    Header(Header),
    /// A request is read, and not answered yet.
    Request,
    /// An answer has begun; what is read next begins a header.
    Answered,
}

/// A connection whose headers come in time.
pub struct Prompt<Io> {
    io: Io,
    stage: Stage,
    later: Duration,
}

impl<Io> Prompt<Io> {
    fn note_read(&mut self, bytes: &[u8]) -> io::Result<()> {
        if matches!(self.stage, Stage::Answered) && !bytes.is_empty() {
            self.stage = Stage::Header(Header::due_in(self.later));
        }
        if let Stage::Header(header) = &mut self.stage {
            header.read(bytes);
            if header.begins == HTTP2 {
                return Err(io::ErrorKind::Unsupported.into());
            }
            if header.end == End::Seen {
                self.stage = Stage::Request;
            }
        }
        Ok(())
    }

    fn note_written(&mut self) {
        self.stage = Stage::Answered;
    }

    fn check_deadline(&mut self, cx: &mut Context<'_>) -> io::Result<()> {
        let Stage::Header(header) = &mut self.stage else {
            return Ok(());
        };
        match header.deadline.as_mut().poll(cx) {
            Poll::Ready(()) => Err(io::ErrorKind::TimedOut.into()),
            Poll::Pending => Ok(()),
        }
    }
}

impl<Io: AsyncRead + Unpin> AsyncRead for Prompt<Io> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        let read = Pin::new(&mut self.io).poll_read(cx, buf);
        if let Poll::Ready(Ok(())) = read {
            self.note_read(buf.filled().get(before..).unwrap_or_default())?;
        }
        // Byte by byte is as slow as nothing at all.
        self.check_deadline(cx)?;
        read
    }
}

impl<Io: AsyncWrite + Unpin> AsyncWrite for Prompt<Io> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = ready!(Pin::new(&mut self.io).poll_write(cx, bytes))?;
        self.note_written();
        Poll::Ready(Ok(written))
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = ready!(Pin::new(&mut self.io).poll_write_vectored(cx, bytes))?;
        self.note_written();
        Poll::Ready(Ok(written))
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use poem::listener::{Listener as _, TcpListener};
    use poem::{Server, get, handler};
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpStream;

    use super::*;

    #[handler]
    fn greet() -> &'static str {
        "good morning"
    }

    /// A server with little patience, and a connection to it.
    async fn connection(first: u64, later: u64) -> TcpStream {
        let acceptor = TcpListener::bind("127.0.0.1:0").into_acceptor().await;
        let acceptor = acceptor.unwrap();
        let address = *acceptor.local_addr()[0].as_socket_addr().unwrap();
        let limits = (Duration::from_millis(first), Duration::from_millis(later));
        let prompt = PromptHeaders::within(acceptor, limits.0, limits.1);
        tokio::spawn(Server::new_with_acceptor(prompt).run(get(greet)));
        TcpStream::connect(address).await.unwrap()
    }

    /// Whether the other side ends the connection by itself.
    async fn is_cut_off(stream: &mut TcpStream) -> bool {
        let mut rest = Vec::new();
        let reading = tokio::time::timeout(Duration::from_secs(20), stream.read_to_end(&mut rest));
        reading.await.is_ok()
    }

    async fn answer(stream: &mut TcpStream) -> String {
        let (mut text, mut some) = (String::new(), [0; 512]);
        while !text.ends_with("good morning") {
            let many = stream.read(&mut some).await.unwrap();
            assert!(many > 0, "cut off after {text}");
            text.push_str(&String::from_utf8_lossy(&some[..many]));
        }
        text
    }

    const WHOLE: &[u8] = b"GET / HTTP/1.1\r\nhost: here\r\n\r\n";
    const HALF: &[u8] = b"GET / HTTP/1.1\r\nhost: he";

    #[tokio::test]
    async fn a_connection_that_says_nothing_or_half_of_it_is_cut_off() {
        for begun in [&b""[..], HALF] {
            let mut stream = connection(200, 60_000).await;
            stream.write_all(begun).await.unwrap();
            assert!(is_cut_off(&mut stream).await, "{begun:?}");
        }
    }

    #[tokio::test]
    async fn who_sends_a_header_byte_by_byte_is_cut_off_like_who_sends_nothing() {
        let mut stream = connection(300, 60_000).await;
        let mut sent = 0_u32;
        let trickle = async {
            stream.write_all(b"GET / HTTP/1.1\r\n").await?;
            loop {
                stream.write_all(b"x: y\r\n").await?;
                sent += 1;
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            #[expect(unreachable_code, reason = "names the error")]
            Ok::<(), io::Error>(())
        };
        let ended = tokio::time::timeout(Duration::from_secs(20), trickle).await;
        assert!(
            ended.is_ok_and(|ended| ended.is_err()) && sent > 2,
            "{sent}"
        );
    }

    #[tokio::test]
    async fn a_second_request_that_stays_half_is_cut_off_too_and_a_pause_between_two_is_not() {
        let mut stream = connection(60_000, 200).await;
        stream.write_all(WHOLE).await.unwrap();
        answer(&mut stream).await;
        // Longer than a header may take.
        tokio::time::sleep(Duration::from_millis(400)).await;
        stream.write_all(WHOLE).await.unwrap();
        answer(&mut stream).await;
        stream.write_all(HALF).await.unwrap();
        assert!(is_cut_off(&mut stream).await);
    }

    #[tokio::test]
    async fn http2_without_tls_is_cut_off_however_its_first_bytes_come() {
        for pieces in [
            &["PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"][..],
            &["PR", "I * HTTP"],
        ] {
            let mut stream = connection(60_000, 60_000).await;
            for piece in pieces {
                stream.write_all(piece.as_bytes()).await.unwrap();
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            assert!(is_cut_off(&mut stream).await, "{pieces:?}");
        }
    }

    #[test]
    fn a_header_ends_with_an_empty_line_however_its_pieces_come() {
        for (text, ends) in [
            ("GET / HTTP/1.1\r\na: b\r\n\r\n", true),
            ("GET / HTTP/1.1\n\n", true),
            ("GET / HTTP/1.1\r\n\n", true),
            ("GET / HTTP/1.1\r\na: b\r\n", false),
            ("GET / HTTP/1.1\r\n\ra: b\r\n", false),
        ] {
            let end = text.bytes().fold(End::Unseen, End::after);
            assert_eq!(end == End::Seen, ends, "{text:?}");
        }
    }
}
