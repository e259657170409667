//! Three areas, three kinds of people, decided before any handler runs: a page that forgets to ask is still guarded.

use poem::{Endpoint, Middleware, Request, Result};
use vitaran_core::access::Role;

use super::{CurrentSession, PageActor, PlatformPage};
use crate::http::problem::Refusal;
use crate::http::site::Site;
use crate::hx::{self, HxRequest};
use crate::identity::second_factor;
use crate::modules;
use crate::state::AppState;

pub struct GuardAreas;

impl<E: Endpoint> Middleware<E> for GuardAreas {
    type Output = Guarded<E>;

    fn transform(&self, inner: E) -> Guarded<E> {
        Guarded(inner)
    }
}

pub struct Guarded<E>(E);

impl<E: Endpoint> Endpoint for Guarded<E> {
    type Output = E::Output;

    async fn call(&self, request: Request) -> Result<E::Output> {
        check(&request).await?;
        self.0.call(request).await
    }
}

/// What somebody reaches who must set up a second factor first: that, and the ways out.
const OPEN_WITHOUT_SECOND_FACTOR: [&str; 7] = [
    second_factor::own::PATH,
    "/login",
    "/logout",
    "/preferences",
    "/switch-tenant",
    "/forgotten-password",
    "/new-password",
];

fn is_below(path: &str, open: &str) -> bool {
    path.strip_prefix(open)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

fn check_second_factor(request: &Request) -> Result<()> {
    let (Some(session), Some(state)) =
        (request.data::<CurrentSession>(), request.data::<AppState>())
    else {
        return Ok(());
    };
    let path = request.original_uri().path();
    let is_open = OPEN_WITHOUT_SECOND_FACTOR
        .iter()
        .any(|open| is_below(path, open));
    if is_open || !session.lacks_second_factor(state) {
        return Ok(());
    }
    let htmx = HxRequest::of(request.headers());
    let response = hx::go_to(&htmx, second_factor::own::PATH);
    Err(poem::Error::from_response(response))
}

/// What belongs to a module that is off is as missing as what never was.
fn check_module(request: &Request) -> Result<()> {
    let actor = request
        .data::<CurrentSession>()
        .and_then(CurrentSession::actor);
    let path = request.original_uri().path();
    match actor {
        Some(actor) if !modules::is_there(path, actor) => Err(Refusal::not_found().into()),
        _ => Ok(()),
    }
}

/// What leads out of a distributor is not there under its name.
const OF_THE_HOUSE: [&str; 2] = ["/super", "/switch-tenant"];

fn check_site(request: &Request) -> Result<()> {
    let path = request.original_uri().path();
    let is_out = OF_THE_HOUSE.iter().any(|way| is_below(path, way));
    match Site::of(request).tenant() {
        Some(_) if is_out => Err(Refusal::not_found().into()),
        _ => Ok(()),
    }
}

async fn check(request: &Request) -> Result<()> {
    use poem::FromRequest as _;
    check_site(request)?;
    check_second_factor(request)?;
    check_module(request)?;
    match area_of(request.original_uri().path()) {
        Some("admin") => match role(request).await? {
            Role::Dealer => {
                Err(Refusal::wrong_area("These pages are for the distributor's staff").into())
            }
            _ => Ok(()),
        },
        Some("portal") => match role(request).await? {
            Role::Dealer => Ok(()),
            _ => Err(Refusal::wrong_area("These pages are for dealers").into()),
        },
        Some("super") => PlatformPage::from_request_without_body(request)
            .await
            .map(drop),
        _ => Ok(()),
    }
}

async fn role(request: &Request) -> Result<Role> {
    use poem::FromRequest as _;
    let PageActor(actor) = PageActor::from_request_without_body(request).await?;
    Ok(actor.role())
}

/// The first part of the path.
fn area_of(path: &str) -> Option<&str> {
    path.strip_prefix('/')?.split('/').next()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_area_is_the_whole_first_part_of_the_path() {
        assert_eq!(area_of("/admin/orders"), Some("admin"));
        assert_eq!(area_of("/admin"), Some("admin"));
        assert_eq!(area_of("/administrator"), Some("administrator"));
        assert_eq!(area_of("/"), Some(""));
    }

    #[test]
    fn what_is_open_without_a_second_factor_is_a_page_and_what_lies_below_it() {
        assert!(is_below("/login", "/login") && is_below("/login/code", "/login"));
        assert!(!is_below("/login-as", "/login") && !is_below("/", "/login"));
    }
}
