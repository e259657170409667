//! Dealers for programs.

use chrono::{DateTime, Utc};
use poem::web::Data;
use poem_openapi::OpenApi;
use poem_openapi::param::{Header, Path, Query};
use poem_openapi::payload::Json;
use poem_openapi::types::ToJSON as _;
use vitaran_core::access::{Actor, SalesCreditWrite, SalesDealersRead, SalesDealersWrite};
use vitaran_core::db::{Since, TenantTx};
use vitaran_core::dealers::{
    self, AddressForm, ContactForm, CreditLimitForm, DealerFilter, DealerForm, DealerHeaderForm,
};
use vitaran_core::master::Shown;
use vitaran_kernel::{AddressId, ContactId, DealerId};

use super::dto::{
    AddressInput, ContactInput, Credit, Dealer, DealerInput, DealerSummary, NewCreditLimit,
    NewDealer,
};
use crate::auth::ApiActor;
use crate::catalog::dto::RecordStatus;
use crate::http::idempotency::{self, Answer, BodyHash, Claim, Started};
use crate::http::listing::{Asked, Listed};
use crate::http::problem::Refusal;
use crate::http::problem_json::Failure;
use crate::http::stored::{Created, Made, Stored};
use crate::http::version;
use crate::openapi::Tag;
use crate::state::AppState;

fn created(answer: &Answer) -> Result<Created<Dealer>, Failure> {
    Ok(Created::of(answer, |dealer: &Dealer| {
        Some(Made {
            location: format!("/api/v1/dealers/{}", dealer.id),
            version: Some(dealer.version),
        })
    })?)
}

/// The version that something is added to: the one named, or the present one.
async fn version_of(
    tx: &mut TenantTx,
    actor: &Actor,
    id: DealerId,
    if_match: Option<&str>,
) -> Result<i32, Refusal> {
    if let Some(version) = version::optional(if_match)? {
        return Ok(version);
    }
    let by = actor.allow::<SalesDealersRead>()?;
    Ok(dealers::load(tx, &by, id).await?.dealer.version)
}

pub struct DealersApi;

