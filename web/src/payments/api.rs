//! Recording a receipt.

use poem::web::Data;
use poem_openapi::param::Header;
use poem_openapi::payload::Json;
use poem_openapi::types::{ParseFromJSON as _, ToJSON as _};
use poem_openapi::{ApiResponse, OpenApi};
use vitaran_core::access::{Allowed, BillingPaymentsWrite};
use vitaran_core::payments::{self, ReceiptForm};

use super::dto::{NewReceipt, Receipt};
use crate::auth::ApiActor;
use crate::http::idempotency::{self, Answer, BodyHash, Claim, Started};
use crate::http::problem::Refusal;
use crate::http::problem_json::Failure;
use crate::openapi::Tag;
use crate::state::AppState;

#[derive(ApiResponse)]
pub enum Recorded {
    /// The receipt is recorded; with `Idempotency-Replayed`, it was before.
    #[oai(status = 201)]
    Created(
        Json<Receipt>,
        /// `true` when this is the first answer, given again.
        #[oai(header = "Idempotency-Replayed")]
        Option<String>,
    ),
}

impl Recorded {
    fn of(answer: &Answer) -> Result<Self, Refusal> {
        let receipt = Receipt::parse_from_json_string(&answer.body).map_err(|_| {
            Refusal::malformed("The first answer to this key cannot be read any more")
        })?;
        let replayed = answer.is_replay.then(|| "true".to_owned());
        Ok(Recorded::Created(Json(receipt), replayed))
    }
}

pub struct ReceiptsApi;

#[OpenApi]
impl ReceiptsApi {
    /// Record a receipt
    ///
    /// The dealer's exposure falls by the whole amount at once. Without `allocations` the oldest open invoices are paid
    /// first. The same reference twice, of one dealer and mode, is 409.
    #[oai(
        path = "/v1/receipts",
        method = "post",
        operation_id = "receipts_record",
        tag = "Tag::Receipts"
    )]
    async fn record(
        &self,
        state: Data<&AppState>,
        by: ApiActor,
        /// Names this request: sent again with the same key, it records nothing new.
        #[oai(name = "Idempotency-Key")]
        key: Header<Option<String>>,
        hash: BodyHash,
        body: Json<NewReceipt>,
    ) -> Result<Recorded, Failure> {
        let by: Allowed<BillingPaymentsWrite> = by.actor().allow()?;
        let claim = Claim::of_header(key.0.as_deref(), "receipts.record", hash)?;
        let input = ReceiptForm::from(body.0).parse()?;
        let answer = match idempotency::start(&state.db, &by, claim).await? {
            Started::Replay(answer) => answer,
            Started::Fresh(mut once) => {
                let receipt = payments::record_receipt(once.tx(), &by, input).await?;
                let body = Receipt::from(receipt).to_json_string();
                once.finish(201, body).await?
            }
        };
        Ok(Recorded::of(&answer)?)
    }
}
