//! The API as one service, and its document as others want to read it.
//!
//! poem-openapi writes OpenAPI 3.0.0 with habits of its own: header names in capitals, a charset in media types, empty
//! descriptions, unsigned formats. [`documents`] tidies it once and gives two: 3.1.0, which we publish, and 3.0.3 for
//! generators that read no newer.

use poem_openapi::{OpenApiService, Tags};
use serde_json::{Map, Value, json};

use crate::api_keys::ApiKeysApi;
use crate::audit::AuditApi;
use crate::catalog::{CatalogActivityApi, ProductsApi};
use crate::dealers::{DealerActivityApi, DealersApi};
use crate::health::HealthApi;
use crate::http::problem_json;
use crate::identity::{AuthApi, MeApi, PasswordApi, SessionsApi};
use crate::invitations::{AcceptInvitationApi, InvitationsApi};
use crate::invoicing::InvoicesApi;
use crate::members::MembersApi;
use crate::notifications::NotificationsApi;
use crate::orders::OrdersApi;
use crate::payments::ReceiptsApi;
use crate::pricing::PricesApi;
use crate::roles::RolesApi;
use crate::stock::StockApi;
use crate::warehouse::WarehouseApi;
use crate::webhooks::{self, WebhooksApi};

/// The chapters of the reference, in reading order.
#[derive(Tags)]
pub enum Tag {
    /// Tokens, and whom they act as.
    Auth,
    /// Where people are signed in.
    Sessions,
    /// What programs work with that have no person.
    #[oai(rename = "API keys")]
    ApiKeys,
    /// What is sold, in a tree of categories.
    Products,
    /// What is on hand, and what moved it.
    Stock,
    /// Price lists, and prices agreed with dealers.
    Prices,
    /// Who buys.
    Dealers,
    /// What dealers order, from the first word to the door.
    Orders,
    /// Picking, packing and dispatching orders.
    Warehouse,
    /// Tax invoices, and their PDFs.
    Invoices,
    /// What dealers pay.
    Receipts,
    /// Messages to dealers and staff, and what became of them.
    Notifications,
    /// What programs elsewhere are told of, and what became of telling them.
    Webhooks,
    /// What people may do: the catalogue of permissions, and the roles made of it.
    Roles,
    /// Who works here, as what, and who is invited.
    Members,
    /// Who changed what.
    Audit,
    /// How the service stands.
    Health,
}

/// Who may come in, and what they may do.
type PeopleApis = (
    AuthApi,
    MeApi,
    PasswordApi,
    SessionsApi,
    ApiKeysApi,
    RolesApi,
    MembersApi,
    InvitationsApi,
    AcceptInvitationApi,
);

/// Every part of the API; a feature adds its own here. A tuple holds sixteen.
type Apis = (
    PeopleApis,
    ProductsApi,
    CatalogActivityApi,
    StockApi,
    PricesApi,
    DealersApi,
    DealerActivityApi,
    OrdersApi,
    WarehouseApi,
    InvoicesApi,
    ReceiptsApi,
    (NotificationsApi, WebhooksApi),
    AuditApi,
    HealthApi,
);

/// The address the API's paths begin with.
pub const PREFIX: &str = "/api";

const DESCRIPTION: &str = "Orders, stock, invoices and payments of a distributor. Every operation acts as the person behind \
     the token, in one distributor, with that person's role, or as an API key with what it was given. Amounts and quantities are strings, never JSON numbers. \
     Refusals are application/problem+json.";

#[must_use]
pub fn service() -> OpenApiService<Apis, ()> {
    OpenApiService::new(
        (
            (
                AuthApi,
                MeApi,
                PasswordApi,
                SessionsApi,
                ApiKeysApi,
                RolesApi,
                MembersApi,
                InvitationsApi,
                AcceptInvitationApi,
            ),
            ProductsApi,
            CatalogActivityApi,
            StockApi,
            PricesApi,
            DealersApi,
            DealerActivityApi,
            OrdersApi,
            WarehouseApi,
            InvoicesApi,
            ReceiptsApi,
            (NotificationsApi, WebhooksApi),
            AuditApi,
            HealthApi,
        ),
        "Vitaran",
        env!("CARGO_PKG_VERSION"),
    )
    .description(DESCRIPTION)
    .url_prefix(PREFIX)
}

