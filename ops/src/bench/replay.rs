//! From what a server logged of one request to a script that pgbench can repeat.
//!
//! The server is told to log every statement with its parameters; between two places in that log lies one request. Its
//! statements become a script of the same statements, the parameters written in as constants, so that `pgbench -M
//! prepared` plans each once, as web does. Ids that the request made must be new in every run: their ends are put
//! together with a random number on the server.
//!
//! What differs: web opens a transaction and sets its tenant in one message, the script needs two.

use serde::Deserialize;

/// Stands for the random number inside a constant.
const FRESH: &str = "~fresh~";
/// The first eight digits of a version 7 id are its time in steps of 65 seconds; what is younger than the log is new.
const TIME_DIGITS: usize = 8;

#[derive(Debug, Deserialize)]
struct LogLine {
    #[serde(default)]
    user: String,
    #[serde(default)]
    message: String,
    #[serde(default)]
    detail: String,
}

/// The statements of app_user in a piece of a JSON log, in their order, ready to be repeated. `newest_known` is the
/// largest id there was before: a greater one was made by the request itself.
#[must_use]
pub fn script(log: &str, newest_known: &str) -> String {
    let mut script = String::from("\\set fresh random(268435456, 4294967295)\n");
    for line in log.lines() {
        let Ok(entry) = serde_json::from_str::<LogLine>(line) else {
            continue;
        };
        if entry.user != "app_user" {
            continue;
        }
        for statement in statements(&entry, newest_known) {
            script.push_str(&statement.replace('\n', " "));
            script.push_str(";\n");
        }
    }
    script
}

fn statements(entry: &LogLine, newest_known: &str) -> Vec<String> {
    if let Some(text) = entry.message.strip_prefix("statement: ") {
        return simple(text);
    }
    let Some((_, sql)) = entry
        .message
        .strip_prefix("execute ")
        .and_then(|rest| rest.split_once(": "))
    else {
        return Vec::new();
    };
    if is_housekeeping(sql) {
        return Vec::new();
    }
    let parameters = parameters(&entry.detail);
    vec![fill_in(sql, &parameters, newest_known)]
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
        } else if !is_housekeeping(part) {
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
fn fill_in(sql: &str, parameters: &[Option<String>], newest_known: &str) -> String {
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
            Some(value) => filled.push_str(&constant(value.as_deref(), newest_known)),
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

fn constant(value: Option<&str>, newest_known: &str) -> String {
    let Some(value) = value else {
        return "NULL".to_owned();
    };
    let renewed = renew(value, newest_known);
    let quoted = renewed.replace('\'', "''");
    let kind = kind(value);
    if renewed.contains(FRESH) {
        let kind = if kind.is_empty() { "::text" } else { kind };
        format!("replace('{quoted}', '{FRESH}', upper(to_hex((:fresh)::bigint))){kind}")
    } else {
        format!("'{quoted}'{kind}")
    }
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

    #[test]
    fn a_transaction_becomes_its_statements_with_the_settings_in_one_query() {
        let log = [
            logged("statement: BEGIN; SET LOCAL app.tenant_id = 'x'; SET LOCAL app.dealer_scope = 'all'", ""),
            logged("execute s1: SELECT $2, $1, $12", "parameters: $1 = 'it''s', $2 = NULL"),
            logged("statement: COMMIT", ""),
        ]
        .join("\n");
        assert_eq!(
            script(&log, OLD),
            "\\set fresh random(268435456, 4294967295)\nBEGIN;\nSELECT set_config('app.tenant_id', 'x', true), set_config('app.dealer_scope', 'all', true);\n\
             SELECT NULL, 'it''s', $12;\nCOMMIT;\n"
        );
    }

    #[test]
    fn only_ids_of_the_request_itself_are_made_anew() {
        let log = logged(
            "execute s2: INSERT INTO t SELECT $1, $2, $3",
            &format!("parameters: $1 = '{OLD}', $2 = '{NEW}', $3 = '[{{\"id\": \"{NEW}\"}}]'"),
        );
        let script = script(&log, OLD);
        assert!(script.contains(&format!("'{OLD}'::uuid")), "{script}");
        assert!(
            script.contains("replace('019ac111-2222-7333-8444-5555~fresh~', '~fresh~', upper(to_hex((:fresh)::bigint)))::uuid"),
            "{script}"
        );
        assert!(script.contains("(:fresh)::bigint)))::jsonb"), "{script}");
    }

    #[test]
    fn what_others_log_and_what_the_driver_sends_is_left_out() {
        let log = [
            logged("statement: LISTEN vitaran", ""),
            logged("parse s1: SELECT 1", ""),
            logged(
                "execute s3: SELECT pg_notify($1, $2)",
                "parameters: $1 = 'a', $2 = 'b'",
            ),
            serde_json::json!({ "user": "app_worker", "message": "statement: SELECT 2" })
                .to_string(),
        ]
        .join("\n");
        assert_eq!(script(&log, OLD).lines().count(), 1);
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
