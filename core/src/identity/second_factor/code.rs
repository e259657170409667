//! What people type as their second factor: six digits of the app, or one of the recovery codes.

use vitaran_kernel::UserId;

use super::totp::{base32, random};
use crate::db::DbError;
use crate::identity::CredentialHash;

/// How many recovery codes there are at a time.
pub const RECOVERY_CODES: usize = 10;

/// 120 random bits: more than the 112 that need no slow hash (OWASP ASVS 5.0, 6.5.2).
const RECOVERY_BYTES: usize = 15;
const RECOVERY_DIGITS: usize = 24;

/// A code as typed, told apart by its form.
pub(in crate::identity) enum TypedCode {
    OfApp(String),
    Recovery(String),
}

impl TypedCode {
    /// Blanks and hyphens are for reading, and so is the difference of large and small letters. `None` for what can be neither.
    pub(in crate::identity) fn parse(text: &str) -> Option<Self> {
        let text: String = text
            .chars()
            .filter(|c| !c.is_whitespace() && *c != '-')
            .map(|c| c.to_ascii_uppercase())
            .take(RECOVERY_DIGITS + 1)
            .collect();
        if text.len() == 6 && text.bytes().all(|byte| byte.is_ascii_digit()) {
            return Some(TypedCode::OfApp(text));
        }
        let is_recovery =
            text.len() == RECOVERY_DIGITS && text.bytes().all(|byte| byte.is_ascii_alphanumeric());
        is_recovery.then_some(TypedCode::Recovery(text))
    }
}

/// Ten codes, shown once; each signs in once.
pub struct RecoveryCodes(Vec<String>);

impl RecoveryCodes {
    pub(super) fn generate() -> Result<Self, DbError> {
        let codes = (0..RECOVERY_CODES).map(|_| Ok(base32(&random::<RECOVERY_BYTES>()?)));
        Ok(RecoveryCodes(codes.collect::<Result<_, DbError>>()?))
    }

    /// In groups of four, as they are read.
    pub fn shown(&self) -> Vec<String> {
        self.0.iter().map(|code| in_fours(code, "-")).collect()
    }

    /// In hexadecimal digits.
    pub(super) fn hashes(&self, user: UserId) -> Vec<String> {
        let hashes = self.0.iter().map(|code| recovery_hash(user, code));
        hashes.map(|hash| hex::encode(hash.0)).collect()
    }
}

/// What is stored of a code, which is of use for its owner alone.
pub(super) fn recovery_hash(user: UserId, code: &str) -> CredentialHash {
    CredentialHash::of(&format!("recovery code\n{user}\n{code}"))
}

/// A long text in groups of four, for reading and typing.
pub(super) fn in_fours(text: &str, between: &str) -> String {
    let groups = text.as_bytes().chunks(4).map(String::from_utf8_lossy);
    groups.collect::<Vec<_>>().join(between)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_recovery_code_is_another_and_is_read_again_however_it_is_typed() {
        let codes = RecoveryCodes::generate().unwrap();
        let shown = codes.shown();
        let unique: std::collections::BTreeSet<_> = shown.iter().collect();
        assert_eq!((unique.len(), shown[0].len()), (RECOVERY_CODES, 29));
        for typed in [
            shown[0].clone(),
            shown[0].to_lowercase(),
            format!(" {} ", shown[0].replace('-', " ")),
        ] {
            let Some(TypedCode::Recovery(code)) = TypedCode::parse(&typed) else {
                panic!("{typed} is a recovery code");
            };
            assert_eq!(code, codes.0[0]);
        }
    }

    #[test]
    fn six_digits_are_a_code_of_the_app_and_anything_else_is_none() {
        for typed in ["123456", "123 456", " 123-456 "] {
            let code = TypedCode::parse(typed);
            assert!(
                matches!(code, Some(TypedCode::OfApp(code)) if code == "123456"),
                "{typed}"
            );
        }
        for typed in ["", "12345", "1234567", "12345a", "१२३४५६", &"A".repeat(25)] {
            assert!(TypedCode::parse(typed).is_none(), "{typed}");
        }
    }

    #[test]
    fn a_code_is_of_use_for_its_owner_alone() {
        let (one, other) = (UserId::generate(), UserId::generate());
        assert_ne!(recovery_hash(one, "A"), recovery_hash(other, "A"));
    }
}
