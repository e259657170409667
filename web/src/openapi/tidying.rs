//! The habits of poem-openapi's writer, tidied away, and the step from OpenAPI 3.0 to 3.1.

use serde_json::{Map, Value, json};

pub(super) fn tidy(value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(tidy),
        Value::Number(number) => {
            if let Some(whole) = whole(number) {
                *value = whole;
            }
        }
        Value::Object(map) => {
            plain_media_types(map);
            usual_header_names(map);
            known_formats(map);
            map.values_mut().for_each(tidy);
        }
        Value::Null | Value::Bool(_) | Value::String(_) => {}
    }
}

/// `1` for `1.0`.
fn whole(number: &serde_json::Number) -> Option<Value> {
    let text = number.to_string();
    let digits = text.strip_suffix(".0")?;
    digits.parse::<i64>().ok().map(Value::from)
}

/// `application/json` for `application/json; charset=utf-8`.
fn plain_media_types(map: &mut Map<String, Value>) {
    let Some(Value::Object(content)) = map.get_mut("content") else {
        return;
    };
    *content = std::mem::take(content)
        .into_iter()
        .map(|(kind, media)| match kind.split_once(';') {
            Some((plain, _)) => (plain.to_owned(), media),
            None => (kind, media),
        })
        .collect();
}

/// `Retry-After` for `RETRY-AFTER`, in answers and in parameters.
fn usual_header_names(map: &mut Map<String, Value>) {
    if let Some(Value::Object(headers)) = map.get_mut("headers") {
        *headers = std::mem::take(headers)
            .into_iter()
            .map(|(name, header)| (usual_name(&name), header))
            .collect();
    }
    let is_header = map.get("in").is_some_and(|place| place == "header");
    if is_header && let Some(Value::String(name)) = map.get_mut("name") {
        *name = usual_name(name);
    }
}

fn usual_name(name: &str) -> String {
    let words = name.split('-').map(|word| {
        let lower = word.to_ascii_lowercase();
        match lower.as_str() {
            "www" | "etag" => word.to_ascii_uppercase().replace("ETAG", "ETag"),
            _ => {
                let mut letters = lower.chars();
                letters
                    .next()
                    .map(|first| first.to_ascii_uppercase())
                    .into_iter()
                    .chain(letters)
                    .collect()
            }
        }
    });
    words.collect::<Vec<String>>().join("-")
}

/// OpenAPI knows int32 and int64, of which an unsigned or a short one is a part, and calls a day a date.
fn known_formats(map: &mut Map<String, Value>) {
    let (known, most) = match map.get("format").and_then(Value::as_str) {
        Some("uint8") => ("int32", Some(u32::from(u8::MAX))),
        Some("uint16") => ("int32", Some(u32::from(u16::MAX))),
        Some("uint32") => ("int64", Some(u32::MAX)),
        Some("uint64") => ("int64", None),
        Some("int8" | "int16") => ("int32", None),
        Some("naive-date") => ("date", None),
        _ => return,
    };
    let was = map.insert("format".to_owned(), json!(known));
    let was = was.as_ref().and_then(Value::as_str).unwrap_or_default();
    if was.starts_with('u') {
        map.entry("minimum").or_insert(json!(0));
    }
    if let Some(most) = most {
        map.entry("maximum").or_insert(json!(most));
    }
}

/// poem-openapi wraps a reference that has a description in `allOf`, which generators take for an object made of others. In 3.1
/// a description may stand beside the reference; in 3.0 it may not, and a list of words has its own.
pub(super) fn unwrap_references(document: &mut Value, may_describe: bool) {
    let is_object = |document: &Value, place: &str| {
        let schema = document.pointer(place.trim_start_matches('#'));
        schema.is_none_or(|schema| schema.get("properties").is_some())
    };
    let whole = document.clone();
    unwrap(
        document,
        &|place| may_describe || !is_object(&whole, place),
        may_describe,
    );
}

