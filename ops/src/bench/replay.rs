//! From what a server logged of one request to a script that pgbench can repeat.
//!
//! The server is told to log every statement with its parameters; between two places in that log lies one step. Its
//! statements become a script of the same statements, the parameters written in as constants, so that `pgbench -M
//! prepared` plans each once, as web does. What a request made itself must be new in every run: the ends of its ids, and
//! the number of its invoice, are put together with a serial number. So a whole lifecycle can be repeated: the order that
//! is approved is the one that the same run has placed.
//!
//! What differs: web opens a transaction and sets its tenant in one message, the script needs two; and web sends what does
//! not wait for an answer in one message, the script sends one statement at a time.

use serde::Deserialize;

/// Stands for the serial number inside a constant: in an id, in an invoice's number, and alone.
const FRESH: &str = "~fresh~";
const NUMBER: &str = "~number~";
const SEQUENCE: &str = "~sequence~";
/// The first eight digits of a version 7 id are its time in steps of 65 seconds; what is younger than the log is new.
const TIME_DIGITS: usize = 8;
/// Where the invoices of a replay begin: beyond what seed and measurement draw, and for all samples alike, for they are replayed
/// side by side and `:serial` alone keeps them apart.
const FIRST_SEQUENCE: u64 = 500_000;

#[derive(Debug, Deserialize)]
struct LogLine {
    #[serde(default)]
    pid: u32,
    #[serde(default)]
    user: String,
    #[serde(default)]
    message: String,
    #[serde(default)]
    detail: String,
}

/// What must not be repeated as it is.
#[derive(Debug, Clone, Default)]
pub struct New {
    /// The largest id there was before: a greater one was made by the request itself.
    pub after: String,
    /// The number of the invoice that the requests issued, such as SCL/26-27/000123.
    pub invoice: Option<String>,
}

/// One step of a sample.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Step {
    /// The statements as they were sent, without their parameters; those of one message are one.
    pub sent: Vec<String>,
    /// The same, ready to be repeated.
    pub script: Vec<String>,
}

impl Step {
    /// Whether the script says what was sent: as many statements, but for the settings of a transaction, which are a
    /// statement of their own.
    #[must_use]
    pub fn is_faithful(&self) -> bool {
        let settings = self
            .sent
            .iter()
            .filter(|sql| sql.starts_with("BEGIN") && sql.contains("SET LOCAL"))
            .count();
        !self.sent.is_empty() && self.script.len() == self.sent.len() + settings
    }
}

/// The statements of app_user in a piece of a JSON log, in their order.
#[must_use]
pub fn step(log: &str, new: &New) -> Step {
    let mut entries: Vec<LogLine> = Vec::new();
    for line in log.lines() {
        let Ok(entry) = serde_json::from_str::<LogLine>(line) else {
            continue;
        };
        if entry.user != "app_user" || sent(&entry).is_none() {
            continue;
        }
        // A transaction of nothing is all that is left of a hint to the live pages.
        let last = entries.iter().rposition(|other| other.pid == entry.pid);
        let empty = last.filter(|at| {
            sent(&entry) == Some("COMMIT") && entries.get(*at).and_then(sent) == Some("BEGIN")
        });
        match empty {
            Some(begin) => drop(entries.remove(begin)),
            None => entries.push(entry),
        }
    }
    let statements = entries.iter().flat_map(|entry| statements(entry, new));
    Step {
        script: statements.map(|sql| sql.replace('\n', " ")).collect(),
        sent: entries
            .iter()
            .filter_map(sent)
            .map(ToOwned::to_owned)
            .collect(),
    }
}

/// The script of a sample: its steps, each behind a mark with its name.
#[must_use]
pub fn script(steps: &[(&str, Step)], new: &New) -> String {
    let mut script = String::from(
        "\\set n :n + 1\n\\set serial :n * :clients + :client_id\n\\set fresh 268435456 + :serial\n",
    );
    if new.invoice.as_deref().and_then(number_parts).is_some() {
        script.push_str(&format!("\\set sequence {FIRST_SEQUENCE} + :serial\n"));
    }
    for (name, step) in steps {
        script.push_str(&format!("\\set step_{name} 1\n"));
        for statement in &step.script {
            script.push_str(statement);
            script.push_str(";\n");
        }
    }
    script
}

/// An invoice's number as all but its end, and the sequence its end says.
fn number_parts(number: &str) -> Option<(&str, u64)> {
    let (prefix, digits) = number.rsplit_once('/')?;
    Some((prefix, digits.parse().ok()?))
}

