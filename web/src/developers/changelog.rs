//! `/developers/changelog`: what changed in the API, by day, and how long what goes away stays. The entries are data, and a test
//! holds them against the document: every operation was added by one of them.

use chrono::NaiveDate;
use maud::{Markup, html};
use poem::{Response, handler};

use super::views::versions;
use crate::shell::Shell;
use crate::ui::panel::{Heading, code, panel};
use crate::ui::time;

/// Where it stands.
pub const PATH: &str = "/developers/changelog";

/// What changed on a day.
#[derive(Debug, Clone, Copy)]
pub struct Entry {
    /// Year, month and day.
    pub day: (i32, u32, u32),
    /// A line each, for whoever has a program to look after.
    pub says: &'static [&'static str],
    /// Ids of the operations that came, by name.
    pub added: &'static [&'static str],
}

/// The newest first.
pub const ENTRIES: &[Entry] = &[
    Entry {
        day: (2026, 11, 22),
        says: &[
            "Webhooks: order.updated tells of an order that changed and kept its status, by picked quantities, a line closed short, or stock that came in and is reserved for it.",
            "Orders listed by updated_since: stock that is reserved for a waiting order moves updated_at, so that such orders are among them.",
        ],
        added: &[],
    },
    Entry {
        day: (2026, 11, 21),
        says: &[
            "A distributor's own domains, and the TXT records that show whose they are; links lead to the one that is made primary.",
            "The audit log: what people and programs did, in order, by whom and to what.",
            "Orders, products, dealers and invoices can be listed by what changed: updated_since. The answer's next_updated_since says what to ask with the next time.",
            "Orders can be listed with their lines: expand=lines.",
            "The platform's own people keep the register of distributors, and look into one with X-Tenant-ID.",
            "Members and invitations name the locations that somebody is bound to; orders, stock, shipments and invoices of other locations do not exist for them.",
        ],
        added: &[
            "audit_log_list",
            "domains_check",
            "domains_create",
            "domains_get",
            "domains_list",
            "domains_make_primary",
            "domains_remove",
            "domains_stop_primary",
            "platform_tenants_create",
            "platform_tenants_domains",
            "platform_tenants_get",
            "platform_tenants_list",
            "platform_tenants_rename",
            "platform_tenants_restore",
            "platform_tenants_set_modules",
            "platform_tenants_suspend",
            "platform_visits_end",
            "platform_visits_start",
        ],
    },
    Entry {
        day: (2026, 11, 20),
        says: &["Version 1."],
        added: &[
            "api_keys_create",
            "api_keys_get",
            "api_keys_list",
            "api_keys_revoke",
            "api_keys_roll",
            "audit_list",
            "auth_accept_invitation",
            "auth_forgotten_password",
            "auth_login",
            "auth_logout",
            "auth_new_email",
            "auth_new_password",
            "auth_refresh",
            "categories_activate",
            "categories_create",
            "categories_deactivate",
            "categories_get",
            "categories_list",
            "categories_rename",
            "dealers_activate",
            "dealers_activate_address",
            "dealers_activate_contact",
            "dealers_add_address",
            "dealers_add_contact",
            "dealers_create",
            "dealers_deactivate",
            "dealers_deactivate_address",
            "dealers_deactivate_contact",
            "dealers_get",
            "dealers_list",
            "dealers_prices",
            "dealers_set_credit_limit",
            "dealers_set_prices",
            "dealers_update",
            "dealers_update_address",
            "dealers_update_contact",
            "health_get",
            "invitations_create",
            "invitations_get",
            "invitations_list",
            "invitations_revoke",
            "invitations_send",
            "invoices_get",
            "invoices_list",
            "invoices_pdf",
            "locations_list",
            "me_begin_second_factor",
            "me_change_email",
            "me_change_password",
            "me_confirm_second_factor",
            "me_end_other_sessions",
            "me_end_session",
            "me_get",
            "me_get_second_factor",
            "me_list_sessions",
            "me_remove_second_factor",
            "me_renew_recovery_codes",
            "members_activate",
            "members_change_role",
            "members_deactivate",
            "members_get",
            "members_list",
            "members_remove",
            "notifications_get",
            "notifications_list",
            "notifications_requeue",
            "orders_approve",
            "orders_cancel",
            "orders_deliver",
            "orders_dispatch",
            "orders_get",
            "orders_list",
            "orders_pack",
            "orders_place",
            "orders_reject",
            "orders_set_picks",
            "orders_short_close",
            "orders_start_picking",
            "permissions_list",
            "price_lists_activate",
            "price_lists_create",
            "price_lists_deactivate",
            "price_lists_get",
            "price_lists_list",
            "price_lists_make_default",
            "price_lists_prices",
            "price_lists_rename",
            "price_lists_set_prices",
            "products_activate",
            "products_create",
            "products_deactivate",
            "products_get",
            "products_list",
            "products_update",
            "receipts_record",
            "roles_create",
            "roles_get",
            "roles_list",
            "roles_remove",
            "roles_update",
            "second_factor_rules_get",
            "second_factor_rules_set",
            "sessions_end",
            "sessions_list",
            "stock_adjust",
            "stock_ledger",
            "stock_list",
            "stock_receive",
            "users_end_sessions",
            "users_reset_second_factor",
            "webhook_deliveries_get",
            "webhook_deliveries_list",
            "webhook_deliveries_replay",
            "webhook_endpoints_activate",
            "webhook_endpoints_create",
            "webhook_endpoints_deactivate",
            "webhook_endpoints_end_older_secret",
            "webhook_endpoints_get",
            "webhook_endpoints_list",
            "webhook_endpoints_ping",
            "webhook_endpoints_remove",
            "webhook_endpoints_replay",
            "webhook_endpoints_rotate",
            "webhook_endpoints_update",
            "webhook_events_list",
        ],
    },
];

