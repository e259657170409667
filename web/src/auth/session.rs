//! Browser sessions: tower-sessions makes the ids, the core keeps the rows.
//!
//! The cookie holds 128 random bits and the table their hash. A request reads the session with one statement, which also
//! says who acts and as what; nothing is cached, so that an end elsewhere is an end here at once. A session that goes on under
//! another id does so only while it is there: a slow request cannot bring one back that was signed out meanwhile.

use std::sync::Arc;

use poem::http::{HeaderValue, header};
use poem::{Endpoint, IntoResponse as _, Middleware, Request, Response, Result};
use tower_sessions::session::Id;
use vitaran_core::access::{Actor, Role};
use vitaran_core::config::WebConfig;
use vitaran_core::identity::{
    self, ClientInfo, CredentialHash, Lifetimes, NewSession, SessionStart, SessionTarget,
    SessionView, SignInError, UserRef,
};
use vitaran_kernel::TenantId;

use crate::http::problem::Refusal;
use crate::http::problem_page::KnownSession;
use crate::http::site::Site;
use crate::http::throttle::ClientAddress;
use crate::http::{cookies, request_id};
use crate::state::AppState;

/// `__Host-sid` over https, `sid` on this machine.
pub const COOKIE: &str = "sid";

/// The idle limit moves on at most this often.
const TOUCH_EVERY_S: i64 = 60;

/// The session of the request.
#[derive(Debug, Clone)]
pub struct CurrentSession {
    pub(super) id: Id,
    view: Arc<SessionView>,
}

impl CurrentSession {
    pub fn view(&self) -> &SessionView {
        &self.view
    }

    pub fn user(&self) -> &UserRef {
        &self.view.user
    }

    /// The actor inside a tenant; `None` for a platform admin outside every tenant.
    pub fn actor(&self) -> Option<&Actor> {
        self.view.actor()
    }

    /// Where it acts, also while that is suspended; `None` for a platform admin outside every tenant.
    fn tenant(&self) -> Option<TenantId> {
        match self.view.target {
            SessionTarget::Platform => None,
            SessionTarget::Membership { tenant, .. } | SessionTarget::Visit { tenant, .. } => {
                Some(tenant)
            }
        }
    }

    /// Whether a second factor must be set up before anything else.
    pub fn lacks_second_factor(&self, state: &AppState) -> bool {
        let of_platform_admins = state.config.platform_second_factor;
        let standing = self.view.second_factor;
        standing.is_missing(&self.view.user, of_platform_admins)
    }

    /// The same person and target under a new id, after a change of what opens the account, which takes a proof.
    pub fn opening_again(&self, request: &Request) -> Opening {
        Opening {
            start: SessionStart::ProvenAgain(self.hash()),
            user: self.user().clone(),
            target: self.view.target,
            is_dealer: self.actor().map(Actor::role) == Some(Role::Dealer),
            client: client_of(request),
        }
    }

    pub fn hash(&self) -> CredentialHash {
        hash_of(&self.id)
    }
}

/// A session in a distributor that is suspended. It opens the page that says so, another company of the person's and the way
/// out; to everything else it is no session at all.
#[derive(Debug, Clone)]
pub struct SuspendedSession(pub CurrentSession);

/// Either of the two.
#[derive(Debug, Clone)]
pub struct AnySession(pub CurrentSession);

fn hash_of(id: &Id) -> CredentialHash {
    CredentialHash::of(&id.to_string())
}

// Opening and ending ------------------------------------------------------------------------------------------------

/// Whom a new session is for.
#[derive(Debug, Clone)]
pub struct Opening {
    pub start: SessionStart,
    pub user: UserRef,
    pub target: SessionTarget,
    /// Dealers' people stay signed in longer than staff.
    pub is_dealer: bool,
    pub client: ClientInfo,
}

impl Opening {
    fn lifetimes(&self, config: &WebConfig) -> Lifetimes {
        if self.is_dealer {
            config.dealer_lifetimes
        } else {
            config.staff_lifetimes
        }
    }
}

/// Gives the browser a session under a new id; the one it had ends, so that an id known to somebody else is worth
/// nothing (ASVS 7.2.4).
pub async fn open(
    state: &AppState,
    opening: Opening,
    response: &mut Response,
) -> std::result::Result<(), SignInError> {
    let lifetimes = opening.lifetimes(&state.config);
    // Two random ids of 128 bits do not meet; if they did, the insert would fail and nobody would be signed in.
    let id = Id::default();
    let session = NewSession {
        start: opening.start,
        hash: hash_of(&id),
        user: opening.user.id,
        target: opening.target,
        lifetimes,
        client: opening.client,
    };
    identity::open_session(&state.db, &session).await?;
    let is_https = state.config.is_https();
    let max_age_s = lifetimes.absolute_s;
    cookies::set(response, COOKIE, &id.to_string(), max_age_s, is_https);
    Ok(())
}

