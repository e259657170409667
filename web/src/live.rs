//! `GET /live`: one stream of hints for each open page. Hints name what changed; the page fetches the part again with
//! its viewer's own rights, so that nothing leaks here but the fact of a change.

use std::time::Duration;

use futures_util::{Stream, StreamExt as _, stream};
use poem::http::StatusCode;
use poem::web::Data;
use poem::web::sse::{Event, SSE};
use poem::{IntoResponse as _, Response, handler};
use tokio::sync::OwnedSemaphorePermit;
use tokio::sync::broadcast::{Receiver, error::RecvError};
use tokio::time::{Instant, Interval, MissedTickBehavior, interval_at};
use vitaran_core::access::{Actor, PermissionCode, Role};
use vitaran_core::db::Db;
use vitaran_core::identity::{self, CredentialHash};
use vitaran_core::live::{Hint, Subject};

use crate::auth::CurrentSession;
use crate::http::problem::Refusal;
use crate::http::problem_page::PageResult;
use crate::state::{AppState, Shutdown};

/// Open streams of this process at most: each holds a socket and a place in the feed.
pub const MAX_STREAMS: usize = 2_000;

/// Keeps proxies from closing a quiet stream, and is when a session that has ended is noticed.
const HEARTBEAT: Duration = Duration::from_secs(20);

/// What browsers wait before they connect again.
const RETRY_MS: u64 = 3_000;

/// Streams the changes of the session's tenant.
#[handler]
pub async fn stream_changes(state: Data<&AppState>, session: Option<CurrentSession>) -> PageResult {
    let Some((session, actor)) = session.and_then(|s| s.actor().cloned().map(|a| (s, a))) else {
        // Not a redirect: the script would read the sign-in page as a stream.
        return Ok(StatusCode::UNAUTHORIZED.into_response());
    };
    let permit = state.streams.clone().try_acquire_owned().map_err(|_| {
        Refusal::unavailable(
            "Too many pages are open just now; this one refreshes on its own clock",
        )
    })?;
    let open = Open {
        feed: state.live.subscribe(),
        heartbeat: heartbeat(),
        db: state.db.clone(),
        session: session.hash(),
        actor,
        has_ended: false,
        _permit: permit,
    };
    Ok(answer(open, state.shutdown.clone()))
}

fn answer(open: Open, shutdown: Shutdown) -> Response {
    let events = stream::iter([Event::retry(RETRY_MS)])
        .chain(changes(open))
        .take_until(Box::pin(shutdown.begun()));
    SSE::new(events).keep_alive(HEARTBEAT).into_response()
}

/// One open stream.
struct Open {
    feed: Receiver<Option<Hint>>,
    heartbeat: Interval,
    db: Db,
    session: CredentialHash,
    actor: Actor,
    /// The page was told that it is signed out: there is nothing more to say.
    has_ended: bool,
    _permit: OwnedSemaphorePermit,
}

fn heartbeat() -> Interval {
    let mut interval = interval_at(Instant::now() + HEARTBEAT, HEARTBEAT);
    interval.set_missed_tick_behavior(MissedTickBehavior::Delay);
    interval
}

fn changes(open: Open) -> impl Stream<Item = Event> + Send + 'static {
    stream::unfold(open, |mut open| async move {
        let events = open.next().await?;
        Some((stream::iter(events), open))
    })
    .flatten()
}

impl Open {
    /// The events of the next change this viewer may hear of; `None` once the session or the feed has ended.
    async fn next(&mut self) -> Option<Vec<Event>> {
        while !self.has_ended {
            tokio::select! {
                received = self.feed.recv() => match received {
                    Ok(Some(Hint { subject: Subject::SignIns(user), .. })) if Some(user) == self.actor.user_id() => {
                        if self.still_signed_in().await.is_none() {
                            self.has_ended = true;
                            return Some(vec![named("signed-out", "")]);
                        }
                    }
                    Ok(Some(hint)) => {
                        let events = events_for(&self.actor, hint);
                        if !events.is_empty() {
                            return Some(events);
                        }
                    }
                    // Hints may be missing: look at everything again.
                    Ok(None) | Err(RecvError::Lagged(_)) => return Some(vec![named("refresh", "")]),
                    Err(RecvError::Closed) => return None,
                },
                _ = self.heartbeat.tick() => self.still_signed_in().await?,
            }
        }
        None
    }

    /// `None` ends the stream: signed out, expired, another role. A database that is away is no reason to.
    async fn still_signed_in(&mut self) -> Option<()> {
        match identity::find_session(&self.db, self.session).await {
            Ok(Some(view)) => {
                self.actor = view.actor()?.clone();
                Some(())
            }
            Ok(None) => None,
            Err(_) => Some(()),
        }
    }
}

/// Pure: what a viewer is told of a change. A dealer hears that some order changed, never which: it may be another's.
fn events_for(viewer: &Actor, hint: Hint) -> Vec<Event> {
    if hint.tenant != viewer.tenant_id() {
        return Vec::new();
    }
    let (needs, events) = match hint.subject {
        Subject::Order(_) if viewer.role() == Role::Dealer => (
            PermissionCode::SalesOrdersRead,
            vec![named("orders-changed", "")],
        ),
        Subject::Order(id) => (
            PermissionCode::SalesOrdersRead,
            vec![
                named("order-changed", &id.to_string()),
                named("orders-changed", ""),
            ],
        ),
        Subject::Notifications => (
            PermissionCode::PlatformNotificationsRead,
            vec![named("notifications-changed", "")],
        ),
        // Whose it is hears of it from the stream itself.
        Subject::SignIns(_) => return Vec::new(),
    };
    if viewer.has(needs) {
        events
    } else {
        Vec::new()
    }
}

/// An event without a data line is not delivered by browsers, so an empty one says "-".
fn named(name: &str, data: &str) -> Event {
    let data = if data.is_empty() { "-" } else { data };
    Event::message(data).event_type(name)
}

#[cfg(test)]
mod tests {
    use vitaran_core::access::TenantRef;
    use vitaran_kernel::{OrderId, TenantId};

    use super::*;

    fn viewer(tenant: TenantId) -> Actor {
        let tenant = TenantRef {
            id: tenant,
            slug: "volt".to_owned(),
            name: "Volt".to_owned(),
        };
        Actor::system(tenant.id, "test")
    }

    fn names(viewer: &Actor, hint: Hint) -> Vec<String> {
        events_for(viewer, hint)
            .iter()
            .map(|event| {
                event
                    .to_string()
                    .lines()
                    .next()
                    .unwrap_or_default()
                    .to_owned()
            })
            .collect()
    }

    #[test]
    fn staff_hear_which_order_and_that_the_queues_changed() {
        let tenant = TenantId::generate();
        let subject = Subject::Order(OrderId::generate());
        let heard = names(&viewer(tenant), Hint { tenant, subject });
        assert_eq!(heard, ["event: order-changed", "event: orders-changed"]);
    }

    #[test]
    fn nothing_is_heard_from_another_tenant() {
        let hint = Hint {
            tenant: TenantId::generate(),
            subject: Subject::Order(OrderId::generate()),
        };
        assert!(names(&viewer(TenantId::generate()), hint).is_empty());
    }
}
