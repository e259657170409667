//! A refusal on its way to the edge: what an action's [`Problem`] says, with a status, and without a face yet.

use poem::error::ResponseError;
use poem::http::StatusCode;
use serde_json::{Map, Value};
use vitaran_core::problem::{Fault, Kind, Problem};

use super::request_id;

/// Seconds to wait before another try, where the problem names none.
const RETRY_AFTER_S: u32 = 2;

/// Why a request is not answered as asked. Made from any [`Problem`] by `?`; an internal one is logged in that moment,
/// once, and from then on says no more than a reference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    pub status: StatusCode,
    pub code: &'static str,
    pub detail: String,
    pub faults: Vec<Fault>,
    pub facts: Map<String, Value>,
    pub retry_after_s: Option<u32>,
    /// The methods this address has, where the one used is none of them.
    pub allow: Option<Box<str>>,
}

impl std::fmt::Display for Refusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.detail)
    }
}

impl std::error::Error for Refusal {}

impl ResponseError for Refusal {
    fn status(&self) -> StatusCode {
        self.status
    }
}

impl<P: Problem> From<P> for Refusal {
    fn from(problem: P) -> Self {
        let kind = problem.kind();
        let mut facts = problem.facts();
        let asked = facts
            .remove("retry_after_s")
            .and_then(|s| s.as_u64())
            .and_then(|s| u32::try_from(s).ok());
        let detail = match kind {
            Kind::Internal => internal_detail(&problem),
            Kind::Unavailable if problem.code() == "service.unavailable" => {
                tracing::warn!(error = %problem, "a request was not served");
                "The service is not available just now, try again in a moment".to_owned()
            }
            Kind::TooMany if problem.code() == "service.busy" => {
                "Somebody is changing the same records, try again in a moment".to_owned()
            }
            Kind::Unauthenticated | Kind::Forbidden | Kind::TooMany => {
                tracing::warn!(code = problem.code(), "a request was refused");
                problem.to_string()
            }
            _ => problem.to_string(),
        };
        let waits = matches!(kind, Kind::Unavailable | Kind::TooMany);
        Refusal {
            status: status_of(kind),
            code: problem.code(),
            detail,
            faults: problem.faults(),
            facts,
            retry_after_s: asked.or(waits.then_some(RETRY_AFTER_S)),
            allow: None,
        }
    }
}

