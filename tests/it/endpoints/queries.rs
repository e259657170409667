//! Ids behind the question mark: a list that is asked for what is somebody else's answers as if there were no such thing.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use vitaran_core::access::Role;

use super::ask::{Checked, ask, check, check_same, seen};
use super::table::Row;
use super::{OWN, RIVALS, THEIRS, World};
use crate::house::{Things, missing};

/// The kind of thing that a parameter names. One that is neither here nor among [`NAME_NOTHING`] fails.
const NAME: [(&str, &str); 20] = [
    ("actor_id", "user"),
    ("by", "user"),
    ("category", "category"),
    ("category_id", "category"),
    ("dealer", "dealer"),
    ("dealer_id", "dealer"),
    ("endpoint_id", "webhook endpoint"),
    ("id", "dealer"),
    ("line_id", "line"),
    ("location_id", "location"),
    ("object", "order"),
    ("object_id", "order"),
    ("parent_id", "category"),
    ("product_id", "product"),
    ("request", "request"),
    ("request_id", "request"),
    ("ship_to", "address"),
    ("sku", "sku"),
    ("user", "user"),
    ("user_id", "user"),
];

/// What a parameter is looked at together with, at addresses that end so.
const BESIDE: [(&str, &str, &str); 2] = [
    ("", "id", "kind=dealer&"),
    ("/audit/log", "object_id", "object_kind=order&"),
];

/// Parameters that name no record: words of a list, days, texts to search for, and secrets that are looked for by their hash.
const NAME_NOTHING: [&str; 33] = [
    "challenge",
    "channel",
    "check",
    "client_reference",
    "copy",
    "cursor",
    "domain",
    "event",
    "expand",
    "from",
    "issued_from",
    "issued_to",
    "kind",
    "limit",
    "mode",
    "next",
    "note",
    "object_kind",
    "open",
    "placed_from",
    "placed_to",
    "q",
    "role",
    "short",
    "sort",
    "stage",
    "state",
    "status",
    "to",
    "token",
    "updated_since",
    "verify_token",
    "view",
];

/// Pages of one thing that take an id beside its own.
const BESIDE_ITS_OWN: [&str; 1] = ["line_id"];

fn kind_of(parameter: &str) -> Option<&'static str> {
    let known = NAME.iter().find(|(name, _)| *name == parameter);
    known.map(|(_, kind)| *kind)
}

/// All parameters of an operation behind the question mark.
fn in_query(operation: &Value) -> Vec<String> {
    let parameters = operation["parameters"].as_array();
    let parameters = parameters.into_iter().flatten();
    parameters
        .filter(|one| one["in"] == "query")
        .filter_map(|one| one["name"].as_str().map(str::to_owned))
        .collect()
}

/// The parameters of an operation that take ids.
pub(super) fn documented(row: &Row) -> Vec<String> {
    let document = vitaran_web::openapi::documents().v3_1;
    let path = row.address.split('?').next().unwrap_or_default();
    let found = vitaran_web::openapi::operations(&document)
        .find(|(at, method, _)| *at == path && method.eq_ignore_ascii_case(row.method));
    let mut names = found.map_or_else(Vec::new, |(_, _, operation)| in_query(operation));
    names.retain(|name| !NAME_NOTHING.contains(&name.as_str()));
    names
}

/// Fields of the structs that pages read their query into, from the source: nothing else says what a page takes.
fn of_pages() -> BTreeMap<String, BTreeSet<String>> {
    let files = crate::tidy::files("web/src", ".rs");
    let sources: Vec<&str> = files.iter().map(|(_, text)| text.as_str()).collect();
    let mut read = BTreeSet::new();
    for source in &sources {
        let after = source.split(": Query<").skip(1);
        let names = after.filter_map(|rest| Some(rest.split_once('>')?.0));
        read.extend(names.filter(|name| name.chars().all(char::is_alphanumeric)));
        let declared = source.split("struct ").skip(1);
        let names = declared.filter_map(|rest| Some(rest.split_once(' ')?.0));
        read.extend(names.filter(|name| name.ends_with("Params")));
    }
    let mut fields: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for name in read {
        let head = format!("struct {name} {{");
        let bodies = sources
            .iter()
            .flat_map(|source| source.split(&head).skip(1));
        for body in bodies.filter_map(|rest| Some(rest.split_once("\n}")?.0)) {
            let lines = body.lines().map(str::trim);
            let named = lines.filter(|line| !line.starts_with('/') && !line.starts_with('#'));
            let named = named.filter_map(|line| Some(line.split_once(": ")?.0));
            let named = named.map(|field| field.trim_start_matches("pub ").to_owned());
            fields.entry(name.to_owned()).or_default().extend(named);
        }
    }
    fields
}

