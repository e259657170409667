//! What the document must say of every operation and no operation says of itself: descriptions, the headers of all answers,
//! refusals that come before an operation is reached, and that what is sent to us has no other fields.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::{examples, operations, operations_mut};
use crate::http::problem_json;

/// The headers that every answer of the API has, by name: what they say, and one of them.
const EVERYWHERE: [(&str, &str, &str); 3] = [
    (
        "RateLimit",
        "How many requests may follow at once, and after how many seconds there are more.",
        "\"network\";r=87;t=7",
    ),
    (
        "RateLimit-Policy",
        "How many requests your network may make in how many seconds.",
        "\"network\";q=100;w=10",
    ),
    (
        "X-Request-Id",
        "Names this request: your own `X-Request-Id`, where you sent a UUID.",
        "0193a1b2-7c4e-7f01-8abc-23456789abcd",
    ),
];

fn headers_everywhere() -> Value {
    let headers = EVERYWHERE.map(|(name, text, one)| {
        let schema = json!({ "type": "string", "example": one });
        let header = json!({ "description": text, "required": true, "schema": schema });
        (name.to_owned(), header)
    });
    Value::Object(headers.into_iter().collect())
}

/// What each operation lacks: a description for each answer, the headers of all answers, and a word that it needs no token.
pub(super) fn complete_operations(document: &mut Value) {
    if let Some(components) = document
        .get_mut("components")
        .and_then(Value::as_object_mut)
    {
        components.insert("headers".to_owned(), headers_everywhere());
    }
    for (method, operation) in operations_mut(document) {
        operation.entry("security").or_insert(json!([]));
        if method == "get" {
            say_what_is_spared(operation);
        }
        if operation.contains_key("requestBody") {
            say_what_is_refused(operation, &["413", "415"]);
        }
        say_what_is_refused(operation, &["429"]);
        if let Some(Value::Object(responses)) = operation.get_mut("responses") {
            for (status, response) in responses {
                describe(status, response);
                refer_to_headers(response);
            }
        }
    }
}

fn refer_to_headers(response: &mut Value) {
    let Some(response) = response.as_object_mut() else {
        return;
    };
    let headers = response.entry("headers").or_insert(json!({}));
    for (name, _, _) in EVERYWHERE {
        let place = format!("#/components/headers/{name}");
        if let Some(headers) = headers.as_object_mut() {
            headers.insert(name.to_owned(), json!({ "$ref": place }));
        }
    }
}

/// Refusals from before an operation: a body that is too long or of another type, and one request too many.
fn say_what_is_refused(operation: &mut Map<String, Value>, statuses: &[&str]) {
    let problem = json!({ "application/problem+json": { "schema": { "$ref": "#/components/schemas/Problem" } } });
    let wait = json!({ "description": "Seconds to wait.", "schema": { "type": "string" } });
    if let Some(Value::Object(responses)) = operation.get_mut("responses") {
        for status in statuses {
            let refusal = match *status {
                "429" => json!({ "content": problem, "headers": { "Retry-After": wait } }),
                _ => json!({ "content": problem }),
            };
            responses.entry(*status).or_insert(refusal);
        }
    }
}

/// A record with an `ETag` need not be sent to those who hold it: [`crate::http::not_modified`].
fn say_what_is_spared(operation: &mut Map<String, Value>) {
    let Some(Value::Object(responses)) = operation.get_mut("responses") else {
        return;
    };
    let headers = responses.get("200").and_then(|ok| ok.get("headers"));
    if headers.is_none_or(|headers| headers.get("ETag").is_none()) {
        return;
    }
    let text = "The record is still the one of `If-None-Match`.";
    responses.insert("304".to_owned(), json!({ "description": text }));
    let has_it = operation
        .get("parameters")
        .and_then(Value::as_array)
        .is_some_and(|all| all.iter().any(|one| one["name"] == "If-None-Match"));
    if has_it {
        return;
    }
    let parameter = json!({
        "name": "If-None-Match",
        "in": "header",
        "description": "The `ETag` of the record you hold; while it is the present one, the answer is 304 without a body.",
        "required": false,
        "schema": { "type": "string" },
    });
    if let Some(parameters) = operation
        .entry("parameters")
        .or_insert(json!([]))
        .as_array_mut()
    {
        parameters.push(parameter);
    }
}

/// What is sent to us has the fields that are documented and no others, and looks like something. What we send may get new
/// fields.
pub(super) fn close_inputs(document: &mut Value) {
    for name in inputs(document) {
        let place = format!("/components/schemas/{name}");
        if let Some(Value::Object(schema)) = document.pointer_mut(&place)
            && schema.contains_key("properties")
        {
            schema.insert("additionalProperties".to_owned(), json!(false));
            examples::give(&name, schema);
        }
    }
}

/// The schemas of all that is sent to us.
pub(super) fn inputs(document: &Value) -> BTreeSet<String> {
    let bodies = operations(document).filter_map(|(_, _, operation)| operation.get("requestBody"));
    reached(document, bodies)
}

/// The schemas that values refer to, and those that these refer to.
pub(super) fn reached<'d>(
    document: &'d Value,
    from: impl Iterator<Item = &'d Value>,
) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut open: Vec<&Value> = from.collect();
    while let Some(value) = open.pop() {
        match value {
            Value::Array(items) => open.extend(items),
            Value::Object(map) => {
                let name = map
                    .get("$ref")
                    .and_then(Value::as_str)
                    .and_then(|place| place.strip_prefix("#/components/schemas/"));
                if let Some(name) = name
                    && found.insert(name.to_owned())
                {
                    open.extend(document.pointer(&format!("/components/schemas/{name}")));
                }
                open.extend(map.values());
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }
    found
}

fn describe(status: &str, response: &mut Value) {
    let is_empty = response
        .get("description")
        .and_then(Value::as_str)
        .is_none_or(str::is_empty);
    if is_empty && let Some(response) = response.as_object_mut() {
        let problem = problem_json::KINDS
            .iter()
            .find(|(code, _, _)| code.to_string() == status);
        let text = problem.map_or("As asked.", |(_, _, when)| when);
        response.insert("description".to_owned(), json!(text));
    }
}

#[cfg(test)]
mod tests {
    use super::super::documents;
    use super::*;

    #[test]
    fn no_form_of_what_is_sent_to_us_is_also_a_form_of_our_answers() {
        let document = documents().v3_1;
        let answers = operations(&document).filter_map(|(_, _, o)| o.get("responses"));
        let answers = reached(&document, answers);
        let both: Vec<_> = inputs(&document)
            .into_iter()
            .filter(|name| answers.contains(name))
            .filter(|name| document["components"]["schemas"][name]["properties"].is_object())
            .collect();
        assert_eq!(both, Vec::<String>::new(), "what is closed cannot grow");
    }
}
