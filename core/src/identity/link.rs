//! The secret of a link that is mailed: 256 random bits, stored as their hash.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rand::TryRngCore as _;
use rand::rand_core::OsError;

/// More than any link of ours, so that an absurd address is not hashed.
pub(crate) const LONGEST_LINK: usize = 100;

pub(crate) fn new_link_secret() -> Result<String, OsError> {
    let mut secret = [0_u8; 32];
    rand::rngs::OsRng.try_fill_bytes(&mut secret)?;
    Ok(URL_SAFE_NO_PAD.encode(secret))
}
