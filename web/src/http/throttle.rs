//! The limit on requests from one network, and where a request comes from: every answer of ours that costs work stands
//! behind it. Assets are a lookup in memory, and load balancers ask for `/health` as often as they like.

use std::net::{IpAddr, Ipv4Addr};

use poem::{Endpoint, Middleware, Request, Result};
use vitaran_core::throttle::{Admission, Network, TrustedProxies};

use super::problem::Refusal;
use crate::state::AppState;

/// The header in which each proxy adds whom it serves.
const FORWARDED: &str = "x-forwarded-for";

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
            let client = ClientAddress::find(&request, &state.config.trusted_proxies);
            admit(&state, client.network())?;
            request.set_data(client);
        }
        self.0.call(request).await
    }
}

fn admit(state: &AppState, network: Network) -> Result<(), Refusal> {
    match state.requests.admit(network, state.db.clock().now()) {
        Admission::Admitted => Ok(()),
        Admission::AdmittedAndTell(share) => {
            let state = state.clone();
            tokio::spawn(async move { state.requests.tell(&state.db, share).await });
            Ok(())
        }
        Admission::Refused(limit) => Err(limit.into()),
    }
}
