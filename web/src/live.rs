//! `GET /live`: one stream of hints for each open page. Hints name what changed; the page fetches the part again with
//! its viewer's own rights, so that nothing leaks here but the fact of a change.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::{Stream, StreamExt as _, stream};
use poem::http::StatusCode;
use poem::web::Data;
use poem::web::sse::{Event, SSE};
use poem::{IntoResponse as _, Request, Response, handler};
use tokio::sync::broadcast::{Receiver, error::RecvError};
use tokio::time::{Instant, Interval, MissedTickBehavior, interval_at};
use vitaran_core::access::{Actor, LocationScope, PermissionCode, Role, SalesOrdersRead};
use vitaran_core::db::Db;
use vitaran_core::identity::{self, CredentialHash};
use vitaran_core::live::{Hint, Missed, Moment, Subject};
use vitaran_core::orders;
use vitaran_core::problem::{Kind, Problem};
use vitaran_kernel::{OrderId, SessionId};

use crate::auth::CurrentSession;
use crate::http::problem_page::PageResult;
use crate::state::{AppState, Shutdown};

/// When the page was drawn, in the stream's address.
const SINCE: &str = "since";

/// Open streams of this process at most: each holds a socket and a place in the feed.
pub const MAX_STREAMS: usize = 2_000;

/// Of one session: more pages than anybody keeps open, and few enough that nobody takes the places of all others.
pub const MAX_STREAMS_OF_SESSION: usize = 20;

/// Keeps proxies from closing a quiet stream, and is when a session that has ended is noticed.
const HEARTBEAT: Duration = Duration::from_secs(20);

/// What browsers wait before they connect again.
const RETRY_MS: u64 = 3_000;

/// Where a page that is drawn now opens its stream: it hears first what was said while it was on its way.
#[must_use]
pub fn address(drawn: Moment) -> String {
    format!("/live?{SINCE}={drawn}")
}

/// Streams the changes of the session's tenant.
#[handler]
pub async fn stream_changes(
    request: &Request,
    state: Data<&AppState>,
    session: Option<CurrentSession>,
) -> PageResult {
    let Some((session, actor)) = session.and_then(|s| s.actor().cloned().map(|a| (s, a))) else {
        // Not a redirect: the script would read the sign-in page as a stream.
        return Ok(StatusCode::UNAUTHORIZED.into_response());
    };
    let place = Streams::take(&state.streams, session.view().id)?;
    let (feed, missed) = state.live.subscribe(heard_until(request));
    let open = Open {
        feed,
        heartbeat: heartbeat(),
        db: state.db.clone(),
        session: session.hash(),
        actor,
        has_ended: false,
        _place: place,
    };
    let first = told_first(&open, missed).await;
    Ok(answer(first, open, state.shutdown.clone()))
}

/// A stream that was lost tells the last event it had; a new one when its page was drawn.
fn heard_until(request: &Request) -> Option<Moment> {
    let last = request
        .header("last-event-id")
        .filter(|id| !id.is_empty())
        .and_then(Moment::parse);
    let drawn = || {
        let mut pairs = request.uri().query()?.split('&');
        let (_, since) =
            pairs.find_map(|pair| pair.split_once('=').filter(|(name, _)| *name == SINCE))?;
        Moment::parse(since)
    };
    last.or_else(drawn)
}

async fn told_first(open: &Open, missed: Missed) -> Vec<Event> {
    let Missed::Hints(hints) = missed else {
        return vec![named("refresh", "")];
    };
    let mut events = Vec::new();
    for hint in hints {
        events.extend(open.events_for(hint).await);
    }
    events
}

fn answer(first: Vec<Event>, open: Open, shutdown: Shutdown) -> Response {
    let events = stream::iter([Event::retry(RETRY_MS)])
        .chain(stream::iter(first))
        .chain(changes(open))
        // What comes after it is what a lost stream asks for.
        .map(|event| event.id(Moment::now().to_string()))
        .take_until(Box::pin(shutdown.begun()));
    SSE::new(events).keep_alive(HEARTBEAT).into_response()
}

/// Why there is no stream; the page refreshes on its own clock then.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
enum NoPlace {
    #[error("Too many pages are open just now; this one refreshes on its own clock")]
    Anywhere,
    #[error(
        "You have {MAX_STREAMS_OF_SESSION} pages open here; this one refreshes on its own clock"
    )]
    OfSession,
}

impl Problem for NoPlace {
    fn kind(&self) -> Kind {
        match self {
            NoPlace::Anywhere => Kind::Unavailable,
            NoPlace::OfSession => Kind::TooMany,
        }
    }

    fn code(&self) -> &'static str {
        match self {
            NoPlace::Anywhere => "live.full",
            NoPlace::OfSession => "live.too_many",
        }
    }
}

/// How many streams each session has open in this process.
#[derive(Debug, Default)]
pub(crate) struct Streams(Mutex<HashMap<SessionId, usize>>);

