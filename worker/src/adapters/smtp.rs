//! Mails over SMTP.

use std::{error::Error, time::Duration};

use async_trait::async_trait;
use lettre::{AsyncSmtpTransport, AsyncTransport, Tokio1Executor};
use tokio::time::timeout;
use vitaran_core::ports::{Mail, MailError, Mailer, text::bounded_detail};

use super::mail_message::{Sender, compose};

/// How long the server may take for one answer. The library's own limit is a minute.
const STEP_TIMEOUT: Duration = Duration::from_secs(15);
/// How long the whole conversation may take, also with a server that drips.
const TOTAL_TIMEOUT: Duration = Duration::from_secs(45);
/// Answers about our own account (RFC 4954): the mail is not at fault, somebody must set a password right.
const AUTHENTICATION_CODES: [u16; 5] = [530, 534, 535, 538, 454];

/// A mail server, with a pool of connections to it.
#[derive(Debug)]
pub struct SmtpMailer {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    sender: Sender,
    total_timeout: Duration,
}

/// The address holds a password, so it is not repeated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("SMTP_URL must look like smtps://user:password@mail.example.in")]
pub struct SmtpUrlError;

impl SmtpMailer {
    /// `smtps://` is TLS from the start, `smtp://…?tls=required` is STARTTLS, and `smtp://` alone is
    /// plain: good for a server on this machine only.
    pub fn new(smtp_url: &str, sender: Sender) -> Result<Self, SmtpUrlError> {
        Self::with_timeouts(smtp_url, sender, STEP_TIMEOUT, TOTAL_TIMEOUT)
    }

    fn with_timeouts(
        smtp_url: &str,
        sender: Sender,
        step_timeout: Duration,
        total_timeout: Duration,
    ) -> Result<Self, SmtpUrlError> {
        let transport = AsyncSmtpTransport::<Tokio1Executor>::from_url(smtp_url)
            .map_err(|_| SmtpUrlError)?
            .timeout(Some(step_timeout))
            .build();
        Ok(Self {
            transport,
            sender,
            total_timeout,
        })
    }
}

#[async_trait]
impl Mailer for SmtpMailer {
    async fn send(&self, mail: &Mail) -> Result<(), MailError> {
        let message = compose(mail, &self.sender)?;
        match timeout(self.total_timeout, self.transport.send(message)).await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(error)) => Err(refusal(&error)),
            Err(_) => Err(MailError::Transient(
                "the mail server took too long".to_owned(),
            )),
        }
    }
}

