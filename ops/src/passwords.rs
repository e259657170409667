//! Passwords at the console: read from standard input, so that no command line and no shell history holds one, or made.

use std::io::BufRead as _;

use rand::TryRngCore as _;
use vitaran_core::identity::NewPassword;

use crate::OpsError;

/// Letters and digits that cannot be mistaken for each other when read aloud.
const ALPHABET: &[u8] = b"abcdefghjkmnpqrstuvwxyz23456789";
/// 31^20 is more than 99 bits.
const GENERATED_LENGTH: usize = 20;

/// A password, and what to show of it.
pub struct ChosenPassword {
    pub text: String,
    /// The command made it up, so it must be shown once.
    pub is_generated: bool,
}

impl ChosenPassword {
    /// One line of standard input, or a random one.
    pub fn choose(from_stdin: bool) -> Result<Self, OpsError> {
        if from_stdin {
            let mut line = String::new();
            std::io::stdin().lock().read_line(&mut line)?;
            let text = line.trim_end_matches(['\r', '\n']).to_owned();
            Ok(ChosenPassword {
                text,
                is_generated: false,
            })
        } else {
            Ok(ChosenPassword {
                text: generate()?,
                is_generated: true,
            })
        }
    }

    /// Held to the rules for passwords of somebody of whom these words are known.
    pub fn parse_for(&self, words: &[String]) -> Result<NewPassword, OpsError> {
        NewPassword::parse_for(&self.text, words)
            .map_err(|fault| OpsError::Refused(fault.to_string()))
    }
}

/// Draws letters without bias: bytes that would favour some are drawn again.
fn generate() -> Result<String, OpsError> {
    let letters = u8::try_from(ALPHABET.len()).unwrap_or(u8::MAX);
    let fair = u8::MAX - u8::MAX % letters;
    let mut text = String::new();
    while text.len() < GENERATED_LENGTH {
        let mut byte = [0_u8; 1];
        rand::rngs::OsRng
            .try_fill_bytes(&mut byte)
            .map_err(|error| OpsError::Refused(format!("no randomness: {error}")))?;
        let [byte] = byte;
        if byte < fair
            && let Some(letter) = ALPHABET.get(usize::from(byte % letters))
        {
            text.push(char::from(*letter));
        }
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_generated_password_keeps_the_rules_and_is_never_the_same() {
        let (one, other) = (generate().unwrap(), generate().unwrap());
        assert!(NewPassword::parse(&one).is_ok());
        assert_ne!(one, other);
        assert!(one.bytes().all(|byte| ALPHABET.contains(&byte)));
    }
}
