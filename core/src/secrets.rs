//! Sealing what must be stored and read back: XChaCha20-Poly1305, a random nonce for each value, and the place of the
//! value (tenant, table, column, row) bound into it, so that a value copied elsewhere does not open.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use chacha20poly1305::aead::{Aead as _, Payload};
use chacha20poly1305::{Key, KeyInit as _, XChaCha20Poly1305, XNonce};
use hmac::{Hmac, Mac};
use rand::TryRngCore as _;
use sha2::Sha256;

/// A key with the id that sealed values name, so that keys can be changed.
pub struct SecretKey {
    id: String,
    cipher: XChaCha20Poly1305,
    /// Signs what leaves the installation; made from the same bytes, and of no use for opening anything.
    signer: Hmac<Sha256>,
}

impl std::fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SecretKey({})", self.id)
    }
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SecretError {
    #[error("a secret key is a key id, a colon and 32 bytes in base64")]
    BadKey,
    #[error("the value was sealed with key {found}, and the key at hand is {expected}")]
    OtherKey { found: String, expected: String },
    #[error("the sealed value does not open: it was changed, or belongs elsewhere")]
    DoesNotOpen,
    #[error("no randomness to seal with")]
    NoRandomness,
}

const NONCE_LENGTH: usize = 24;
/// 128 bits: nobody guesses them.
const MARK_LENGTH: usize = 16;

impl SecretKey {
    /// `k1:<base64 of 32 bytes>`.
    pub fn parse(text: &str) -> Result<Self, SecretError> {
        let (id, key) = text.trim().split_once(':').ok_or(SecretError::BadKey)?;
        let is_id =
            !id.is_empty() && id.len() <= 16 && id.bytes().all(|b| b.is_ascii_alphanumeric());
        let bytes = STANDARD.decode(key).map_err(|_| SecretError::BadKey)?;
        if !is_id || bytes.len() != 32 {
            return Err(SecretError::BadKey);
        }
        let mut signer =
            <Hmac<Sha256> as Mac>::new_from_slice(&bytes).map_err(|_| SecretError::BadKey)?;
        signer.update(b"vitaran signing key");
        let signer = signer.finalize().into_bytes();
        Ok(SecretKey {
            id: id.to_owned(),
            signer: <Hmac<Sha256> as Mac>::new_from_slice(&signer)
                .map_err(|_| SecretError::BadKey)?,
            cipher: XChaCha20Poly1305::new(Key::from_slice(&bytes)),
        })
    }

    /// Signs a text for one purpose: key id, a dot, HMAC-SHA256 in hexadecimal digits.
    #[must_use]
    pub fn sign(&self, purpose: &str, text: &str) -> String {
        let mark = self.marked(purpose, text).finalize().into_bytes();
        format!("{}.{}", self.id, hex::encode(mark))
    }

    /// Whether this key has signed the text for the purpose; compared in constant time.
    #[must_use]
    pub fn has_signed(&self, purpose: &str, text: &str, mark: &str) -> bool {
        let digits = mark.strip_prefix(&format!("{}.", self.id));
        let bytes = digits.and_then(|digits| hex::decode(digits).ok());
        bytes.is_some_and(|bytes| self.marked(purpose, text).verify_slice(&bytes).is_ok())
    }

    /// As [`SecretKey::sign`], in 22 characters, for what an address carries and what opens nothing: half of the
    /// HMAC-SHA256, in base64 for addresses, without the key's id.
    #[must_use]
    pub fn mark(&self, purpose: &str, text: &str) -> String {
        let mark = self.marked(purpose, text).finalize().into_bytes();
        URL_SAFE_NO_PAD.encode(mark.get(..MARK_LENGTH).unwrap_or_default())
    }

    /// Whether this key has marked the text for the purpose; compared in constant time.
    #[must_use]
    pub fn has_marked(&self, purpose: &str, text: &str, mark: &str) -> bool {
        let bytes = URL_SAFE_NO_PAD.decode(mark).unwrap_or_default();
        let marked = self.marked(purpose, text);
        bytes.len() == MARK_LENGTH && marked.verify_truncated_left(&bytes).is_ok()
    }

