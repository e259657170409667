//! Permissions to tick, in the groups of the catalogue: on the form of a role and on that of an API key.

use maud::{Markup, html};
use vitaran_core::access::{PermissionCode, PermissionSet};

use crate::ui::form::{Checkbox, group};

/// The groups of the catalogue as people call them, in the order of a working day.
pub const GROUPS: [(&str, &str); 10] = [
    ("sales", "Dealers, prices and orders"),
    ("warehouse", "Warehouse"),
    ("inventory", "Products and stock"),
    ("billing", "Invoices and payments"),
    ("purchasing", "Purchasing"),
    ("reports", "Reports"),
    ("platform", "Settings, people and messages"),
    ("crm", "Leads and conversations"),
    ("store", "Storefront"),
    ("automation", "Automations"),
];

/// A box for each permission that is offered. The first has the field's own id, so that the error summary's link finds it.
pub fn boxes(field: &str, offered: PermissionSet, ticked: PermissionSet) -> Markup {
    let in_group = |code: &str| -> Vec<PermissionCode> {
        offered.codes().filter(|one| one.group() == code).collect()
    };
    let groups: Vec<(&str, Vec<PermissionCode>)> = GROUPS
        .iter()
        .map(|(code, title)| (*title, in_group(code)))
        .filter(|(_, codes)| !codes.is_empty())
        .collect();
    let first = groups.first().and_then(|(_, codes)| codes.first().copied());
    html! {
        @for (title, codes) in &groups {
            (group(title, html! {
                @for code in codes {
                    (Checkbox {
                        name: field,
                        value: code.as_str(),
                        label: &sentence(*code),
                        hint: None,
                        is_checked: ticked.contains(*code),
                        id: if first == Some(*code) { field } else { code.as_str() },
                    })
                }
            }))
        }
    }
}

/// "see orders" as "See orders".
pub fn sentence(code: PermissionCode) -> String {
    let mut letters = code.may().chars();
    let first = letters.next().into_iter().flat_map(char::to_uppercase);
    first.chain(letters).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_permission_stands_in_a_group() {
        for code in PermissionCode::ALL {
            let group = code.group();
            assert!(GROUPS.iter().any(|(name, _)| *name == group), "{group}");
        }
    }
}
