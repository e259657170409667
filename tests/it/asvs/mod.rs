//! OWASP ASVS 5.0, level 2: what of it applies is held by tests that have names, and of the rest stands why.
//!
//! The table beside this file has an item for each requirement of levels 1 and 2. The modules here hold what no feature's own tests
//! look at: the sources, what SECURITY.md says, and the answers that need no database.

mod claims;
mod documented;
mod source;
mod wire;

use std::collections::{BTreeMap, BTreeSet};

/// How many items each chapter has on levels 1 and 2, as released in May 2025.
const CHAPTERS: [(u8, usize); 17] = [
    (1, 27),
    (2, 11),
    (3, 19),
    (4, 10),
    (5, 9),
    (6, 35),
    (7, 18),
    (8, 7),
    (9, 7),
    (10, 29),
    (11, 14),
    (12, 9),
    (13, 13),
    (14, 9),
    (15, 13),
    (16, 16),
    (17, 7),
];

/// Items that apply and are met in part, or otherwise. It only falls.
const MOST_WAIVED: usize = 14;

/// A sentence; less is an excuse.
const SHORTEST_REASON: usize = 40;

/// `6.2.11`, in the order that people count.
type Number = (u8, u8, u8);

#[derive(Debug)]
struct Item {
    number: Number,
    level: u8,
    /// What it asks, in our words.
    asks: &'static str,
    outcome: Outcome,
}

#[derive(Debug)]
enum Outcome {
    Tests(Vec<String>),
    /// It does not apply.
    Absent(String),
    /// It applies, and is met in part, or otherwise.
    Waived(String),
}

/// An item is a line at the margin; what is indented below is its outcome.
fn items() -> Vec<Item> {
    let mut all: Vec<(&'static str, Vec<&'static str>)> = Vec::new();
    let lines = include_str!("items.txt").lines();
    for line in lines.filter(|line| !line.trim().is_empty() && !line.starts_with('#')) {
        match (line.starts_with(' '), all.last_mut()) {
            (true, Some((_, outcome))) => outcome.push(line.trim()),
            _ => all.push((line.trim(), Vec::new())),
        }
    }
    all.into_iter()
        .map(|(head, rest)| item(head, &rest))
        .collect()
}

fn item(head: &'static str, outcome: &[&'static str]) -> Item {
    let columns: Vec<&str> = head.splitn(3, '|').map(str::trim).collect();
    let [number, level, asks] = columns.as_slice() else {
        panic!("a number, a level and what is asked: {head}")
    };
    let parts: Vec<u8> = number.split('.').filter_map(|n| n.parse().ok()).collect();
    let [chapter, section, place] = parts.as_slice() else {
        panic!("no number: {head}")
    };
    Item {
        number: (*chapter, *section, *place),
        level: level.parse().unwrap_or_else(|_| panic!("no level: {head}")),
        asks,
        outcome: outcome_of(head, outcome),
    }
}

fn outcome_of(head: &str, lines: &[&str]) -> Outcome {
    let Some((kind, first)) = lines.first().and_then(|line| line.split_once(':')) else {
        panic!("no outcome: {head}")
    };
    let rest = lines[1..].iter().copied();
    let all: Vec<&str> = std::iter::once(first.trim()).chain(rest).collect();
    match kind {
        "tests" => Outcome::Tests(all.into_iter().map(str::to_owned).collect()),
        "absent" => Outcome::Absent(all.join(" ")),
        "waived" => Outcome::Waived(all.join(" ")),
        _ => panic!("{kind} is no outcome: {head}"),
    }
}

fn counted(items: &[Item], is_meant: fn(&Outcome) -> bool) -> usize {
    items.iter().filter(|item| is_meant(&item.outcome)).count()
}

#[test]
fn every_item_of_levels_one_and_two_stands_in_the_table_once_and_in_order() {
    let items = items();
    let numbers: Vec<Number> = items.iter().map(|item| item.number).collect();
    let sorted: BTreeSet<Number> = numbers.iter().copied().collect();
    assert_eq!(numbers, sorted.into_iter().collect::<Vec<_>>());
    let mut chapters = BTreeMap::<u8, usize>::new();
    for item in &items {
        *chapters.entry(item.number.0).or_default() += 1;
        assert!(matches!(item.level, 1 | 2), "{item:?}");
        assert!(item.asks.len() > 10, "{item:?}");
    }
    assert_eq!(chapters.into_iter().collect::<Vec<_>>(), CHAPTERS);
}

#[test]
fn every_test_that_is_named_exists_and_is_named_once_for_an_item() {
    let there = claims::all();
    assert!(there.len() > 900, "the tests are no longer found");
    let mut wrong = Vec::new();
    for item in items() {
        let Outcome::Tests(names) = &item.outcome else {
            continue;
        };
        let unique: BTreeSet<&String> = names.iter().collect();
        if unique.len() != names.len() {
            wrong.push(format!("{:?} names a test twice", item.number));
        }
        let missing = unique.into_iter().filter(|name| !there.contains(*name));
        wrong.extend(missing.map(|name| format!("{:?}: {name}", item.number)));
    }
    assert!(wrong.is_empty(), "named and not there: {wrong:#?}");
}

#[test]
fn whatever_is_held_by_no_test_has_its_reason() {
    for item in items() {
        if let Outcome::Absent(reason) | Outcome::Waived(reason) = &item.outcome {
            assert!(reason.len() >= SHORTEST_REASON, "{item:?}");
        }
    }
}

#[test]
fn no_more_is_waived_than_was_and_a_waiver_that_is_gone_does_not_come_back() {
    let items = items();
    let tested = counted(&items, |outcome| matches!(outcome, Outcome::Tests(_)));
    let absent = counted(&items, |outcome| matches!(outcome, Outcome::Absent(_)));
    let waived = counted(&items, |outcome| matches!(outcome, Outcome::Waived(_)));
    let all = items.len();
    println!(
        "ASVS 5.0 level 2: {all} items, {tested} held by tests, {absent} absent, {waived} waived"
    );
    assert_eq!(
        waived, MOST_WAIVED,
        "set it to the new count if that is less"
    );
}
