//! Holds a request to the API against the API's own document before the operation reads it: fields that are missing, of
//! another type or unknown are refused, all of them in one answer, and so are parameters nobody documented.
//!
//! poem-openapi by itself stops at the first fault without its place, takes `5` for `"5"` and overlooks unknown
//! parameters. The document is read once, at the start. A request that the document does not know, or whose body is not
//! JSON at all, passes: the router and the operation say what that is.

use std::collections::BTreeMap;
use std::sync::Arc;

use poem::http::Method;
use poem::{Endpoint, Middleware, Request, Result};
use poem_openapi::payload::{Json, Payload as _};
use serde_json::{Map, Value};
use vitaran_core::problem::Fault;

use super::body_limit::WholeBody;
use super::problem::Refusal;
use super::shape::{Field, Findings, Reader, Shape};
use crate::auth::api_actor::Proof;
use crate::openapi;

/// The check of every operation of one document.
#[derive(Debug, Clone)]
pub struct RequestCheck {
    operations: Arc<[Operation]>,
}

/// What one operation reads.
#[derive(Debug)]
struct Operation {
    method: Method,
    /// The address between its slashes; `None` is a parameter.
    segments: Vec<Option<String>>,
    /// What is asked of the caller; `None` for what is open to everybody.
    proof: Option<Proof>,
    /// An object with a field for each parameter.
    query: Shape,
    body: Option<Field>,
}

impl RequestCheck {
    #[must_use]
    pub fn of(document: &Value) -> Self {
        let (operations, notes) = read(document);
        for note in notes {
            tracing::error!("requests are not checked for {note}");
        }
        RequestCheck {
            operations: operations.into(),
        }
    }

    fn operation(&self, method: &Method, path: &str) -> Option<&Operation> {
        self.operations
            .iter()
            .find(|operation| operation.method == *method && operation.is_at(path))
    }
}

/// All operations, and what was not understood of them.
fn read(document: &Value) -> (Vec<Operation>, Vec<String>) {
    let mut reader = Reader::of(document);
    let mut operations: Vec<Operation> = openapi::operations(document)
        .filter_map(|(path, method, operation)| {
            let place = format!("{method} {path}");
            Some(Operation {
                method: method.to_ascii_uppercase().parse().ok()?,
                segments: path.split('/').map(literal).collect(),
                proof: proof_of(operation),
                query: query_of(&mut reader, operation, &place),
                body: body_of(&mut reader, operation, &place),
            })
        })
        .collect();
    // As the router has it: a word goes before a parameter.
    operations.sort_by_key(|operation| {
        operation
            .segments
            .iter()
            .map(Option::is_none)
            .collect::<Vec<_>>()
    });
    (operations, reader.notes)
}

fn proof_of(operation: &Value) -> Option<Proof> {
    let schemes = operation
        .get("security")?
        .as_array()?
        .first()?
        .as_object()?;
    schemes.keys().next().map(|name| Proof::named(name))
}

fn literal(segment: &str) -> Option<String> {
    (!segment.starts_with('{')).then(|| segment.to_owned())
}

fn query_of(reader: &mut Reader<'_>, operation: &Value, place: &str) -> Shape {
    let parameters = operation.get("parameters").and_then(Value::as_array);
    let in_query = parameters
        .into_iter()
        .flatten()
        .filter(|parameter| parameter.get("in").is_some_and(|place| place == "query"));
    let fields = in_query.filter_map(|parameter| {
        let name = parameter.get("name")?.as_str()?;
        let schema = parameter.get("schema")?;
        let field = Field {
            shape: reader.shape(schema, &format!("{place}?{name}")),
            is_required: is_required(parameter),
        };
        Some((name.to_owned(), field))
    });
    Shape::Object(fields.collect())
}

fn body_of(reader: &mut Reader<'_>, operation: &Value, place: &str) -> Option<Field> {
    let body = operation.get("requestBody")?;
    let content = body.get("content")?.as_object()?;
    let (_, media) = content.iter().find(|(kind, _)| is_json(kind))?;
    Some(Field {
        shape: reader.shape(media.get("schema")?, place),
        is_required: is_required(body),
    })
}

fn is_required(part: &Value) -> bool {
    part.get("required") == Some(&Value::Bool(true))
}

