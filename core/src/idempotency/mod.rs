//! A creating request sent twice creates once: the first transaction writes down its key and its answer, the second gets
//! the answer.
//!
//! The business transaction locks the key before anything else, and writes key and answer in one row with its commit. A
//! second request with the key waits for that lock, and then reads the answer; after a rollback there is no row, and the
//! second does the work. Keys belong to whoever asks, a user or a program's key, in a tenant and are kept for
//! 24 hours.

use diesel::QueryableByName;
use diesel::sql_types::{SmallInt, Text};
use diesel_async::RunQueryDsl as _;
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::db::{DbError, Statement, TenantTx};
use crate::problem::{Kind, Problem};

/// What a client chose to name one request by: 1 to 255 visible ASCII characters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdempotencyKey(String);

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "An idempotency key has 1 to {} visible ASCII characters",
    IdempotencyKey::MAX_LENGTH
)]
pub struct IdempotencyKeyError;

impl IdempotencyKey {
    pub const MAX_LENGTH: usize = 255;

    pub fn parse(text: &str) -> Result<Self, IdempotencyKeyError> {
        let fits = (1..=Self::MAX_LENGTH).contains(&text.len());
        if fits && text.bytes().all(|b| b.is_ascii_graphic()) {
            Ok(IdempotencyKey(text.to_owned()))
        } else {
            Err(IdempotencyKeyError)
        }
    }

    /// A new key, for the hidden field of a form.
    #[must_use]
    pub fn generate() -> Self {
        IdempotencyKey(Uuid::now_v7().to_string())
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// SHA-256 of the whole request, in hex, so that a key used for something else is noticed.
///
/// The target is part of it: the same address posted to two dealers is two requests.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestHash(String);

impl RequestHash {
    /// `target` is path and query as the client wrote them. Neither it nor a method can hold a line break, which
    /// therefore parts them from the body.
    #[must_use]
    pub fn of(method: &str, target: &str, body: &[u8]) -> Self {
        use sha2::{Digest as _, Sha256};
        let digest = Sha256::new()
            .chain_update(method)
            .chain_update(b" ")
            .chain_update(target)
            .chain_update(b"\n")
            .chain_update(body)
            .finalize();
        RequestHash(hex::encode(digest))
    }
}

/// One request that must happen once.
#[derive(Debug, Clone)]
pub struct Claim {
    pub key: IdempotencyKey,
    /// `feature.verb`, such as `orders.place`.
    pub operation: &'static str,
    pub request: RequestHash,
}

/// What the key says about the request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Begun {
    /// First time: do the work, then [`finish`].
    Fresh,
    /// Done already: this was the answer.
    Replay { status: u16, body: String },
    /// The key was used for another operation, another address or another body.
    OtherRequest,
}

#[derive(Debug, thiserror::Error)]
pub enum IdempotencyError {
    #[error("A request with this idempotency key is being worked on, try again in a moment")]
    InFlight,
    #[error("This idempotency key was used for another request")]
    OtherRequest,
    #[error(transparent)]
    Db(#[from] DbError),
}

impl IdempotencyError {
    /// A second request waits up to the lock timeout; past it, the answer is soon there.
    const RETRY_AFTER_S: u32 = 1;
}

impl Problem for IdempotencyError {
    fn kind(&self) -> Kind {
        match self {
            IdempotencyError::InFlight => Kind::Conflict,
            IdempotencyError::OtherRequest => Kind::Invalid,
            IdempotencyError::Db(error) => error.kind(),
        }
    }

    fn code(&self) -> &'static str {
        match self {
            IdempotencyError::InFlight => "idempotency.in_flight",
            IdempotencyError::OtherRequest => "idempotency.key_reused",
            IdempotencyError::Db(error) => error.code(),
        }
    }