#[test]
fn every_parameter_of_a_query_names_a_kind_of_thing_or_nothing() {
    let document = vitaran_web::openapi::documents().v3_1;
    let mut taken: BTreeMap<String, String> = BTreeMap::new();
    for (path, _, operation) in vitaran_web::openapi::operations(&document) {
        for name in in_query(operation) {
            taken.insert(name, path.to_owned());
        }
    }
    let pages = of_pages();
    assert!(pages.len() > 20, "the pages' own are not found: {pages:?}");
    for (params, fields) in pages {
        for field in fields {
            taken.insert(field, params.clone());
        }
    }
    let unknown: Vec<_> = taken
        .iter()
        .filter(|(name, _)| kind_of(name).is_none() && !NAME_NOTHING.contains(&name.as_str()))
        .collect();
    assert!(unknown.is_empty(), "of unknown kind: {unknown:?}");
    let known = NAME.map(|(name, _)| name);
    let known = known.iter().chain(&NAME_NOTHING);
    let gone: Vec<_> = known.filter(|name| !taken.contains_key(**name)).collect();
    assert!(gone.is_empty(), "nothing takes {gone:?}");
}

impl World<'_> {
    /// Makes what queries name, before anybody asks for it.
    pub(super) async fn make_what_queries_name(&mut self) {
        for (_, kind) in NAME {
            self.named(THEIRS, kind).await;
        }
    }

    /// A thing of this kind in one of the houses, under its word.
    async fn named(&mut self, house: usize, kind: &'static str) -> Things {
        let id = match kind {
            "location" => {
                let house = [&self.own, &self.theirs, &self.rival][house];
                house.flow.tenant.location.to_string()
            }
            "line" => self.things(house, "order PICKING").await["line"].clone(),
            "request" | "user" | "webhook endpoint" => self.things(house, kind).await["id"].clone(),
            word => self.things(house, "").await[word].clone(),
        };
        Things::from([(kind, id)])
    }

    pub(super) async fn a_query_finds_nothing_that_is_not_ours(&mut self, row: &Row) -> Checked {
        // A stream has no end, and health says how long something has waited, which grows from one question to the next.
        let is_about_now = row.address == "/live" || row.address.ends_with("/health");
        if row.method != "GET" || is_about_now {
            return Ok(());
        }
        let parameters = match (row.is_page(), row.names.is_empty()) {
            (true, true) => NAME.map(|(name, _)| name.to_owned()).to_vec(),
            (true, false) => BESIDE_ITS_OWN.map(str::to_owned).to_vec(),
            (false, _) => documented(row),
        };
        let own = self.things(OWN, row.names).await;
        let holders = row.holders();
        let first = holders.first().copied();
        let dealers = holders.contains(&Role::Dealer).then_some(Role::Dealer);
        for role in first.into_iter().chain(dealers) {
            for parameter in &parameters {
                let kind = kind_of(parameter)
                    .ok_or_else(|| format!("{} takes {parameter} of unknown kind", row.address))?;
                for house in self.strangers(role, kind) {
                    let theirs = self.named(house, kind).await;
                    self.ask_both(row, role, parameter, (&own, &theirs)).await?;
                }
            }
        }
        Ok(())
    }

    /// What a rival dealer sees of the distributor's own, a dealer may ask for.
    fn strangers(&self, role: Role, kind: &str) -> Vec<usize> {
        match (role, kind) {
            (Role::Dealer, "dealer" | "address") => vec![THEIRS, RIVALS],
            _ => vec![THEIRS],
        }
    }

    /// The address is of our own thing, if of any; what the parameter names is theirs, and then nobody's.
    pub(super) async fn ask_both(
        &self,
        row: &Row,
        role: Role,
        parameter: &str,
        (own, theirs): (&Things, &Things),
    ) -> Checked {
        let nothing = missing(theirs);
        let mark = if row.address.contains('?') { '&' } else { '?' };
        let beside = BESIDE
            .iter()
            .find(|(end, name, _)| *name == parameter && row.address.ends_with(end));
        let beside = beside.map_or("", |(_, _, more)| more);
        let mut answers = Vec::new();
        for things in [theirs, &nothing] {
            let id = things.values().next().expect("one id");
            let address = format!("{}{mark}{beside}{parameter}={id}", row.address);
            let row = Row {
                address: address.leak(),
                ..row.clone()
            };
            let answer = ask(self.client(&row, role), &row, own).await;
            check(answer.status < 500, || {
                format!("{role:?} {}: {}", row.address, answer.status)
            })?;
            answers.push(seen(&answer, things));
        }
        let what = format!("{role:?} asks {} for others by {parameter}", row.address);
        check_same(&answers[0], &answers[1], &what)
    }
}
