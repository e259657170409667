//! Posts to endpoints that tenants name. What is hard about it is to go nowhere else: a name is looked up once, every
//! address it stands for must be one that may be called, and the connection goes to those addresses. Redirects come back
//! as they are; there is no proxy; nothing is kept open for the next post.

use std::error::Error as _;
use std::fmt;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use futures_util::future::BoxFuture;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::header::RETRY_AFTER;
use reqwest::{Client, Response, redirect};
use vitaran_core::ports::{WebhookAnswer, WebhookFailure, WebhookPost, WebhookSender};
use vitaran_core::webhooks::Targets;

/// What is kept of an answer; the rest is not read.
const MAX_BODY_BYTES: usize = 1_024;

#[derive(Debug, Clone, Copy)]
struct Timeouts {
    connect: Duration,
    /// From the look-up of the name to the last byte that is read.
    total: Duration,
}

const TIMEOUTS: Timeouts = Timeouts {
    connect: Duration::from_secs(5),
    total: Duration::from_secs(15),
};

type LookUp = Arc<dyn Fn(String) -> BoxFuture<'static, io::Result<Vec<IpAddr>>> + Send + Sync>;

/// As the system does it.
fn system_look_up(name: String) -> BoxFuture<'static, io::Result<Vec<IpAddr>>> {
    Box::pin(async move {
        let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
        Ok(found.map(|address| address.ip()).collect())
    })
}

/// A name stands for an address that may not be called.
#[derive(Debug)]
struct ForbiddenAddress(&'static str);

impl fmt::Display for ForbiddenAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "The address may not be called: its name stands for one of which {}",
            self.0
        )
    }
}

impl std::error::Error for ForbiddenAddress {}

/// Looks names up, and gives the connection what may be called or nothing.
struct Guarded {
    targets: Targets,
    look_up: LookUp,
}

impl Resolve for Guarded {
    fn resolve(&self, name: Name) -> Resolving {
        let (targets, look_up) = (self.targets, self.look_up.clone());
        Box::pin(async move {
            let found = look_up(name.as_str().to_owned()).await?;
            // One forbidden address among them is enough: whoever owns the name has set it there.
            if let Some(why) = found.iter().find_map(|address| targets.refusal(*address)) {
                return Err(ForbiddenAddress(why).into());
            }
            // The port is the URL's.
            let addresses: Addrs =
                Box::new(found.into_iter().map(|address| SocketAddr::new(address, 0)));
            Ok(addresses)
        })
    }
}

pub struct WebhookHttp {
    client: Client,
    targets: Targets,
}

impl WebhookHttp {
    pub fn new(targets: Targets) -> Result<Self, reqwest::Error> {
        Self::build(targets, Arc::new(system_look_up), TIMEOUTS)
    }

    fn build(
        targets: Targets,
        look_up: LookUp,
        timeouts: Timeouts,
    ) -> Result<Self, reqwest::Error> {
        let client = Client::builder()
            .dns_resolver(Arc::new(Guarded { targets, look_up }))
            .redirect(redirect::Policy::none())
            .no_proxy()
            .referer(false)
            .pool_max_idle_per_host(0)
            .connect_timeout(timeouts.connect)
            .timeout(timeouts.total)
            .build()?;
        Ok(WebhookHttp { client, targets })
    }
}

#[async_trait]
impl WebhookSender for WebhookHttp {
    async fn post(&self, post: &WebhookPost) -> Result<WebhookAnswer, WebhookFailure> {
        // An address instead of a name is looked up by nobody, so it is looked at here.
        let url = self
            .targets
            .parse_url(&post.url)
            .map_err(WebhookFailure::Forbidden)?;
        let mut request = self.client.post(url).body(post.body.clone());
        for (name, value) in &post.headers {
            request = request.header(*name, value);
        }
        let mut response = request.send().await.map_err(|error| failure(&error))?;
        Ok(WebhookAnswer {
            status: response.status().as_u16(),
            retry_after: retry_after(&response),
            body: beginning(&mut response).await,
        })
    }
}

