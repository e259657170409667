//! What parameters may hold, where the type of a handler's argument does not say it: a word that pages take too, a header that a
//! refusal of ours asks for, a bound.

use serde_json::{Map, Value, json};
use vitaran_core::db::Limit;
use vitaran_core::notifications::{Channel, Event, NotificationStatus};
use vitaran_core::orders::Status;
use vitaran_core::webhooks::{DeliveryStatus, EventType};

use super::operations_mut;

/// Completes the parameters of every operation.
pub(super) fn complete_parameters(document: &mut Value) {
    for (method, operation) in operations_mut(document) {
        let id = operation.get("operationId").and_then(Value::as_str);
        let id = id.unwrap_or_default().to_owned();
        let parameters = operation
            .get_mut("parameters")
            .and_then(Value::as_array_mut);
        for parameter in parameters.into_iter().flatten() {
            let Some(parameter) = parameter.as_object_mut() else {
                continue;
            };
            let name = parameter.get("name").and_then(Value::as_str);
            let name = name.unwrap_or_default().to_owned();
            // A change of a whole record names the version that it was made from; a verb may.
            if name == "Idempotency-Key" || (name == "If-Match" && method == "put") {
                parameter.insert("required".to_owned(), json!(true));
            }
            let told = bounds(&name).or_else(|| words(&id, &name));
            if let (Some(schema), Some(Value::Object(told))) = (parameter.get_mut("schema"), told) {
                say(schema, told);
            }
        }
    }
}

/// Into the items of a list, into the schema of everything else.
fn say(schema: &mut Value, told: Map<String, Value>) {
    let is_list = schema.get("items").is_some();
    let place = if is_list {
        schema.get_mut("items")
    } else {
        Some(schema)
    };
    if let Some(place) = place.and_then(Value::as_object_mut) {
        place.extend(told);
    }
}

fn bounds(name: &str) -> Option<Value> {
    Some(match name {
        "Idempotency-Key" => json!({ "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$" }),
        "If-Match" => {
            json!({ "pattern": "^\"v[0-9]{1,9}(-[0-9a-f]{16})?\"$", "example": "\"v7-0123456789abcdef\"" })
        }
        "limit" => json!({ "minimum": 1, "maximum": Limit::MAX }),
        _ => return None,
    })
}

/// The words that a parameter knows, and the forms of ids and days that are read as texts.
fn words(operation: &str, name: &str) -> Option<Value> {
    let words = |all: &[&str]| json!({ "enum": all });
    Some(match (operation, name) {
        ("orders_list", "status") => words(&Status::ALL.map(Status::as_str)),
        ("notifications_list", "status") => words(&NotificationStatus::ALL.map(|one| one.as_str())),
        ("notifications_list", "channel") => words(&Channel::ALL.map(|one| one.as_str())),
        ("notifications_list", "event") => words(&Event::ALL.map(|one| one.as_str())),
        ("webhook_deliveries_list", "status") => {
            words(&DeliveryStatus::ALL.map(|one| one.as_str()))
        }
        ("webhook_deliveries_list", "event") => words(&EventType::ALL.map(|one| one.as_str())),
        ("invoices_pdf", "copy") => words(&["original", "duplicate", "triplicate"]),
        ("invoices_list", "dealer_id") => json!({ "format": "uuid" }),
        ("invoices_list", "issued_from" | "issued_to") => json!({ "format": "date" }),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::openapi::{documents, operations};

    fn parameter(operation: &str, name: &str) -> Value {
        let document = documents().v3_0;
        let found = operations(&document).find(|(_, _, one)| one["operationId"] == operation);
        let (_, _, found) = found.expect(operation);
        let all = found["parameters"].as_array().expect("parameters").clone();
        let mut named = all.into_iter().filter(|one| one["name"] == name);
        named.next().expect(name)
    }

    #[test]
    fn what_is_demanded_is_marked_and_what_may_be_left_out_is_not() {
        assert_eq!(
            parameter("orders_place", "Idempotency-Key")["required"],
            true
        );
        assert_eq!(parameter("dealers_update", "If-Match")["required"], true);
        assert_eq!(parameter("orders_approve", "If-Match")["required"], false);
    }

    #[test]
    fn parameters_know_their_words_and_bounds() {
        let limit = &parameter("orders_list", "limit")["schema"];
        assert_eq!(
            (&limit["minimum"], &limit["maximum"]),
            (&json!(1), &json!(100))
        );
        let status = &parameter("orders_list", "status")["schema"]["items"]["enum"];
        assert!(status.as_array().expect("words").contains(&json!("PLACED")));
        let copy = &parameter("invoices_pdf", "copy")["schema"]["enum"];
        assert_eq!(copy.as_array().map(Vec::len), Some(3));
        let day = &parameter("orders_list", "placed_from")["schema"]["format"];
        assert_eq!(day, "date");
    }
}
