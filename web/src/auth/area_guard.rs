//! Three areas, three kinds of people, decided before any handler runs: a page that forgets to ask is still guarded.

use poem::{Endpoint, Middleware, Request, Result};
use vitaran_core::access::Role;

use super::{PageActor, PlatformPage};
use crate::http::problem::Refusal;

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

async fn check(request: &Request) -> Result<()> {
    use poem::FromRequest as _;
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
}
