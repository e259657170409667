//! Whether this process can work: the database answers, and the queue moves. For load balancers and people alike.

use std::time::Duration;

use poem::http::StatusCode;
use poem::web::Data;
use poem::{IntoResponse as _, Response, handler};
use poem_openapi::payload::Json;
use poem_openapi::types::ToJSON as _;
use poem_openapi::{ApiResponse, Enum, Object, OpenApi};
use vitaran_core::db::Db;
use vitaran_core::jobs::{self, Backlog};

use crate::openapi::Tag;
use crate::state::AppState;

/// An answer that takes longer is none: whoever asks has given up.
const TIMEOUT: Duration = Duration::from_secs(1);

/// A due job that has waited longer means that no worker is running, or too few.
const BEHIND_AFTER_S: i64 = 120;

/// How a part of the service stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[oai(rename_all = "snake_case")]
pub enum State {
    Ok,
    /// It works, late.
    Behind,
    Down,
    /// It could not be asked.
    Unknown,
}

/// The queue of the worker.
#[derive(Debug, Clone, Object)]
#[oai(skip_serializing_if_is_none)]
pub struct QueueHealth {
    state: State,
    /// Due jobs that wait.
    pending: Option<i64>,
    /// How long the oldest of them has waited, in seconds.
    oldest_s: Option<i64>,
}

/// How the service stands.
#[derive(Debug, Clone, Object)]
pub struct Health {
    /// `ok`, `behind` when the queue is, `down` when the database is.
    status: State,
    database: State,
    queue: QueueHealth,
    /// The release that answers.
    version: String,
}

impl Health {
    fn status(&self) -> StatusCode {
        if self.database == State::Ok {
            StatusCode::OK
        } else {
            StatusCode::SERVICE_UNAVAILABLE
        }
    }
}

async fn check(db: &Db) -> Health {
    let asked = tokio::time::timeout(TIMEOUT, jobs::backlog(db)).await;
    match asked {
        Ok(Ok(backlog)) => report(State::Ok, Some(backlog)),
        Ok(Err(error)) => {
            tracing::warn!(%error, "the health check found the database unable to answer");
            report(State::Down, None)
        }
        Err(_) => report(State::Down, None),
    }
}

/// Pure: what is said of what was found.
fn report(database: State, backlog: Option<Backlog>) -> Health {
    let oldest_s = backlog.and_then(|b| b.oldest_s);
    let queue = match (&backlog, oldest_s) {
        (None, _) => State::Unknown,
        (Some(_), Some(age)) if age > BEHIND_AFTER_S => State::Behind,
        (Some(_), _) => State::Ok,
    };
    Health {
        status: match (database, queue) {
            (State::Ok, State::Behind) => State::Behind,
            (database, _) => database,
        },
        database,
        queue: QueueHealth {
            state: queue,
            pending: backlog.map(|b| b.pending),
            oldest_s,
        },
        version: env!("CARGO_PKG_VERSION").to_owned(),
    }
}

/// `GET /health`, outside the API: no documents, no credentials.
#[handler]
pub async fn show_health(state: Data<&AppState>) -> Response {
    let health = check(&state.db).await;
    let mut response = health.to_json_string().into_response();
    response.set_status(health.status());
    response.set_content_type("application/json")
}

#[derive(ApiResponse)]
enum HealthAnswer {
    /// It works, if late.
    #[oai(status = 200)]
    Working(Json<Health>),
    /// The database does not answer.
    #[oai(status = 503)]
    Down(Json<Health>),
}

pub struct HealthApi;

#[OpenApi]
impl HealthApi {
    /// How the service stands
    ///
    /// Whether the database answers and how long the oldest due job has waited. Needs no token.
    #[oai(
        path = "/health",
        method = "get",
        operation_id = "health_get",
        tag = "Tag::Health"
    )]
    async fn get(&self, state: Data<&AppState>) -> HealthAnswer {
        let health = check(&state.db).await;
        match health.status() {
            StatusCode::OK => HealthAnswer::Working(Json(health)),
            _ => HealthAnswer::Down(Json(health)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_queue_that_waits_too_long_is_behind_and_still_no_outage() {
        let backlog = Backlog {
            pending: 3,
            oldest_s: Some(121),
        };
        let health = report(State::Ok, Some(backlog));
        assert_eq!(
            (health.status, health.status()),
            (State::Behind, StatusCode::OK)
        );
    }

    #[test]
    fn without_the_database_nothing_is_known_of_the_queue() {
        let health = report(State::Down, None);
        assert_eq!(
            (health.status, health.queue.state),
            (State::Down, State::Unknown)
        );
        assert_eq!(health.status(), StatusCode::SERVICE_UNAVAILABLE);
    }
}
