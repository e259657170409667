//! What is in the database, whole: to see that nothing changed, or that the same came to be twice.

use std::collections::BTreeMap;

use crate::Database;

/// The tables where merely asking leaves a trace: when a session was last used, and that somebody tried to sign in.
const TRACES: [&str; 5] = [
    "sessions",
    "access_tokens",
    "rotated_tokens",
    "sign_in_tries",
    "request_counts",
];

/// Columns that say how a change came about and not what it was: the transaction, and whether a page or a program asked.
const HOW: &str = "'tx', 'n', 'via'";

/// A digest of every table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture(BTreeMap<String, String>);

impl Picture {
    /// The tables whose contents are others than they were in `before`.
    pub fn changed_since(&self, before: &Picture) -> Vec<String> {
        let tables = self.0.iter();
        tables
            .filter(|(table, digest)| before.0.get(*table) != Some(digest))
            .map(|(table, _)| table.clone())
            .collect()
    }
}

#[derive(diesel::QueryableByName)]
struct Told {
    #[diesel(sql_type = diesel::sql_types::Text)]
    name: String,
    #[diesel(sql_type = diesel::sql_types::Text)]
    told: String,
}

const TABLES: &str = "SELECT format('%I.%I', n.nspname, c.relname) AS name, coalesce((SELECT string_agg(quote_literal(a.attname), ',') \
     FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.atttypid IN ('uuid'::regtype, 'timestamptz'::regtype)), '') AS told \
     FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind = 'r' AND n.nspname NOT IN ('pg_catalog', 'information_schema')";

impl Database {
    /// Everything, digested.
    pub async fn picture(&self) -> Picture {
        let tables: Vec<Told> = self.rows(TABLES).await;
        let parts = tables
            .iter()
            .filter(|table| !TRACES.iter().any(|trace| table.name.ends_with(trace)))
            .map(|Told { name, .. }| {
                format!("SELECT '{name}' AS name, md5(coalesce(string_agg(t::text, E'\\n' ORDER BY t::text), '')) AS told FROM {name} t")
            });
        let sql = parts.collect::<Vec<_>>().join(" UNION ALL ");
        let rows: Vec<Told> = self.rows(&sql).await;
        Picture(rows.into_iter().map(|row| (row.name, row.told)).collect())
    }

    /// A tenant's rows, a line for each with its table, without ids and instants and in an order that depends on neither.
    pub async fn story_of(&self, tenant: uuid::Uuid) -> Vec<String> {
        let owned = format!(
            "{TABLES} AND EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'tenant_id')"
        );
        let tables: Vec<Told> = self.rows(&owned).await;
        let parts = tables.iter().map(|Told { name, told }| {
            format!("SELECT '{name}' AS name, (to_jsonb(t) - ARRAY[{told}] - ARRAY[{HOW}])::text AS told FROM {name} t WHERE tenant_id = '{tenant}'")
        });
        let sql = parts.collect::<Vec<_>>().join(" UNION ALL ");
        let rows: Vec<Told> = self.rows(&sql).await;
        let mut lines: Vec<String> = rows
            .into_iter()
            .map(|row| format!("{} {}", row.name, without_ids(&row.told)))
            .collect();
        lines.sort();
        lines
    }
}

/// A text with `ID` for each UUID and each hash in it and `AT` for each instant.
fn without_ids(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut plain = String::with_capacity(text.len());
    let mut rest = 0;
    while let Some(tail) = text.get(rest..) {
        if let Some(length) = id(&bytes[rest..]) {
            plain.push_str("ID");
            rest += length;
        } else if let Some(length) = instant(&bytes[rest..]) {
            plain.push_str("AT");
            rest += length;
        } else if let Some(letter) = tail.chars().next() {
            plain.push(letter);
            rest += letter.len_utf8();
        } else {
            break;
        }
    }
    plain
}

/// The length of the id at the beginning: a UUID, or so many hexadecimal digits as no amount and no name has.
fn id(bytes: &[u8]) -> Option<usize> {
    let end = |byte: &u8| !(byte.is_ascii_hexdigit() || *byte == b'-');
    let length = bytes.iter().position(end).unwrap_or(bytes.len());
    let digits = bytes[..length].iter().filter(|byte| **byte != b'-').count();
    (digits >= 32 && bytes[0] != b'-').then_some(length)
}

/// The length of an instant such as `2026-11-21T04:30:00.123Z` at the beginning.
fn instant(bytes: &[u8]) -> Option<usize> {
    let shape = b"dddd-dd-ddTdd:dd:dd";
    let fits = bytes.len() >= shape.len()
        && shape.iter().zip(bytes).all(|(wanted, byte)| match wanted {
            b'd' => byte.is_ascii_digit(),
            other => byte == other,
        });
    let end = |byte: &u8| !(byte.is_ascii_digit() || b".:+Z".contains(byte));
    fits.then(|| bytes.iter().skip(shape.len()).position(end).unwrap_or(0) + shape.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_and_instants_are_taken_out_of_a_text_and_nothing_else() {
        let text = r#"{"id": "01890000-0000-7000-8000-000000000000", "at": "2026-11-21T04:30:00.5+00:00", "day": "2026-11-21", "hash": "e3b0c44298fc1c149afbf4c8996fb924", "₹": 1}"#;
        assert_eq!(
            without_ids(text),
            r#"{"id": "ID", "at": "AT", "day": "2026-11-21", "hash": "ID", "₹": 1}"#
        );
    }
}