/// `GET /developers/changelog`
#[handler]
pub fn show(shell: Shell) -> Response {
    shell.page("Changelog").render(page())
}

fn page() -> Markup {
    html! {
        (Heading::new("Changelog").back("Developers", super::PATH).meta(html! { "What changed in the API, the newest first" }))
        @for entry in ENTRIES { (entry_of(entry)) }
        (panel("How long things stay", versions()))
    }
}

fn entry_of(entry: &Entry) -> Markup {
    let (year, month, day) = entry.day;
    let day = NaiveDate::from_ymd_opt(year, month, day).map(time::date);
    html! {
        section.panel {
            header.panel-head { h2 { @if let Some(day) = day { (day) } } }
            ul { @for line in entry.says { li { (line) } } }
            @if !entry.added.is_empty() {
                details {
                    summary { (entry.added.len()) " operations came" }
                    ul { @for id in entry.added { li { a href={ (super::PATH) "#" (id) } { (code(id)) } } } }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::openapi;

    #[test]
    fn every_operation_was_added_by_one_entry_and_every_entry_adds_operations_there_are() {
        let document = openapi::documents().v3_1;
        let mut told: BTreeMap<&str, usize> = BTreeMap::new();
        for id in ENTRIES.iter().flat_map(|entry| entry.added) {
            *told.entry(id).or_default() += 1;
        }
        let there: BTreeMap<String, usize> = openapi::operations(&document)
            .filter_map(|(_, _, operation)| operation["operationId"].as_str().map(str::to_owned))
            .map(|id| (id, 1))
            .collect();
        let told: BTreeMap<String, usize> = told
            .into_iter()
            .map(|(id, times)| (id.to_owned(), times))
            .collect();
        assert_eq!(
            told, there,
            "an operation that came, or went, needs an entry"
        );
    }

    #[test]
    fn entries_say_something_and_the_newest_comes_first() {
        for entry in ENTRIES {
            assert!(!entry.says.is_empty(), "{:?}", entry.day);
            let (year, month, day) = entry.day;
            assert!(NaiveDate::from_ymd_opt(year, month, day).is_some());
        }
        assert!(ENTRIES.windows(2).all(|pair| pair[0].day > pair[1].day));
    }
}
