//! Passwords: argon2id, 19 MiB and two passes (OWASP ASVS 5.0, 6.2 and appendix C), hashed off the async threads and as
//! many at a time as there are cores, so that a storm of sign-ins cannot take the memory or the pages down.

use std::num::NonZeroUsize;
use std::sync::{Arc, LazyLock};

use argon2::password_hash::{Output, PasswordHash, Salt, SaltString};
use argon2::{ARGON2ID_IDENT, Algorithm, Argon2, Block, Params, Version};
use rand::TryRngCore as _;
use tokio::sync::Semaphore;

/// Memory in KiB, passes and lanes of the hash.
const MEMORY_KIB: u32 = 19_456;
const PASSES: u32 = 2;
const LANES: u32 = 1;

/// Hashes at a time, one for each core: each takes 19 MiB and a core for a tenth of a second.
static HASHING: LazyLock<Arc<Semaphore>> = LazyLock::new(|| {
    let cores = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
    Arc::new(Semaphore::new(cores))
});

/// Shorter than any user's, so that an absurd body is not hashed.
pub(super) const MAX_LENGTH: usize = 128;
const MIN_LENGTH: usize = 12;

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PasswordFault {
    #[error("Use at least {MIN_LENGTH} characters")]
    TooShort,
    #[error("Use at most {MAX_LENGTH} characters")]
    TooLong,
}

/// A password somebody chose: 12 to 128 characters of any kind, taken as typed.
pub struct NewPassword(String);

impl NewPassword {
    pub fn parse(text: &str) -> Result<Self, PasswordFault> {
        match text.chars().count() {
            n if n < MIN_LENGTH => Err(PasswordFault::TooShort),
            n if n > MAX_LENGTH => Err(PasswordFault::TooLong),
            _ => Ok(NewPassword(text.to_owned())),
        }
    }
}

impl std::fmt::Debug for NewPassword {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("NewPassword(…)")
    }
}

/// The hasher could not work: no randomness, or the task was cancelled.
#[derive(Debug, thiserror::Error)]
#[error("the password could not be hashed: {0}")]
pub struct HashError(String);

fn failed(error: impl std::fmt::Display) -> HashError {
    HashError(error.to_string())
}

/// Blocks of 1 KiB that are asked for: what is above 32 MiB glibc gives back to the system when it is freed. Smaller pieces it
/// keeps for each thread that ever hashed. Only what the parameters say is used, and so becomes memory at all.
const ASKED_FOR: usize = 33 * 1024;

/// Argon2id of a password under a salt.
fn digest(password: &[u8], salt: Salt<'_>, params: &Params) -> Result<Output, HashError> {
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params.clone());
    let mut decoded = [0_u8; Salt::MAX_LENGTH];
    let salt = salt.decode_b64(&mut decoded).map_err(failed)?;
    let mut memory: Vec<Block> = Vec::with_capacity(ASKED_FOR.max(params.block_count()));
    memory.resize(params.block_count(), Block::new());
    let length = params.output_len().unwrap_or(Params::DEFAULT_OUTPUT_LEN);
    Output::init_with(length, |out| {
        Ok(argon2.hash_password_into_with_memory(password, salt, out, &mut memory)?)
    })
    .map_err(failed)
}

/// Does the work on a thread of its own when one of the turns is free. A work that has begun goes on when nobody waits
/// for it any more, so it keeps its turn until it is over: else a storm of requests that hang up would be let in at once.
async fn off_the_async_threads<T: Send + 'static>(
    turns: &Arc<Semaphore>,
    work: impl FnOnce() -> Result<T, HashError> + Send + 'static,
) -> Result<T, HashError> {
    let turn = Arc::clone(turns).acquire_owned().await.map_err(failed)?;
    tokio::task::spawn_blocking(move || {
        let _turn = turn;
        work()
    })
    .await
    .map_err(failed)?
}

