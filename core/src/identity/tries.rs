//! Tries at an account: after five failures the next must wait a minute, then 2, 4, 8 and at most 15.
//!
//! What a stranger does must not shut the owner out, so a delay holds for an account *and the network the failures came
//! from*. A stranger with many networks is met by a second count, of all networks from which nobody has ever signed in to
//! the account: it needs fifty failures, and those whose network the account is known from, by a sign-in in the last 90
//! days, are outside of it. The owner on a new network in the middle of such an attack gets in with a mailed link, which
//! makes the network known. A lock that anybody can close by typing an address, there is none.
//!
//! A try counts as a failure from its beginning until it is proven right, so that many at once gain nothing. While a delay
//! lasts nothing is verified and nothing counted; the answer and its time are those of a wrong password. All of this holds
//! for addresses that nobody has, too: they are told apart by nothing.

use diesel::QueryableByName;
use diesel::sql_types::Bool;
use diesel_async::RunQueryDsl as _;

use super::CredentialHash;
use crate::db::{DbError, PlatformTx, Statement};
use crate::throttle::Network;

/// How many failures there may be before the first delay.
#[derive(Debug, Clone, Copy)]
struct Allowed {
    from_one_network: i32,
    /// From all networks that the account is not known from.
    from_strangers: i32,
}

const SIGN_INS: Allowed = Allowed {
    from_one_network: 5,
    from_strangers: 50,
};

/// Each is a mail in somebody's mailbox, whoever asked for it.
const LINKS: Allowed = Allowed {
    from_one_network: 3,
    from_strangers: 6,
};

/// What is tried, by whom.
#[derive(Debug, Clone, Copy)]
pub(super) struct Tries {
    key: CredentialHash,
    network: Network,
    allowed: Allowed,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    Free,
    /// Too many failures: whatever is typed is not looked at.
    Delayed,
}

#[derive(QueryableByName)]
struct Delay {
    #[diesel(sql_type = Bool)]
    is_delayed: bool,
}

impl Tries {
    /// Tries to sign in under an address, which need not be anybody's. Its key is the address as the account is found by: letters that are
    /// one to the database and two to us would each have tries of their own.
    pub(super) fn of_sign_in(email: &str, network: Network) -> Self {
        Tries {
            key: CredentialHash::of(&format!("sign in\n{}", email.to_ascii_lowercase())),
            network,
            allowed: SIGN_INS,
        }
    }

    /// Links to a new password, asked for under an address. None is ever proven right: each counts.
    pub(super) fn of_links(email: &str, network: Network) -> Self {
        Tries {
            key: CredentialHash::of(&format!("link\n{}", email.to_ascii_lowercase())),
            network,
            allowed: LINKS,
        }
    }

    /// Counts a try as a failure, unless it must wait.
    pub(super) async fn begin(self, tx: &mut PlatformTx) -> Result<Standing, DbError> {
        tx.hold_credential(&self.key.0).await?;
        let delay: Delay = Statement::new(
            "WITH here AS (SELECT succeeded_at > now() - interval '90 days' AS is_known, delayed_until > now() AS is_delayed \
                           FROM sign_in_tries WHERE key = $1 AND network = $2), \
             asked AS (SELECT n.network FROM (VALUES ($2), ('')) AS n (network) \
                       WHERE n.network <> '' OR NOT EXISTS (SELECT FROM here WHERE is_known OR is_delayed)), \
             counted AS ( \
                 INSERT INTO sign_in_tries AS t (key, network, failures, failed_at) SELECT $1, network, 1, now() FROM asked \
                 ON CONFLICT (key, network) DO UPDATE SET (failures, failed_at, delayed_until) = ( \
                     SELECT n, now(), CASE WHEN n >= allowed THEN now() + make_interval(mins => least(15, 1 << least(n - allowed, 4))) END \
                     FROM (SELECT CASE WHEN t.failed_at > now() - interval '24 hours' THEN t.failures + 1 ELSE 1 END AS n, \
                                  CASE t.network WHEN '' THEN $4 ELSE $3 END AS allowed) f) \
                 WHERE t.delayed_until IS NULL OR t.delayed_until <= now() \
                 RETURNING network) \
             SELECT (SELECT count(*) FROM counted) < (SELECT count(*) FROM asked) AS is_delayed",
        )
        .bind(self.key.0.to_vec())
        .bind(self.network.to_string())
        .bind(self.allowed.from_one_network)
        .bind(self.allowed.from_strangers)
        .get_result(tx.conn()?)
        .await?;
        Ok(if delay.is_delayed {
            Standing::Delayed
        } else {
            Standing::Free
        })
    }