/// The SQL of a log line that is of the request.
fn sent(entry: &LogLine) -> Option<&str> {
    let sql = match entry.message.strip_prefix("statement: ") {
        Some(sql) => sql,
        None => entry.message.strip_prefix("execute ")?.split_once(": ")?.1,
    };
    (!is_housekeeping(sql)).then_some(sql)
}

fn statements(entry: &LogLine, new: &New) -> Vec<String> {
    if let Some(text) = entry.message.strip_prefix("statement: ") {
        return simple(text);
    }
    let sql = sent(entry).unwrap_or_default();
    vec![fill_in(
        &own_constants(sql),
        &parameters(&entry.detail),
        new,
    )]
}

/// Several commands in one message cannot be prepared: the settings become one query.
fn simple(text: &str) -> Vec<String> {
    let mut statements = Vec::new();
    let mut settings = Vec::new();
    for part in text
        .split(';')
        .map(str::trim)
        .filter(|part| !part.is_empty())
    {
        if let Some((name, value)) = part
            .strip_prefix("SET LOCAL ")
            .and_then(|rest| rest.split_once(" = "))
        {
            settings.push(format!(
                "set_config('{}', {}, true)",
                name.trim(),
                value.trim()
            ));
        } else {
            statements.push(part.to_owned());
        }
    }
    if !settings.is_empty() {
        statements.push(format!("SELECT {}", settings.join(", ")));
    }
    statements
}

/// What a driver or the live pages send beside the request.
fn is_housekeeping(sql: &str) -> bool {
    let sql = sql.trim_start().to_ascii_uppercase();
    [
        "LISTEN",
        "UNLISTEN",
        "NOTIFY",
        "DEALLOCATE",
        "SET ",
        "SHOW ",
    ]
    .iter()
    .any(|word| sql.starts_with(word))
        || sql.contains("PG_NOTIFY")
        || sql.contains("PG_TYPE")
}

/// The parameters of a log line's detail; `None` is NULL.
fn parameters(detail: &str) -> Vec<Option<String>> {
    let Some((_, mut rest)) = detail.split_once(": ") else {
        return Vec::new();
    };
    let mut values = Vec::new();
    while let Some((_, value)) = rest.split_once(" = ") {
        if let Some(after) = value.strip_prefix("NULL") {
            values.push(None);
            rest = after;
            continue;
        }
        let Some(mut text) = value.strip_prefix('\'') else {
            break;
        };
        let mut constant = String::new();
        while let Some((before, after)) = text.split_once('\'') {
            constant.push_str(before);
            text = after;
            match text.strip_prefix('\'') {
                Some(more) => {
                    constant.push('\'');
                    text = more;
                }
                None => break,
            }
        }
        values.push(Some(constant));
        rest = text;
    }
    values
}

/// Puts constants in the places of parameters, the last first, so that `$1` is not taken for the beginning of `$12`.
fn fill_in(sql: &str, parameters: &[Option<String>], new: &New) -> String {
    let mut filled = String::new();
    let mut rest = sql;
    while let Some((before, after)) = rest.split_once('$') {
        filled.push_str(before);
        let digits = after.bytes().take_while(u8::is_ascii_digit).count();
        let (number, tail) = after.split_at(digits);
        match number
            .parse::<usize>()
            .ok()
            .and_then(|number| parameters.get(number.checked_sub(1)?))
        {
            Some(value) => filled.push_str(&constant(value.as_deref(), new)),
            None => {
                filled.push('$');
                filled.push_str(number);
            }
        }
        rest = tail;
    }
    filled.push_str(rest);
    filled
}

/// A statement's own constants, such as the pattern of a time, written as those of its parameters are.
fn own_constants(sql: &str) -> String {
    let mut written = String::new();
    for (at, part) in sql.split('\'').enumerate() {
        if at % 2 == 1 {
            written.push_str(&quote(part));
        } else {
            written.push_str(part);
        }
    }
    written
}

fn constant(value: Option<&str>, new: &New) -> String {
    let Some(value) = value else {
        return "NULL".to_owned();
    };
    let kind = kind(value);
    let renewed = renew_number(&renew(value, &new.after), new);
    let mut constant = quote(&renewed);
    let mut is_put_together = false;
    for (mark, serial) in [
        (FRESH, "upper(to_hex((:fresh)::bigint))"),
        (NUMBER, "lpad((:sequence)::text, 6, '0')"),
        (SEQUENCE, "(:sequence)::text"),
    ] {
        if renewed.contains(mark) {
            constant = format!("replace({constant}, '{mark}', {serial})");
            is_put_together = true;
        }
    }
    let kind = if is_put_together && kind.is_empty() {
        "::text"
    } else {
        kind
    };
    format!("{constant}{kind}")
}

