//! The document as a page wants it: chapters, operations, fields.

use serde_json::{Map, Value, json};

use super::samples::{Answer as Gives, Call, Sample};
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
    /// The same call in four languages.
    pub samples: [Sample; 4],
    /// What a search looks through, in small letters.
    text: String,
}

impl Operation {
    /// Whether every word stands somewhere in what is said of it.
    pub fn fits(&self, words: &[String]) -> bool {
        words.iter().all(|word| self.text.contains(word))
    }
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

/// Stands for the id of whatever an address names.
const SOME_ID: &str = "01935f3a-7a10-7c4e-8f01-23456789abcd";

/// How deep a sample body goes before it stops with `{}`.
const SAMPLE_DEPTH: usize = 8;

/// What a search has found.
pub struct Found<'r> {
    pub operations: Vec<&'r Operation>,
    pub schemas: Vec<&'r Schema>,
}

impl Reference {
    /// The operations and schemas of which every word is said.
    pub fn find(&self, words: &[String]) -> Found<'_> {
        let operations = self.chapters.iter().flat_map(|chapter| &chapter.operations);
        let is_named = |schema: &&Schema| {
            let name = schema.name.to_lowercase();
            words.iter().all(|word| name.contains(word))
        };
        Found {
            operations: operations.filter(|one| one.fits(words)).collect(),
            schemas: self.schemas.iter().filter(is_named).collect(),
        }
    }

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
        .map(|(path, method, value)| operation(document, &name, path, method, value))
        .collect();
    Chapter {
        description: text(tag, "description"),
        name,
        operations,
    }
}

fn operation(
    document: &Value,
    chapter: &str,
    path: &str,
    method: &str,
    value: &Value,
) -> Operation {
    let body = value.pointer("/requestBody/content/application~1json/schema");
    let needs_token = value
        .get("security")
        .and_then(Value::as_array)
        .is_some_and(|all| !all.is_empty());
    let call = Call {
        method: method.to_ascii_uppercase(),
        path: filled_in(path, value),
        needs_token,
        headers: headers(method, value),
        body: body.map(|schema| example(document, schema, SAMPLE_DEPTH)),
        answer: gives(value),
    };
    let (id, summary) = (text(value, "operationId"), text(value, "summary"));
    let description = text(value, "description");
    let body = body.map(kind_of);
    let said = [
        chapter,
        &id,
        &call.method,
        path,
        &summary,
        &description,
        body.as_deref().unwrap_or_default(),
    ];
    Operation {
        text: said.join("\n").to_lowercase(),
        path: path.to_owned(),
        needs_token,
        parameters: parameters(value),
        answers: answers(value),
        samples: call.samples(),
        method: call.method,
        id,
        summary,
        description,
        body,
    }
}

fn named<'v>(operation: &'v Value, place: &str) -> impl Iterator<Item = &'v str> {
    let all = operation.get("parameters").and_then(Value::as_array);
    let here = all
        .into_iter()
        .flatten()
        .filter(move |parameter| parameter.get("in").is_some_and(|found| *found == *place));
    here.filter_map(|parameter| parameter.get("name")?.as_str())
}

/// The address with ids in place, and of a list how much of it.
fn filled_in(path: &str, operation: &Value) -> String {
    let segments = path.split('/').map(|segment| match segment {
        parameter if parameter.starts_with('{') => SOME_ID,
        word => word,
    });
    let address = segments.collect::<Vec<_>>().join("/");
    if named(operation, "query").any(|name| name == "limit") {
        format!("{address}?limit=50")
    } else {
        address
    }
}

/// The headers a caller has to send: what a change is made from, and what makes a retry safe.
fn headers(method: &str, operation: &Value) -> Vec<(String, String)> {
    let sent = named(operation, "header").filter_map(|name| match name {
        "Idempotency-Key" => Some((name, SOME_ID)),
        "If-Match" if matches!(method, "put" | "patch") => Some((name, "\"v7-0123456789abcdef\"")),
        _ => None,
    });
    sent.map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect()
}

fn gives(operation: &Value) -> Gives {
    let answers = operation.get("responses").and_then(Value::as_object);
    let good = answers
        .into_iter()
        .flatten()
        .find(|(status, _)| status.starts_with('2'));
    match good.and_then(|(_, answer)| answer.get("content")?.as_object()) {
        None => Gives::Nothing,
        Some(content) if content.contains_key("application/json") => Gives::Json,
        Some(_) => Gives::File,
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
    match first_type(schema) {
        "object" => Value::Object(example_fields(document, schema, depth)),
        "array" => {
            let items = schema.get("items");
            json!([items.map_or(json!(""), |items| example(document, items, depth - 1))])
        }
        "integer" | "number" => json!(1),
        "boolean" => json!(true),
        _ => match text(schema, "format").as_str() {
            "uuid" => json!(SOME_ID),
            "date-time" => json!("2026-11-21T10:30:00Z"),
            "naive-date" | "date" => json!("2026-11-21"),
            _ => json!("…"),
        },
    }
}

/// The type, or, of several, the one that is not null.
fn first_type(schema: &Value) -> &str {
    let kinds = schema.get("type");
    let first = kinds.and_then(|kinds| kinds.get(0)).or(kinds);
    first.and_then(Value::as_str).unwrap_or_default()
}

/// Where a thing is named by its id or by its SKU, the SKU: people know it.
fn example_fields(document: &Value, schema: &Value, depth: usize) -> Map<String, Value> {
    let properties = schema.get("properties").and_then(Value::as_object);
    let has_sku = properties.is_some_and(|fields| fields.contains_key("sku"));
    properties
        .into_iter()
        .flatten()
        .filter(|(name, _)| !(has_sku && *name == "product_id"))
        .map(|(name, field)| (name.clone(), example(document, field, depth - 1)))
        .collect()
}
