//! The document as a page wants it: chapters, operations, fields.

use serde_json::{Map, Value, json};

use crate::openapi;

#[derive(Debug)]
pub struct Reference {
    pub chapters: Vec<Chapter>,
    pub schemas: Vec<Schema>,
}

#[derive(Debug)]
pub struct Chapter {
    pub name: String,
    pub description: String,
    pub operations: Vec<Operation>,
}

#[derive(Debug)]
pub struct Operation {
    pub id: String,
    pub method: String,
    pub path: String,
    pub summary: String,
    pub description: String,
    pub needs_token: bool,
    pub parameters: Vec<Field>,
    /// Name of the body's schema, if it has a body.
    pub body: Option<String>,
    pub answers: Vec<Answer>,
    pub sample: String,
}

#[derive(Debug)]
pub struct Answer {
    pub status: String,
    pub description: String,
    pub schema: Option<String>,
}

#[derive(Debug)]
pub struct Schema {
    pub name: String,
    pub description: String,
    pub fields: Vec<Field>,
    /// The words of an enumeration.
    pub words: Vec<String>,
}

#[derive(Debug)]
pub struct Field {
    pub name: String,
    /// Where a parameter goes: path, query or header; empty for a field of a body.
    pub place: String,
    pub kind: String,
    pub is_required: bool,
    pub description: String,
}

/// How deep a sample body goes before it stops with `{}`.
const SAMPLE_DEPTH: usize = 4;

impl Reference {
    pub fn of(document: &Value) -> Self {
        let tags = document
            .get("tags")
            .and_then(Value::as_array)
            .into_iter()
            .flatten();
        let chapters = tags.map(|tag| chapter(document, tag)).collect();
        let schemas = schemas(document)
            .map(|(name, schema)| schema_of(name, schema))
            .collect();
        Reference { chapters, schemas }
    }
}

fn text(value: &Value, key: &str) -> String {
    value
        .get(key)
        .and_then(Value::as_str)
        .unwrap_or_default()
        .to_owned()
}

fn schemas(document: &Value) -> impl Iterator<Item = (&String, &Value)> {
    let all = document
        .pointer("/components/schemas")
        .and_then(Value::as_object);
    all.into_iter().flatten()
}

fn chapter(document: &Value, tag: &Value) -> Chapter {
    let name = text(tag, "name");
    let is_here = |operation: &Value| {
        operation
            .get("tags")
            .and_then(Value::as_array)
            .is_some_and(|tags| tags.iter().any(|tag| *tag == json!(name)))
    };
    let operations = openapi::operations(document)
        .filter(|(_, _, operation)| is_here(operation))
        .map(|(path, method, value)| operation(document, path, method, value))
        .collect();
    Chapter {
        description: text(tag, "description"),
        name,
        operations,
    }
}

fn operation(document: &Value, path: &str, method: &str, value: &Value) -> Operation {
    let body = value
        .pointer("/requestBody/content/application~1json/schema")
        .cloned();
    let needs_token = value
        .get("security")
        .and_then(Value::as_array)
        .is_some_and(|all| !all.is_empty());
    let method = method.to_ascii_uppercase();
    Operation {
        id: text(value, "operationId"),
        path: path.to_owned(),
        summary: text(value, "summary"),
        description: text(value, "description"),
        needs_token,
        parameters: parameters(value),
        answers: answers(value),
        sample: sample(document, &method, path, needs_token, body.as_ref()),
        body: body.as_ref().map(kind_of),
        method,
    }
}

fn parameters(operation: &Value) -> Vec<Field> {
    let all = operation.get("parameters").and_then(Value::as_array);
    let fields = all.into_iter().flatten().map(|parameter| Field {
        name: text(parameter, "name"),
        place: text(parameter, "in"),
        kind: parameter.get("schema").map(kind_of).unwrap_or_default(),
        is_required: parameter.get("required") == Some(&json!(true)),
        description: text(parameter, "description"),
    });
    fields.collect()
}