fn is_json(kind: &str) -> bool {
    Json::<Value>::check_content_type(kind)
}

impl Operation {
    fn is_at(&self, path: &str) -> bool {
        let mut given = path.split('/');
        self.segments.iter().all(|segment| {
            given
                .next()
                .is_some_and(|given| segment.as_ref().is_none_or(|wanted| wanted == given))
        }) && given.next().is_none()
    }

    /// Everything in which the request is not as the document says.
    fn faults(&self, request: &Request) -> Vec<Fault> {
        let mut findings = Findings::default();
        let query = request.original_uri().query().unwrap_or_default();
        self.query
            .check(&read_query(&self.query, query), &mut findings);
        if let Some(body) = &self.body
            && request.content_type().is_some_and(is_json)
        {
            let bytes = request
                .data::<WholeBody>()
                .map_or(&[][..], |body| body.0.as_ref());
            check_body(body, bytes, &mut findings);
        }
        findings.into_faults()
    }
}

/// The parameters as one object, each value as its schema reads it.
fn read_query(shape: &Shape, query: &str) -> Value {
    let pairs: Vec<(String, String)> = serde_urlencoded::from_str(query).unwrap_or_default();
    let mut texts: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (name, text) in pairs {
        texts.entry(name).or_default().push(text);
    }
    let Shape::Object(fields) = shape else {
        return Value::Null;
    };
    let values = texts.into_iter().map(|(name, texts)| {
        let value = match fields.get(&name) {
            Some(field) => field.shape.of_texts(&texts),
            None => Value::Null,
        };
        (name, value)
    });
    Value::Object(values.collect::<Map<_, _>>())
}

fn check_body(body: &Field, bytes: &[u8], findings: &mut Findings) {
    if bytes.is_empty() {
        if body.is_required {
            findings.add("missing", "is missing");
        }
    } else if let Ok(value) = serde_json::from_slice(bytes) {
        body.shape.check(&value, findings);
    }
}

impl<E: Endpoint> Middleware<E> for RequestCheck {
    type Output = Checked<E>;

    fn transform(&self, inner: E) -> Checked<E> {
        Checked {
            inner,
            check: self.clone(),
        }
    }
}

pub struct Checked<E> {
    inner: E,
    check: RequestCheck,
}

impl<E: Endpoint> Endpoint for Checked<E> {
    type Output = E::Output;

    async fn call(&self, request: Request) -> Result<E::Output> {
        let path = request.original_uri().path();
        if let Some(operation) = self.check.operation(request.method(), path) {
            let faults = operation.faults(&request);
            if !faults.is_empty() {
                // Nobody is told what is wrong with a request before it is known who asks.
                if let Some(proof) = operation.proof {
                    proof.require(&request).await?;
                }
                return Err(Refusal::malformed_in(faults).into());
            }
        }
        self.inner.call(request).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_of_every_request_in_our_document_is_understood() {
        let document = openapi::raw();
        let (operations, notes) = read(&document);
        assert_eq!(notes, Vec::<String>::new());
        assert_eq!(operations.len(), openapi::operations(&document).count());
    }

    #[test]
    fn an_operation_is_found_by_method_and_address_and_by_nothing_near_them() {
        let check = RequestCheck::of(&openapi::raw());
        let finds = |method: Method, path: &str| check.operation(&method, path).is_some();
        assert!(finds(Method::POST, "/api/v1/orders"));
        assert!(finds(Method::GET, "/api/v1/orders/7"));
        for (method, path) in [
            (Method::DELETE, "/api/v1/orders"),
            (Method::GET, "/api/v1/orders/7/8"),
            (Method::GET, "/api/v1"),
            (Method::GET, "/v1/orders"),
        ] {
            assert!(!finds(method.clone(), path), "{method} {path}");
        }
    }

    #[test]
    fn only_the_ways_in_and_health_need_no_token() {
        let (operations, _) = read(&openapi::raw());
        let open = operations
            .iter()
            .filter(|operation| operation.proof.is_none());
        let open: Vec<&str> = open.filter_map(|o| o.segments.last()?.as_deref()).collect();
        assert_eq!(
            open,
            [
                "health",
                "forgotten-password",
                "invitation",
                "login",
                "new-email",
                "new-password",
                "refresh"
            ]
        );
    }
}
