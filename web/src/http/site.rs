//! Under which name a request came in: the installation's own, or one that a distributor has shown to be theirs.
//!
//! A name says which distributor's sign-in page is shown, and bars sessions, tokens and keys of all others. It never lets anybody
//! in: what somebody may do comes from their credential alone. Load balancers and people on this network ask by address or by a
//! name without a dot, and mean the installation itself.

use std::net::IpAddr;
use std::sync::Arc;

use poem::http::{HeaderMap, header};
use poem::{Endpoint, FromRequest, Middleware, Request, RequestBody, Result};
use vitaran_core::access::TenantRef;
use vitaran_core::domains::{self, DomainName, host_of};
use vitaran_core::identity::WantedTenant;
use vitaran_kernel::TenantId;

use super::problem::Refusal;
use crate::state::AppState;

/// Where a request came in.
#[derive(Debug, Clone, Default)]
pub enum Site {
    /// At the installation's own address.
    #[default]
    House,
    /// At a distributor's name.
    Tenant(Arc<TenantSite>),
}

/// A distributor's name, verified.
#[derive(Debug)]
pub struct TenantSite {
    pub tenant: TenantRef,
    /// Scheme, name and port, as browsers send them.
    pub origin: String,
}

impl Site {
    /// As [`ReadSite`] found it; outside of it, the installation's own.
    #[must_use]
    pub fn of(request: &Request) -> Self {
        request.data::<Site>().cloned().unwrap_or_default()
    }

    #[must_use]
    pub fn tenant(&self) -> Option<&TenantRef> {
        match self {
            Site::House => None,
            Site::Tenant(site) => Some(&site.tenant),
        }
    }

    /// Whether a credential of this tenant, or of none, is worth anything here.
    #[must_use]
    pub fn admits(&self, tenant: Option<TenantId>) -> bool {
        self.tenant().is_none_or(|own| Some(own.id) == tenant)
    }

    /// Whose sign-in page it is.
    #[must_use]
    pub fn wanted(&self) -> Option<WantedTenant> {
        let own = self.tenant()?;
        Some(WantedTenant::Named(own.slug.clone()))
    }

    /// Where pages of this name come from, in the words of browsers.
    pub(super) fn origin<'a>(&'a self, public_url: &'a str) -> &'a str {
        match self {
            Site::House => public_url,
            Site::Tenant(site) => &site.origin,
        }
    }
}

impl<'a> FromRequest<'a> for Site {
    async fn from_request(request: &'a Request, _body: &mut RequestBody) -> Result<Self> {
        Ok(Site::of(request))
    }
}

/// Finds out, before anybody asks who it is.
pub struct ReadSite;

impl<E: Endpoint> Middleware<E> for ReadSite {
    type Output = SiteRead<E>;

    fn transform(&self, inner: E) -> SiteRead<E> {
        SiteRead(inner)
    }
}

pub struct SiteRead<E>(E);

impl<E: Endpoint> Endpoint for SiteRead<E> {
    type Output = E::Output;

    async fn call(&self, mut request: Request) -> Result<E::Output> {
        if let Some(state) = request.data::<AppState>().cloned() {
            let site = find(&state, host(&request)).await?;
            request.set_data(site);
        }
        self.0.call(request).await
    }
}

/// The name a request asks for, as it was sent. HTTP/2 has it in the address.
fn host(request: &Request) -> Option<&str> {
    named_in(request.headers()).or_else(|| request.original_uri().host())
}

pub(super) fn named_in(headers: &HeaderMap) -> Option<&str> {
    headers.get(header::HOST)?.to_str().ok()
}

async fn find(state: &AppState, host: Option<&str>) -> std::result::Result<Site, Refusal> {
    let public_url = &state.config.public_url;
    let Some(name) = host.and_then(|host| foreign(host, public_url)) else {
        return Ok(Site::House);
    };
    let name = DomainName::parse(&name).map_err(|_| Refusal::nobodys_name())?;
    let found = domains::find_tenant_of(&state.db, name.as_str()).await?;
    let tenant = found.ok_or_else(Refusal::nobodys_name)?;
    let origin = domains::origin_of(public_url, name.as_str());
    Ok(Site::Tenant(Arc::new(TenantSite { tenant, origin })))
}

/// Pure: the name in a Host header, where it is neither the installation's own, nor an address, nor a name of this network.
pub(super) fn foreign(host: &str, public_url: &str) -> Option<String> {
    if host.starts_with('[') {
        return None;
    }
    let name = host.split_once(':').map_or(host, |(name, _)| name);
    let name = name.trim_end_matches('.').to_ascii_lowercase();
    let is_ours = name.eq_ignore_ascii_case(host_of(public_url));
    let is_near = !name.contains('.') || name.parse::<IpAddr>().is_ok();
    (!is_ours && !is_near).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    const OURS: &str = "https://Orders.example.in:8443";

    #[test]
    fn our_own_name_addresses_and_names_of_this_network_are_the_house() {
        for host in [
            "orders.example.in",
            "ORDERS.example.in.",
            "orders.example.in:8443",
            "127.0.0.1",
            "10.0.0.7:8080",
            "[::1]:8080",
            "[2001:db8::1]",
            "web",
            "localhost:8080",
            "",
        ] {
            assert_eq!(foreign(host, OURS), None, "{host}");
        }
    }

    #[test]
    fn every_other_name_is_looked_up_as_dns_has_it() {
        for (host, name) in [
            ("Portal.Sharma.in", "portal.sharma.in"),
            ("portal.sharma.in.:443", "portal.sharma.in"),
            ("orders.example.in.evil.test", "orders.example.in.evil.test"),
            ("x.orders.example.in", "x.orders.example.in"),
        ] {
            assert_eq!(foreign(host, OURS).as_deref(), Some(name), "{host}");
        }
    }
}
