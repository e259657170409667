//! What nobody should send, sent to everything that reads anything: each time a refusal in the face's own form, never a
//! failure of ours, and nothing written.

mod cases;
mod documented;
mod forms;

use std::collections::BTreeMap;

use reqwest::Method;
use serde_json::{Value, json};
use vitaran_core::access::Role;
use vitaran_tests::flow::Flow;
use vitaran_tests::{Answer, Client, TestApp, test_app};

use crate::endpoints::ask::{Checked, address_of, assert_none, check, gist};
use crate::endpoints::table::{self, Row, Who};
use crate::house::{House, Things, fill, new_text};

const JSON: &str = "application/json";
const FORM: &str = "application/x-www-form-urlencoded";

/// A document that a careless reader would fetch a file for. Nothing here reads XML.
const XML: &str = r#"<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>"#;

/// Texts that are right in hardly any field; what a field can take, it may.
const ODD: [&str; 9] = [
    " ",
    "-1",
    "0",
    "1.23456",
    "1e9",
    "99999999999999999999999999999999",
    "2026-02-30",
    "<b>&\"'\u{202e}\u{1f69a}",
    "' OR 1=1; --",
];

/// Longer than any field takes.
fn over_long() -> String {
    "x".repeat(5_000)
}

/// Administrators, who meet no refusal but that of their input, and a dealer for the portal.
struct World<'a> {
    house: House<'a>,
    browser: Client,
    dealer: Client,
    platform: Client,
    program: Client,
    things: BTreeMap<&'static str, Things>,
}