    fn facts(&self) -> Map<String, Value> {
        match self {
            IdempotencyError::InFlight => {
                Map::from_iter([("retry_after_s".to_owned(), Self::RETRY_AFTER_S.into())])
            }
            _ => Map::new(),
        }
    }
}

#[derive(QueryableByName)]
struct Recorded {
    #[diesel(sql_type = Text)]
    operation: String,
    #[diesel(sql_type = Text)]
    request_hash: String,
    #[diesel(sql_type = SmallInt)]
    status_code: i16,
    #[diesel(sql_type = Text)]
    body: String,
}

/// Jobs and commands have no user; their keys stand under the nil id.
fn actor_id(tx: &TenantTx) -> Uuid {
    tx.actor().principal().unwrap_or(Uuid::nil())
}

/// Locks the key, as the first statement of the business transaction, and looks whether it has its answer already. Waits
/// while another transaction holds the key, up to the role's `lock_timeout`. Two keys of one hash wait for each other,
/// which costs time and nothing else.
pub async fn begin(tx: &mut TenantTx, claim: &Claim) -> Result<Begun, IdempotencyError> {
    let (tenant, actor) = (tx.tenant().as_uuid(), actor_id(tx));
    let (mut locks, mut reads) = (tx.reader(), tx.reader());
    let lock = Statement::new("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))")
        .bind(format!(
            "idempotency {tenant} {actor} {}",
            claim.key.as_str()
        ))
        .execute(&mut locks);
    // A statement of its own, though in the same message: it must see what the one that was waited for has committed.
    let recorded = Statement::new(
        "SELECT operation, request_hash, status_code, body FROM idempotency_keys WHERE tenant_id = $1 AND actor_id = $2 AND key = $3",
    )
    .bind(tenant)
    .bind(actor)
    .bind(claim.key.as_str())
    .load::<Recorded>(&mut reads);
    let (locked, recorded) = futures_util::join!(lock, recorded);
    locked.map_err(|error| match DbError::from(error) {
        DbError::Busy(_) => IdempotencyError::InFlight,
        other => other.into(),
    })?;
    let recorded = recorded.map_err(DbError::from)?.into_iter().next();
    Ok(recorded.map_or(Begun::Fresh, |recorded| replay(recorded, claim)))
}

/// Pure: what a row that was there already means for this request.
fn replay(recorded: Recorded, claim: &Claim) -> Begun {
    if recorded.operation != claim.operation || recorded.request_hash != claim.request.0 {
        return Begun::OtherRequest;
    }
    Begun::Replay {
        // The column holds what `finish` wrote.
        status: u16::try_from(recorded.status_code).unwrap_or(u16::MAX),
        body: recorded.body,
    }
}

/// Writes key and answer down with the commit that makes the work durable.
pub fn finish(tx: &mut TenantTx, claim: &Claim, status: u16, body: &str) {
    let (tenant, actor) = (tx.tenant().as_uuid(), actor_id(tx));
    tx.write_last(
        Statement::new(
            "INSERT INTO idempotency_keys (tenant_id, actor_id, key, operation, request_hash, status_code, body) \
             VALUES ($1, $2, $3, $4, $5, $6, $7)",
        )
        .bind(tenant)
        .bind(actor)
        .bind(claim.key.as_str())
        .bind(claim.operation)
        .bind(claim.request.0.as_str())
        .bind(i16::try_from(status).unwrap_or(i16::MAX))
        .bind(body),
    );
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::access::{Allowed, Role, SalesOrdersRead};
    use crate::testkit::{test_db, test_tenant, test_tx};

    const GSTIN: &str = "27VOLTC1234A1ZU";

    /// A claim on the key by a POST with this body.
    fn claim(key: &IdempotencyKey, operation: &'static str, body: &str) -> Claim {
        Claim {
            key: key.clone(),
            operation,
            request: RequestHash::of("POST", "/api/v1/orders", body.as_bytes()),
        }
    }

    #[test]
    fn a_request_is_its_method_its_target_and_its_body() {
        let hash = RequestHash::of("POST", "/dealers/1", b"{}");
        assert_eq!(hash, RequestHash::of("POST", "/dealers/1", b"{}"));
        for other in [
            RequestHash::of("PUT", "/dealers/1", b"{}"),
            RequestHash::of("POST", "/dealers/2", b"{}"),
            RequestHash::of("POST", "/dealers/1?draft", b"{}"),
            RequestHash::of("POST", "/dealers/1", b"[]"),
        ] {
            assert_ne!(hash, other);
        }
    }

    #[test]
    fn a_key_is_short_and_visible() {
        for bad in ["", " ", "a b", "ключ", &"k".repeat(256)] {
            assert_eq!(
                IdempotencyKey::parse(bad),
                Err(IdempotencyKeyError),
                "{bad}"
            );
        }
        assert!(IdempotencyKey::parse(&"k".repeat(255)).is_ok());
        assert!(IdempotencyKey::parse(IdempotencyKey::generate().as_str()).is_ok());
    }

    #[tokio::test]
    async fn the_second_request_gets_the_first_ones_answer() {
        let tenant = test_tenant(GSTIN).await;
        let by: Allowed<SalesOrdersRead> = tenant.actor(Role::Admin).allow().unwrap();
        let (db, _) = test_db();
        let key = IdempotencyKey::generate();
        let mut first = db.begin(&by).await.unwrap();
        let begun = begin(&mut first, &claim(&key, "orders.place", "{}")).await;
        assert_eq!(begun.unwrap(), Begun::Fresh);
        finish(
            &mut first,
            &claim(&key, "orders.place", "{}"),
            201,
            "answer",
        );
        first.commit().await.unwrap();

        let mut second = db.begin(&by).await.unwrap();
        let begun = begin(&mut second, &claim(&key, "orders.place", "{}")).await;
        let answer = Begun::Replay {
            status: 201,
            body: "answer".to_owned(),
        };
        assert_eq!(begun.unwrap(), answer);
        let begun = begin(&mut second, &claim(&key, "orders.place", "[]")).await;
        assert_eq!(begun.unwrap(), Begun::OtherRequest);
        let begun = begin(&mut second, &claim(&key, "receipts.record", "{}")).await;
        assert_eq!(begun.unwrap(), Begun::OtherRequest);
    }

    #[tokio::test]
    async fn a_rolled_back_attempt_leaves_no_record() {
        let tenant = test_tenant(GSTIN).await;
        let by: Allowed<SalesOrdersRead> = tenant.actor(Role::Admin).allow().unwrap();
        let (db, _) = test_db();
        let key = IdempotencyKey::generate();
        for _ in 0..2 {
            let mut tx = db.begin(&by).await.unwrap();
            let begun = begin(&mut tx, &claim(&key, "orders.place", "{}")).await;
            assert_eq!(begun.unwrap(), Begun::Fresh);
        }
    }

    #[tokio::test]
    async fn a_request_in_flight_past_the_lock_timeout_is_a_conflict_to_retry() {
        let tenant = test_tenant(GSTIN).await;
        let by: Allowed<SalesOrdersRead> = tenant.actor(Role::Admin).allow().unwrap();
        let (db, _) = test_db();
        let key = IdempotencyKey::generate();
        let mut first = db.begin(&by).await.unwrap();
        begin(&mut first, &claim(&key, "orders.place", "{}"))
            .await
            .unwrap();
        let mut second = db.begin(&by).await.unwrap();
        let refused = begin(&mut second, &claim(&key, "orders.place", "{}"))
            .await
            .unwrap_err();
        assert_eq!(refused.kind(), Kind::Conflict);
        assert_eq!(refused.facts()["retry_after_s"], 1);
    }

    #[tokio::test]
    async fn two_tenants_may_use_the_same_key() {
        let key = IdempotencyKey::generate();
        for _ in 0..2 {
            let mut t = test_tx().await;
            let begun = begin(&mut t, &claim(&key, "orders.place", "{}")).await;
            assert_eq!(begun.unwrap(), Begun::Fresh);
        }
    }
}