/// Ends the session, and asks the browser to forget what it keeps of us.
pub async fn end(
    state: &AppState,
    session: Option<&CurrentSession>,
    response: &mut Response,
) -> std::result::Result<(), Refusal> {
    if let Some(session) = session {
        identity::close_session(&state.db, session.hash()).await?;
    }
    cookies::remove(response, COOKIE, state.config.is_https());
    response.headers_mut().insert(
        header::HeaderName::from_static("clear-site-data"),
        HeaderValue::from_static("\"cache\", \"storage\""),
    );
    Ok(())
}

/// Address and browser, for the list of one's sessions.
#[must_use]
pub fn client_of(request: &Request) -> ClientInfo {
    ClientInfo {
        ip: Some(ClientAddress::of(request).0.to_string()),
        user_agent: request
            .header(header::USER_AGENT)
            .map(|text| text.chars().filter(|c| !c.is_control()).collect()),
    }
}

// Reading -----------------------------------------------------------------------------------------------------------

/// Reads the session behind the cookie, once for a request.
pub struct ReadSessions;

impl<E: Endpoint> Middleware<E> for ReadSessions {
    type Output = Reading<E>;

    fn transform(&self, inner: E) -> Reading<E> {
        Reading(inner)
    }
}

pub struct Reading<E>(E);

impl<E: Endpoint> Endpoint for Reading<E> {
    type Output = Response;

    async fn call(&self, mut request: Request) -> Result<Response> {
        let Some(state) = request.data::<AppState>().cloned() else {
            return Ok(self.0.call(request).await?.into_response());
        };
        let is_https = state.config.is_https();
        let cookie = cookies::read(request.headers(), COOKIE, is_https).map(str::to_owned);
        let found = match cookie.as_deref().map(str::parse::<Id>) {
            Some(Ok(id)) => find(&state, id).await?,
            _ => None,
        };
        // Under a distributor's name there are its own sessions alone.
        let site = Site::of(&request);
        let found = found.filter(|session| site.admits(session.tenant()));
        let is_dead = cookie.is_some() && found.is_none();
        if let Some(session) = found {
            note(&state, &mut request, session);
        }
        let answer = self.0.call(request).await;
        if !is_dead {
            return answer.map(poem::IntoResponse::into_response);
        }
        // A redirect to the sign-in page travels as an error; it too takes the dead cookie away.
        let mut response = match answer {
            Ok(output) => output.into_response(),
            Err(error) if error.is_from_response() => error.into_response(),
            Err(error) => return Err(error),
        };
        let is_replaced = response.headers().contains_key(header::SET_COOKIE);
        if !is_replaced {
            cookies::remove(&mut response, COOKIE, is_https);
        }
        Ok(response)
    }
}

async fn find(state: &AppState, id: Id) -> std::result::Result<Option<CurrentSession>, Refusal> {
    let view = identity::find_session(&state.db, hash_of(&id)).await?;
    Ok(view.map(|view| CurrentSession {
        id,
        view: Arc::new(view),
    }))
}

/// Hands the session to handlers, to the error page and to the log, one in a suspended distributor as what it is, and moves its idle limit on beside the request.
fn note(state: &AppState, request: &mut Request, session: CurrentSession) {
    let tenant = session.actor().map(Actor::tenant_id);
    request_id::record_person(session.user().id, tenant);
    let idle = state
        .db
        .clock()
        .now()
        .signed_duration_since(session.view.last_seen_at);
    if idle.num_seconds() >= TOUCH_EVERY_S {
        let (db, hash) = (state.db.clone(), session.hash());
        tokio::spawn(async move {
            if let Err(error) = identity::touch_session(&db, hash).await {
                tracing::warn!(%error, "a session's idle limit was not moved on");
            }
        });
    }
    if session.view.suspended().is_some() {
        request.set_data(SuspendedSession(session));
        return;
    }
    if let Some(known) = request.data::<KnownSession>() {
        // Set once for a request, here.
        let _ = known.0.set(session.clone());
    }
    request.set_data(session);
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn a_session_id_has_128_bits_and_no_two_are_alike() {
        let ids: BTreeSet<String> = (0..1_000).map(|_| Id::default().to_string()).collect();
        assert_eq!(ids.len(), 1_000);
        // Six bits a character.
        assert!(ids.iter().all(|id| id.len() == 22), "{:?}", ids.first());
    }
}
