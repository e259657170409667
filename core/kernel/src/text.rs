//! Text that people write, with a limit: names, addresses, remarks.
//!
//! Trimmed and in Unicode's composed form (NFC), so that what looks equal is equal. Characters
//! that steer instead of showing something (control characters, and those that turn the direction
//! of writing and can make a name read as another) are refused. The joiners that Indian scripts
//! need are kept.

use unicode_normalization::UnicodeNormalization;

/// One line of 1 to `MAX` characters.
#[derive(
    Debug,
    Clone,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    diesel::expression::AsExpression,
    diesel::deserialize::FromSqlRow,
)]
#[diesel(sql_type = diesel::sql_types::Text)]
pub struct Text<const MAX: usize>(String);

/// Lines of together 1 to `MAX` characters; line ends count as one.
#[derive(
    Debug,
    Clone,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    diesel::expression::AsExpression,
    diesel::deserialize::FromSqlRow,
)]
#[diesel(sql_type = diesel::sql_types::Text)]
pub struct Note<const MAX: usize>(String);

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TextError {
    #[error("Fill in this field")]
    Blank,
    #[error("Shorten this to {max} characters, it has {length}")]
    TooLong { max: usize, length: usize },
    #[error("Write this on one line")]
    LineBreak,
    #[error("Remove the invisible control characters, typing the text again does it")]
    ControlCharacter,
}

impl<const MAX: usize> Text<MAX> {
    pub fn parse(text: &str) -> Result<Self, TextError> {
        let text = normalised(text);
        if text.contains(is_line_break) {
            return Err(TextError::LineBreak);
        }
        check(&text, MAX)?;
        Ok(Self(text))
    }

    /// For a field that may be left empty: blank is `None`.
    pub fn optional(text: &str) -> Result<Option<Self>, TextError> {
        none_if_blank(Self::parse(text))
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl<const MAX: usize> Note<MAX> {
    /// Line ends of every system become `\n`.
    pub fn parse(text: &str) -> Result<Self, TextError> {
        let text = normalised(text).replace("\r\n", "\n").replace('\r', "\n");
        check(&text, MAX)?;
        Ok(Self(text))
    }

    /// For a field that may be left empty: blank is `None`.
    pub fn optional(text: &str) -> Result<Option<Self>, TextError> {
        none_if_blank(Self::parse(text))
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub fn lines(&self) -> impl Iterator<Item = &str> {
        self.0.lines()
    }
}

text_value!({const MAX: usize} Text<MAX>, TextError);
text_value!({const MAX: usize} Note<MAX>, TextError);

fn normalised(text: &str) -> String {
    text.trim().nfc().collect()
}

fn check(text: &str, max: usize) -> Result<(), TextError> {
    if text.chars().any(|c| is_control(c) && c != '\n') {
        return Err(TextError::ControlCharacter);
    }
    if text.chars().all(is_invisible) {
        return Err(TextError::Blank);
    }
    let length = text.chars().count();
    if length > max {
        return Err(TextError::TooLong { max, length });
    }
    Ok(())
}

fn none_if_blank<T>(parsed: Result<T, TextError>) -> Result<Option<T>, TextError> {
    match parsed {
        Ok(text) => Ok(Some(text)),
        Err(TextError::Blank) => Ok(None),
        Err(error) => Err(error),
    }
}

fn is_line_break(c: char) -> bool {
    matches!(c, '\n' | '\r' | '\u{2028}' | '\u{2029}')
}

fn is_control(c: char) -> bool {
    c.is_control()
        || matches!(c,
            // Line and paragraph separators, direction marks, embeddings, overrides and isolates,
            // the byte order mark, and the interlinear and tag characters.
            '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
            | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

/// Blank by itself: white space, and the joiners when they join nothing.
fn is_invisible(c: char) -> bool {
    c.is_whitespace() || matches!(c, '\u{00ad}' | '\u{200b}'..='\u{200d}' | '\u{2060}')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn text_is_trimmed_and_composed() {
        assert_eq!(
            Text::<20>::parse("  Asha Rao\u{3000}").unwrap().as_str(),
            "Asha Rao"
        );
        let decomposed = Text::<20>::parse("Cafe\u{301}").unwrap();
        assert_eq!(decomposed, Text::parse("Café").unwrap());
        assert_eq!(decomposed.as_str().chars().count(), 4);
    }

    #[test]
    fn the_limit_counts_characters_after_composing() {
        assert!(Text::<5>::parse("विद्युत").is_err());
        assert!(Text::<7>::parse("विद्युत").is_ok());
        assert!(Text::<4>::parse("Cafe\u{301}").is_ok());
        assert_eq!(
            Text::<3>::parse("four"),
            Err(TextError::TooLong { max: 3, length: 4 })
        );
        assert!(Text::<3>::parse("   two   ").is_ok());
    }

    #[test]
    fn what_shows_nothing_is_blank() {
        for text in ["", " ", "\t\n", "\u{200d}", " \u{200b}\u{2060} ", "\u{a0}"] {
            assert_eq!(Text::<9>::parse(text), Err(TextError::Blank), "{text:?}");
            assert_eq!(Text::<9>::optional(text), Ok(None), "{text:?}");
            assert_eq!(Note::<9>::optional(text), Ok(None), "{text:?}");
        }
        assert_eq!(
            Text::<9>::optional("x"),
            Ok(Some(Text::parse("x").unwrap()))
        );
        assert!(Text::<1>::optional("long").is_err());
    }

    #[test]
    fn characters_that_steer_are_refused_everywhere() {
        for c in [
            '\0',
            '\u{1}',
            '\t',
            '\u{1b}',
            '\u{7f}',
            '\u{85}',
            '\u{202e}',
            '\u{2066}',
            '\u{feff}',
            '\u{e0041}',
        ] {
            let text = format!("a{c}b");
            assert_eq!(
                Text::<9>::parse(&text),
                Err(TextError::ControlCharacter),
                "{c:?}"
            );
            assert_eq!(
                Note::<9>::parse(&text),
                Err(TextError::ControlCharacter),
                "{c:?}"
            );
        }
    }

    #[test]
    fn only_a_note_has_lines() {
        for text in ["a\nb", "a\r\nb", "a\rb"] {
            assert_eq!(Text::<9>::parse(text), Err(TextError::LineBreak));
            assert_eq!(Note::<9>::parse(text).unwrap().as_str(), "a\nb");
        }
        assert_eq!(
            Note::<3>::parse("\r\na\r\nb\r\n")
                .unwrap()
                .lines()
                .collect::<Vec<_>>(),
            ["a", "b"]
        );
    }

    #[test]
    fn joiners_of_indian_scripts_are_kept() {
        let name = "क्\u{200d}ष";
        assert_eq!(Text::<9>::parse(name).unwrap().as_str(), name);
    }

    proptest! {
        #[test]
        fn whatever_is_taken_comes_back_and_keeps_the_rules(text in "(\\PC|[\r\n\t\0 ]){0,30}") {
            if let Ok(line) = Text::<20>::parse(&text) {
                crate::check::text_value(&line);
                let length = line.as_str().chars().count();
                prop_assert!((1..=20).contains(&length));
                prop_assert!(!line.as_str().contains(char::is_control));
                prop_assert_eq!(line.as_str().trim(), line.as_str());
            }
            if let Ok(note) = Note::<20>::parse(&text) {
                crate::check::text_value(&note);
                prop_assert!(!note.as_str().contains(['\0', '\r', '\t']));
            }
        }
    }
}