impl Streams {
    fn counts(&self) -> MutexGuard<'_, HashMap<SessionId, usize>> {
        // A count is right before and after each change of it.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn take(streams: &Arc<Streams>, session: SessionId) -> Result<Place, NoPlace> {
        let mut counts = streams.counts();
        if counts.values().sum::<usize>() >= MAX_STREAMS {
            return Err(NoPlace::Anywhere);
        }
        let count = counts.entry(session).or_default();
        if *count >= MAX_STREAMS_OF_SESSION {
            return Err(NoPlace::OfSession);
        }
        *count = count.saturating_add(1);
        Ok(Place {
            streams: streams.clone(),
            session,
        })
    }
}

/// The place of an open stream, free again when the stream is dropped.
#[derive(Debug)]
struct Place {
    streams: Arc<Streams>,
    session: SessionId,
}

impl Drop for Place {
    fn drop(&mut self) {
        if let Entry::Occupied(mut count) = self.streams.counts().entry(self.session) {
            match count.get().checked_sub(1) {
                Some(left @ 1..) => *count.get_mut() = left,
                _ => drop(count.remove()),
            }
        }
    }
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
    _place: Place,
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
                        let events = self.events_for(hint).await;
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

    /// What this viewer hears of a change. Whoever works at some locations hears nothing of orders of the others, not even that
    /// there was something; of a database that does not answer they hear nothing either, and look again on the page's own clock.
    async fn events_for(&self, hint: Hint) -> Vec<Event> {
        let events = events_for(&self.actor, hint);
        match (hint.subject, self.actor.locations()) {
            (Subject::Order(id), LocationScope::Own(_)) if !events.is_empty() => {
                if is_seen(&self.db, &self.actor, id).await == Some(true) {
                    events
                } else {
                    Vec::new()
                }
            }
            _ => events,
        }
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

async fn is_seen(db: &Db, viewer: &Actor, order: OrderId) -> Option<bool> {
    let by = viewer.allow::<SalesOrdersRead>().ok()?;
    let tx = db.begin_read(&by).await.ok()?;
    let is_seen = orders::is_seen(&tx, &by, order).await.ok()?;
    tx.commit().await.ok()?;
    Some(is_seen)
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
        Subject::Domains => (
            PermissionCode::PlatformSettingsWrite,
            vec![named("domains-changed", "")],
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
    use vitaran_kernel::TenantId;

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
    fn one_session_takes_its_places_and_leaves_the_others_theirs() {
        let streams = Arc::new(Streams::default());
        let (busy, other) = (SessionId::generate(), SessionId::generate());
        let mut open: Vec<Place> = (0..MAX_STREAMS_OF_SESSION)
            .map(|_| Streams::take(&streams, busy).unwrap())
            .collect();
        assert_eq!(
            Streams::take(&streams, busy).unwrap_err(),
            NoPlace::OfSession
        );
        open.push(Streams::take(&streams, other).unwrap());
        drop(open.remove(0));
        open.push(Streams::take(&streams, busy).unwrap());
        drop(open);
        assert!(streams.counts().is_empty(), "nothing is kept of who left");
    }

    #[test]
    fn the_process_has_so_many_places_and_no_more() {
        let streams = Arc::new(Streams::default());
        let open: Vec<Place> = (0..MAX_STREAMS)
            .map(|_| Streams::take(&streams, SessionId::generate()).unwrap())
            .collect();
        let refused = Streams::take(&streams, SessionId::generate());
        assert_eq!(refused.unwrap_err(), NoPlace::Anywhere);
        drop(open);
    }

    #[test]
    fn staff_hear_which_order_and_that_the_queues_changed() {
        let tenant = TenantId::generate();
        let subject = Subject::Order(OrderId::generate());
        let heard = names(&viewer(tenant), Hint { tenant, subject });
        assert_eq!(heard, ["event: order-changed", "event: orders-changed"]);
    }

    #[test]
    fn a_lost_stream_asks_from_its_last_event_on_and_a_new_one_from_the_drawing_of_its_page() {
        let asked = |uri: &'static str, last: Option<&str>| {
            let builder = Request::builder().uri(uri.parse().unwrap());
            let request = match last {
                Some(last) => builder.header("last-event-id", last).finish(),
                None => builder.finish(),
            };
            heard_until(&request)
        };
        assert_eq!(asked("/live?since=7000", None), Moment::parse("7000"));
        assert_eq!(
            asked("/live?since=7000", Some("9000")),
            Moment::parse("9000")
        );
        assert_eq!(asked("/live?since=7000", Some("")), Moment::parse("7000"));
        for address in [
            "/live",
            "/live?since=",
            "/live?since=x&y",
            "/live?sincere=7",
        ] {
            assert_eq!(asked(address, None), None, "{address}");
        }
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
