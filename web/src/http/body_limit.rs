//! Reads a request's body whole before anybody parses it, and neither further nor longer than allowed: poem by itself reads for ever.

use std::time::Duration;

use bytes::Bytes;
use poem::error::ReadBodyError;
use poem::http::uri::PathAndQuery;
use poem::http::{HeaderMap, header};
use poem::{Body, Endpoint, Middleware, Request, Result};
use tokio::io::AsyncReadExt as _;
use vitaran_core::idempotency::RequestHash;

use super::problem::Refusal;

/// Forms and JSON: an order of 500 lines takes some 60 KB.
pub const ONE_MIB: usize = 1024 * 1024;

/// Bytes of a body that is too large which are read all the same, and for how long.
const DISCARDED: u64 = 8 * 1024 * 1024;
const DISCARDING: Duration = Duration::from_secs(5);

/// A body that is read whole comes within this: for the largest, 17 KB a second.
pub(super) const READING: Duration = Duration::from_secs(60);

/// Counts what is read, so that a length that lies or is not there helps nobody.
pub struct BodyLimit(pub usize);

impl<E: Endpoint> Middleware<E> for BodyLimit {
    type Output = Limited<E>;

    fn transform(&self, inner: E) -> Limited<E> {
        Limited {
            inner,
            most: self.0,
        }
    }
}

pub struct Limited<E> {
    inner: E,
    most: usize,
}

impl<E: Endpoint> Endpoint for Limited<E> {
    type Output = E::Output;

    async fn call(&self, mut request: Request) -> Result<E::Output> {
        if announced(request.headers()).is_some_and(|length| length > self.most) {
            discard(request.take_body()).await;
            return Err(Refusal::too_large(self.most).into());
        }
        let body = read(request.take_body(), self.most, READING).await?;
        let hash = hash_of(&request, &body);
        request.set_data(hash);
        request.set_data(WholeBody(body.clone()));
        request.set_body(body);
        self.inner.call(request).await
    }
}

/// What was asked of which address: the one the client wrote, whatever routes above have taken off it.
pub(super) fn hash_of(request: &Request, body: &[u8]) -> RequestHash {
    let uri = request.original_uri();
    let target = uri.path_and_query().map_or("", PathAndQuery::as_str);
    RequestHash::of(request.method().as_str(), target, body)
}

/// The body as it came, for the guard and for idempotency.
#[derive(Debug, Clone)]
pub struct WholeBody(pub Bytes);

fn announced(headers: &HeaderMap) -> Option<usize> {
    headers
        .get(header::CONTENT_LENGTH)?
        .to_str()
        .ok()?
        .parse()
        .ok()
}

/// Reads on without keeping anything: a client that is cut off while it sends never sees why. Who sends more than this, or
/// slower, is cut off.
async fn discard(body: Body) {
    let mut rest = body.into_async_read().take(DISCARDED);
    let _ = tokio::time::timeout(
        DISCARDING,
        tokio::io::copy(&mut rest, &mut tokio::io::sink()),
    )
    .await;
}

async fn read(body: Body, most: usize, within: Duration) -> Result<Bytes, Refusal> {
    let reading = tokio::time::timeout(within, body.into_bytes_limit(most));
    let Ok(read) = reading.await else {
        return Err(Refusal::too_slow());
    };
    read.map_err(|error| match error {
        ReadBodyError::PayloadTooLarge => Refusal::too_large(most),
        _ => Refusal::malformed("The request's body could not be read"),
    })
}

#[cfg(test)]
mod tests {
    use futures_util::{StreamExt as _, stream};
    use poem::http::StatusCode;

    use super::*;

    #[tokio::test]
    async fn a_body_that_stays_half_is_refused_when_its_time_is_over() {
        let begun = stream::iter([Ok::<_, std::io::Error>(Bytes::from_static(b"name=Vo"))]);
        let half = Body::from_bytes_stream(begun.chain(stream::pending()));
        let refused = read(half, ONE_MIB, Duration::from_millis(50)).await;
        assert_eq!(refused.unwrap_err().status, StatusCode::REQUEST_TIMEOUT);
        let whole = Body::from_string("name=Volt".to_owned());
        let read = read(whole, ONE_MIB, READING).await;
        assert_eq!(read.unwrap(), "name=Volt");
    }
}