#[OpenApi(tag = "Tag::Dealers")]
impl DealersApi {
    /// List dealers
    ///
    /// By legal name.
    #[oai(path = "/v1/dealers", method = "get", operation_id = "dealers_list")]
    #[expect(
        clippy::too_many_arguments,
        reason = "an operation's parameters are its arguments"
    )]
    async fn list(
        &self,
        state: Data<&AppState>,
        by: ApiActor,
        asked: Asked,
        /// Beginnings of words of a name, the beginning of a code, or a whole GSTIN.
        #[oai(validator(max_length = 200))]
        q: Query<Option<String>>,
        /// Those in use, unless it says otherwise.
        status: Query<Option<RecordStatus>>,
        /// Only what changed at this moment or later, the oldest change first: to keep a copy, with `status=all`. For the next
        /// sync take `next_updated_since` of the answer.
        updated_since: Query<Option<DateTime<Utc>>>,
        /// Rows of a page, 1 to 100.
        limit: Query<Option<u16>>,
        /// `next_cursor` of the page before.
        cursor: Query<Option<String>>,
    ) -> Result<Listed<DealerSummary>, Failure> {
        let by = by.actor().allow::<SalesDealersRead>()?;
        let asked = asked.by(&state, by.actor())?;
        let page = asked.page(limit.0, cursor.0.as_deref())?;
        let filter = DealerFilter {
            shown: status.0.map_or(Shown::Active, Into::into),
            q: q.0.clone().unwrap_or_default(),
            since: updated_since.0.map(Since::new),
        };
        let tx = state.db.begin_read(&by).await?;
        let rows = dealers::list(&tx, &by, &filter, &page).await?;
        tx.commit().await?;
        Ok(asked.answer(rows))
    }

    /// Get a dealer
    ///
    /// With its credit, addresses and people.
    #[oai(path = "/v1/dealers/:id", method = "get", operation_id = "dealers_get")]
    async fn get(
        &self,
        state: Data<&AppState>,
        by: ApiActor,
        id: Path<uuid::Uuid>,
    ) -> Result<Stored<Dealer>, Failure> {
        let by = by.actor().allow::<SalesDealersRead>()?;
        let mut tx = state.db.begin_read(&by).await?;
        let page = dealers::load(&mut tx, &by, DealerId::from_uuid(id.0)).await?;
        tx.commit().await?;
        let version = page.dealer.version;
        Ok(Stored::of(page, version))
    }

    /// Add a dealer
    ///
    /// With its addresses and contacts. Its credit limit is zero until one is set.
    #[oai(path = "/v1/dealers", method = "post", operation_id = "dealers_create")]
    async fn create(
        &self,
        state: Data<&AppState>,
        by: ApiActor,
        hash: BodyHash,
        /// A text of your own, at most 255 characters, the same for each try of one request.
        #[oai(name = "Idempotency-Key")]
        key: Header<Option<String>>,
        body: Json<NewDealer>,
    ) -> Result<Created<Dealer>, Failure> {
        let by = by.actor().allow::<SalesDealersWrite>()?;
        let claim = Claim::of_header(key.0.as_deref(), "dealers.create", hash)?;
        let input = DealerForm::from(body.0).parse()?;
        let answer = match idempotency::start(&state.db, &by, claim).await? {
            Started::Replay(answer) => answer,
            Started::Fresh(mut once) => {
                let page = dealers::create(once.tx(), &by, input).await?;
                once.finish(201, Dealer::from(page).to_json_string())
                    .await?
            }
        };
        created(&answer)
    }

    /// Change a dealer
    ///
    /// What is left out becomes empty. The addresses there are must suit a new GSTIN.
    #[oai(
        path = "/v1/dealers/:id",
        method = "put",
        operation_id = "dealers_update"
    )]
    async fn update(
        &self,
        state: Data<&AppState>,
        by: ApiActor,
        id: Path<uuid::Uuid>,
        /// The `ETag` of the dealer.
        #[oai(name = "If-Match")]
        if_match: Header<Option<String>>,
        body: Json<DealerInput>,
    ) -> Result<Stored<Dealer>, Failure> {
        let by = by.actor().allow::<SalesDealersWrite>()?;
        let expected = version::required(if_match.0.as_deref())?;
        let input = DealerHeaderForm::from(body.0).parse()?;
        let mut tx = state.db.begin(&by).await?;
        let id = DealerId::from_uuid(id.0);
        let page = dealers::update(&mut tx, &by, id, expected, input).await?;
        tx.commit().await?;
        let version = page.dealer.version;
        Ok(Stored::of(page, version))
    }

    /// Set a dealer's credit limit
    ///
    /// A limit below what is used stops new approvals and takes nothing back.
    #[oai(
        path = "/v1/dealers/:id/credit_limit",
        method = "put",
        operation_id = "dealers_set_credit_limit"
    )]
    async fn set_credit_limit(
        &self,
        state: Data<&AppState>,
        by: ApiActor,
        id: Path<uuid::Uuid>,
        /// The `version` in the dealer's `credit`, written as an `ETag`: `"v1"`.
        #[oai(name = "If-Match")]
        if_match: Header<Option<String>>,
        body: Json<NewCreditLimit>,
    ) -> Result<Stored<Credit>, Failure> {
        let by = by.actor().allow::<SalesCreditWrite>()?;
        let expected = version::required(if_match.0.as_deref())?;
        let limit = CreditLimitForm::from(body.0).parse()?;
        let mut tx = state.db.begin(&by).await?;
        let id = DealerId::from_uuid(id.0);
        let credit = dealers::set_credit_limit(&mut tx, &by, id, expected, limit).await?;
        tx.commit().await?;
        Ok(Stored::of(credit, credit.version))
    }

    /// Add an address
    ///
    /// Answers with the whole dealer.
    #[oai(
        path = "/v1/dealers/:id/addresses",
        method = "post",
        operation_id = "dealers_add_address"
    )]
    #[expect(
        clippy::too_many_arguments,
        reason = "an operation's parameters are its arguments"
    )]
    async fn add_address(
        &self,
        state: Data<&AppState>,
        by: ApiActor,
        hash: BodyHash,
        id: Path<uuid::Uuid>,
        /// A text of your own, at most 255 characters, the same for each try of one request.
        #[oai(name = "Idempotency-Key")]
        key: Header<Option<String>>,
        /// The `ETag` of the dealer, where it must not have changed.
        #[oai(name = "If-Match")]
        if_match: Header<Option<String>>,
        body: Json<AddressInput>,
    ) -> Result<Created<Dealer>, Failure> {
        let writer = by.actor().allow::<SalesDealersWrite>()?;
        let claim = Claim::of_header(key.0.as_deref(), "dealers.address.add", hash)?;
        let input = AddressForm::from(body.0).parse()?;
        let id = DealerId::from_uuid(id.0);
        let answer = match idempotency::start(&state.db, &writer, claim).await? {
            Started::Replay(answer) => answer,
            Started::Fresh(mut once) => {
                let tx = once.tx();
                let expected = version_of(tx, by.actor(), id, if_match.0.as_deref()).await?;
                let page = dealers::add_address(tx, &writer, id, expected, input).await?;
                once.finish(201, Dealer::from(page).to_json_string())
                    .await?
            }
        };
        created(&answer)
    }

    /// Change an address
    ///
    /// Answers with the whole dealer.
    #[oai(
        path = "/v1/dealers/:id/addresses/:address_id",
        method = "put",
        operation_id = "dealers_update_address"
    )]
    async fn update_address(
        &self,
        state: Data<&AppState>,
        by: ApiActor,
        id: Path<uuid::Uuid>,
        address_id: Path<uuid::Uuid>,
        /// The `ETag` of the dealer.
        #[oai(name = "If-Match")]
        if_match: Header<Option<String>>,
        body: Json<AddressInput>,
    ) -> Result<Stored<Dealer>, Failure> {
        let by = by.actor().allow::<SalesDealersWrite>()?;
        let expected = version::required(if_match.0.as_deref())?;
        let input = AddressForm::from(body.0).parse()?;
        let (id, address) = (
            DealerId::from_uuid(id.0),
            AddressId::from_uuid(address_id.0),
        );
        let mut tx = state.db.begin(&by).await?;
        let page = dealers::update_address(&mut tx, &by, id, expected, address, input).await?;
        tx.commit().await?;
        let version = page.dealer.version;
        Ok(Stored::of(page, version))
    }

    /// Add a person
    ///
    /// Answers with the whole dealer.
    #[oai(
        path = "/v1/dealers/:id/contacts",
        method = "post",
        operation_id = "dealers_add_contact"
    )]
    #[expect(
        clippy::too_many_arguments,
        reason = "an operation's parameters are its arguments"
    )]
    async fn add_contact(
        &self,
        state: Data<&AppState>,
        by: ApiActor,
        hash: BodyHash,
        id: Path<uuid::Uuid>,
        /// A text of your own, at most 255 characters, the same for each try of one request.
        #[oai(name = "Idempotency-Key")]
        key: Header<Option<String>>,
        /// The `ETag` of the dealer, where it must not have changed.
        #[oai(name = "If-Match")]
        if_match: Header<Option<String>>,
        body: Json<ContactInput>,
    ) -> Result<Created<Dealer>, Failure> {
        let writer = by.actor().allow::<SalesDealersWrite>()?;
        let claim = Claim::of_header(key.0.as_deref(), "dealers.contact.add", hash)?;
        let input = ContactForm::from(body.0).parse()?;
        let id = DealerId::from_uuid(id.0);
        let answer = match idempotency::start(&state.db, &writer, claim).await? {
            Started::Replay(answer) => answer,
            Started::Fresh(mut once) => {
                let tx = once.tx();
                let expected = version_of(tx, by.actor(), id, if_match.0.as_deref()).await?;
                let page = dealers::add_contact(tx, &writer, id, expected, input).await?;
                once.finish(201, Dealer::from(page).to_json_string())
                    .await?
            }
        };
        created(&answer)
    }

    /// Change a person
    ///
    /// Answers with the whole dealer.
    #[oai(
        path = "/v1/dealers/:id/contacts/:contact_id",
        method = "put",
        operation_id = "dealers_update_contact"
    )]
    async fn update_contact(
        &self,
        state: Data<&AppState>,
        by: ApiActor,
        id: Path<uuid::Uuid>,
        contact_id: Path<uuid::Uuid>,
        /// The `ETag` of the dealer.
        #[oai(name = "If-Match")]
        if_match: Header<Option<String>>,
        body: Json<ContactInput>,
    ) -> Result<Stored<Dealer>, Failure> {
        let by = by.actor().allow::<SalesDealersWrite>()?;
        let expected = version::required(if_match.0.as_deref())?;
        let input = ContactForm::from(body.0).parse()?;
        let (id, contact) = (
            DealerId::from_uuid(id.0),
            ContactId::from_uuid(contact_id.0),
        );
        let mut tx = state.db.begin(&by).await?;
        let page = dealers::update_contact(&mut tx, &by, id, expected, contact, input).await?;
        tx.commit().await?;
        let version = page.dealer.version;
        Ok(Stored::of(page, version))
    }
}