fn answers(operation: &Value) -> Vec<Answer> {
    let all = operation.get("responses").and_then(Value::as_object);
    let answers = all.into_iter().flatten().map(|(status, response)| {
        let content = response.get("content").and_then(Value::as_object);
        let media = content.and_then(|content| content.values().next());
        Answer {
            status: status.clone(),
            description: text(response, "description"),
            schema: media.and_then(|media| media.get("schema")).map(kind_of),
        }
    });
    answers.collect()
}

fn schema_of(name: &str, schema: &Value) -> Schema {
    let required = schema.get("required").and_then(Value::as_array);
    let is_required =
        |name: &str| required.is_some_and(|all| all.iter().any(|found| *found == json!(name)));
    let properties = schema.get("properties").and_then(Value::as_object);
    let fields = properties.into_iter().flatten().map(|(name, field)| Field {
        name: name.clone(),
        place: String::new(),
        kind: kind_of(field),
        is_required: is_required(name),
        description: text(field, "description"),
    });
    let words = schema.get("enum").and_then(Value::as_array);
    Schema {
        name: name.to_owned(),
        description: text(schema, "description"),
        fields: fields.collect(),
        words: words
            .into_iter()
            .flatten()
            .filter_map(|word| word.as_str().map(str::to_owned))
            .collect(),
    }
}

/// "Order", "list of OrderLine", "string (uuid)".
fn kind_of(schema: &Value) -> String {
    if let Some(name) = referred(schema) {
        return name.to_owned();
    }
    let kind = match schema.get("type") {
        Some(Value::String(kind)) => kind.clone(),
        Some(Value::Array(kinds)) => kinds
            .iter()
            .filter_map(Value::as_str)
            .collect::<Vec<_>>()
            .join(" or "),
        // poem-openapi wraps a described reference in allOf.
        _ => {
            let first = schema.pointer("/allOf/0");
            return first.map_or_else(|| "any".to_owned(), kind_of);
        }
    };
    match (kind.as_str(), schema.get("items"), text(schema, "format")) {
        ("array", Some(items), _) => format!("list of {}", kind_of(items)),
        (_, _, format) if format.is_empty() => kind,
        (_, _, format) => format!("{kind} ({format})"),
    }
}

fn referred(schema: &Value) -> Option<&str> {
    schema
        .get("$ref")?
        .as_str()?
        .strip_prefix("#/components/schemas/")
}

/// A line for the terminal that works once the token and the host are filled in.
fn sample(
    document: &Value,
    method: &str,
    path: &str,
    needs_token: bool,
    body: Option<&Value>,
) -> String {
    let mut lines = vec![format!("curl -X {method} \"$VITARAN{path}\"")];
    if needs_token {
        lines.push("-H \"Authorization: Bearer $TOKEN\"".to_owned());
    }
    if let Some(schema) = body {
        lines.push("-H \"Content-Type: application/json\"".to_owned());
        lines.push(format!("-d '{}'", example(document, schema, SAMPLE_DEPTH)));
    }
    lines.join(" \\\n  ")
}

fn example(document: &Value, schema: &Value, depth: usize) -> Value {
    if let Some(given) = schema
        .pointer("/examples/0")
        .or_else(|| schema.pointer("/enum/0"))
    {
        return given.clone();
    }
    if depth == 0 {
        return json!({});
    }
    let inner = schema.pointer("/allOf/0").unwrap_or(schema);
    if let Some(name) = referred(inner) {
        let found = document.pointer(&format!("/components/schemas/{name}"));
        return found.map_or(json!({}), |schema| example(document, schema, depth - 1));
    }
    match text(schema, "type").as_str() {
        "object" => Value::Object(example_fields(document, schema, depth)),
        "array" => {
            let items = schema.get("items");
            json!([items.map_or(json!(""), |items| example(document, items, depth - 1))])
        }
        "integer" | "number" => json!(1),
        "boolean" => json!(true),
        _ if text(schema, "format") == "uuid" => json!("01935f3a-7a10-7c4e-8f01-23456789abcd"),
        _ => json!("…"),
    }
}

fn example_fields(document: &Value, schema: &Value, depth: usize) -> Map<String, Value> {
    let properties = schema.get("properties").and_then(Value::as_object);
    properties
        .into_iter()
        .flatten()
        .map(|(name, field)| (name.clone(), example(document, field, depth - 1)))
        .collect()
}
