//! The actor of a page. Whoever is not signed in is sent to the sign-in page and back.

use poem::http::Method;
use poem::{FromRequest, Request, RequestBody, Result};
use vitaran_core::access::Actor;
use vitaran_core::tenancy::PlatformOperator;

use super::CurrentSession;
use super::session::{AnySession, SuspendedSession};
use crate::http::next_path;
use crate::http::problem::Refusal;
use crate::hx::{self, HxRequest};
use crate::identity::suspended;

/// Where one signs in.
pub const SIGN_IN: &str = "/login";

/// Somebody signed in to a tenant.
#[derive(Debug, Clone)]
pub struct PageActor(pub Actor);

impl<'a> FromRequest<'a> for PageActor {
    async fn from_request(request: &'a Request, _body: &mut RequestBody) -> Result<Self> {
        let session = session_of(request)?;
        match session.actor() {
            Some(actor) => Ok(PageActor(actor.clone())),
            None => Err(redirect_to(request, "/super")),
        }
    }
}

/// Somebody signed in, in a tenant or not.
impl<'a> FromRequest<'a> for CurrentSession {
    async fn from_request(request: &'a Request, _body: &mut RequestBody) -> Result<Self> {
        session_of(request).cloned()
    }
}

impl<'a> FromRequest<'a> for SuspendedSession {
    async fn from_request(request: &'a Request, _body: &mut RequestBody) -> Result<Self> {
        let found = request.data::<SuspendedSession>().cloned();
        found.ok_or_else(|| sign_in_first(request))
    }
}

impl<'a> FromRequest<'a> for AnySession {
    async fn from_request(request: &'a Request, _body: &mut RequestBody) -> Result<Self> {
        if let Some(SuspendedSession(session)) = request.data() {
            return Ok(AnySession(session.clone()));
        }
        session_of(request).cloned().map(AnySession)
    }
}

/// A platform admin on the platform's own pages. For everybody else these pages do not exist.
#[derive(Debug, Clone)]
pub struct PlatformPage {
    pub operator: PlatformOperator,
    pub session: CurrentSession,
}

impl<'a> FromRequest<'a> for PlatformPage {
    async fn from_request(request: &'a Request, _body: &mut RequestBody) -> Result<Self> {
        let session = session_of(request)?;
        let operator =
            PlatformOperator::of_session(session.view()).ok_or_else(Refusal::not_found)?;
        Ok(PlatformPage {
            operator,
            session: session.clone(),
        })
    }
}

/// The session, or the way to the sign-in page; in a suspended distributor, to the page that says so.
pub(super) fn session_of(request: &Request) -> Result<&CurrentSession> {
    let found = request.data::<CurrentSession>();
    found.ok_or_else(|| match request.data::<SuspendedSession>() {
        Some(_) => redirect_to(request, suspended::PATH),
        None => sign_in_first(request),
    })
}

fn sign_in_first(request: &Request) -> poem::Error {
    let htmx = HxRequest::of(request.headers());
    let path = match back_to(request, &htmx) {
        Some(next) => format!("{SIGN_IN}?{}", next_path::as_parameter(&next)),
        None => SIGN_IN.to_owned(),
    };
    poem::Error::from_response(hx::sign_in_first(&htmx, &path))
}

fn redirect_to(request: &Request, path: &str) -> poem::Error {
    poem::Error::from_response(hx::go_to(&HxRequest::of(request.headers()), path))
}

/// The page to come back to: the one asked for, or the one a fragment was meant for. Nothing is repeated by itself, so a
/// POST has none.
fn back_to(request: &Request, htmx: &HxRequest) -> Option<String> {
    if let Some(current) = &htmx.current_url {
        let uri: poem::http::Uri = current.parse().ok()?;
        return next_path::safe(uri.path_and_query()?.as_str()).map(str::to_owned);
    }
    let asked = request.original_uri().path_and_query()?.as_str();
    let is_page = *request.method() == Method::GET && asked != "/";
    is_page
        .then(|| next_path::safe(asked).map(str::to_owned))
        .flatten()
}