/// The status each kind of refusal answers with.
#[must_use]
pub const fn status_of(kind: Kind) -> StatusCode {
    match kind {
        Kind::Invalid => StatusCode::UNPROCESSABLE_ENTITY,
        Kind::NotFound => StatusCode::NOT_FOUND,
        Kind::Conflict => StatusCode::CONFLICT,
        Kind::Stale => StatusCode::PRECONDITION_FAILED,
        Kind::Forbidden => StatusCode::FORBIDDEN,
        Kind::Unauthenticated => StatusCode::UNAUTHORIZED,
        Kind::TooMany => StatusCode::TOO_MANY_REQUESTS,
        Kind::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        Kind::Internal => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

/// Logs the failure and gives the sentence people see in its place.
fn internal_detail(error: &dyn std::fmt::Display) -> String {
    let reference = request_id::current();
    tracing::error!(%error, "a request failed");
    format!("Something went wrong (ref {reference})")
}

impl Refusal {
    fn new(status: StatusCode, code: &'static str, detail: impl Into<String>) -> Self {
        Refusal {
            status,
            code,
            detail: detail.into(),
            faults: Vec::new(),
            facts: Map::new(),
            retry_after_s: None,
            allow: None,
        }
    }

    /// The request cannot be read as what it should be.
    #[must_use]
    pub fn malformed(detail: &str) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "request.malformed", detail)
    }

    /// As [`Refusal::malformed`], with the place.
    #[must_use]
    pub fn malformed_at(pointer: &str, code: &'static str, detail: &str) -> Self {
        let mut refusal = Self::malformed(detail);
        refusal.faults.push(Fault::new(pointer, code, detail));
        refusal
    }

    /// As [`Refusal::malformed`], with every place.
    #[must_use]
    pub fn malformed_in(faults: Vec<Fault>) -> Self {
        let detail = match faults.as_slice() {
            [one] => one.detail.clone(),
            many => format!("The request is wrong in {} places", many.len()),
        };
        Refusal {
            faults,
            ..Self::malformed(&detail)
        }
    }

    #[must_use]
    pub fn too_large(most: usize) -> Self {
        Self::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            "request.too_large",
            format!("A request holds at most {} KB", most / 1024),
        )
    }

    /// The body did not come in time.
    #[must_use]
    pub fn too_slow() -> Self {
        Self::new(
            StatusCode::REQUEST_TIMEOUT,
            "request.too_slow",
            "The request took too long to arrive, send it again",
        )
    }

    #[must_use]
    pub fn unsupported_type(wanted: &str) -> Self {
        Self::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "request.unsupported_type",
            format!("Send {wanted}"),
        )
    }

    #[must_use]
    pub fn other_site() -> Self {
        Self::new(
            StatusCode::FORBIDDEN,
            "request.other_site",
            "This request did not come from our own pages; open the page again and repeat it there",
        )
    }

    /// The name in the address is not ours, nor a verified one of a distributor.
    #[must_use]
    pub fn nobodys_name() -> Self {
        Self::new(
            StatusCode::MISDIRECTED_REQUEST,
            "request.nobodys_name",
            "No distributor has shown that this domain is theirs",
        )
    }

    /// Nothing is here, or nothing this person may know of: the two read the same.
    #[must_use]
    pub fn not_found() -> Self {
        Self::new(
            StatusCode::NOT_FOUND,
            "request.not_found",
            "There is nothing at this address",
        )
    }

    /// A page of the other side of the house.
    #[must_use]
    pub fn wrong_area(detail: &str) -> Self {
        Self::new(StatusCode::FORBIDDEN, "access.forbidden", detail)
    }

    #[must_use]
    pub fn unauthenticated() -> Self {
        Self::new(
            StatusCode::UNAUTHORIZED,
            "auth.token_required",
            "Send an access token or an API key in force, as Authorization: Bearer",
        )
    }

    /// A platform admin's token asks for what is a distributor's, and names none.
    #[must_use]
    pub fn tenant_required() -> Self {
        Self::new(
            StatusCode::FORBIDDEN,
            "auth.tenant_required",
            "This token acts in no distributor: name one by its id in the header X-Tenant-ID",
        )
    }

    /// The role needs a second factor, and the person has none yet.
    #[must_use]
    pub fn second_factor_missing() -> Self {
        Self::new(
            StatusCode::FORBIDDEN,
            "access.second_factor_missing",
            "Your role needs a second factor: set one up first",
        )
    }

    /// A key asks for what is a person's own.
    #[must_use]
    pub fn people_only() -> Self {
        Self::new(
            StatusCode::FORBIDDEN,
            "auth.people_only",
            "This is for people who signed in; an API key has no sessions",
        )
    }

    /// A key is used from outside its networks.
    #[must_use]
    pub fn wrong_address() -> Self {
        Self::new(
            StatusCode::FORBIDDEN,
            "auth.wrong_address",
            "This API key may not be used from this address",
        )
    }

    /// What is asked for cannot be had just now, through no fault of whoever asks.
    #[must_use]
    pub fn unavailable(detail: &str) -> Self {
        let mut refusal = Self::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "service.unavailable",
            detail,
        );
        refusal.retry_after_s = Some(RETRY_AFTER_S);
        refusal
    }

    /// A change that does not say what it changes.
    #[must_use]
    pub fn version_required() -> Self {
        Self::new(
            StatusCode::PRECONDITION_REQUIRED,
            "request.version_required",
            "Send an If-Match header with the ETag of what you change, such as \"v7\"",
        )
    }

    /// What poem's own errors become: their text is for developers of the server and is never repeated.
    #[must_use]
    pub fn of_error(error: &poem::Error) -> Self {
        if let Some(refusal) = error.downcast_ref::<Refusal>() {
            return refusal.clone();
        }
        match error.status() {
            StatusCode::NOT_FOUND => Self::not_found(),
            StatusCode::METHOD_NOT_ALLOWED => {
                let mut refusal = Self::new(
                    StatusCode::METHOD_NOT_ALLOWED,
                    "request.method_not_allowed",
                    "This address does not take that method",
                );
                refusal.allow = error.data::<Allow>().map(|allow| allow.0.as_str().into());
                refusal
            }
            StatusCode::PAYLOAD_TOO_LARGE => Self::too_large(super::body_limit::ONE_MIB),
            StatusCode::UNSUPPORTED_MEDIA_TYPE => {
                Self::unsupported_type("the content type this address documents")
            }
            StatusCode::UNAUTHORIZED => Self::unauthenticated(),
            status if status.is_client_error() => Self::malformed("The request could not be read"),
            status => {
                let detail = internal_detail(error);
                Self::new(status, "service.internal", detail)
            }
        }
    }
}

/// The methods of an address, attached to the error of a wrong one.
#[derive(Debug, Clone)]
pub struct Allow(pub String);

#[cfg(test)]
mod tests {
    use vitaran_core::db::DbError;

    use super::*;

    #[test]
    fn an_internal_failure_says_a_reference_and_nothing_of_itself() {
        let refusal = Refusal::from(DbError::ForeignKey {
            constraint: "fk_secret".to_owned(),
        });
        assert_eq!(refusal.status, StatusCode::INTERNAL_SERVER_ERROR);
        assert!(refusal.detail.starts_with("Something went wrong (ref "));
        assert!(!format!("{refusal:?}").contains("fk_secret"));
    }

    #[test]
    fn a_database_that_is_away_is_503_with_a_time_to_come_back() {
        let refusal = Refusal::from(DbError::Unavailable("10.0.0.3 refused".to_owned()));
        assert_eq!(refusal.status, StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(refusal.retry_after_s, Some(2));
        assert!(!refusal.detail.contains("10.0.0.3"));
    }

    #[test]
    fn poems_own_words_are_not_repeated() {
        let error = poem::Error::from_string("secret path", StatusCode::BAD_REQUEST);
        assert!(!Refusal::of_error(&error).detail.contains("secret"));
    }
}
