//! Refusals as programs read them: `application/problem+json` (RFC 9457), the same on every operation.

use poem::http::{HeaderValue, StatusCode, header};
use poem::{IntoResponse as _, PathPattern, Response};
use poem_openapi::error::{ParseParamError, ParsePathError, ParseRequestPayloadError};
use poem_openapi::payload::Json;
use poem_openapi::{ApiResponse, Object};
use serde_json::{Map, Value};
use vitaran_core::problem::Problem as CoreProblem;

use super::problem::Refusal;
use super::request_id;
use crate::developers;

/// One fault of the request.
#[derive(Debug, Clone, Object)]
#[oai(skip_serializing_if_is_none)]
pub struct FieldFault {
    /// A JSON pointer into the body, such as `/lines/0/quantity`; empty for the request as a whole.
    pointer: String,
    /// What rule it breaks, for programs.
    code: String,
    /// What is wrong, in a sentence for people.
    detail: String,
}

/// Why a request was refused.
#[derive(Debug, Clone, Object)]
#[oai(skip_serializing_if_is_none)]
pub struct Problem {
    /// Where this kind of problem is explained.
    #[oai(rename = "type")]
    kind: String,
    /// The kind of problem, in a few words.
    title: String,
    /// The status of the answer, repeated.
    status: u16,
    /// What is wrong with this request, in a sentence for people.
    detail: String,
    /// Names this answer, as `urn:uuid:` and the request's id.
    instance: String,
    /// The reason, for programs: `feature.reason`. Never changes once released.
    code: String,
    /// The id of the request, for support; also in `X-Request-Id`.
    request_id: String,
    /// Every fault of the input at once.
    #[oai(skip_serializing_if_is_empty, default)]
    errors: Vec<FieldFault>,
    /// Facts a program can act on, such as the state an order is in.
    #[oai(default)]
    facts: Option<Value>,
}

impl Problem {
    fn of(refusal: &Refusal) -> Self {
        let id = request_id::current();
        Problem {
            kind: format!("/developers#problem-{}", refusal.status.as_u16()),
            title: title_of(refusal.status).to_owned(),
            status: refusal.status.as_u16(),
            detail: refusal.detail.clone(),
            instance: format!("urn:uuid:{id}"),
            code: refusal.code.to_owned(),
            request_id: id.to_string(),
            errors: refusal.faults.iter().map(field_fault).collect(),
            facts: facts(&refusal.facts),
        }
    }
}

fn field_fault(fault: &vitaran_core::problem::Fault) -> FieldFault {
    FieldFault {
        pointer: fault.pointer.clone(),
        code: fault.code.to_owned(),
        detail: fault.detail.clone(),
    }
}

fn facts(facts: &Map<String, Value>) -> Option<Value> {
    (!facts.is_empty()).then(|| Value::Object(facts.clone()))
}

/// Status, title, and when it happens: the developers' page and the document's descriptions.
pub const KINDS: [(u16, &str, &str); 13] = [
    (
        400,
        "Malformed request",
        "The request cannot be read: syntax, a wrong type, an unknown field, a missing header.",
    ),
    (
        401,
        "Not signed in",
        "The access token or API key is missing, wrong or expired.",
    ),
    (
        403,
        "Not allowed",
        "The role behind the token, or the key, does not hold the permission.",
    ),
    (
        404,
        "Not found",
        "There is nothing here, or nothing the token may know of.",
    ),
    (
        405,
        "Method not allowed",
        "The address exists and does not take that method.",
    ),
    (
        409,
        "Conflict",
        "The thing is in another state than the request assumes, or the same request is being worked on.",
    ),
    (
        412,
        "Changed meanwhile",
        "The version in If-Match is no longer the current one.",
    ),
    (413, "Too large", "The body holds more than 1 MiB."),
    (
        415,
        "Unsupported media type",
        "The body is not application/json.",
    ),
    (
        422,
        "Invalid input",
        "The input breaks rules: all of them are listed, each with its place.",
    ),
    (
        428,
        "Version required",
        "A change must say in If-Match which version it was made from.",
    ),
    (
        429,
        "Too many requests",
        "Come back after the seconds in Retry-After.",
    ),
    (
        503,
        "Unavailable",
        "Come back after the seconds in Retry-After.",
    ),
];

#[must_use]
pub fn title_of(status: StatusCode) -> &'static str {
    KINDS
        .iter()
        .find(|(code, _, _)| *code == status.as_u16())
        .map_or("Internal error", |(_, title, _)| title)
}

