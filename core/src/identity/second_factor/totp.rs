//! Codes of an app on one's phone (RFC 6238): HMAC-SHA-1 over the count of 30-second steps since 1970, cut to six digits. It is
//! what every such app can do, and the only one some can.

use hmac::{Hmac, Mac as _};
use rand::TryRngCore as _;
use sha1::Sha1;
use subtle::ConstantTimeEq as _;

use crate::db::DbError;
use crate::qr::percent_encoded;

/// How long a code stands on the phone.
pub(super) const STEP_S: i64 = 30;
/// Whose clock is off by this many steps is let in all the same.
const SKEW: i64 = 1;

const BASE32: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/// Bytes as an app's user types them: RFC 4648 without padding.
pub(super) fn base32(bytes: &[u8]) -> String {
    let mut text = String::new();
    for group in bytes.chunks(5) {
        let mut bits = [0_u8; 8];
        for (place, byte) in bits.iter_mut().skip(3).zip(group) {
            *place = *byte;
        }
        let bits = u64::from_be_bytes(bits);
        let digits = (group.len() * 8).div_ceil(5);
        for digit in 0..digits {
            let shift = 35_usize.saturating_sub(digit * 5);
            let value = usize::try_from((bits >> shift) & 31).unwrap_or_default();
            text.extend(BASE32.get(value).map(|byte| char::from(*byte)));
        }
    }
    text
}

/// Whole groups of eight digits alone, which all of ours are.
fn from_base32(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    let (groups, rest) = text.as_bytes().as_chunks::<8>();
    if !rest.is_empty() {
        return None;
    }
    for group in groups {
        let mut bits = 0_u64;
        for digit in group {
            let value = BASE32.iter().position(|byte| byte == digit)?;
            bits = (bits << 5) | u64::try_from(value).ok()?;
        }
        bytes.extend(bits.to_be_bytes().iter().skip(3));
    }
    Some(bytes)
}

/// `length` random bytes.
pub(super) fn random<const LENGTH: usize>() -> Result<[u8; LENGTH], DbError> {
    let mut bytes = [0_u8; LENGTH];
    rand::rngs::OsRng
        .try_fill_bytes(&mut bytes)
        .map_err(|error| DbError::Unavailable(format!("no randomness: {error}")))?;
    Ok(bytes)
}

/// What phone and server share: 160 bits, as RFC 4226 advises.
pub(super) struct TotpSecret(Vec<u8>);

impl TotpSecret {
    pub(super) fn generate() -> Result<Self, DbError> {
        Ok(TotpSecret(random::<20>()?.to_vec()))
    }

    /// As it was stored.
    pub(super) fn parse(text: &str) -> Option<Self> {
        from_base32(text).map(TotpSecret)
    }

    pub(super) fn to_base32(&self) -> String {
        base32(&self.0)
    }

    /// What an app reads from the QR code.
    pub(super) fn uri(&self, email: &str) -> String {
        format!(
            "otpauth://totp/Vitaran:{}?secret={}&issuer=Vitaran",
            percent_encoded(email, "@"),
            self.to_base32()
        )
    }

    /// RFC 4226, dynamic truncation: 31 bits of the HMAC, from where its last half byte says.
    fn truncated(&self, step: i64) -> u32 {
        let Ok(mut mac) = <Hmac<Sha1> as hmac::Mac>::new_from_slice(&self.0) else {
            // HMAC takes keys of every length.
            return 0;
        };
        mac.update(&step.to_be_bytes());
        let digest = mac.finalize().into_bytes();
        let offset = digest.last().map_or(0, |byte| usize::from(byte & 15));
        let word = digest.get(offset..).and_then(<[u8]>::first_chunk::<4>);
        word.map_or(0, |word| u32::from_be_bytes(*word) & 0x7fff_ffff)
    }

    /// The code of a step.
    pub(super) fn code_of(&self, step: i64) -> String {
        format!("{:06}", self.truncated(step) % 1_000_000)
    }

    /// The step that a typed code is of: this one, the one before or the one after. All are looked at, so that the time tells
    /// nothing.
    pub(super) fn step_of(&self, code: &str, unix_s: i64) -> Option<i64> {
        let now = unix_s.div_euclid(STEP_S);
        let mut found = None;
        for step in now - SKEW..=now + SKEW {
            if bool::from(self.code_of(step).as_bytes().ct_eq(code.as_bytes())) {
                found = Some(step);
            }
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The secret of both RFCs' appendices.
    fn rfc() -> TotpSecret {
        TotpSecret(b"12345678901234567890".to_vec())
    }

    #[test]
    fn the_codes_are_those_of_rfc_6238_appendix_b() {
        for (unix_s, code) in [
            (59, 94_287_082),
            (1_111_111_109, 7_081_804),
            (1_111_111_111, 14_050_471),
            (1_234_567_890, 89_005_924),
            (2_000_000_000, 69_279_037),
            (20_000_000_000, 65_353_130),
        ] {
            let found = rfc().truncated(unix_s / STEP_S) % 100_000_000;
            assert_eq!(found, code, "at {unix_s}");
        }
    }

    #[test]
    fn the_codes_are_those_of_rfc_4226_appendix_d() {
        let codes: Vec<String> = (0..10).map(|count| rfc().code_of(count)).collect();
        let wanted = [
            "755224", "287082", "359152", "969429", "338314", "254676", "287922", "162583",
            "399871", "520489",
        ];
        assert_eq!(codes, wanted);
    }

    #[test]
    fn base32_is_that_of_rfc_4648_section_10_and_secrets_come_back() {
        for (bytes, text) in [
            ("f", "MY"),
            ("fo", "MZXQ"),
            ("foo", "MZXW6"),
            ("foob", "MZXW6YQ"),
            ("fooba", "MZXW6YTB"),
            ("foobar", "MZXW6YTBOI"),
        ] {
            assert_eq!(base32(bytes.as_bytes()), text);
        }
        let secret = TotpSecret::generate().unwrap();
        let again = TotpSecret::parse(&secret.to_base32()).unwrap();
        assert_eq!((again.0.len(), &again.0), (20, &secret.0));
        for noise in ["A", "a2345678", "A234567!", "ABCDEFGHI"] {
            assert!(TotpSecret::parse(noise).is_none(), "{noise}");
        }
    }

    #[test]
    fn a_clock_may_be_off_by_one_step_and_not_by_two() {
        let secret = rfc();
        let (step, unix_s) = (41_152_263, 1_234_567_890 + 29);
        assert_eq!(unix_s / STEP_S, step);
        for off in -3..=3_i64 {
            let found = secret.step_of(&secret.code_of(step + off), unix_s);
            let wanted = (off.abs() <= 1).then_some(step + off);
            assert_eq!(found, wanted, "{off} steps off");
        }
    }

    #[test]
    fn nothing_in_an_address_can_add_a_parameter_to_the_link() {
        let uri = rfc().uri("a&secret=b@volt.test");
        assert_eq!(
            uri,
            "otpauth://totp/Vitaran:a%26secret%3Db@volt.test?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Vitaran"
        );
    }
}
