//! The `webhooks` part of the API's document, which OpenAPI knows from 3.1 on: one entry for each event of the catalogue,
//! made from it, so that none is forgotten.

use serde_json::{Map, Value, json};
use vitaran_core::webhooks::{EventType, Payload};

/// Adds the part and the schemas it needs.
pub fn add(document: &mut Value) {
    let entries: Map<String, Value> = EventType::ALL
        .into_iter()
        .map(|event| (event.as_str().to_owned(), entry(event)))
        .collect();
    let schemas = document
        .pointer_mut("/components/schemas")
        .and_then(Value::as_object_mut);
    if let Some(schemas) = schemas {
        schemas.extend(payloads().map(|(name, schema)| (name.to_owned(), schema)));
    }
    if let Some(document) = document.as_object_mut() {
        document.insert("webhooks".to_owned(), Value::Object(entries));
    }
}

const fn schema_of(payload: Payload) -> &'static str {
    match payload {
        Payload::Order => "WebhookOrderData",
        Payload::Invoice => "WebhookInvoiceData",
        Payload::Receipt => "WebhookReceiptData",
        Payload::Notification => "WebhookNotificationData",
        Payload::Ping => "WebhookPingData",
    }
}

fn entry(event: EventType) -> Value {
    let header = |name: &str, about: &str| json!({ "name": name, "in": "header", "required": true, "description": about, "schema": { "type": "string" } });
    json!({ "post": {
        "operationId": format!("webhook_{}", event.as_str().replace('.', "_")),
        "summary": event.when(),
        "tags": ["Webhooks"],
        "security": [],
        "parameters": [
            header("webhook-id", "The event's id, the same at each attempt: who keeps it knows what has been seen."),
            header("webhook-timestamp", "When it was sent, in seconds since 1970. Refuse what is older than five minutes."),
            header("webhook-signature", "`v1,` and the base64 HMAC-SHA256 of `webhook-id.webhook-timestamp.body` with the endpoint's secret; \
                several, with blanks between, while a secret is replaced. One that fits is enough."),
        ],
        "requestBody": { "required": true, "content": { "application/json": {
            "schema": {
                "type": "object",
                "required": ["type", "timestamp", "data"],
                "properties": {
                    "type": { "type": "string", "const": event.as_str() },
                    "timestamp": { "type": "string", "format": "date-time", "description": "When it happened." },
                    "data": { "$ref": format!("#/components/schemas/{}", schema_of(event.payload())) },
                },
            },
            "example": event.sample(),
        }}},
        "responses": {
            "2XX": { "description": "It was taken. Answer within 15 seconds." },
            "410": { "description": "Nothing more is wanted, ever: the endpoint is switched off." },
            "default": { "description": "It is sent again, eight times in all over about 28 hours." },
        },
    }})
}

/// An object of these members; a name that ends with a question mark may be absent.
fn object(members: &[(&str, Value)]) -> Value {
    let required: Vec<&str> = members
        .iter()
        .map(|(name, _)| *name)
        .filter(|name| !name.ends_with('?'))
        .collect();
    let properties: Map<String, Value> = members
        .iter()
        .map(|(name, schema)| (name.trim_end_matches('?').to_owned(), schema.clone()))
        .collect();
    json!({ "type": "object", "required": required, "properties": properties })
}

