//! Passwords: argon2id, 19 MiB and two passes at least (OWASP ASVS 5.0, 6.2 and appendix C), hashed off the async threads
//! and as many at a time as there are cores, so that a storm of sign-ins cannot take the memory or the pages down.

use std::num::NonZeroUsize;
use std::sync::{Arc, LazyLock};

use argon2::password_hash::{Output, PasswordHash, Salt, SaltString};
use argon2::{ARGON2ID_IDENT, Algorithm, Argon2, Block, Params, Version};
use rand::TryRngCore as _;
use tokio::sync::Semaphore;

use super::NewPassword;

/// What a hash costs whoever makes one, and whoever guesses. The configuration may raise it; then each password is hashed
/// anew when its owner next signs in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PasswordCost {
    pub memory_kib: u32,
    pub passes: u32,
    pub lanes: u32,
}

impl PasswordCost {
    /// The least that may be configured.
    pub const LEAST: PasswordCost = PasswordCost {
        memory_kib: 19_456,
        passes: 2,
        lanes: 1,
    };

    fn params(self) -> Result<Params, HashError> {
        Params::new(self.memory_kib, self.passes, self.lanes, None).map_err(failed)
    }

    /// Whether a hash was made with less than this in any respect.
    fn exceeds(self, made_with: &Params) -> bool {
        made_with.m_cost() < self.memory_kib
            || made_with.t_cost() < self.passes
            || made_with.p_cost() < self.lanes
    }
}

/// Hashes at a time, one for each core: each takes 19 MiB and a core for a tenth of a second.
static HASHING: LazyLock<Arc<Semaphore>> = LazyLock::new(|| {
    let cores = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
    Arc::new(Semaphore::new(cores))
});

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
pub async fn hash_password(password: NewPassword, cost: PasswordCost) -> Result<String, HashError> {
    hash_again(password.0, cost).await
}

/// As [`hash_password`] for a password that is in use: rules that came later do not shut its owner out.
pub(super) async fn hash_again(password: String, cost: PasswordCost) -> Result<String, HashError> {
    off_the_async_threads(&HASHING, move || {
        let mut salt = [0_u8; 16];
        rand::rngs::OsRng
            .try_fill_bytes(&mut salt)
            .map_err(failed)?;
        let salt = SaltString::encode_b64(&salt).map_err(failed)?;
        let params = cost.params()?;
        let hash = PasswordHash {
            algorithm: ARGON2ID_IDENT,
            version: Some(Version::V0x13.into()),
            params: (&params).try_into().map_err(failed)?,
            salt: Some(salt.as_salt()),
            hash: Some(digest(password.as_bytes(), salt.as_salt(), &params)?),
        };
        Ok(hash.to_string())
    })
    .await
}

/// Hashed with where there is nobody's salt.
const NOBODYS_SALT: &str = "c29tZXNhbHRzb21lc2FsdA";

/// Whether a password is the one behind a hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verified {
    No,
    Yes,
    /// It is, and the hash was made with less than is configured now.
    YesAndWeak,
}

/// Verifies a password. `None` does the same work for nobody and is always [`Verified::No`], so that the answer for an unknown
/// address takes the same time.
pub(super) async fn verify(
    password: String,
    stored: Option<String>,
    cost: PasswordCost,
) -> Result<Verified, HashError> {
    off_the_async_threads(&HASHING, move || {
        let Some(stored) = stored else {
            let salt = Salt::from_b64(NOBODYS_SALT).map_err(failed)?;
            digest(password.as_bytes(), salt, &cost.params()?)?;
            return Ok(Verified::No);
        };
        let stored = PasswordHash::new(&stored).map_err(failed)?;
        let (Some(salt), Some(wanted)) = (stored.salt, stored.hash) else {
            return Err(failed("a stored hash lacks its salt or its digest"));
        };
        let params = Params::try_from(&stored).map_err(failed)?;
        // Outputs are compared in constant time.
        if digest(password.as_bytes(), salt, &params)? != wanted {
            return Ok(Verified::No);
        }
        Ok(if cost.exceeds(&params) {
            Verified::YesAndWeak
        } else {
            Verified::Yes
        })
    })
    .await
}

#[cfg(test)]
mod tests {
    use super::*;

    const LEAST: PasswordCost = PasswordCost::LEAST;

    async fn check(password: &str, hash: &str, cost: PasswordCost) -> Verified {
        verify(password.to_owned(), Some(hash.to_owned()), cost)
            .await
            .unwrap()
    }

    #[tokio::test]
    async fn a_password_verifies_against_its_own_hash_and_no_other() {
        let password = NewPassword::parse("correct horse battery").unwrap();
        let hash = hash_password(password, LEAST).await.unwrap();
        assert!(
            hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"),
            "{hash}"
        );
        let is_right = check("correct horse battery", &hash, LEAST).await;
        assert_eq!(is_right, Verified::Yes);
        for other in [
            "correct horse batterz",
            "Correct horse battery",
            "correct horse battery ",
            "correct horse batter",
        ] {
            assert_eq!(check(other, &hash, LEAST).await, Verified::No, "{other}");
        }
    }

    #[tokio::test]
    async fn a_hash_is_weak_once_more_is_configured_and_never_when_less_is() {
        let dear = PasswordCost { passes: 3, ..LEAST };
        let password = || NewPassword::parse("correct horse battery").unwrap();
        let old = hash_password(password(), LEAST).await.unwrap();
        let new = hash_password(password(), dear).await.unwrap();
        let is_old = check("correct horse battery", &old, dear).await;
        assert_eq!(is_old, Verified::YesAndWeak);
        for cost in [LEAST, dear] {
            let is_new = check("correct horse battery", &new, cost).await;
            assert_eq!(is_new, Verified::Yes);
        }
        assert_eq!(check("wrong", &old, dear).await, Verified::No);
    }

    #[tokio::test]
    async fn nobody_has_no_password() {
        let nobody = verify("password".to_owned(), None, LEAST).await.unwrap();
        assert_eq!(nobody, Verified::No);
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
}
