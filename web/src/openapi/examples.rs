//! A value for every text that is sent to us, so that the document shows requests as they really look. Where a field means
//! something else in another schema, the schema is named before it.

use serde_json::{Map, Value, json};

const ID: &str = "01935f3a-7a10-7c4e-8f01-23456789abcd";

const EXAMPLES: &[(&str, &str)] = &[
    ("ApiKeyInput.name", "Nightly export"),
    ("CategoryName.name", "Cables"),
    ("ContactInput.name", "Sunita Rao"),
    ("InvitationAcceptance.name", "Sunita Rao"),
    ("NewCategory.name", "Cables"),
    ("NewDomain.name", "orders.volt.example"),
    ("NewRole.name", "Counter sales"),
    ("NewTenant.name", "Volt Distributors"),
    ("NewVisit.reason", "Invoice 42 does not print"),
    ("PriceListName.name", "Gold"),
    ("ProductInput.name", "Copper cable 1.5 mm, 90 m"),
    ("Suspension.reason", "Unpaid since May"),
    ("TenantName.name", "Volt Distributors"),
    (
        "WebhookEndpointInput.description",
        "Tells the ERP of orders",
    ),
    ("admin_email", "asha@volt.example"),
    ("admin_name", "Asha Rao"),
    ("admin_password", "a long and private sentence"),
    ("amount", "25000.00"),
    ("approval_limit", "100000.00"),
    ("barcode", "8901234567894"),
    ("base", "SALES"),
    ("base_price", "120.00"),
    ("category_id", ID),
    ("city", "Mumbai"),
    ("client_reference", "PO-1042"),
    ("code", "OM-01"),
    ("credit_limit", "250000.00"),
    ("dealer", ID),
    ("dealer_id", ID),
    ("delivery", "MAIL"),
    ("description", "Flame retardant, 1100 V"),
    ("email", "sunita@om-traders.example"),
    ("events", "order.approved"),
    ("eway_bill_number", "331009876543"),
    ("gst_treatment", "REGISTERED"),
    ("gstin", "27AAPFU0939F1ZV"),
    ("hsn", "8544"),
    ("invoice_id", ID),
    ("invoice_prefix", "VLT"),
    ("label", "Shop"),
    ("language", "en"),
    ("legal_name", "Om Traders LLP"),
    ("line1", "14 Lohar Chawl"),
    ("line2", "Kalbadevi"),
    ("line_id", ID),
    ("location_id", ID),
    ("location_name", "Main warehouse"),
    ("lr_date", "2026-11-21"),
    ("lr_number", "LR-58213"),
    ("mode", "NEFT"),
    ("mrp", "189.00"),
    ("networks", "203.0.113.0/24"),
    ("new_password", "a long and private sentence"),
    ("note", "Call before noon"),
    ("on", "INVENTORY"),
    ("old_password", "the sentence it was so far"),
    ("parent_id", ID),
    ("party", "DEALER"),
    ("party_gstin", "27AAPFU0939F1ZV"),
    ("party_name", "Om Traders LLP"),
    ("password", "a long and private sentence"),
    ("permissions", "sales.orders.read"),
    ("phone", "+919876500042"),
    ("pincode", "400002"),
    ("price_list_id", ID),
    ("product_id", ID),
    ("quantity", "5"),
    ("reason", "Ordered twice by mistake"),
    ("received_on", "2026-11-21"),
    ("reference", "UTR0026112100042"),
    ("refresh_token", "the-refresh-token-of-the-sign-in"),
    ("role", "SALES"),
    ("scopes", "sales.orders.read"),
    ("sku", "CAB-15-90"),
    ("slug", "volt"),
    ("state_code", "27"),
    ("tax_class", "STANDARD"),
    ("tenant", "volt"),
    ("token", "the-token-of-the-mailed-link"),
    ("trade_name", "Om Electricals"),
    ("transporter", "VRL Logistics"),
    ("unit", "NOS"),
    ("unit_price", "118.5000"),
    ("url", "https://erp.example.in/vitaran"),
    ("vehicle_number", "MH12AB1234"),
    ("whatsapp_opt_in_source", "Signed dealer form"),
];

fn example(schema: &str, field: &str) -> Option<&'static str> {
    let own = format!("{schema}.{field}");
    let found = |wanted: &str| EXAMPLES.iter().find(|(name, _)| *name == wanted);
    found(&own).or_else(|| found(field)).map(|(_, text)| *text)
}

/// Gives the texts of one schema their examples.
pub(super) fn give(name: &str, schema: &mut Map<String, Value>) {
    let fields = schema.get_mut("properties").and_then(Value::as_object_mut);
    for (field, value) in fields.into_iter().flatten() {
        let is_list = is_list_of_texts(value);
        if let Some(text) = example(name, field)
            && (is_list || is_open_text(value))
            && let Some(value) = value.as_object_mut()
        {
            let one = if is_list { json!([text]) } else { json!(text) };
            value.entry("example").or_insert(one);
        }
    }
}

/// A text that says neither by its format nor by a list of words what it looks like.
fn is_open_text(schema: &Value) -> bool {
    schema.get("type") == Some(&json!("string"))
        && schema.get("format").is_none()
        && schema.get("enum").is_none()
}

fn is_list_of_texts(schema: &Value) -> bool {
    schema.get("items").is_some_and(is_open_text)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::super::completion::inputs;
    use super::super::documents;
    use super::*;

    #[test]
    fn every_text_that_is_sent_to_us_has_an_example_and_every_example_is_of_use() {
        let document = documents().v3_0;
        let (mut bare, mut used) = (Vec::new(), BTreeSet::new());
        for name in inputs(&document) {
            let schema = &document["components"]["schemas"][&name];
            for (field, value) in schema["properties"].as_object().into_iter().flatten() {
                if is_open_text(value) || is_list_of_texts(value) {
                    used.extend([field.clone(), format!("{name}.{field}")]);
                    if value.get("example").is_none() {
                        bare.push(format!("{name}.{field}"));
                    }
                }
            }
        }
        assert_eq!(bare, Vec::<String>::new(), "these need an example");
        let idle: Vec<_> = EXAMPLES
            .iter()
            .filter(|(n, _)| !used.contains(*n))
            .collect();
        assert!(idle.is_empty(), "{idle:?}");
    }
}