fn payloads() -> [(&'static str, Value); 5] {
    let text = || json!({ "type": "string" });
    let id = || json!({ "type": "string", "format": "uuid" });
    let at = || json!({ "type": "string", "format": "date-time" });
    let day = || json!({ "type": "string", "format": "date" });
    let whole = || json!({ "type": "integer", "format": "int32" });
    let money = || json!({ "type": "string", "pattern": r"^-?\d{1,12}\.\d{2}$", "description": "Rupees, with two decimals." });
    let order = object(&[
        ("id", id()),
        ("number", text()),
        (
            "status",
            json!({ "$ref": "#/components/schemas/OrderStatus" }),
        ),
        ("version", whole()),
        ("dealer", object(&[("id", id()), ("name", text())])),
        ("placed_at", at()),
        ("total", money()),
        ("client_reference?", text()),
    ]);
    let shipment = object(&[
        ("transporter", text()),
        ("lr_number?", text()),
        ("lr_date?", day()),
        ("vehicle_number?", text()),
        ("eway_bill_number?", text()),
    ]);
    let invoice = object(&[
        ("id", id()),
        ("number", text()),
        ("issued_at", at()),
        ("order_id", id()),
        ("order_number", text()),
        ("dealer_id", id()),
        ("dealer_name", text()),
        ("total", money()),
    ]);
    let receipt = object(&[
        ("id", id()),
        ("dealer_id", id()),
        ("amount", money()),
        ("unallocated", money()),
        ("mode", text()),
        ("reference", text()),
        ("received_on", day()),
        ("recorded_at", at()),
    ]);
    let notification = object(&[
        ("id", id()),
        ("event", text()),
        ("channel", text()),
        ("order_id", id()),
        ("dealer_id", id()),
        ("attempts", whole()),
        ("last_error?", text()),
    ]);
    [
        (
            schema_of(Payload::Order),
            object(&[
                ("order", order),
                ("reason?", text()),
                ("shipment?", shipment),
            ]),
        ),
        (schema_of(Payload::Invoice), object(&[("invoice", invoice)])),
        (schema_of(Payload::Receipt), object(&[("receipt", receipt)])),
        (
            schema_of(Payload::Notification),
            object(&[("notification", notification)]),
        ),
        (schema_of(Payload::Ping), object(&[("endpoint_id", id())])),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every member that is there is described, and every required one is there.
    fn fits(schemas: &Value, schema: &Value, value: &Value, at: &str) {
        if let Some(name) = schema["$ref"].as_str() {
            let name = name.trim_start_matches("#/components/schemas/");
            if let Some(found) = schemas.get(name) {
                fits(schemas, found, value, at);
            }
            return;
        }
        if schema["type"] != "object" {
            let is_right = match schema["type"].as_str() {
                Some("integer") => value.is_i64(),
                _ => value.is_string(),
            };
            return assert!(is_right, "{at}: {value}");
        }
        let properties = schema["properties"].as_object().unwrap();
        for (name, member) in value.as_object().unwrap() {
            let described = properties.get(name);
            let described = described.unwrap_or_else(|| panic!("{at}/{name} is not described"));
            fits(schemas, described, member, &format!("{at}/{name}"));
        }
        for name in schema["required"].as_array().unwrap() {
            assert!(
                !value[name.as_str().unwrap()].is_null(),
                "{at} lacks {name}"
            );
        }
    }

    #[test]
    fn every_event_is_described_and_its_sample_is_as_described() {
        let schemas: Map<String, Value> = payloads()
            .into_iter()
            .map(|(name, schema)| (name.to_owned(), schema))
            .collect();
        let schemas = Value::Object(schemas);
        for event in EventType::ALL {
            let entry = entry(event);
            let body = &entry["post"]["requestBody"]["content"]["application/json"];
            fits(&schemas, &body["schema"], &event.sample(), event.as_str());
        }
    }

    #[test]
    fn the_new_form_of_the_document_has_webhooks_and_the_old_one_has_none() {
        let documents = crate::openapi::documents();
        let listed = documents.v3_1["webhooks"].as_object().unwrap();
        assert_eq!(listed.len(), EventType::ALL.len());
        assert!(documents.v3_0.get("webhooks").is_none());
        let text = documents.v3_1.to_string();
        for (name, _) in payloads() {
            assert!(documents.v3_1["components"]["schemas"].get(name).is_some());
            assert!(text.contains(&format!("#/components/schemas/{name}\"")));
        }
    }
}
