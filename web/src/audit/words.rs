//! What the log and the trail say, in words.

use std::collections::BTreeSet;

use maud::{Markup, html};
use serde_json::Value;
use vitaran_core::audit::TrailEntry;

use crate::ui::counted::Noun;

/// More fields than this wait behind a click.
const AT_A_GLANCE: usize = 3;

/// Who made a change: a person, or the job or command that went by a name.
#[must_use]
pub fn shown_by(entry: &TrailEntry) -> String {
    let name = entry.by_name.as_deref().or(match entry.actor_id {
        Some(_) => Some("Somebody who has left"),
        None => entry.via.as_deref(),
    });
    name.unwrap_or("Vitaran").to_owned()
}

/// What a table's row is called.
#[must_use]
pub fn noun(table: &str) -> String {
    let known = match table {
        "categories" => "Category",
        "credit_holds" => "Credit hold",
        "dealer_addresses" => "Address",
        "dealer_contacts" => "Contact",
        "dealer_credit" => "Credit limit",
        "dealer_prices" => "Agreed price",
        "gst_registrations" => "GST registration",
        "impersonations" => "Support visit",
        "memberships" => "Member",
        "order_lines" => "Order line",
        "pick_lists" => "Pick list",
        "price_list_items" => "Price",
        "price_lists" => "Price list",
        "tenant_settings" => "Settings",
        "whatsapp_accounts" => "WhatsApp number",
        other => {
            let one = other.strip_suffix('s').unwrap_or(other).replace('_', " ");
            let mut letters = one.chars();
            let first = letters.next().map(|first| first.to_ascii_uppercase());
            return first.into_iter().chain(letters).collect();
        }
    };
    known.to_owned()
}

/// What was and what is, field by field; many, and whole new rows, behind a click.
#[must_use]
pub fn changes(before: Option<&Value>, after: Option<&Value>) -> Markup {
    let is_update = before.is_some_and(Value::is_object) && after.is_some_and(Value::is_object);
    let (before, after) = (members(before), members(after));
    let names: BTreeSet<&str> = before.iter().chain(&after).map(|(name, _)| *name).collect();
    let of = |members: &[(&str, &Value)], name: &str| {
        members
            .iter()
            .find(|(other, _)| *other == name)
            .map_or_else(|| "–".to_owned(), |(_, value)| shown(value))
    };
    let list = html! {
        dl.facts {
            @for name in &names {
                div {
                    dt { (name.replace('_', " ")) }
                    dd {
                        @if !before.is_empty() { del { (of(&before, name)) } }
                        @if is_update { " → " }
                        @if !after.is_empty() { ins { (of(&after, name)) } }
                    }
                }
            }
        }
    };
    html! {
        @if names.is_empty() {}
        @else if is_update && names.len() <= AT_A_GLANCE { (list) }
        @else { details.changes { summary { (Noun::FIELDS.count(names.len())) } (list) } }
    }
}

/// The members of an object, or none.
#[must_use]
pub fn members(value: Option<&Value>) -> Vec<(&str, &Value)> {
    let object = value.and_then(Value::as_object);
    object
        .into_iter()
        .flatten()
        .map(|(name, value)| (name.as_str(), value))
        .collect()
}

/// A value as a reader says it.
#[must_use]
pub fn shown(value: &Value) -> String {
    match value {
        Value::Null => "–".to_owned(),
        Value::String(text) => text.clone(),
        Value::Bool(true) => "yes".to_owned(),
        Value::Bool(false) => "no".to_owned(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_few_changes_stand_open_and_say_what_was_and_what_is() {
        let said = changes(
            Some(&json!({"credit_limit": 50000})),
            Some(&json!({"credit_limit": "<8>"})),
        );
        let said = said.into_string();
        assert!(
            said.contains("<dt>credit limit</dt><dd><del>50000</del> → <ins>&lt;8&gt;</ins></dd>"),
            "{said}"
        );
        assert!(!said.contains("<details"), "{said}");
    }

    #[test]
    fn a_new_row_waits_behind_a_click_and_has_nothing_before() {
        let made = changes(None, Some(&json!({"name": "B"}))).into_string();
        assert!(
            made.contains("<details") && !made.contains("<del>"),
            "{made}"
        );
        assert_eq!(changes(None, None).into_string(), "");
    }

    #[test]
    fn a_table_is_called_as_its_row_is() {
        assert_eq!(noun("dealer_credit"), "Credit limit");
        assert_eq!(noun("orders"), "Order");
        assert_eq!(noun("webhook_endpoints"), "Webhook endpoint");
    }
}