fn unwrap(value: &mut Value, is_wanted: &impl Fn(&str) -> bool, may_describe: bool) {
    match value {
        Value::Array(items) => {
            for item in items {
                unwrap(item, is_wanted, may_describe);
            }
        }
        Value::Object(map) => {
            let wrapped = map.get("allOf").and_then(Value::as_array);
            let reference = match wrapped.map(Vec::as_slice) {
                Some([one, rest @ ..]) if rest.iter().all(is_description) => one.get("$ref"),
                _ => None,
            };
            let reference = reference.and_then(Value::as_str).map(str::to_owned);
            let is_described = reference.is_some() && map.contains_key("description");
            if let Some(place) = reference.filter(|place| is_wanted(place)) {
                map.remove("allOf");
                if !may_describe {
                    map.clear();
                }
                map.insert("$ref".to_owned(), json!(place));
            } else if let Some(Value::Array(parts)) = map.get_mut("allOf").filter(|_| is_described)
            {
                // The description stands beside it already; as a part it would make the reference an object of its own.
                parts.truncate(1);
            }
            for inner in map.values_mut() {
                unwrap(inner, is_wanted, may_describe);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn is_description(value: &Value) -> bool {
    value
        .as_object()
        .is_some_and(|map| map.keys().all(|key| key == "description"))
}

/// From 3.0 to 3.1, which is JSON Schema: `null` is a type, a bound is a number.
pub(super) fn modernise(value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(modernise),
        Value::Object(map) => {
            if map.remove("nullable") == Some(json!(true))
                && let Some(kind) = map.get("type").cloned()
            {
                map.insert("type".to_owned(), json!([kind, "null"]));
            }
            for (flag, bound) in [
                ("exclusiveMinimum", "minimum"),
                ("exclusiveMaximum", "maximum"),
            ] {
                if map.get(flag) == Some(&json!(true))
                    && let Some(number) = map.remove(bound)
                {
                    map.insert(flag.to_owned(), number);
                } else if map.get(flag) == Some(&json!(false)) {
                    map.remove(flag);
                }
            }
            let is_schema = map.contains_key("type");
            if is_schema && let Some(example) = map.remove("example") {
                map.insert("examples".to_owned(), json!([example]));
            }
            map.values_mut().for_each(modernise);
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_described_reference_is_a_reference_in_both_forms() {
        let document = json!({
            "components": { "schemas": {
                "Word": { "type": "string", "enum": ["a"] },
                "Thing": { "type": "object", "properties": {} },
            } },
            "word": {
                "allOf": [{ "$ref": "#/components/schemas/Word" }, { "description": "Which." }],
                "description": "Which.",
            },
            "thing": {
                "allOf": [{ "$ref": "#/components/schemas/Thing" }, { "description": "What." }],
                "description": "What.",
            },
        });
        let (mut newer, mut older) = (document.clone(), document.clone());
        unwrap_references(&mut newer, true);
        let word = json!({ "$ref": "#/components/schemas/Word", "description": "Which." });
        let thing = json!({ "$ref": "#/components/schemas/Thing", "description": "What." });
        assert_eq!((&newer["word"], &newer["thing"]), (&word, &thing));
        unwrap_references(&mut older, false);
        assert_eq!(
            older["word"],
            json!({ "$ref": "#/components/schemas/Word" })
        );
        assert_eq!(
            older["thing"],
            json!({ "allOf": [{ "$ref": "#/components/schemas/Thing" }], "description": "What." })
        );
    }

    #[test]
    fn the_writers_habits_are_tidied_away() {
        let mut raw = json!({
            "content": { "application/json; charset=utf-8": { "schema": { "type": "integer", "format": "uint16", "maximum": 100.0 } } },
            "headers": { "RETRY-AFTER": {}, "WWW-AUTHENTICATE": {}, "ETAG": {} },
            "parameters": [{ "in": "header", "name": "IDEMPOTENCY-KEY" }],
        });
        tidy(&mut raw);
        let wanted = json!({
            "content": { "application/json": { "schema": { "type": "integer", "format": "int32", "minimum": 0, "maximum": 100 } } },
            "headers": { "Retry-After": {}, "WWW-Authenticate": {}, "ETag": {} },
            "parameters": [{ "in": "header", "name": "Idempotency-Key" }],
        });
        assert_eq!(raw, wanted);
    }

    #[test]
    fn the_new_form_says_null_and_bounds_as_json_schema_does() {
        let mut schema = json!({ "type": "string", "nullable": true, "example": "a", "minimum": 0, "exclusiveMinimum": true });
        modernise(&mut schema);
        assert_eq!(
            schema,
            json!({ "type": ["string", "null"], "examples": ["a"], "exclusiveMinimum": 0 })
        );
    }
}