    /// The last try was right: it was no failure, and the account is known from its network.
    pub(super) async fn succeed(self, tx: &mut PlatformTx) -> Result<(), DbError> {
        tx.hold_credential(&self.key.0).await?;
        Statement::new(
            "WITH strangers AS (UPDATE sign_in_tries SET failures = greatest(failures - 1, 0), delayed_until = NULL WHERE key = $1 AND network = '') \
             INSERT INTO sign_in_tries (key, network, failures, failed_at, succeeded_at) VALUES ($1, $2, 0, now(), now()) \
             ON CONFLICT (key, network) DO UPDATE SET failures = 0, delayed_until = NULL, succeeded_at = now()",
        )
        .bind(self.key.0.to_vec())
        .bind(self.network.to_string())
        .execute(tx.conn()?)
        .await?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::db::Db;
    use crate::testkit::test_db;

    /// Somebody at an account that no other test knows.
    fn somebody(network: u8) -> (String, Network) {
        let email = format!("{}@volt.test", uuid::Uuid::now_v7());
        (email, Network::of([203, 0, 113, network].into()))
    }

    async fn fail(db: &Db, email: &str, network: Network) -> Standing {
        let mut tx = db.begin_platform().await.unwrap();
        let standing = Tries::of_sign_in(email, network)
            .begin(&mut tx)
            .await
            .unwrap();
        tx.commit().await.unwrap();
        standing
    }

    async fn sign_in(db: &Db, email: &str, network: Network) {
        assert_eq!(fail(db, email, network).await, Standing::Free);
        let mut tx = db.begin_platform().await.unwrap();
        let tries = Tries::of_sign_in(email, network);
        tries.succeed(&mut tx).await.unwrap();
        tx.commit().await.unwrap();
    }

    /// Minutes the account waits on a network, and lets them pass.
    async fn wait_out(db: &Db, email: &str, network: &str) -> i64 {
        #[derive(QueryableByName)]
        struct Minutes {
            #[diesel(sql_type = diesel::sql_types::BigInt)]
            minutes: i64,
        }
        let key = Tries::of_sign_in(email, Network::local()).key.0;
        let mut tx = db.begin_platform().await.unwrap();
        tx.hold_credential(&key).await.unwrap();
        let minutes: Minutes = Statement::new(
            "WITH before AS (SELECT delayed_until FROM sign_in_tries WHERE key = $1 AND network = $2), \
             past AS (UPDATE sign_in_tries SET delayed_until = now() WHERE key = $1 AND network = $2) \
             SELECT round(extract(epoch FROM delayed_until - now()) / 60)::bigint AS minutes FROM before",
        )
        .bind(key.to_vec())
        .bind(network)
        .get_result(tx.conn().unwrap())
        .await
        .unwrap();
        tx.commit().await.unwrap();
        minutes.minutes
    }

    #[tokio::test]
    async fn the_delay_grows_from_one_minute_to_fifteen() {
        let (db, _) = test_db();
        let (email, network) = somebody(1);
        for _ in 0..5 {
            assert_eq!(fail(&db, &email, network).await, Standing::Free);
        }
        for minutes in [1, 2, 4, 8, 15, 15] {
            assert_eq!(fail(&db, &email, network).await, Standing::Delayed);
            let waited = wait_out(&db, &email, &network.to_string()).await;
            assert_eq!(waited, minutes);
            assert_eq!(fail(&db, &email, network).await, Standing::Free);
        }
    }

    #[tokio::test]
    async fn the_owner_elsewhere_is_not_shut_out_and_a_right_try_clears_the_failures() {
        let (db, _) = test_db();
        let ((email, stranger), (_, owner)) = (somebody(1), somebody(2));
        for _ in 0..9 {
            fail(&db, &email, stranger).await;
        }
        assert_eq!(fail(&db, &email, stranger).await, Standing::Delayed);
        for _ in 0..4 {
            assert_eq!(fail(&db, &email, owner).await, Standing::Free);
        }
        sign_in(&db, &email, owner).await;
        for _ in 0..4 {
            assert_eq!(fail(&db, &email, owner).await, Standing::Free);
        }
    }

    #[tokio::test]
    async fn strangers_on_fifty_networks_are_delayed_and_who_is_known_is_not() {
        let (db, _) = test_db();
        let (email, owner) = somebody(200);
        sign_in(&db, &email, owner).await;
        let mut free = 0;
        for network in 0..60 {
            let standing = fail(&db, &email, somebody(network).1).await;
            free += usize::from(standing == Standing::Free);
        }
        assert_eq!(free, 50);
        assert_eq!(fail(&db, &email, owner).await, Standing::Free);
        assert_eq!(wait_out(&db, &email, "").await, 1);
        assert_eq!(
            fail(&db, &email, somebody(201).1).await,
            Standing::Free,
            "the strangers' delay ends too"
        );
    }

    #[tokio::test]
    async fn one_stranger_who_goes_on_does_not_use_up_what_all_strangers_have() {
        let (db, _) = test_db();
        let ((email, stranger), (_, other)) = (somebody(1), somebody(2));
        for _ in 0..80 {
            fail(&db, &email, stranger).await;
        }
        assert_eq!(fail(&db, &email, other).await, Standing::Free);
    }

    #[tokio::test]
    async fn many_tries_at_once_are_as_few_as_one_after_the_other() {
        let (db, _) = test_db();
        let (email, network) = somebody(1);
        let all = (0..12).map(|_| fail(&db, &email, network));
        let standings = futures_util::future::join_all(all).await;
        let free = standings.iter().filter(|s| **s == Standing::Free).count();
        assert_eq!(free, 5);
    }
}
