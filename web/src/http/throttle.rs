//! The limit on requests from one network, and where a request comes from: every answer of ours that costs work stands
//! behind it. Assets are a lookup in memory, and load balancers ask for `/health` as often as they like.

use std::net::{IpAddr, Ipv4Addr};

use poem::http::{HeaderName, HeaderValue};
use poem::{Endpoint, Middleware, Request, Response, Result};
use vitaran_core::throttle::{Network, RequestLimit, Room, TooMany, TrustedProxies};

use super::problem::Refusal;
use super::problem_json;
use crate::state::AppState;

/// The header in which each proxy adds whom it serves.
const FORWARDED: &str = "x-forwarded-for";

const RATE_LIMIT: HeaderName = HeaderName::from_static("ratelimit");
const RATE_LIMIT_POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");

/// Whose request it is, as far as it can be known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClientAddress(pub IpAddr);

impl ClientAddress {
    #[must_use]
    pub fn network(self) -> Network {
        Network::of(self.0)
    }

    /// The address found by [`Throttle`], which stands before every page and operation.
    #[must_use]
    pub fn of(request: &Request) -> Self {
        let found = request.data::<ClientAddress>().copied();
        found.unwrap_or_else(|| Self::find(request, &TrustedProxies::default()))
    }

    fn find(request: &Request, proxies: &TrustedProxies) -> Self {
        let peer = request.remote_addr().as_socket_addr();
        // A peer without an address is a socket on this machine.
        let peer = peer.map_or(IpAddr::V4(Ipv4Addr::LOCALHOST), |peer| peer.ip());
        let named = request.headers().get_all(FORWARDED);
        let named: Vec<&str> = named
            .iter()
            .map(|value| value.to_str().unwrap_or("unreadable"))
            .collect();
        ClientAddress(proxies.client(peer, named.into_iter()))
    }
}

/// Counts requests, and refuses those that are too many with 429.
pub struct Throttle;

impl<E: Endpoint> Middleware<E> for Throttle {
    type Output = Throttled<E>;

    fn transform(&self, inner: E) -> Throttled<E> {
        Throttled(inner)
    }
}

pub struct Throttled<E>(E);

impl<E: Endpoint> Endpoint for Throttled<E> {
    type Output = E::Output;

    async fn call(&self, mut request: Request) -> Result<E::Output> {
        if let Some(state) = request.data::<AppState>().cloned() {
            admit(&state, &mut request).map_err(Refusal::from)?;
        }
        self.0.call(request).await
    }
}

/// As [`Throttle`], for programs: every answer, a refusal too, says how much is left. It stands where every failure is an
/// answer already.
pub struct ApiThrottle;

impl<E: Endpoint<Output = Response>> Middleware<E> for ApiThrottle {
    type Output = ApiThrottled<E>;

    fn transform(&self, inner: E) -> ApiThrottled<E> {
        ApiThrottled(inner)
    }
}

pub struct ApiThrottled<E>(E);

impl<E: Endpoint<Output = Response>> Endpoint for ApiThrottled<E> {
    type Output = Response;

    async fn call(&self, mut request: Request) -> Result<Response> {
        let Some(state) = request.data::<AppState>().cloned() else {
            return self.0.call(request).await;
        };
        let (mut response, room) = match admit(&state, &mut request) {
            Ok(room) => (self.0.call(request).await?, room),
            Err(limit) => {
                let room = Room {
                    left: 0,
                    seconds: limit.seconds,
                };
                (problem_json::respond(&limit.into()), room)
            }
        };
        tell(&mut response, state.requests.most(), room);
        Ok(response)
    }
}

/// Counts a request, and notes where it comes from.
fn admit(state: &AppState, request: &mut Request) -> std::result::Result<Room, TooMany> {
    let client = ClientAddress::find(request, &state.config.trusted_proxies);
    request.set_data(client);
    let now = state.db.clock().now();
    let admission = state.requests.admit(client.network(), now)?;
    if let Some(share) = admission.share {
        let state = state.clone();
        tokio::spawn(async move { state.requests.tell(&state.db, share).await });
    }
    Ok(admission.room)
}

/// The limit, and what is left of it, as draft-ietf-httpapi-ratelimit-headers-10 writes them.
fn tell(response: &mut Response, most: i64, room: Room) {
    let policy = format!("\"network\";q={most};w={}", RequestLimit::SECONDS);
    let left = format!("\"network\";r={};t={}", room.left.max(0), room.seconds);
    for (name, text) in [(RATE_LIMIT_POLICY, policy), (RATE_LIMIT, left)] {
        if let Ok(value) = HeaderValue::from_str(&text) {
            response.headers_mut().insert(name, value);
        }
    }
}
