//! What deliveries are signed with, and how: Standard Webhooks 1.0.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, Mac};
use rand::TryRngCore as _;
use sha2::Sha256;
use uuid::Uuid;
use vitaran_kernel::TenantId;

use crate::secrets::SecretError;

/// How long a secret that was replaced still signs, so that a receiver can be changed meanwhile.
pub const OVERLAP_HOURS: i64 = 24;

const PREFIX: &str = "whsec_";
const LENGTH: usize = 32;

/// A secret as its receiver keeps it. It is shown once.
#[derive(Clone, PartialEq, Eq)]
pub struct EndpointSecret(String);

impl std::fmt::Debug for EndpointSecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("whsec_…")
    }
}

impl EndpointSecret {
    pub fn generate() -> Result<Self, SecretError> {
        let mut bytes = [0_u8; LENGTH];
        rand::rngs::OsRng
            .try_fill_bytes(&mut bytes)
            .map_err(|_| SecretError::NoRandomness)?;
        Ok(EndpointSecret(format!(
            "{PREFIX}{}",
            STANDARD.encode(bytes)
        )))
    }

    pub fn reveal(&self) -> &str {
        &self.0
    }
}

/// What a sealed secret is bound to.
pub(super) fn sealed_place(tenant: TenantId, id: Uuid) -> String {
    format!("{tenant}/webhook_secrets/sealed_secret/{id}")
}

/// One signature of a body, as the header holds it; `None` when the text is no secret.
pub fn signature(secret: &str, event: &str, at: i64, body: &[u8]) -> Option<String> {
    let key = STANDARD.decode(secret.strip_prefix(PREFIX)?).ok()?;
    let mut mac = <Hmac<Sha256> as Mac>::new_from_slice(&key).ok()?;
    mac.update(format!("{event}.{at}.").as_bytes());
    mac.update(body);
    Some(format!(
        "v1,{}",
        STANDARD.encode(mac.finalize().into_bytes())
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_32_random_bytes_and_no_log_shows_it() {
        let (one, other) = (
            EndpointSecret::generate().unwrap(),
            EndpointSecret::generate().unwrap(),
        );
        assert_ne!(one, other);
        let bytes = STANDARD.decode(one.reveal().strip_prefix("whsec_").unwrap());
        assert_eq!(bytes.unwrap().len(), 32);
        assert_eq!(format!("{one:?}"), "whsec_…");
    }

    #[test]
    fn a_signature_is_that_of_the_standards_own_example() {
        let signed = signature(
            "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
            "msg_p5jXN8AQM9LWM0D4loKWxJek",
            1_614_265_330,
            br#"{"test": 2432232314}"#,
        );
        let expected = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";
        assert_eq!(signed.as_deref(), Some(expected));
    }

    #[test]
    fn a_signature_covers_id_time_and_body() {
        let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
        let (id, other) = ("0193f2a1-7c00", "0193f2a1-7c01");
        let signed = signature(secret, id, 1_614_265_330, b"{}").unwrap();
        assert!(signed.starts_with("v1,"), "{signed}");
        for differs in [
            signature(secret, other, 1_614_265_330, b"{}"),
            signature(secret, id, 1_614_265_331, b"{}"),
            signature(secret, id, 1_614_265_330, b"{ }"),
            signature(
                "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSx",
                id,
                1_614_265_330,
                b"{}",
            ),
        ] {
            assert_ne!(differs.unwrap(), signed);
        }
        assert_eq!(signature("no secret", id, 0, b""), None);
        assert_eq!(signature("whsec_%", id, 0, b""), None);
    }
}
