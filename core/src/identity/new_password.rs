//! A password somebody chooses: how long it is and how hard to guess, and no rule about kinds of characters.

use zxcvbn::{Score, zxcvbn};

/// Shorter than any user's, so that an absurd body is not hashed.
pub(super) const MAX_LENGTH: usize = 128;
const MIN_LENGTH: usize = 12;

/// From here on a guess takes more tries (10⁸) than anybody has against a slow hash.
const STRONG_ENOUGH: Score = Score::Three;

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PasswordFault {
    #[error("Use at least {MIN_LENGTH} characters")]
    TooShort,
    #[error("Use at most {MAX_LENGTH} characters")]
    TooLong,
    #[error(
        "This password is easy to guess. Put a few words together that have nothing to do with each other"
    )]
    Guessable,
    #[error(
        "People who know you could guess this password. Leave out your name, your address and your company"
    )]
    AboutYou,
}

/// A password somebody chose: 12 to 128 characters of any kind, taken as typed.
pub struct NewPassword(pub(super) String);

impl NewPassword {
    /// For somebody of whom nothing is known.
    pub fn parse(text: &str) -> Result<Self, PasswordFault> {
        Self::parse_for(text, &[])
    }

    /// For somebody of whom these words are known.
    pub fn parse_for(text: &str, words: &[String]) -> Result<Self, PasswordFault> {
        match text.chars().count() {
            n if n < MIN_LENGTH => return Err(PasswordFault::TooShort),
            n if n > MAX_LENGTH => return Err(PasswordFault::TooLong),
            _ => {}
        }
        if zxcvbn(text, &[]).score() < STRONG_ENOUGH {
            return Err(PasswordFault::Guessable);
        }
        let known: Vec<&str> = words.iter().map(String::as_str).collect();
        let is_weak = |text: &str| zxcvbn(text, &known).score() < STRONG_ENOUGH;
        if !known.is_empty() && (is_weak(text) || is_weak(&without(text, words))) {
            return Err(PasswordFault::AboutYou);
        }
        Ok(NewPassword(text.to_owned()))
    }
}

/// What of a text is not a known word, in any case: two known words with a blank between are no harder to guess than one.
fn without(text: &str, words: &[String]) -> String {
    let mut known: Vec<String> = words.iter().map(|word| word.to_lowercase()).collect();
    known.sort_by_key(|word| std::cmp::Reverse(word.len()));
    known
        .iter()
        .fold(text.to_lowercase(), |rest, word| rest.replace(word, ""))
}

impl std::fmt::Debug for NewPassword {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("NewPassword(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::super::own_account::words_of;
    use super::*;

    #[test]
    fn a_password_has_twelve_to_128_characters_counted_as_people_count() {
        let long = "correct horse battery ".repeat(5);
        for (text, found) in [
            ("short", Some(PasswordFault::TooShort)),
            ("पासवर्ड है यह मेरा", None),
            ("correct horse battery", None),
            (&format!("{long}{}", "s".repeat(128 - long.len())), None),
            (
                &format!("{long}{}", "s".repeat(129 - long.len())),
                Some(PasswordFault::TooLong),
            ),
        ] {
            assert_eq!(NewPassword::parse(text).err(), found, "{text}");
        }
    }

    #[test]
    fn no_kind_of_character_is_asked_for_and_none_makes_a_bad_password_good() {
        for easy in [
            "password1234",
            "Password@123",
            "P@ssw0rd2026",
            "123456789012",
            "qwertyuiop12",
            "aaaaaaaaaaaaaaaa",
            "iloveyou2026!",
        ] {
            let found = NewPassword::parse(easy).err();
            assert_eq!(found, Some(PasswordFault::Guessable), "{easy}");
        }
        for hard in [
            "tractor velvet ninety",
            "kutmzvqhwxpl",
            "94761 53082 64",
            "vitaran-demo-2026",
        ] {
            assert!(NewPassword::parse(hard).is_ok(), "{hard}");
        }
    }

    #[test]
    fn what_is_made_of_what_people_know_of_one_is_refused() {
        let words = words_of(
            "Ramesh Venkataraman",
            "ramesh@voltagewala.example.in",
            Some("Voltagewala Distributors"),
        );
        for known in ["rameshvenkataraman", "Voltagewala2026"] {
            assert!(NewPassword::parse(known).is_ok(), "{known} by itself");
            let found = NewPassword::parse_for(known, &words).err();
            assert_eq!(found, Some(PasswordFault::AboutYou), "{known}");
        }
        for joined in ["voltagewala ramesh", "Ramesh-Voltagewala-2026"] {
            let found = NewPassword::parse_for(joined, &words).err();
            assert_eq!(found, Some(PasswordFault::AboutYou), "{joined}");
        }
        for own in ["tractor velvet ninety", "ramesh tractor velvet ninety"] {
            assert!(NewPassword::parse_for(own, &words).is_ok(), "{own}");
        }
    }
}
