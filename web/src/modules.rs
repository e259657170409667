//! Which module every address belongs to, in one place: pages and operations of a module that is off are not there.

use vitaran_core::access::{Actor, Module};

/// What an address is a part of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// Always there.
    Core,
    Of(Module),
}

const DISTRIBUTION: Part = Part::Of(Module::Distribution);
const INVENTORY: Part = Part::Of(Module::Inventory);

/// Addresses that stand for themselves alone. The dashboard is about orders.
const ALONE: [(&str, Part); 2] = [("/", Part::Core), ("/admin", DISTRIBUTION)];

/// Addresses that stand for all below them too.
const BELOW: &[(&str, Part)] = &[
    ("/account", Part::Core),
    ("/assets", Part::Core),
    ("/developers", Part::Core),
    ("/forgotten-password", Part::Core),
    ("/health", Part::Core),
    ("/domains/ask", Part::Core),
    ("/invitation", Part::Core),
    ("/live", Part::Core),
    ("/login", Part::Core),
    ("/logout", Part::Core),
    ("/new-email", Part::Core),
    ("/new-password", Part::Core),
    ("/preferences", Part::Core),
    ("/super", Part::Core),
    ("/suspended", Part::Core),
    ("/switch-tenant", Part::Core),
    ("/webhooks", Part::Core),
    ("/portal", DISTRIBUTION),
    ("/admin/api-keys", Part::Core),
    ("/admin/audit", Part::Core),
    ("/admin/categories", Part::Core),
    ("/admin/dealers", DISTRIBUTION),
    ("/admin/domains", Part::Core),
    ("/admin/invitations", Part::Core),
    ("/admin/invoices", DISTRIBUTION),
    ("/admin/members", Part::Core),
    ("/admin/notifications", Part::Core),
    ("/admin/orders", DISTRIBUTION),
    ("/admin/price-lists", Part::Core),
    ("/admin/products", Part::Core),
    ("/admin/roles", Part::Core),
    ("/admin/second-factor", Part::Core),
    ("/admin/sessions", Part::Core),
    ("/admin/stock", INVENTORY),
    ("/admin/users", Part::Core),
    ("/admin/warehouse", DISTRIBUTION),
    ("/admin/webhooks", Part::Core),
    ("/api/health", Part::Core),
    ("/api/openapi.json", Part::Core),
    ("/api/openapi-3.0.json", Part::Core),
    ("/api/v1/api_keys", Part::Core),
    ("/api/v1/audit", Part::Core),
    ("/api/v1/auth", Part::Core),
    ("/api/v1/categories", Part::Core),
    ("/api/v1/dealers", DISTRIBUTION),
    ("/api/v1/domains", Part::Core),
    ("/api/v1/invitations", Part::Core),
    ("/api/v1/invoices", DISTRIBUTION),
    ("/api/v1/locations", INVENTORY),
    ("/api/v1/me", Part::Core),
    ("/api/v1/members", Part::Core),
    ("/api/v1/notifications", Part::Core),
    ("/api/v1/orders", DISTRIBUTION),
    ("/api/v1/permissions", Part::Core),
    ("/api/v1/platform", Part::Core),
    ("/api/v1/price_lists", Part::Core),
    ("/api/v1/products", Part::Core),
    ("/api/v1/receipts", DISTRIBUTION),
    ("/api/v1/roles", Part::Core),
    ("/api/v1/second-factor-rules", Part::Core),
    ("/api/v1/sessions", Part::Core),
    ("/api/v1/stock", INVENTORY),
    ("/api/v1/users", Part::Core),
    ("/api/v1/webhook_deliveries", Part::Core),
    ("/api/v1/webhook_endpoints", Part::Core),
    ("/api/v1/webhook_events", Part::Core),
];

/// The part of an address; none for one that leads nowhere.
#[must_use]
pub fn part_of(path: &str) -> Option<Part> {
    let is_below = |place: &str| {
        let rest = path.strip_prefix(place);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    let alone = ALONE.iter().find(|(place, _)| *place == path);
    let found = alone.or_else(|| BELOW.iter().find(|(place, _)| is_below(place)));
    found.map(|(_, part)| *part)
}

/// Whether what is at an address is there for this actor.
#[must_use]
pub fn is_there(path: &str, actor: &Actor) -> bool {
    match part_of(path) {
        Some(Part::Of(module)) => actor.modules().contains(module),
        Some(Part::Core) | None => true,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use serde_json::Value;

    use super::*;
    use crate::{openapi, router};

    #[test]
    fn every_route_and_every_operation_has_its_part_and_every_place_has_a_route() {
        let routes: BTreeSet<String> = router::routes().into_iter().map(|(_, path)| path).collect();
        let without: Vec<_> = routes
            .iter()
            .filter(|path| part_of(path).is_none())
            .collect();
        assert!(
            without.is_empty(),
            "say in modules.rs whose these are: {without:?}"
        );
        for (place, _) in BELOW {
            let is_used = routes.iter().any(|path| {
                let rest = path.strip_prefix(place);
                rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
            });
            assert!(is_used, "nothing is at {place}");
        }
    }

    #[test]
    fn a_chapter_of_the_api_belongs_to_one_part_and_each_module_has_pages_and_operations() {
        let mut parts: BTreeMap<String, Vec<Part>> = BTreeMap::new();
        let document = openapi::documents().v3_1;
        for (path, _, operation) in openapi::operations(&document) {
            let tag = operation
                .pointer("/tags/0")
                .and_then(Value::as_str)
                .unwrap();
            let part = part_of(path).unwrap_or_else(|| panic!("{path} has no part"));
            let of_tag = parts.entry(tag.to_owned()).or_default();
            if !of_tag.contains(&part) {
                of_tag.push(part);
            }
        }
        // Prices are always there, and a dealer's own stand with the dealer.
        let mixed: Vec<_> = parts.iter().filter(|(_, parts)| parts.len() > 1).collect();
        assert!(mixed.iter().all(|(tag, _)| *tag == "Prices"), "{mixed:?}");
        for module in Module::ALL {
            assert!(
                parts.values().any(|of_tag| of_tag == &[Part::Of(module)]),
                "{module:?}"
            );
            let pages = router::routes();
            let is_paged = |(_, path): &(String, String)| {
                path.starts_with("/admin") && part_of(path) == Some(Part::Of(module))
            };
            assert!(pages.iter().any(is_paged), "{module:?} switches no page");
        }
    }

    #[test]
    fn a_place_ends_with_a_word() {
        assert_eq!(part_of("/admin/orders/7"), Some(DISTRIBUTION));
        assert_eq!(part_of("/admin/orders-of-old"), None);
        assert_eq!(part_of("/admin"), Some(DISTRIBUTION));
        assert_eq!(part_of("/nothing"), None);
    }
}