/// The failures every operation shares.
#[derive(Debug, Clone, ApiResponse)]
pub enum Failure {
    /// The request cannot be read: syntax, a wrong type, an unknown field, a missing header.
    #[oai(status = 400, content_type = "application/problem+json")]
    Malformed(Json<Problem>),
    /// The access token or API key is missing, wrong or expired.
    #[oai(status = 401, content_type = "application/problem+json")]
    Unauthenticated(
        Json<Problem>,
        /// `Bearer`
        #[oai(header = "WWW-Authenticate")]
        String,
    ),
    /// The role behind the token, or the key, does not hold the permission.
    #[oai(status = 403, content_type = "application/problem+json")]
    Forbidden(Json<Problem>),
    /// There is nothing here, or nothing the token may know of.
    #[oai(status = 404, content_type = "application/problem+json")]
    NotFound(Json<Problem>),
    /// The thing is in another state than the request assumes, or the same request is being worked on.
    #[oai(status = 409, content_type = "application/problem+json")]
    Conflict(
        Json<Problem>,
        /// Seconds to wait, where waiting helps.
        #[oai(header = "Retry-After")]
        Option<String>,
    ),
    /// The version in If-Match is no longer the current one.
    #[oai(status = 412, content_type = "application/problem+json")]
    Stale(Json<Problem>),
    /// The input breaks rules: all of them are listed, each with its place.
    #[oai(status = 422, content_type = "application/problem+json")]
    Invalid(Json<Problem>),
    /// A change must say in If-Match which version it was made from.
    #[oai(status = 428, content_type = "application/problem+json")]
    VersionRequired(Json<Problem>),
    /// Come back after the seconds in Retry-After.
    #[oai(status = 429, content_type = "application/problem+json")]
    TooMany(
        Json<Problem>,
        /// Seconds to wait.
        #[oai(header = "Retry-After")]
        Option<String>,
    ),
    /// Come back after the seconds in Retry-After.
    #[oai(status = 503, content_type = "application/problem+json")]
    Unavailable(
        Json<Problem>,
        /// Seconds to wait.
        #[oai(header = "Retry-After")]
        Option<String>,
    ),
    /// Our fault; the answer names the request for support.
    #[oai(status = 500, content_type = "application/problem+json")]
    Internal(Json<Problem>),
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        let body = Json(Problem::of(&refusal));
        let wait = refusal.retry_after_s.map(|s| s.to_string());
        match refusal.status.as_u16() {
            400 => Failure::Malformed(body),
            401 => Failure::Unauthenticated(body, "Bearer".to_owned()),
            403 => Failure::Forbidden(body),
            404 => Failure::NotFound(body),
            409 => Failure::Conflict(body, wait),
            412 => Failure::Stale(body),
            422 => Failure::Invalid(body),
            428 => Failure::VersionRequired(body),
            429 => Failure::TooMany(body, wait),
            503 => Failure::Unavailable(body, wait),
            _ => Failure::Internal(body),
        }
    }
}

impl<P: CoreProblem> From<P> for Failure {
    fn from(problem: P) -> Self {
        Refusal::from(problem).into()
    }
}

/// A refusal as an answer of its own, for what fails before or outside an operation.
#[must_use]
pub fn respond(refusal: &Refusal) -> Response {
    use poem_openapi::types::ToJSON as _;
    let body = Problem::of(refusal).to_json_string();
    let mut response = body.into_response();
    response.set_status(refusal.status);
    let headers = response.headers_mut();
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/problem+json"),
    );
    if refusal.status == StatusCode::UNAUTHORIZED {
        headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    }
    if let Some(seconds) = refusal.retry_after_s {
        headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    if let Some(Ok(methods)) = refusal.allow.as_deref().map(HeaderValue::from_str) {
        headers.insert(header::ALLOW, methods);
    }
    response
}

/// Turns whatever fails on the way to an operation into a problem document; an answer that is one already passes.
#[must_use]
pub fn of_error(error: poem::Error) -> Response {
    if error.is_from_response() {
        return error.into_response();
    }
    let refusal = if let Some(parse) = error.downcast_ref::<ParseRequestPayloadError>() {
        unreadable_body(&parse.reason)
    } else if let Some(parse) = error.downcast_ref::<ParseParamError>() {
        let detail = format!(
            "The parameter {} cannot be read as what the document says it is",
            parse.name
        );
        Refusal::malformed_at(&format!("/{}", parse.name), "type", &detail)
    } else if error.is::<ParsePathError>() {
        Refusal::malformed("A part of the address cannot be read as the id it should be")
    } else {
        Refusal::of_error(&error)
    };
    answer_at(error.data::<PathPattern>(), refusal)
}

/// The route stays known to the log, and tells a 405 which methods there are.
fn answer_at(route: Option<&PathPattern>, mut refusal: Refusal) -> Response {
    if refusal.status == StatusCode::METHOD_NOT_ALLOWED {
        let documented = route.and_then(|pattern| developers::methods_at(&pattern.0));
        refusal.allow = documented.map(String::into_boxed_str).or(refusal.allow);
    }
    let mut response = respond(&refusal);
    if let Some(route) = route {
        response.set_data(route.clone());
    }
    response
}

/// What can be told of a body that does not parse; [`super::request_check`] has told all it knows. The parser's own words
/// name our types, so none of them is taken.
fn unreadable_body(reason: &str) -> Refusal {
    if reason.contains("EOF while parsing") || reason.contains(" at line ") {
        Refusal::malformed("The body is not well-formed JSON")
    } else {
        Refusal::malformed("The body is not as the document says")
    }
}
