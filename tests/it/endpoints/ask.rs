//! A row asked, and what came back looked at.

use reqwest::Method;
use vitaran_tests::{Answer, Client};

use super::table::Row;
use crate::house::{Things, fill, new_text};

/// The address of a row's thing.
pub fn address_of(row: &Row, things: &Things) -> String {
    let id = things.get("id").map_or("", String::as_str);
    let word = |name: &str| things.get(name).map_or("", String::as_str);
    let path = row
        .address
        .replace(":id", id)
        .replace("{id}", id)
        .replace(":address", word("address"))
        .replace("{address_id}", word("address"))
        .replace(":contact", word("contact"))
        .replace("{contact_id}", word("contact"))
        .replace(":slug", word("slug"))
        .replace(":tenant", word("slug"))
        .replace('*', "nothing.css");
    fill(&path, things)
}

/// A row's request, as a page of ours or a program sends it.
pub fn request(client: &Client, row: &Row, things: &Things, site: &str) -> reqwest::RequestBuilder {
    let method = Method::from_bytes(row.method.as_bytes()).unwrap();
    let request = client.request(method, &address_of(row, things));
    let body = fill(row.sample, things);
    if row.is_page() {
        let request = request.header("sec-fetch-site", site);
        return match row.is_write() {
            true => request
                .header("content-type", "application/x-www-form-urlencoded")
                .body(body),
            false => request,
        };
    }
    let version = things.get("version").map_or("1", String::as_str);
    let request = request
        .header("idempotency-key", new_text())
        .header("if-match", format!("\"v{version}\""));
    match body.is_empty() {
        true => request,
        false => request
            .header("content-type", "application/json")
            .body(body),
    }
}

pub async fn ask(client: &Client, row: &Row, things: &Things) -> Answer {
    if row.address == "/live" {
        // Its body has no end.
        let response = client.open("/live").await;
        return Answer {
            status: response.status().as_u16(),
            headers: response.headers().clone(),
            body: String::new(),
        };
    }
    client
        .send(request(client, row, things, "same-origin"))
        .await
}

/// Headers that tell two answers apart whatever they are about, each with its reason.
const DIFFER: [(&str, &str); 4] = [
    (
        "content-length",
        "follows the body, which is compared; a name may be longer than the one that there is not",
    ),
    ("date", "when it was answered"),
    ("ratelimit", "how many requests are left, and until when"),
    ("x-request-id", "the request's own"),
];

/// What somebody sees of an answer, whatever id it was about and under whatever key a form can be sent again.
#[derive(Debug, PartialEq, Eq)]
pub struct Seen {
    status: u16,
    headers: Vec<(String, String)>,
    body: String,
}

pub fn seen(answer: &Answer, things: &Things) -> Seen {
    let mut headers: Vec<(String, String)> = answer
        .headers
        .iter()
        .filter(|(name, _)| !DIFFER.iter().any(|(differs, _)| *name == *differs))
        .map(|(name, value)| {
            let value = String::from_utf8_lossy(value.as_bytes());
            (name.to_string(), without_names(&value, things))
        })
        .collect();
    headers.sort();
    Seen {
        status: answer.status,
        headers,
        body: without_names(&without_keys(&answer.without_ids()), things),
    }
}

fn without_names(text: &str, things: &Things) -> String {
    let mut text = text.to_owned();
    for (word, value) in things {
        text = match *word {
            "version" => text,
            // A slug also stands in people's addresses.
            "slug" => text.replace(&format!("/tenants/{value}"), "/tenants/NAMED"),
            _ => text.replace(value.as_str(), "NAMED"),
        };
    }
    text
}

fn without_keys(body: &str) -> String {
    let lead = r#"name="idempotency_key" value=""#;
    let mut parts = body.split(lead);
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |text, part| {
        text + lead + part.split_once('"').map_or("", |(_, rest)| rest)
    })
}

/// One thing that is not as it should be; they are told all at once.
pub type Checked = Result<(), String>;

pub fn check(holds: bool, what: impl Fn() -> String) -> Checked {
    if holds { Ok(()) } else { Err(what()) }
}

/// The two were the same, or where they part.
pub fn check_same(hidden: &Seen, none: &Seen, what: &str) -> Checked {
    check(hidden == none, || {
        let only = |of: &Seen, other: &Seen| -> Vec<(String, String)> {
            let mut only = of.headers.clone();
            only.retain(|header| !other.headers.contains(header));
            only
        };
        let same = hidden.body.bytes().zip(none.body.bytes());
        let at = same.take_while(|(a, b)| a == b).count().saturating_sub(80);
        let part = |text: &str| -> String {
            let bytes = text.bytes().skip(at).take(400).collect::<Vec<u8>>();
            String::from_utf8_lossy(&bytes).into_owned()
        };
        format!(
            "{what}: {} {:?} …{}\n  or {} {:?} …{}",
            hidden.status,
            only(hidden, none),
            part(&hidden.body),
            none.status,
            only(none, hidden),
            part(&none.body)
        )
    })
}

pub fn assert_none(findings: &[String]) {
    assert!(
        findings.is_empty(),
        "{} findings:\n{}",
        findings.len(),
        findings.join("\n")
    );
}

/// What an answer says, in short and without its markup.
pub fn gist(answer: &Answer) -> String {
    let (_, main) = answer
        .body
        .split_once("<main")
        .unwrap_or(("", &answer.body));
    let texts = main.split('>').filter_map(|part| part.split('<').next());
    let words: Vec<&str> = texts.flat_map(str::split_whitespace).take(60).collect();
    words.join(" ")
}

#[test]
fn answers_that_differ_in_one_header_are_told_apart_unless_it_is_the_requests_own() {
    let answer = |name: &'static str, value: &str| {
        let mut headers = reqwest::header::HeaderMap::new();
        headers.insert("x-request-id", "1".parse().unwrap());
        headers.insert(name, value.parse().unwrap());
        Answer {
            status: 404,
            headers,
            body: "Not found".to_owned(),
        }
    };
    let things = Things::from([("dealer", "kumar".to_owned())]);
    let seen = |name, value| seen(&answer(name, value), &things);
    for (name, _) in DIFFER {
        assert_eq!(seen(name, "7"), seen(name, "8"), "{name}");
    }
    assert_eq!(seen("location", "/d/kumar"), seen("location", "/d/NAMED"));
    let told = check_same(&seen("x-is-there", "7"), &seen("x-is-there", "8"), "x");
    assert!(told.unwrap_err().contains("x-is-there"));
    assert!(check_same(&seen("a", "7"), &seen("b", "7"), "x").is_err());
}