/// The two published forms of the document.
#[derive(Debug, Clone)]
pub struct Documents {
    /// OpenAPI 3.1.0, at `/api/openapi.json`.
    pub v3_1: Value,
    /// OpenAPI 3.0.3, at `/api/openapi-3.0.json`.
    pub v3_0: Value,
}

/// The document as poem-openapi registers it, with the exact width of each integer.
#[must_use]
pub fn raw() -> Value {
    serde_json::from_str(&service().spec()).unwrap_or_default()
}

#[must_use]
pub fn documents() -> Documents {
    let mut v3_0 = raw();
    tidy(&mut v3_0);
    complete_operations(&mut v3_0);
    stamp(&mut v3_0, "3.0.3");
    let mut v3_1 = v3_0.clone();
    modernise(&mut v3_1);
    webhooks::document::add(&mut v3_1);
    stamp(&mut v3_1, "3.1.0");
    Documents { v3_1, v3_0 }
}

fn stamp(document: &mut Value, version: &str) {
    if let Some(document) = document.as_object_mut() {
        document.insert("openapi".to_owned(), json!(version));
    }
}

/// As it is printed, served and kept as a snapshot.
#[must_use]
pub fn printed(document: &Value) -> String {
    let mut text = serde_json::to_string_pretty(document).unwrap_or_default();
    text.push('\n');
    text
}

/// Every operation: its path as documented, its method, and the operation itself.
pub fn operations(document: &Value) -> impl Iterator<Item = (&str, &str, &Value)> {
    let paths = document.get("paths").and_then(Value::as_object);
    paths.into_iter().flatten().flat_map(|(path, item)| {
        let methods = item.as_object();
        methods
            .into_iter()
            .flatten()
            .map(move |(method, operation)| (path.as_str(), method.as_str(), operation))
    })
}

// Tidying -----------------------------------------------------------------------------------------------------------

fn tidy(value: &mut Value) {
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
            signed_formats(map);
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

/// OpenAPI knows int32 and int64; an unsigned one is an integer from 0.
fn signed_formats(map: &mut Map<String, Value>) {
    let format = map.get("format").and_then(Value::as_str);
    let signed = match format {
        Some("uint8" | "uint16" | "int8" | "int16") => "int32",
        Some("uint32" | "uint64") => "int64",
        _ => return,
    };
    let is_unsigned = format.is_some_and(|format| format.starts_with('u'));
    map.insert("format".to_owned(), json!(signed));
    if is_unsigned {
        map.entry("minimum").or_insert(json!(0));
    }
}

/// What each operation lacks: a description for each answer, and a word that it needs no token.
fn complete_operations(document: &mut Value) {
    let Some(Value::Object(paths)) = document.get_mut("paths") else {
        return;
    };
    let items = paths.values_mut().filter_map(Value::as_object_mut);
    for (method, operation) in items.flat_map(|item| item.iter_mut()) {
        let Some(operation) = operation.as_object_mut() else {
            continue;
        };
        operation.entry("security").or_insert(json!([]));
        if method == "get" {
            say_what_is_spared(operation);
        }
        if let Some(Value::Object(responses)) = operation.get_mut("responses") {
            for (status, response) in responses {
                describe(status, response);
            }
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

/// From 3.0 to 3.1, which is JSON Schema: `null` is a type, a bound is a number.
fn modernise(value: &mut Value) {
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

    #[test]
    fn every_operation_has_an_id_a_summary_a_tag_and_described_answers() {
        let document = documents().v3_1;
        let mut seen = 0;
        for (path, method, operation) in operations(&document) {
            seen += 1;
            for key in ["operationId", "summary", "tags", "security"] {
                assert!(operation.get(key).is_some(), "{method} {path} lacks {key}");
            }
            for (status, response) in operation["responses"].as_object().unwrap() {
                assert_ne!(response["description"], "", "{method} {path} {status}");
            }
        }
        assert!(seen >= 4, "{seen}");
    }

    #[test]
    fn no_answer_shows_null_where_the_schema_has_none() {
        let text = printed(&documents().v3_0);
        assert!(!text.contains("charset"), "{text}");
        assert!(!text.contains("\"uint"), "{text}");
    }
}