/// What went wrong, without the URL, which may hold a secret of the receiver's.
fn failure(error: &reqwest::Error) -> WebhookFailure {
    let mut cause = error.source();
    let mut deepest = None;
    while let Some(found) = cause {
        if let Some(forbidden) = found.downcast_ref::<ForbiddenAddress>() {
            return WebhookFailure::Forbidden(forbidden.to_string());
        }
        deepest = Some(found.to_string());
        cause = found.source();
    }
    let detail = if error.is_timeout() {
        "It took too long to answer".to_owned()
    } else if error.is_connect() {
        match deepest {
            Some(deepest) => format!("No connection: {deepest}"),
            None => "No connection".to_owned(),
        }
    } else {
        "The connection broke before there was an answer".to_owned()
    };
    WebhookFailure::NoAnswer(detail)
}

/// Seconds; a date is not read.
fn retry_after(response: &Response) -> Option<Duration> {
    let value = response.headers().get(RETRY_AFTER)?.to_str().ok()?;
    value.trim().parse().ok().map(Duration::from_secs)
}

/// As text without control characters. The status has said all that counts, so a body that breaks off does no harm.
async fn beginning(response: &mut Response) -> String {
    let mut read = Vec::new();
    while read.len() < MAX_BODY_BYTES
        && let Ok(Some(chunk)) = response.chunk().await
    {
        read.extend(chunk.iter().take(MAX_BODY_BYTES.saturating_sub(read.len())));
    }
    String::from_utf8_lossy(&read)
        .chars()
        .filter(|c| !c.is_control() || matches!(c, '\n' | '\t'))
        .collect()
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use bytes::Bytes;

    use super::*;
    use crate::adapters::test_server::{Behaviour, TestServer};

    const SHORT: Timeouts = Timeouts {
        connect: Duration::from_millis(500),
        total: Duration::from_millis(500),
    };

    fn to(url: &str) -> WebhookPost {
        WebhookPost {
            url: url.to_owned(),
            headers: vec![("webhook-id", "1".to_owned())],
            body: Bytes::from_static(b"{}"),
        }
    }

    fn sender(targets: Targets) -> WebhookHttp {
        WebhookHttp::build(targets, Arc::new(system_look_up), SHORT).unwrap()
    }

    /// Answers each look-up with the next of these lists, the last again and again, and counts.
    fn names(answers: &[&[&str]]) -> (LookUp, Arc<Mutex<usize>>) {
        let answers: Vec<Vec<IpAddr>> = answers
            .iter()
            .map(|list| list.iter().map(|text| text.parse().unwrap()).collect())
            .collect();
        let asked = Arc::new(Mutex::new(0));
        let counter = asked.clone();
        let look_up: LookUp = Arc::new(move |_| {
            let mut asked = counter.lock().unwrap();
            let answer = answers[(*asked).min(answers.len() - 1)].clone();
            *asked += 1;
            Box::pin(async move { Ok(answer) })
        });
        (look_up, asked)
    }

    #[tokio::test]
    async fn an_answer_comes_back_with_its_status_and_no_more_than_the_beginning_of_its_body() {
        let server = TestServer::start(Behaviour::Answer(
            "503 Busy",
            "Retry-After: 120\r\n",
            [b"no\0w\n".to_vec(), vec![b'x'; 3_000_000]].concat(),
        ))
        .await;
        let answer = sender(Targets::Loopback)
            .post(&to(&server.url))
            .await
            .unwrap();
        assert_eq!(
            (answer.status, answer.retry_after),
            (503, Some(Duration::from_secs(120)))
        );
        assert!(answer.body.starts_with("now\nxx"), "{}", answer.body);
        assert_eq!(answer.body.len(), MAX_BODY_BYTES - 1);
        let request = server.requests().join("");
        assert!(request.contains("webhook-id: 1"), "{request}");
    }

    #[tokio::test]
    async fn a_redirect_comes_back_and_is_not_followed() {
        let inner = TestServer::start(Behaviour::json("200 OK", "{}")).await;
        let headers = format!("Location: {}/metadata\r\n", inner.url);
        let server = TestServer::start(Behaviour::Answer(
            "302 Found",
            Box::leak(headers.into_boxed_str()),
            Vec::new(),
        ))
        .await;
        let answer = sender(Targets::Loopback).post(&to(&server.url)).await;
        assert_eq!(answer.unwrap().status, 302);
        assert_eq!(inner.requests().len(), 0);
    }

    #[tokio::test]
    async fn silence_slowness_and_broken_connections_are_told_apart() {
        for (behaviour, detail) in [
            (Behaviour::Hang, "It took too long to answer"),
            (
                Behaviour::CloseAfterReading,
                "The connection broke before there was an answer",
            ),
        ] {
            let server = TestServer::start(behaviour).await;
            let failed = sender(Targets::Loopback).post(&to(&server.url)).await;
            assert_eq!(failed, Err(WebhookFailure::NoAnswer(detail.to_owned())));
        }
        let nobody = sender(Targets::Loopback)
            .post(&to("http://127.0.0.1:1/x?key=s3cret"))
            .await;
        let Err(WebhookFailure::NoAnswer(detail)) = nobody else {
            panic!("{nobody:?}")
        };
        assert!(detail.starts_with("No connection: "), "{detail}");
        assert!(!detail.contains("s3cret"), "{detail}");
        // Who said 200 and then nothing more has taken it.
        for behaviour in [Behaviour::CloseInTheBody("200 OK"), Behaviour::Drip] {
            let server = TestServer::start(behaviour).await;
            let answer = WebhookHttp::build(
                Targets::Loopback,
                Arc::new(system_look_up),
                Timeouts {
                    total: Duration::from_secs(2),
                    ..SHORT
                },
            )
            .unwrap()
            .post(&to(&server.url))
            .await;
            assert_eq!(answer.unwrap().status, 200);
        }
    }

    #[tokio::test]
    async fn a_name_is_looked_up_once_and_the_post_goes_to_what_was_found() {
        let server = TestServer::start(Behaviour::json("200 OK", "{}")).await;
        let url = server.url.replace("127.0.0.1", "localhost");
        // Somebody who answers well first and badly later gets no second question.
        let (look_up, asked) = names(&[&["127.0.0.1"], &["10.0.0.1"]]);
        let sender = WebhookHttp::build(Targets::Loopback, look_up, SHORT).unwrap();
        assert_eq!(sender.post(&to(&url)).await.unwrap().status, 200);
        assert_eq!(*asked.lock().unwrap(), 1);
        // The next post asks anew, and looks again.
        let failed = sender.post(&to(&url)).await;
        assert!(
            matches!(failed, Err(WebhookFailure::Forbidden(_))),
            "{failed:?}"
        );
        assert_eq!((*asked.lock().unwrap(), server.requests().len()), (2, 1));
    }

    #[tokio::test]
    async fn a_name_that_stands_for_an_inner_address_is_not_called_not_even_beside_a_public_one() {
        let server = TestServer::start(Behaviour::json("200 OK", "{}")).await;
        for found in [
            &["127.0.0.1"][..],
            &["169.254.169.254"],
            &["::ffff:127.0.0.1"],
            &["8.8.8.8", "10.0.0.1"],
            &["64:ff9b::7f00:1"],
        ] {
            let (look_up, _) = names(&[found]);
            let sender = WebhookHttp::build(Targets::Public, look_up, SHORT).unwrap();
            let failed = sender.post(&to("https://erp.example.in/hooks")).await;
            assert!(
                matches!(failed, Err(WebhookFailure::Forbidden(_))),
                "{found:?}: {failed:?}"
            );
        }
        for written in [
            server.url.clone(),
            server.url.replace("http://", "https://"),
            "https://169.254.169.254/".to_owned(),
            "https://[::1]/".to_owned(),
        ] {
            let failed = sender(Targets::Public).post(&to(&written)).await;
            assert!(
                matches!(failed, Err(WebhookFailure::Forbidden(_))),
                "{written}: {failed:?}"
            );
        }
        assert_eq!(server.requests().len(), 0);
    }
}
