//! Ids behind the question mark: a list that is asked for what is somebody else's answers as if there were no such thing.

use vitaran_core::access::Role;

use super::ask::{Checked, ask, check, check_same, seen};
use super::table::Row;
use super::{RIVALS, THEIRS, World};
use crate::house::{Things, missing};

/// What pages take ids under. The API's are read from its document.
const OF_PAGES: [&str; 10] = [
    "by",
    "category_id",
    "dealer_id",
    "id",
    "location_id",
    "object",
    "order_id",
    "price_list_id",
    "product_id",
    "request",
];

/// The thing that a parameter of this name would speak of.
fn word_of(parameter: &str) -> &'static str {
    match parameter {
        "category_id" => "category",
        "location_id" => "location",
        "order_id" => "order",
        "price_list_id" => "price_list",
        "product_id" => "product",
        _ => "dealer",
    }
}

/// The parameters of an operation that take ids.
pub(super) fn documented(row: &Row) -> Vec<String> {
    let document = vitaran_web::openapi::documents().v3_1;
    let path = row.address.split('?').next().unwrap_or_default();
    let found = vitaran_web::openapi::operations(&document)
        .find(|(at, method, _)| *at == path && method.eq_ignore_ascii_case(row.method))
        .map(|(_, _, operation)| operation["parameters"].clone());
    let parameters = found.and_then(|found| found.as_array().cloned());
    let names = parameters
        .into_iter()
        .flatten()
        .filter(|one| one["in"] == "query");
    names
        .filter_map(|one| one["name"].as_str().map(str::to_owned))
        .filter(|name| name.ends_with("_id"))
        .collect()
}

impl World<'_> {
    pub(super) async fn a_query_finds_nothing_that_is_not_ours(&mut self, row: &Row) -> Checked {
        // A stream has no end, and health says how long something has waited, which grows from one question to the next.
        let is_about_now = row.address == "/live" || row.address.ends_with("/health");
        if row.method != "GET" || !row.names.is_empty() || is_about_now {
            return Ok(());
        }
        let parameters = match row.is_page() {
            true => OF_PAGES.map(str::to_owned).to_vec(),
            false => documented(row),
        };
        let holders = row.holders();
        let first = holders.first().copied();
        let dealers = holders.contains(&Role::Dealer).then_some(Role::Dealer);
        for role in first.into_iter().chain(dealers) {
            for parameter in &parameters {
                for house in self.strangers(role) {
                    let mut things = self.things(house, "").await;
                    let location = [&self.own, &self.theirs, &self.rival][house]
                        .flow
                        .tenant
                        .location;
                    things.insert("location", location.to_string());
                    let word = word_of(parameter);
                    // What a rival dealer sees of the distributor's own, a dealer may ask for.
                    if house == RIVALS && word != "dealer" {
                        continue;
                    }
                    self.ask_both(
                        row,
                        role,
                        parameter,
                        &Things::from([(word, things[word].clone())]),
                    )
                    .await?;
                }
            }
        }
        Ok(())
    }

    fn strangers(&self, role: Role) -> Vec<usize> {
        match role {
            Role::Dealer => vec![THEIRS, RIVALS],
            _ => vec![THEIRS],
        }
    }

    pub(super) async fn ask_both(
        &self,
        row: &Row,
        role: Role,
        parameter: &str,
        theirs: &Things,
    ) -> Checked {
        let nothing = missing(theirs);
        let mark = if row.address.contains('?') { '&' } else { '?' };
        let mut answers = Vec::new();
        for things in [theirs, &nothing] {
            let id = things.values().next().expect("one id");
            let address = format!("{}{mark}{parameter}={id}", row.address);
            let row = Row {
                address: address.leak(),
                ..row.clone()
            };
            let answer = ask(self.client(&row, role), &row, things).await;
            check(answer.status < 500, || {
                format!("{role:?} {}: {}", row.address, answer.status)
            })?;
            answers.push(seen(&answer, things));
        }
        let what = format!("{role:?} asks {} for others by {parameter}", row.address);
        check_same(&answers[0], &answers[1], &what)
    }
}