/// pgbench takes a colon before a letter for one of its variables, even inside quotes.
fn quote(text: &str) -> String {
    let quoted = text.replace('\'', "''");
    if !quoted.contains([':', '\\']) {
        return format!("'{quoted}'");
    }
    let escaped = quoted.replace('\\', "\\\\").replace(':', "\\x3a");
    format!("E'{escaped}'")
}

/// Puts marks in the place of the invoice's number and of its sequence.
fn renew_number(value: &str, new: &New) -> String {
    let Some(number) = new.invoice.as_deref() else {
        return value.to_owned();
    };
    let Some((prefix, sequence)) = number_parts(number) else {
        return value.to_owned();
    };
    value
        .replace(number, &format!("{prefix}/{NUMBER}"))
        .replace(
            &format!("\"sequence\": {sequence}"),
            &format!("\"sequence\": {SEQUENCE}"),
        )
}

/// The type that a constant must say because its place does not.
fn kind(value: &str) -> &'static str {
    let is_json =
        value.starts_with("{\"") || value.starts_with("[{") || matches!(value, "[]" | "{}");
    if is_json {
        "::jsonb"
    } else if is_id(value) {
        "::uuid"
    } else if value.starts_with('{') && value.ends_with('}') {
        let items = value.trim_matches(['{', '}']);
        if items.split(',').all(is_id) {
            "::uuid[]"
        } else {
            "::text[]"
        }
    } else {
        ""
    }
}

fn is_id(text: &str) -> bool {
    text.len() == 36
        && text.char_indices().all(|(at, c)| match at {
            8 | 13 | 18 | 23 => c == '-',
            _ => c.is_ascii_hexdigit(),
        })
}

/// Gives ids and queue ids that are younger than the newest known an end of their own in every run.
fn renew(value: &str, newest_known: &str) -> String {
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '-';
    let mut renewed = String::new();
    let mut rest = value;
    while let Some(start) = rest.find(is_part) {
        let (before, from) = rest.split_at(start);
        let end = from.find(|c| !is_part(c)).unwrap_or(from.len());
        let (word, after) = from.split_at(end);
        renewed.push_str(before);
        renewed.push_str(&renew_word(word, newest_known));
        rest = after;
    }
    renewed.push_str(rest);
    renewed
}

fn renew_word(word: &str, newest_known: &str) -> String {
    let is_queue_id = word.len() == 26
        && word.starts_with("01")
        && word
            .bytes()
            .all(|b| b.is_ascii_digit() || b.is_ascii_uppercase());
    let is_new_id = is_id(word) && word > newest_known && word.get(14..15) == Some("7");
    if !is_queue_id && !is_new_id {
        return word.to_owned();
    }
    // Eight hexadecimal digits take the place of the last eight; what tells ids of one instant apart stands before.
    match word.get(..word.len().saturating_sub(8)) {
        Some(head) => format!("{head}{FRESH}"),
        None => word.to_owned(),
    }
}

/// The first id that a request made from now on could have.
#[must_use]
pub fn id_of(instant: chrono::DateTime<chrono::Utc>) -> String {
    let time = format!("{:012x}", instant.timestamp_millis());
    let (high, low) = time.split_at(TIME_DIGITS);
    format!("{high}-{low}-7000-8000-000000000000")
}

#[cfg(test)]
mod tests {
    use super::*;

    const OLD: &str = "019ac000-0000-7000-8000-000000000000";
    const NEW: &str = "019ac111-2222-7333-8444-555555555666";

    fn logged(message: &str, detail: &str) -> String {
        serde_json::json!({ "user": "app_user", "message": message, "detail": detail }).to_string()
    }

    fn new() -> New {
        New {
            after: OLD.to_owned(),
            invoice: Some("SCL/26-27/000123".to_owned()),
        }
    }

    #[test]
    fn a_transaction_becomes_its_statements_with_the_settings_in_one_query() {
        let log = [
            logged("statement: BEGIN; SET LOCAL app.tenant_id = 'x'; SET LOCAL app.dealer_scope = 'all'", ""),
            logged("execute s1: SELECT $2, $1, $12", "parameters: $1 = 'it''s', $2 = NULL"),
            logged("execute s2: COMMIT", ""),
        ]
        .join("\n");
        let step = step(&log, &new());
        assert_eq!(
            step.script,
            [
                "BEGIN",
                "SELECT set_config('app.tenant_id', 'x', true), set_config('app.dealer_scope', 'all', true)",
                "SELECT NULL, 'it''s', $12",
                "COMMIT"
            ]
        );
        assert_eq!(step.sent.len(), 3);
        assert!(step.is_faithful());
    }