/// The PHC string to store.
pub async fn hash_password(password: NewPassword) -> Result<String, HashError> {
    off_the_async_threads(&HASHING, move || {
        let mut salt = [0_u8; 16];
        rand::rngs::OsRng
            .try_fill_bytes(&mut salt)
            .map_err(failed)?;
        let salt = SaltString::encode_b64(&salt).map_err(failed)?;
        let params = Params::new(MEMORY_KIB, PASSES, LANES, None).map_err(failed)?;
        let hash = PasswordHash {
            algorithm: ARGON2ID_IDENT,
            version: Some(Version::V0x13.into()),
            params: (&params).try_into().map_err(failed)?,
            salt: Some(salt.as_salt()),
            hash: Some(digest(password.0.as_bytes(), salt.as_salt(), &params)?),
        };
        Ok(hash.to_string())
    })
    .await
}

/// A hash nobody's password has, verified when the e-mail is unknown, so that the answer takes the same time.
const DECOY: &str = "$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHRzb21lc2FsdA$c4BB5UwQ1lUf9TBQgiyqzGq3ZWSzmHpzdp5A8NDcOck";

/// Whether the password is the one behind the hash. `None` verifies against a decoy and is always false.
pub(super) async fn verify(password: String, stored: Option<String>) -> Result<bool, HashError> {
    off_the_async_threads(&HASHING, move || {
        let known = stored.is_some();
        let text = stored.unwrap_or_else(|| DECOY.to_owned());
        let stored = PasswordHash::new(&text).map_err(failed)?;
        let (Some(salt), Some(wanted)) = (stored.salt, stored.hash) else {
            return Err(failed("a stored hash lacks its salt or its digest"));
        };
        let params = Params::try_from(&stored).map_err(failed)?;
        // Outputs are compared in constant time.
        Ok(digest(password.as_bytes(), salt, &params)? == wanted && known)
    })
    .await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_password_verifies_against_its_own_hash_and_no_other() {
        let hash = hash_password(NewPassword::parse("correct horse battery").unwrap())
            .await
            .unwrap();
        assert!(
            hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"),
            "{hash}"
        );
        assert!(
            verify("correct horse battery".to_owned(), Some(hash.clone()))
                .await
                .unwrap()
        );
        assert!(
            !verify("correct horse batterz".to_owned(), Some(hash))
                .await
                .unwrap()
        );
    }

    #[tokio::test]
    async fn the_decoy_is_a_real_hash_of_the_same_cost_and_never_lets_anybody_in() {
        let decoy = PasswordHash::new(DECOY).unwrap();
        assert_eq!(Params::try_from(&decoy).unwrap().m_cost(), MEMORY_KIB);
        assert!(!verify("password".to_owned(), None).await.unwrap());
    }

    #[tokio::test]
    async fn a_hash_that_nobody_waits_for_keeps_its_turn_until_it_is_over() {
        let turns = Arc::new(Semaphore::new(1));
        let (begun, has_begun) = tokio::sync::oneshot::channel();
        let (finish, may_finish) = std::sync::mpsc::channel::<()>();
        let work = move || {
            begun.send(()).unwrap();
            may_finish.recv().unwrap();
            Ok(())
        };
        let caller = tokio::spawn({
            let turns = turns.clone();
            async move { off_the_async_threads(&turns, work).await }
        });
        has_begun.await.unwrap();
        caller.abort();
        assert!(caller.await.unwrap_err().is_cancelled());
        assert_eq!(turns.available_permits(), 0, "the hash goes on");

        finish.send(()).unwrap();
        off_the_async_threads(&turns, || Ok(())).await.unwrap();
    }

    #[test]
    fn a_password_has_twelve_to_128_characters_counted_as_people_count() {
        assert_eq!(
            NewPassword::parse("short").unwrap_err(),
            PasswordFault::TooShort
        );
        assert!(NewPassword::parse("पासवर्ड है यह मेरा").is_ok());
        assert_eq!(
            NewPassword::parse(&"x".repeat(129)).unwrap_err(),
            PasswordFault::TooLong
        );
    }
}
