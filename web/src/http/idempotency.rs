//! The edge of idempotency: where a key comes from, and the one way to work under it.

use poem::{FromRequest, Request, RequestBody, Result};
use vitaran_core::access::{Allowed, Permission};
use vitaran_core::db::{Db, TenantTx};
use vitaran_core::idempotency::{self, Begun, IdempotencyError, IdempotencyKey, RequestHash};

use super::body_limit::hash_of;
use super::problem::Refusal;

/// Says that an answer is the first one, given again.
pub const REPLAYED: &str = "Idempotency-Replayed";

/// The hash of the request, as the body limit read it.
#[derive(Debug, Clone)]
pub struct BodyHash(pub RequestHash);

impl<'a> FromRequest<'a> for BodyHash {
    async fn from_request(request: &'a Request, _body: &mut RequestBody) -> Result<Self> {
        let hash = request.data::<RequestHash>().cloned();
        Ok(BodyHash(hash.unwrap_or_else(|| hash_of(request, &[]))))
    }
}

/// A claim that came with a request.
#[derive(Debug, Clone)]
pub struct Claim(idempotency::Claim);

impl Claim {
    /// From the API's `Idempotency-Key` header, which creating operations demand.
    pub fn of_header(
        header: Option<&str>,
        operation: &'static str,
        hash: BodyHash,
    ) -> std::result::Result<Self, Refusal> {
        let text = header.ok_or_else(|| {
            Refusal::malformed(
                "Send an Idempotency-Key header, so that a retry creates nothing twice",
            )
        })?;
        let key =
            IdempotencyKey::parse(text).map_err(|error| Refusal::malformed(&error.to_string()))?;
        Ok(Claim(idempotency::Claim {
            key,
            operation,
            request: hash.0,
        }))
    }

    /// From a form's hidden field `idempotency_key`.
    pub fn of_field(
        field: &str,
        operation: &'static str,
        hash: BodyHash,
    ) -> std::result::Result<Self, Refusal> {
        let key = IdempotencyKey::parse(field)
            .map_err(|_| Refusal::malformed("This form is incomplete, open its page again"))?;
        Ok(Claim(idempotency::Claim {
            key,
            operation,
            request: hash.0,
        }))
    }
}

/// What was answered, now or the first time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    pub status: u16,
    /// JSON for the API; for a form, what the redirect needs.
    pub body: String,
    pub is_replay: bool,
}

/// A claim that was started: either it was answered before, or the work is ours to do.
pub enum Started {
    Replay(Answer),
    Fresh(Box<Once>),
}

/// The open transaction that holds the key. Dropping it rolls everything back, the key with it.
#[must_use = "work that is not finished is rolled back"]
pub struct Once {
    tx: TenantTx,
    claim: idempotency::Claim,
}

/// Opens a transaction of the proof and takes the key in it:
///
/// ```ignore
/// let answer = match idempotency::start(&state.db, &by, claim).await? {
///     Started::Replay(answer) => answer,
///     Started::Fresh(mut once) => {
///         let order = orders::place(once.tx(), &by, input).await?;
///         once.finish(201, body_of(&order)).await?
///     }
/// };
/// ```
pub async fn start<P: Permission>(
    db: &Db,
    by: &Allowed<P>,
    Claim(claim): Claim,
) -> std::result::Result<Started, Refusal> {
    let mut tx = db.begin(by).await?;
    match idempotency::begin(&mut tx, &claim).await? {
        Begun::Fresh => Ok(Started::Fresh(Box::new(Once { tx, claim }))),
        Begun::OtherRequest => Err(IdempotencyError::OtherRequest.into()),
        Begun::Replay { status, body } => Ok(Started::Replay(Answer {
            status,
            body,
            is_replay: true,
        })),
    }
}

impl Once {
    pub fn tx(&mut self) -> &mut TenantTx {
        &mut self.tx
    }

    /// Notes the answer and commits.
    pub async fn finish(
        mut self: Box<Self>,
        status: u16,
        body: String,
    ) -> std::result::Result<Answer, Refusal> {
        idempotency::finish(&mut self.tx, &self.claim, status, &body);
        self.tx.commit().await?;
        Ok(Answer {
            status,
            body,
            is_replay: false,
        })
    }
}