impl<'a> World<'a> {
    async fn new(app: &'a TestApp, rows: &[Row]) -> World<'a> {
        let house = House::new(app, Flow::new(app)).await;
        let admin = house.person(Role::Admin).await;
        let dealer = house.person(Role::Dealer).await;
        let mut things = BTreeMap::new();
        for row in rows {
            if !things.contains_key(row.names) {
                things.insert(row.names, house.make(row.names).await);
            }
        }
        World {
            browser: app.sign_in(&admin).await,
            program: app.api(&admin).await,
            dealer: app.sign_in(&dealer).await,
            platform: app.sign_in_platform_admin().await,
            house,
            things,
        }
    }

    fn client(&self, row: &Row) -> &Client {
        match (row.is_page(), row.holders().contains(&Role::Admin)) {
            (false, _) => &self.program,
            _ if row.who == Who::Platform => &self.platform,
            (true, true) => &self.browser,
            (true, false) => &self.dealer,
        }
    }

    async fn send(&self, row: &Row, kind: &str, body: impl Into<reqwest::Body>) -> Answer {
        let things = &self.things[row.names];
        let client = self.client(row);
        let method = Method::from_bytes(row.method.as_bytes()).unwrap();
        let request = client
            .request(method, &address_of(row, things))
            .header("sec-fetch-site", "same-origin")
            .header("content-type", kind)
            .body(body);
        let request = match row.is_page() {
            true => request,
            false => request
                .header("idempotency-key", new_text())
                .header("if-match", format!("\"v{}\"", things["version"])),
        };
        client.send(request).await
    }
}

/// The rows that read a body.
fn readers(rows: Vec<Row>) -> Vec<Row> {
    let open_to_us = |row: &Row| matches!(row.who, Who::Holding(_));
    rows.into_iter()
        .filter(|row| !row.sample.is_empty() && open_to_us(row))
        .collect()
}

/// A refusal as this face shows it: a problem document, or a page.
fn check_refusal(row: &Row, answer: &Answer, status: u16, what: &str) -> Checked {
    let kind = answer.header("content-type").unwrap_or_default();
    let in_form = match row.is_page() {
        true => kind.starts_with("text/html") && answer.body.contains("<h1"),
        false => {
            let body = || answer.json();
            kind == "application/problem+json"
                && body()["status"] == status
                && body()["request_id"].as_str() == answer.header("x-request-id")
                && ["code", "title", "detail", "type"]
                    .iter()
                    .all(|key| body()[key].is_string())
        }
    };
    check(answer.status == status && in_form, || {
        format!(
            "{what} to {} {}: {} {kind} {}",
            row.method,
            row.address,
            answer.status,
            gist(answer)
        )
    })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_cannot_be_read_is_refused_everywhere_and_writes_nothing() {
    let app = test_app().await;
    let rows = readers([table::pages(), table::operations()].concat());
    let world = World::new(&app, &rows).await;
    let before = app.database.picture().await;
    let mut findings = Vec::new();
    for row in &rows {
        let sample = fill(row.sample, &world.things[row.names]);
        let unreadable = match row.is_page() {
            true => unreadable_forms(&sample),
            false => unreadable_json(&sample),
        };
        for (what, kind, status, body) in unreadable {
            let answer = world.send(row, kind, body).await;
            findings.extend(check_refusal(row, &answer, status, what).err());
        }
        if !row.is_page() {
            findings.extend(world.an_unknown_field_is_named(row, &sample).await.err());
            findings.extend(world.wrong_types_are_malformed(row, &sample).await.err());
        }
    }
    assert_none(&findings);
    let changed = app.database.picture().await.changed_since(&before);
    assert!(changed.is_empty(), "{changed:?}");
}

type Unreadable = Vec<(&'static str, &'static str, u16, Vec<u8>)>;

fn unreadable_json(sample: &str) -> Unreadable {
    // The first text of the sample, or its first value, with something in it that is no text.
    let with = |what: &[u8]| {
        let at = sample.find(":\"").or_else(|| sample.find(":["));
        let at = at.or_else(|| sample.find(':')).unwrap() + 2;
        [&sample.as_bytes()[..at], what, &sample.as_bytes()[at..]].concat()
    };
    vec![
        (
            "half a document",
            JSON,
            400,
            sample.as_bytes()[..sample.len() - 1].to_vec(),
        ),
        ("a list", JSON, 400, b"[]".to_vec()),
        ("a text", JSON, 400, b"\"x\"".to_vec()),
        ("invalid UTF-8", JSON, 400, with(b"\xff")),
        ("a NUL", JSON, 400, with(b"\0")),
        ("an escaped NUL", JSON, 400, with(br"\u0000")),
        (
            "a NUL of a type in capitals",
            "Application/JSON",
            400,
            with(br"\u0000"),
        ),
        ("half a surrogate", JSON, 400, with(br"\ud800")),
        ("a form", FORM, 415, sample.as_bytes().to_vec()),
        ("plain text", "text/plain", 415, sample.as_bytes().to_vec()),
        ("XML", "application/xml", 415, XML.as_bytes().to_vec()),
        ("a deep nest", JSON, 400, "[".repeat(100_000).into_bytes()),
    ]
}

fn unreadable_forms(sample: &str) -> Unreadable {
    let with = |what: &str| format!("{sample}{what}").into_bytes();
    let many = "&lines.0.sku=".repeat(2_001);
    vec![
        ("invalid UTF-8", FORM, 400, with("%ff")),
        ("a NUL", FORM, 400, with("%00")),
        (
            "raw bytes",
            FORM,
            400,
            [sample.as_bytes(), b"\xff"].concat(),
        ),
        ("too many fields", FORM, 400, with(&many)),
        ("fields too deep", FORM, 400, with("&a.b.c.d.e=1")),
        ("JSON", JSON, 415, b"{}".to_vec()),
        ("XML", "text/xml", 415, XML.as_bytes().to_vec()),
        (
            "a file",
            "multipart/form-data; boundary=x",
            415,
            b"--x--".to_vec(),
        ),
    ]
}

impl World<'_> {
    async fn an_unknown_field_is_named(&self, row: &Row, sample: &str) -> Checked {
        let mut body: Value = serde_json::from_str(sample).unwrap();
        body["surplus"] = json!(1);
        let answer = self.send(row, JSON, body.to_string()).await;
        check_refusal(row, &answer, 400, "an unknown field")?;
        let fault = answer.json()["errors"][0].clone();
        let named = (fault["pointer"].as_str(), fault["code"].as_str());
        check(named == (Some("/surplus"), Some("unknown_field")), || {
            format!("{row:?}: {fault}")
        })
    }

    /// Every member in turn of a type that none has, and every text as a number; the refusal names the place.
    async fn wrong_types_are_malformed(&self, row: &Row, sample: &str) -> Checked {
        let body: Value = serde_json::from_str(sample).unwrap();
        for pointer in places(&body) {
            let is_text = body.pointer(&pointer).unwrap().is_string();
            let numbers = is_text.then(|| json!(5));
            for other in [json!({"a": [1.5]})].into_iter().chain(numbers) {
                let what = format!("{other} at {pointer}");
                let mut wrong = body.clone();
                *wrong.pointer_mut(&pointer).unwrap() = other;
                let answer = self.send(row, JSON, wrong.to_string()).await;
                check_refusal(row, &answer, 400, &what)?;
                let fault = answer.json()["errors"][0].clone();
                let named = (fault["pointer"].as_str(), fault["code"].as_str());
                check(named == (Some(pointer.as_str()), Some("type")), || {
                    format!("{what} of {row:?}: {fault}")
                })?;
            }
        }
        Ok(())
    }
}

/// The places of all members that hold a text, and of the lists around them.
fn places(value: &Value) -> Vec<String> {
    fn walk(value: &Value, at: &str, all: &mut Vec<String>) {
        match value {
            Value::Object(members) => {
                for (name, member) in members {
                    walk(member, &format!("{at}/{name}"), all);
                }
            }
            Value::Array(items) => {
                all.push(at.to_owned());
                for (index, item) in items.iter().enumerate() {
                    walk(item, &format!("{at}/{index}"), all);
                }
            }
            _ => all.push(at.to_owned()),
        }
    }
    let mut all = Vec::new();
    walk(value, "", &mut all);
    all
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_stands_in_a_field_of_the_api_is_read_or_refused_with_its_place() {
    let app = test_app().await;
    let rows = readers(table::operations());
    let mut world = World::new(&app, &rows).await;
    let mut findings = Vec::new();
    for row in &rows {
        let sample: Value = serde_json::from_str(&world.sample(row)).unwrap();
        for pointer in places(&sample) {
            if !sample.pointer(&pointer).unwrap().is_string() {
                continue;
            }
            for odd in odd_texts(row) {
                let mut body: Value = serde_json::from_str(&world.sample(row)).unwrap();
                *body.pointer_mut(&pointer).unwrap() = odd.as_str().into();
                let answer = world.send(row, JSON, body.to_string()).await;
                findings.extend(check_read_or_refused(row, &answer, &pointer, &odd).err());
                world.renew_what_changed(row, &answer).await;
            }
        }
    }
    assert_none(&findings);
}

fn check_read_or_refused(row: &Row, answer: &Answer, pointer: &str, odd: &str) -> Checked {
    let shown: String = odd.chars().take(20).collect();
    let what = format!("{shown:?} at {pointer}");
    let is_too_long = odd.len() > 4_000;
    check(
        answer.status < 500 && !(is_too_long && answer.status < 400),
        || {
            format!(
                "{what} of {} {}: {} {}",
                row.method, row.address, answer.status, answer.body
            )
        },
    )?;
    if answer.status < 400 {
        return Ok(());
    }
    check_refusal(row, answer, answer.status, &what)?;
    // A refusal of the input names the place; for ids of nothing and other states the whole is meant.
    let errors = answer.json()["errors"].clone();
    let names = |fault: &Value| {
        fault["pointer"]
            .as_str()
            .is_some_and(|at| at.starts_with(pointer) || pointer.starts_with(at))
    };
    let placed = errors.as_array().is_some_and(|all| all.iter().any(names));
    // A product goes by its id or its SKU: the blank one of them means the other.
    let beside = pointer.rsplit_once('/').is_some_and(|(parent, _)| {
        errors.as_array().is_some_and(|all| {
            all.iter().any(|fault| {
                fault["code"] == "required" && fault["pointer"] == format!("{parent}/sku")
            })
        })
    });
    check(answer.status != 422 || placed || beside, || {
        format!(
            "{what} of {} {} is not placed: {}",
            row.method, row.address, answer.body
        )
    })
}

/// Fewer of them where each that is taken costs a new order.
fn odd_texts(row: &Row) -> Vec<String> {
    let few = [" ", "-1", "<b>&\"'\u{202e}\u{1f69a}"];
    let texts: &[&str] = match row.names.starts_with("order ") {
        true => &few,
        false => &ODD,
    };
    let texts = texts.iter().map(|odd| (*odd).to_owned());
    texts.chain([over_long()]).collect()
}

impl World<'_> {
    fn sample(&self, row: &Row) -> String {
        fill(row.sample, &self.things[row.names])
    }

    /// What was taken has used its thing up: an order is in another state, a record in another version.
    async fn renew_what_changed(&mut self, row: &Row, answer: &Answer) {
        if answer.status < 400 && !row.names.is_empty() {
            self.things
                .insert(row.names, self.house.make(row.names).await);
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_method_that_an_address_does_not_have_is_405_and_says_which_it_has() {
    let app = test_app().await;
    let rows = [table::pages(), table::operations()].concat();
    let world = World::new(&app, &rows).await;
    let mut there: BTreeMap<String, Vec<&Row>> = BTreeMap::new();
    for row in rows.iter().filter(|row| !row.address.contains('*')) {
        there.entry(row.route().1).or_default().push(row);
    }
    let mut findings = Vec::new();
    for rows in there.values() {
        let row = rows[0];
        let path = &address_of(row, &world.things[row.names]);
        let has: Vec<&str> = rows.iter().map(|row| row.method).collect();
        for method in ["GET", "POST", "PUT", "PATCH", "DELETE"] {
            if has.contains(&method) {
                continue;
            }
            let client = world.client(row);
            let method = Method::from_bytes(method.as_bytes()).unwrap();
            let request = client
                .request(method.clone(), path)
                .header("sec-fetch-site", "same-origin");
            let answer = client.send(request).await;
            let allow = answer.header("allow").unwrap_or_default();
            let named: Vec<&str> = allow.split(", ").filter(|one| *one != "HEAD").collect();
            let same = named.len() == has.len() && has.iter().all(|one| named.contains(one));
            check(answer.status == 405 && same, || {
                format!(
                    "{method} {path}: {} with {allow:?}, not {has:?}",
                    answer.status
                )
            })
            .unwrap_or_else(|finding| findings.push(finding));
        }
    }
    assert_none(&findings);
}
