//! The two tables, read.

use std::collections::BTreeSet;

use vitaran_core::access::{PermissionCode, Role};

/// Who may ask.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Who {
    /// Even nobody, who gets this status.
    Everybody(u16),
    SignedIn,
    /// Platform admins; for everybody else there is nothing.
    Platform,
    /// Whoever holds all of these.
    Holding(Vec<PermissionCode>),
}

/// One row: something that can be asked of the application.
#[derive(Debug, Clone)]
pub struct Row {
    pub method: &'static str,
    /// As the router writes it, with its query.
    pub address: &'static str,
    pub who: Who,
    /// The kind of thing the address names; empty for none.
    pub names: &'static str,
    pub sample: &'static str,
}

pub fn pages() -> Vec<Row> {
    read(include_str!("pages.txt"))
}

pub fn operations() -> Vec<Row> {
    read(include_str!("operations.txt"))
}

fn read(text: &'static str) -> Vec<Row> {
    let lines = text.lines().map(str::trim);
    lines
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .map(row)
        .collect()
}

fn row(line: &'static str) -> Row {
    let mut columns = line.splitn(4, '|').map(str::trim);
    let mut next = || columns.next().unwrap_or_default();
    let (route, who, names, sample) = (next(), next(), next(), next());
    let (method, address) = route.split_once(' ').expect("a method and an address");
    Row {
        method,
        address: address.trim(),
        who: who_of(who, line),
        names,
        sample,
    }
}

fn who_of(text: &str, line: &str) -> Who {
    let (who, reason) = match text.split_once(" -- ") {
        Some((who, reason)) => (who.trim(), reason.trim()),
        None => (text, ""),
    };
    let special = match who {
        "signed-in" => Some(Who::SignedIn),
        "platform" => Some(Who::Platform),
        _ => who
            .strip_prefix("everybody=")
            .map(|status| Who::Everybody(status.parse().expect("a status"))),
    };
    if let Some(special) = special {
        assert!(reason.len() > 10, "an exception without a reason: {line}");
        return special;
    }
    let codes = who.split(" + ").map(|code| {
        PermissionCode::ALL
            .into_iter()
            .find(|known| known.as_str() == code.trim())
            .unwrap_or_else(|| panic!("{code} is no permission, in {line}"))
    });
    Who::Holding(codes.collect())
}

impl Row {
    /// As the router lists it.
    pub fn route(&self) -> (String, String) {
        let path = self.address.split('?').next().unwrap_or_default();
        (self.method.to_owned(), path.to_owned())
    }

    pub fn is_page(&self) -> bool {
        !self.address.starts_with("/api/")
    }

    pub fn is_write(&self) -> bool {
        self.method != "GET"
    }

    /// The roles that get in: by their permissions, on their side of the house.
    pub fn holders(&self) -> Vec<Role> {
        let first = self.address.split('/').nth(1).unwrap_or_default();
        let on_this_side = |role: &Role| match first {
            "portal" => *role == Role::Dealer,
            "admin" => *role != Role::Dealer,
            _ => true,
        };
        let may = |role: &Role| match &self.who {
            Who::Everybody(_) | Who::SignedIn => true,
            Who::Platform => false,
            Who::Holding(codes) => codes.iter().all(|code| role.permissions().contains(*code)),
        };
        Role::ALL
            .into_iter()
            .filter(|role| on_this_side(role) && may(role))
            .collect()
    }

    /// What of the sample is a record of the distributor's.
    pub fn named_in_sample(&self) -> BTreeSet<&'static str> {
        let made_up = ["key", "new", "version", "slug"];
        let words = self.sample.split('<').skip(1);
        words
            .filter_map(|rest| Some(rest.split_once('>')?.0))
            .filter(|word| !made_up.contains(word))
            .collect()
    }
}