/// Refused for good only when the server said so about this mail; a refused connection or a broken
/// one is nobody's verdict.
fn refusal(error: &lettre::transport::smtp::Error) -> MailError {
    let mut text = error.to_string();
    if let Some(source) = error.source().map(ToString::to_string)
        && !text.contains(&source)
    {
        text = format!("{text}: {source}");
    }
    let detail = bounded_detail(&text, &[]);
    let is_about_us = error
        .status()
        .is_some_and(|code| AUTHENTICATION_CODES.contains(&code.into()));
    if error.is_permanent() && !is_about_us {
        MailError::Permanent(detail)
    } else {
        MailError::Transient(detail)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use tokio::{
        io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
        net::TcpListener,
    };

    use super::{
        super::mail_message::tests::{mail, sender},
        *,
    };

    /// What the server says to a command that begins so, instead of agreeing.
    type Objection = (&'static str, &'static str);

    struct Server {
        url: String,
        received: Arc<Mutex<String>>,
    }

    impl Server {
        async fn start(objection: Option<Objection>) -> Self {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let url = format!("smtp://{}", listener.local_addr().unwrap());
            let received = Arc::new(Mutex::new(String::new()));
            let log = Arc::clone(&received);
            tokio::spawn(async move {
                while let Ok((stream, _)) = listener.accept().await {
                    let log = Arc::clone(&log);
                    tokio::spawn(async move {
                        let (read, mut write) = stream.into_split();
                        let mut lines = BufReader::new(read).lines();
                        let mut in_data = false;
                        write.write_all(b"220 test\r\n").await.unwrap();
                        while let Ok(Some(line)) = lines.next_line().await {
                            log.lock().unwrap().push_str(&format!("{line}\n"));
                            let command = if in_data {
                                if line == "." { "." } else { continue }
                            } else {
                                line.as_str()
                            };
                            in_data = false;
                            let answer = match objection {
                                Some((start, "hang")) if command.starts_with(start) => {
                                    std::future::pending::<()>().await;
                                    unreachable!()
                                }
                                Some((start, "close")) if command.starts_with(start) => return,
                                Some((start, answer)) if command.starts_with(start) => answer,
                                _ if command.starts_with("EHLO") => "250-test\r\n250 AUTH PLAIN",
                                _ if command.starts_with("DATA") => {
                                    in_data = true;
                                    "354 go on"
                                }
                                _ if command.starts_with("AUTH") => "235 ok",
                                _ => "250 ok",
                            };
                            if write
                                .write_all(format!("{answer}\r\n").as_bytes())
                                .await
                                .is_err()
                            {
                                return;
                            }
                        }
                    });
                }
            });
            Self { url, received }
        }

        async fn send(&self) -> Result<(), MailError> {
            self.mailer(&self.url).send(&mail("Order")).await
        }

        fn mailer(&self, url: &str) -> SmtpMailer {
            let step = Duration::from_millis(300);
            SmtpMailer::with_timeouts(url, sender(), step, step * 3).unwrap()
        }
    }

    #[tokio::test]
    async fn a_mail_arrives_whole_even_with_a_lone_dot_in_it() {
        let server = Server::start(None).await;
        server.send().await.unwrap();
        let received = server.received.lock().unwrap().clone();
        assert!(
            received.contains("RCPT TO:<ramesh@example.in>"),
            "{received}"
        );
        assert!(
            received.contains("Bcc: nobody@example.in"),
            "the text after the dot: {received}"
        );
        assert_eq!(received.matches("RCPT TO:").count(), 1);
    }

    #[tokio::test]
    async fn a_verdict_on_the_mail_is_permanent_and_names_nobody() {
        let refused = Some((
            "RCPT",
            "550 5.1.1 <ramesh@example.in> unknown, call 9876543210",
        ));
        let error = Server::start(refused).await.send().await.unwrap_err();
        let MailError::Permanent(detail) = error else {
            panic!("{error:?}")
        };
        assert!(
            detail.contains("550") && detail.contains("unknown"),
            "{detail}"
        );
        assert!(
            !detail.contains("ramesh") && !detail.contains("9876543210"),
            "{detail}"
        );
    }

    #[tokio::test]
    async fn everything_that_may_pass_is_worth_another_attempt() {
        for objection in [
            ("RCPT", "450 4.2.1 try later"),
            (".", "451 4.3.0 full"),
            ("MAIL", "421 4.3.2 going down"),
            ("DATA", "close"),
            ("EHLO", "nonsense"),
            ("MAIL", "hang"),
            (".", "hang"),
        ] {
            let answer = Server::start(Some(objection)).await.send().await;
            assert!(
                matches!(answer, Err(MailError::Transient(_))),
                "{objection:?}: {answer:?}"
            );
        }
    }

    #[tokio::test]
    async fn a_wrong_password_is_our_fault_and_not_the_mails() {
        let server = Server::start(Some(("AUTH", "535 5.7.8 bad credentials"))).await;
        let url = server.url.replace("smtp://", "smtp://user:hunter2@");
        let error = server.mailer(&url).send(&mail("Order")).await.unwrap_err();
        assert!(matches!(error, MailError::Transient(_)), "{error:?}");
        assert!(!format!("{error:?}").contains("hunter2"));
    }

    #[tokio::test]
    async fn a_server_that_is_not_there_is_worth_another_attempt() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("smtp://{}", listener.local_addr().unwrap());
        drop(listener);
        let mailer = SmtpMailer::new(&url, sender()).unwrap();
        assert!(matches!(
            mailer.send(&mail("x")).await,
            Err(MailError::Transient(_))
        ));
    }

    #[test]
    fn a_wrong_url_is_refused_without_repeating_the_password() {
        let error = SmtpMailer::new("http://user:hunter2@host", sender()).unwrap_err();
        assert!(!error.to_string().contains("hunter2"));
    }
}
