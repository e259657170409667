//! The secret of a key: a prefix that scanners of leaks know, 256 random bits, and a checksum, so that a typing error or a cut
//! is told without asking the database.

use rand::TryRngCore as _;
use sha2::{Digest as _, Sha256};

use crate::db::DbError;
use crate::identity::CredentialHash;

pub(super) const PREFIX: &str = "vtn_live_";

/// Letters and digits alone: a double click takes the whole key.
const ALPHABET: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// 43 of 62 characters hold 256 bits.
const RANDOM_LENGTH: usize = 43;
const CHECKSUM_LENGTH: usize = 6;

/// Bytes below it fall on each character equally often.
const FAIR_BELOW: u8 = 248;

/// A key's secret, shown once.
#[derive(Clone)]
pub struct KeySecret(String);

impl std::fmt::Debug for KeySecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("KeySecret(…)")
    }
}

impl KeySecret {
    pub(super) fn generate() -> Result<Self, DbError> {
        let mut text = PREFIX.to_owned();
        let length = PREFIX.len() + RANDOM_LENGTH;
        let mut bytes = [0_u8; 64];
        while text.len() < length {
            rand::rngs::OsRng
                .try_fill_bytes(&mut bytes)
                .map_err(|error| DbError::Unavailable(format!("no randomness: {error}")))?;
            let fair = bytes.iter().filter(|byte| **byte < FAIR_BELOW);
            text.extend(
                fair.map(|byte| letter(u64::from(*byte)))
                    .take(length - text.len()),
            );
        }
        let checksum = checksum(&text);
        Ok(KeySecret(text + &checksum))
    }

    /// A text that can be a key of ours.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (body, given) = text.split_at_checked(PREFIX.len() + RANDOM_LENGTH)?;
        let is_ours = body.starts_with(PREFIX)
            && body
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
            && checksum(body) == given;
        is_ours.then(|| KeySecret(text.to_owned()))
    }

    pub fn reveal(&self) -> &str {
        &self.0
    }

    pub(super) fn hash(&self) -> Vec<u8> {
        CredentialHash::of(&self.0).0.to_vec()
    }

    /// What is listed of it.
    pub(super) fn last4(&self) -> &str {
        self.0.get(self.0.len() - 4..).unwrap_or_default()
    }
}

fn letter(number: u64) -> char {
    let place = usize::try_from(number % 62).unwrap_or_default();
    ALPHABET.get(place).copied().map_or('0', char::from)
}

fn checksum(body: &str) -> String {
    let digest: [u8; 32] = Sha256::digest(body.as_bytes()).into();
    let mut number = digest
        .iter()
        .take(8)
        .fold(0_u64, |number, byte| (number << 8) | u64::from(*byte));
    let mut text = String::with_capacity(CHECKSUM_LENGTH);
    for _ in 0..CHECKSUM_LENGTH {
        text.push(letter(number));
        number /= 62;
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_has_its_prefix_256_bits_and_a_checksum_that_finds_every_wrong_character() {
        let secret = KeySecret::generate().unwrap();
        let text = secret.reveal();
        assert!(text.starts_with("vtn_live_"), "{text}");
        assert_eq!(text.len(), 9 + 43 + 6);
        assert!(text[9..].bytes().all(|byte| byte.is_ascii_alphanumeric()));
        assert!(KeySecret::parse(text).is_some());
        for place in 0..text.len() {
            let mut wrong = text.to_owned().into_bytes();
            wrong[place] = if wrong[place] == b'x' { b'y' } else { b'x' };
            let wrong = String::from_utf8(wrong).unwrap();
            assert!(KeySecret::parse(&wrong).is_none(), "at {place}");
        }
        assert!(KeySecret::parse(&text[..text.len() - 1]).is_none());
        assert!(KeySecret::parse("vtn_live_é").is_none());
        assert!(KeySecret::parse("").is_none());
    }

    #[test]
    fn no_two_keys_are_alike_and_all_letters_come() {
        let keys: std::collections::BTreeSet<String> = (0..200)
            .map(|_| KeySecret::generate().unwrap().reveal().to_owned())
            .collect();
        assert_eq!(keys.len(), 200);
        let letters: std::collections::BTreeSet<char> =
            keys.iter().flat_map(|key| key[9..].chars()).collect();
        assert_eq!(letters.len(), 62);
    }

    #[test]
    fn a_debug_print_does_not_show_it() {
        assert_eq!(
            format!("{:?}", KeySecret::generate().unwrap()),
            "KeySecret(…)"
        );
    }
}
