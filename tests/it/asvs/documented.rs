//! SECURITY.md says what is so.

use super::claims::root;

fn page() -> String {
    std::fs::read_to_string(root().join("SECURITY.md")).expect("SECURITY.md")
}

fn part(heading: &str) -> String {
    let page = page();
    let part = page.split(&format!("\n## {heading}\n")).nth(1);
    let part = part.unwrap_or_else(|| panic!("no part {heading}"));
    part.split("\n## ").next().unwrap_or_default().to_owned()
}

/// Facts of a text: a file, a colon and what stands in the file.
fn facts(text: &str) -> Vec<(String, String)> {
    let pieces: Vec<&str> = text.split('`').collect();
    let pairs = pieces.windows(2).step_by(2).filter_map(|pair| {
        let file = pair[0]
            .trim_end()
            .strip_suffix(':')?
            .rsplit([' ', '\n', '|', '`'])
            .next()?;
        let is_file = [".rs", ".sql", ".toml", ".yaml"]
            .iter()
            .any(|ending| file.ends_with(ending));
        is_file.then(|| (file.to_owned(), pair[1].to_owned()))
    });
    pairs.collect()
}

#[test]
fn what_the_page_says_of_the_code_stands_in_the_code() {
    let facts = facts(&page());
    assert!(
        facts.len() >= 35,
        "the facts are no longer found: {}",
        facts.len()
    );
    for (file, wanted) in facts {
        let text = std::fs::read_to_string(root().join(&file)).expect(&file);
        assert!(text.contains(&wanted), "{file} does not say {wanted}");
    }
}

fn assert_says(heading: &str, all: &[&str]) {
    let part = part(heading);
    for one in all {
        assert!(part.contains(one), "{heading} says nothing of {one}");
    }
}

#[test]
fn the_ways_in_are_listed_with_what_guards_each_and_the_tables_name_no_other() {
    assert_says(
        "Ways in",
        &[
            "/login",
            "/api/v1/auth/login",
            "/new-password",
            "/invitation",
            "/new-email",
            "second factor",
            "API key",
            "support visit",
            "/webhooks/whatsapp",
            "`vitaran`",
        ],
    );
    let pages = include_str!("../endpoints/pages.txt");
    let operations = include_str!("../endpoints/operations.txt");
    let open = pages
        .lines()
        .chain(operations.lines())
        .filter(|line| line.contains("| everybody="));
    let ways = [
        "login",
        "password",
        "logout",
        "refresh",
        "webhooks",
        "invitation",
        "new-email",
    ];
    let writes = open.filter(|line| line.starts_with("POST"));
    // Whoever is nobody and is answered otherwise than with a refusal or a redirect comes in by one of these ways.
    for line in writes.filter(|line| line.contains("everybody=2") || line.contains("everybody=422"))
    {
        assert!(ways.iter().any(|way| line.contains(way)), "{line}");
    }
}

#[test]
fn guessing_words_and_lifetimes_are_documented_with_their_reasons() {
    assert_says(
        "Passwords and guessing",
        &[
            "ten sign-ins a minute",
            "15 minutes",
            "Nobody",
            "the name, the e-mail address and the distributor's name",
        ],
    );
    assert_says(
        "Sessions",
        &[
            "12 hours",
            "7 days",
            "30 days",
            "NIST SP 800-63B",
            "on purpose",
            "any number of sessions",
        ],
    );
}

#[test]
fn rights_fields_values_and_limits_are_documented() {
    assert_says(
        "Who may what",
        &[
            "matrix.txt",
            "read by",
            "written by",
            "credit limit",
            "base price",
        ],
    );
    assert_says(
        "What must agree",
        &[
            "GSTIN",
            "PIN code",
            "MRP",
            "lorry receipt",
            "credit",
            "status",
        ],
    );
    assert_says("Limits", &["1 MiB", "500", "password hashes", "PDFs"]);
}

#[test]
fn keys_data_connections_and_logs_are_documented() {
    assert_says(
        "Keys and ciphers",
        &[
            "Argon2id",
            "XChaCha20-Poly1305",
            "HMAC-SHA256",
            "When it leaks",
            "nobody else",
        ],
    );
    assert_says(
        "Kinds of data",
        &[
            "secret",
            "personal",
            "of the business",
            "public",
            "never logged",
        ],
    );
    assert_says("Connections", &["PostgreSQL", "mail server", "WhatsApp"]);
    assert_says(
        "Logs",
        &[
            "standard error",
            "UTC",
            "audit_trail",
            "for ever",
            "platform.audit.read",
        ],
    );
    assert_says("What it is made of", &["Cargo.lock", "2 days", "14 days"]);
    assert_says(
        "What the operator adds",
        &["TLS 1.2 and 1.3", "TRUSTED_PROXIES", "collector"],
    );
}

#[test]
fn a_fact_is_a_file_with_what_it_says() {
    let text = "so: core/a.rs: `MAX: u8 = 1`, and `b` is no fact; | x | web/b.rs: `TWO` |";
    let wanted = [("core/a.rs", "MAX: u8 = 1"), ("web/b.rs", "TWO")];
    assert_eq!(
        facts(text),
        wanted.map(|(file, says)| (file.to_owned(), says.to_owned()))
    );
}
