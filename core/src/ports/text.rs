//! Texts that cross the border of the product: what goes into a header, a file name, and what an
//! answer from outside may leave in our records.

use std::fmt;

/// Longest explanation kept of a failure outside. It is read by people, in a table.
const DETAIL_MAX_CHARS: usize = 300;
/// A run of this many digits is a phone or account number. Error codes have six.
const PHONE_MIN_DIGITS: usize = 8;
/// An unbroken word of this length is a token, not language.
const TOKEN_MIN_CHARS: usize = 32;
/// Longest subject or name in a mail header. Longer ones are cut by mail programs anyway.
const HEADER_MAX_CHARS: usize = 200;
/// Longest file name shown to a receiver.
const FILE_NAME_MAX_CHARS: usize = 100;

/// What somebody outside said about a failure, made fit to be stored and shown: one line of at most
/// 300 characters, without `secrets`, mail addresses, phone numbers or anything that looks like a token.
#[must_use]
pub fn bounded_detail(text: &str, secrets: &[&str]) -> String {
    let mut text = text.to_owned();
    for secret in secrets.iter().filter(|secret| !secret.is_empty()) {
        text = text.replace(secret, "[hidden]");
    }
    let words: Vec<String> = one_line(&text).split(' ').map(hide_word).collect();
    shorten(&hide_numbers(&words.join(" ")), DETAIL_MAX_CHARS)
}

/// A line for a mail header: no control character can be in it, so no second header either.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeaderText(String);

impl HeaderText {
    /// Control characters and line separators become spaces; at most 200 characters are kept.
    #[must_use]
    pub fn new(text: &str) -> Self {
        Self(shorten(&one_line(text), HEADER_MAX_CHARS))
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The name under which a receiver saves a file: ASCII letters, digits, `.`, `_` and `-`.
/// It never names a file of ours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileName(String);

impl FileName {
    /// Whatever else stands in `text` becomes `_`, so `VLT/26-27/000123.pdf` is `VLT_26-27_000123.pdf`.
    #[must_use]
    pub fn new(text: &str) -> Self {
        let name: String = text
            .trim_matches(|character: char| character == '.' || character.is_whitespace())
            .chars()
            .map(|character| {
                if is_plain(character) || character == '.' {
                    character
                } else {
                    '_'
                }
            })
            .take(FILE_NAME_MAX_CHARS)
            .collect();
        if name.is_empty() {
            Self("document".to_owned())
        } else {
            Self(name)
        }
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for FileName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Every run of white space and control characters as one space, none at the ends.
pub(crate) fn one_line(text: &str) -> String {
    let is_gap = |character: char| character.is_whitespace() || character.is_control();
    text.split(is_gap)
        .filter(|word| !word.is_empty())
        .collect::<Vec<_>>()
        .join(" ")
}

/// At most `max_chars` characters, the last of them `…` when something was cut off.
pub(crate) fn shorten(text: &str, max_chars: usize) -> String {
    if text.chars().count() <= max_chars {
        return text.to_owned();
    }
    text.chars()
        .take(max_chars.saturating_sub(1))
        .chain(['…'])
        .collect()
}

fn is_plain(character: char) -> bool {
    character.is_ascii_alphanumeric() || matches!(character, '_' | '-')
}

fn hide_word(word: &str) -> String {
    if word.contains('@') {
        return "[address]".to_owned();
    }
    let longest_run = word
        .split(|character| !is_plain(character))
        .map(str::len)
        .max()
        .unwrap_or(0);
    if longest_run >= TOKEN_MIN_CHARS {
        "[hidden]".to_owned()
    } else {
        word.to_owned()
    }
}

/// Hides long numbers, also when they are written in groups: `98765 43210`.
fn hide_numbers(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut run = String::new();
    for character in text.chars() {
        let continues = matches!(character, ' ' | '-' | '.') && !run.is_empty();
        if character.is_numeric() || continues {
            run.push(character);
        } else {
            flush_number(&mut shown, &mut run);
            shown.push(character);
        }
    }
    flush_number(&mut shown, &mut run);
    shown
}

fn flush_number(shown: &mut String, run: &mut String) {
    if run
        .chars()
        .filter(|character| character.is_numeric())
        .count()
        < PHONE_MIN_DIGITS
    {
        shown.push_str(run);
    } else {
        shown.push_str("[number]");
        shown.extend(
            run.chars()
                .rev()
                .take_while(|character| !character.is_numeric()),
        );
    }
    run.clear();
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_detail_keeps_its_words_and_codes_and_loses_phones_addresses_and_tokens() {
        let cases = [
            (
                "(#131026) Message undeliverable",
                "(#131026) Message undeliverable",
            ),
            ("to 919876543210 failed", "to [number] failed"),
            ("to +91 98765-43210, sorry", "to +[number], sorry"),
            (
                "550 5.1.1 <ramesh@example.in>: unknown",
                "550 5.1.1 [address] unknown",
            ),
            ("token secret-token expired", "token [hidden] expired"),
            (
                "saw EAAGm0PX4ZCpsBAKZBZCexampleexampleexample here",
                "saw [hidden] here",
            ),
            ("two\r\nlines\u{2028}three\u{0}", "two lines three"),
            ("₹1,18,000.00 is due", "₹1,18,000.00 is due"),
            ("फ़ोन ९८७६५४३२१० नहीं", "फ़ोन [number] नहीं"),
        ];
        for (given, wanted) in cases {
            assert_eq!(bounded_detail(given, &["secret-token", ""]), wanted);
        }
    }

    #[test]
    fn a_file_name_cannot_leave_its_folder_or_hide() {
        assert_eq!(
            FileName::new("VLT/26-27/000123.pdf").as_str(),
            "VLT_26-27_000123.pdf"
        );
        assert_eq!(FileName::new("../../etc/passwd").as_str(), "_.._etc_passwd");
        assert_eq!(FileName::new("a\"\r\nX: y.pdf").as_str(), "a___X__y.pdf");
        assert_eq!(FileName::new(" .. ").as_str(), "document");
        assert_eq!(FileName::new(&"x".repeat(500)).as_str().len(), 100);
    }

    proptest! {
        #[test]
        fn a_header_text_is_always_one_short_line(text in any::<String>()) {
            let header = HeaderText::new(&text);
            prop_assert!(!header.as_str().chars().any(char::is_control));
            let has_separator = header.as_str().contains(['\u{2028}', '\u{2029}']);
            prop_assert!(!has_separator);
            prop_assert!(header.as_str().chars().count() <= HEADER_MAX_CHARS);
        }

        #[test]
        fn no_indian_mobile_number_survives_in_a_detail(
            before in "[a-z(: ]{0,20}", number in "[6-9][0-9]{9}", after in "[a-z): ]{0,20}",
        ) {
            let detail = bounded_detail(&format!("{before}{number}{after}"), &[]);
            prop_assert!(!detail.contains(&number));
        }

        #[test]
        fn a_detail_is_bounded_and_one_line(text in any::<String>()) {
            let detail = bounded_detail(&text.repeat(3), &[]);
            prop_assert!(detail.chars().count() <= DETAIL_MAX_CHARS);
            prop_assert!(!detail.chars().any(char::is_control));
        }
    }
}