    fn marked(&self, purpose: &str, text: &str) -> Hmac<Sha256> {
        let mut signer = self.signer.clone();
        signer.update(purpose.as_bytes());
        // No purpose holds one, so that purpose and text cannot be moved into each other.
        signer.update(b"\n");
        signer.update(text.as_bytes());
        signer
    }

    /// Seals a value for one place. The result is text: key id, a dot, base64 of nonce and ciphertext.
    pub fn seal(&self, place: &str, value: &str) -> Result<String, SecretError> {
        let mut nonce = [0_u8; NONCE_LENGTH];
        rand::rngs::OsRng
            .try_fill_bytes(&mut nonce)
            .map_err(|_| SecretError::NoRandomness)?;
        let payload = Payload {
            msg: value.as_bytes(),
            aad: place.as_bytes(),
        };
        let sealed = self
            .cipher
            .encrypt(XNonce::from_slice(&nonce), payload)
            .map_err(|_| SecretError::NoRandomness)?;
        Ok(format!(
            "{}.{}",
            self.id,
            STANDARD.encode([nonce.as_slice(), &sealed].concat())
        ))
    }

    /// Opens a value sealed for the same place.
    pub fn open(&self, place: &str, sealed: &str) -> Result<String, SecretError> {
        let (id, text) = sealed.split_once('.').ok_or(SecretError::DoesNotOpen)?;
        if id != self.id {
            return Err(SecretError::OtherKey {
                found: id.to_owned(),
                expected: self.id.clone(),
            });
        }
        let bytes = STANDARD
            .decode(text)
            .map_err(|_| SecretError::DoesNotOpen)?;
        let (nonce, ciphertext) = bytes
            .split_at_checked(NONCE_LENGTH)
            .ok_or(SecretError::DoesNotOpen)?;
        let payload = Payload {
            msg: ciphertext,
            aad: place.as_bytes(),
        };
        let plain = self
            .cipher
            .decrypt(XNonce::from_slice(nonce), payload)
            .map_err(|_| SecretError::DoesNotOpen)?;
        String::from_utf8(plain).map_err(|_| SecretError::DoesNotOpen)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(id: &str) -> SecretKey {
        SecretKey::parse(&format!("{id}:{}", STANDARD.encode([7_u8; 32]))).unwrap()
    }

    #[test]
    fn a_sealed_value_opens_in_its_own_place_only() {
        let sealed = key("k1").seal("tenant-a/whatsapp/token", "s3cret").unwrap();
        assert_eq!(
            key("k1").open("tenant-a/whatsapp/token", &sealed).unwrap(),
            "s3cret"
        );
        assert_eq!(
            key("k1").open("tenant-b/whatsapp/token", &sealed),
            Err(SecretError::DoesNotOpen)
        );
    }

    #[test]
    fn a_signature_holds_for_its_key_its_purpose_and_its_text_alone() {
        let mark = key("k1").sign("report", "text");
        assert!(key("k1").has_signed("report", "text", &mark));
        let other = SecretKey::parse(&format!("k1:{}", STANDARD.encode([8_u8; 32]))).unwrap();
        assert!(!other.has_signed("report", "text", &mark));
        assert!(!key("k2").has_signed("report", "text", &mark));
        assert!(!key("k1").has_signed("other", "text", &mark));
        assert!(!key("k1").has_signed("report", "texts", &mark));
        assert!(!key("k1").has_signed("report", "text", "k1."));
    }

    #[test]
    fn a_value_of_another_key_says_which() {
        let sealed = key("k1").seal("p", "v").unwrap();
        assert!(
            matches!(key("k2").open("p", &sealed), Err(SecretError::OtherKey { found, .. }) if found == "k1")
        );
    }

    #[test]
    fn the_same_value_seals_differently_each_time_and_noise_does_not_open() {
        assert_ne!(
            key("k1").seal("p", "v").unwrap(),
            key("k1").seal("p", "v").unwrap()
        );
        for noise in ["", "k1.", "k1.AAAA", "k1.%%%"] {
            assert_eq!(
                key("k1").open("p", noise),
                Err(SecretError::DoesNotOpen),
                "{noise}"
            );
        }
        for bad in ["", "k1", "k1:AAAA", ":AAAA"] {
            assert!(
                matches!(SecretKey::parse(bad), Err(SecretError::BadKey)),
                "{bad}"
            );
        }
    }
}
