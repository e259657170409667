//! Recording a receipt.

use poem::web::Data;
use poem_openapi::OpenApi;
use poem_openapi::param::Header;
use poem_openapi::payload::Json;
use poem_openapi::types::ToJSON as _;
use vitaran_core::access::{Allowed, BillingPaymentsWrite};
use vitaran_core::payments::{self, ReceiptForm};

use super::dto::{NewReceipt, Receipt};
use crate::auth::ApiActor;
use crate::http::idempotency::{self, BodyHash, Claim, Started};
use crate::http::problem_json::Failure;
use crate::http::stored::Created;
use crate::openapi::Tag;
use crate::state::AppState;

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
    ) -> Result<Created<Receipt>, Failure> {
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
        Ok(Created::of(&answer, |_| None)?)
    }
}