    #[test]
    fn a_script_with_a_statement_too_few_or_too_many_is_not_faithful() {
        let log = [
            logged("statement: BEGIN; SET LOCAL app.tenant_id = 'x'", ""),
            logged("execute s1: SELECT 1", ""),
        ]
        .join("\n");
        let whole = step(&log, &new());
        let (mut less, mut more) = (whole.clone(), whole.clone());
        less.script.pop();
        more.script.push("SELECT 2".to_owned());
        assert!(whole.is_faithful() && !less.is_faithful() && !more.is_faithful());
        assert!(!Step::default().is_faithful());
    }

    #[test]
    fn only_ids_of_the_request_itself_are_made_anew() {
        let log = logged(
            "execute s2: INSERT INTO t SELECT $1, $2, $3",
            &format!("parameters: $1 = '{OLD}', $2 = '{NEW}', $3 = '[{{\"id\": \"{NEW}\"}}]'"),
        );
        let script = step(&log, &new()).script.concat();
        assert!(script.contains(&format!("'{OLD}'::uuid")), "{script}");
        assert!(
            script.contains("replace('019ac111-2222-7333-8444-5555~fresh~', '~fresh~', upper(to_hex((:fresh)::bigint)))::uuid"),
            "{script}"
        );
        assert!(script.contains("(:fresh)::bigint)))::jsonb"), "{script}");
    }

    #[test]
    fn an_invoice_gets_the_next_number_in_every_run() {
        let log = logged(
            "execute s2: SELECT $1, $2",
            "parameters: $1 = '{\"number\": \"SCL/26-27/000123\", \"sequence\": 123}', $2 = 'SCL/26-27/000124'",
        );
        let sample = step(&log, &new());
        let statement = sample.script.concat();
        assert!(
            statement.contains("SCL/26-27/~number~") && statement.contains("~sequence~}"),
            "{statement}"
        );
        assert!(statement.ends_with("'SCL/26-27/000124'"), "{statement}");
        let script = script(&[("dispatch", sample)], &new());
        assert!(
            script.contains("\\set sequence 500000 + :serial\n\\set step_dispatch 1\n"),
            "{script}"
        );
    }

    #[test]
    fn no_colon_of_a_constant_is_taken_for_a_variable() {
        assert_eq!(quote("urn:x"), r"E'urn\x3ax'");
        assert_eq!(quote(r"a\b's"), r"E'a\\b''s'");
        assert_eq!(quote("plain"), "'plain'");
    }

    #[test]
    fn a_statement_s_own_pattern_of_a_time_keeps_its_colons() {
        let log = logged(
            "execute s2: SELECT to_char(at, 'HH24:MI:SS') FROM t WHERE name = 'plain' AND id = $1",
            "parameters: $1 = '7'",
        );
        assert_eq!(
            step(&log, &new()).script,
            [r"SELECT to_char(at, E'HH24\x3aMI\x3aSS') FROM t WHERE name = 'plain' AND id = '7'"]
        );
    }

    #[test]
    fn what_others_log_and_what_the_driver_sends_is_left_out() {
        let other =
            serde_json::json!({ "user": "app_user", "pid": 7, "message": "execute s1: SELECT 1" })
                .to_string();
        let log = [
            logged("statement: LISTEN vitaran", ""),
            logged("parse s1: SELECT 1", ""),
            logged("statement: BEGIN", ""),
            other.clone(),
            logged(
                "execute s3: SELECT pg_notify($1, $2)",
                "parameters: $1 = 'a', $2 = 'b'",
            ),
            logged("statement: COMMIT", ""),
            serde_json::json!({ "user": "app_worker", "message": "statement: SELECT 2" })
                .to_string(),
        ]
        .join("\n");
        assert_eq!(step(&log, &new()).sent, ["SELECT 1"]);
    }

    #[test]
    fn lists_and_documents_say_their_type() {
        let lists = format!("{{{OLD},{NEW}}}");
        assert_eq!(kind(&lists), "::uuid[]");
        assert_eq!(kind("{SC-1,SC-2}"), "::text[]");
        assert_eq!(kind("{\"a\": 1}"), "::jsonb");
        assert_eq!(kind("2026-11-21"), "");
    }

    #[test]
    fn an_instant_has_an_id_before_all_ids_made_after_it() {
        let instant = "2026-11-21T08:00:00Z".parse().unwrap();
        let before = id_of(instant);
        assert!(is_id(&before));
        assert!(id_of(instant + chrono::TimeDelta::milliseconds(1)) > before);
    }
}
