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
