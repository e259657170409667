//! Price lists and agreed prices for programs.

use poem::web::Data;
use poem_openapi::OpenApi;
use poem_openapi::param::{Header, Path, Query};
use poem_openapi::payload::Json;
use poem_openapi::types::ToJSON as _;
use vitaran_core::access::{Actor, SalesDealersRead, SalesPricesRead, SalesPricesWrite};
use vitaran_core::master::{Activity, Shown};
use vitaran_core::pricing::{PriceListForm, PricesForm};
use vitaran_core::{dealers, pricing};
use vitaran_kernel::{DealerId, PriceListId};

use super::dto::{NewPrices, Price, PriceList, PriceListName};
use crate::auth::ApiActor;
use crate::catalog::dto::RecordStatus;
use crate::dealers::dto::Dealer;
use crate::http::idempotency::{self, BodyHash, Claim, Started};
use crate::http::listing::{Asked, Listed};
use crate::http::problem_json::Failure;
use crate::http::stored::{Created, Made, Stored};
use crate::http::version;
use crate::openapi::Tag;
use crate::state::AppState;

/// What can be done with a list besides its name and its prices.
#[derive(Debug, Clone, Copy)]
enum Verb {
    MakeDefault,
    Switch(Activity),
}

async fn run(
    state: &AppState,
    actor: &Actor,
    id: uuid::Uuid,
    if_match: Option<&str>,
    verb: Verb,
) -> Result<Stored<PriceList>, Failure> {
    let by = actor.allow::<SalesPricesWrite>()?;
    let expected = version::optional(if_match)?;
    let id = PriceListId::from_uuid(id);
    let mut tx = state.db.begin(&by).await?;
    let list = match verb {
        Verb::MakeDefault => pricing::set_default_list(&mut tx, &by, id, expected).await?,
        Verb::Switch(to) => pricing::set_list_active(&mut tx, &by, id, expected, to).await?,
    };
    tx.commit().await?;
    let version = list.version;
    Ok(Stored::of(list, version))
}

pub struct PricesApi;

#[OpenApi(tag = "Tag::Prices")]
impl PricesApi {
    /// List price lists
    ///
    /// The default one first. A dealer's people see none: what they pay stands with the products.
    #[oai(
        path = "/v1/price_lists",
        method = "get",
        operation_id = "price_lists_list"
    )]
    async fn list(
        &self,
        state: Data<&AppState>,
        by: ApiActor,
        /// Those in use, unless it says otherwise.
        status: Query<Option<RecordStatus>>,
    ) -> Result<Listed<PriceList>, Failure> {
        let by = by.actor().allow::<SalesPricesRead>()?;
        let mut tx = state.db.begin_read(&by).await?;
        let shown = status.0.map_or(Shown::Active, Into::into);
        let lists = pricing::list_lists(&mut tx, &by, shown).await?;
        tx.commit().await?;
        Ok(Listed::whole(lists))
    }

    /// Get a price list
    ///
    /// Its name and standing; its prices are a list of their own.
    #[oai(
        path = "/v1/price_lists/:id",
        method = "get",
        operation_id = "price_lists_get"
    )]
    async fn get(
        &self,
        state: Data<&AppState>,
        by: ApiActor,
        id: Path<uuid::Uuid>,
    ) -> Result<Stored<PriceList>, Failure> {
        let by = by.actor().allow::<SalesPricesRead>()?;
        let mut tx = state.db.begin_read(&by).await?;
        let list = pricing::load_list(&mut tx, &by, PriceListId::from_uuid(id.0)).await?;
        tx.commit().await?;
        let version = list.version;
        Ok(Stored::of(list, version))
    }

    /// Add a price list
    ///
    /// Without prices, and not the default one.
    #[oai(
        path = "/v1/price_lists",
        method = "post",
        operation_id = "price_lists_create"
    )]
    async fn create(
        &self,
        state: Data<&AppState>,
        by: ApiActor,
        hash: BodyHash,
        /// A text of your own, at most 255 characters, the same for each try of one request.
        #[oai(name = "Idempotency-Key")]
        key: Header<Option<String>>,
        body: Json<PriceListName>,
    ) -> Result<Created<PriceList>, Failure> {
        let by = by.actor().allow::<SalesPricesWrite>()?;
        let claim = Claim::of_header(key.0.as_deref(), "pricing.list.create", hash)?;
        let input = PriceListForm::from(body.0).parse()?;
        let answer = match idempotency::start(&state.db, &by, claim).await? {
            Started::Replay(answer) => answer,
            Started::Fresh(mut once) => {
                let list = pricing::create_list(once.tx(), &by, input).await?;
                once.finish(201, PriceList::from(list).to_json_string())
                    .await?
            }
        };
        Ok(Created::of(&answer, |list: &PriceList| {
            Some(Made {
                location: format!("/api/v1/price_lists/{}", list.id),
                version: Some(list.version),
            })
        })?)
    }

    /// Rename a price list
    ///
    /// Orders keep the name of the list they were priced from.
    #[oai(
        path = "/v1/price_lists/:id",
        method = "put",
        operation_id = "price_lists_rename"
    )]
    async fn rename(
        &self,
        state: Data<&AppState>,
        by: ApiActor,
        id: Path<uuid::Uuid>,
        /// The `ETag` of the price list.
        #[oai(name = "If-Match")]
        if_match: Header<Option<String>>,
        body: Json<PriceListName>,
    ) -> Result<Stored<PriceList>, Failure> {
        let by = by.actor().allow::<SalesPricesWrite>()?;
        let expected = version::required(if_match.0.as_deref())?;
        let name = PriceListForm::from(body.0).parse()?;
        let mut tx = state.db.begin(&by).await?;
        let id = PriceListId::from_uuid(id.0);
        let list = pricing::rename_list(&mut tx, &by, id, expected, name).await?;
        tx.commit().await?;
        let version = list.version;
        Ok(Stored::of(list, version))
    }

    /// Make a price list the default
    ///
    /// Its prices count at once for every dealer without a list of its own; the default before it becomes a list like the others.
    #[oai(
        path = "/v1/price_lists/:id/default",
        method = "post",
        operation_id = "price_lists_make_default"
    )]
    async fn make_default(
        &self,
        state: Data<&AppState>,
        by: ApiActor,
        id: Path<uuid::Uuid>,
        /// The `ETag` of the price list the decision was made on.
        #[oai(name = "If-Match")]
        if_match: Header<Option<String>>,
    ) -> Result<Stored<PriceList>, Failure> {
        let verb = Verb::MakeDefault;
        run(&state, by.actor(), id.0, if_match.0.as_deref(), verb).await
    }

    /// Switch off a price list
    ///
    /// Its prices no longer count: its dealers buy at the default list's. The default list stays on.
    #[oai(
        path = "/v1/price_lists/:id/deactivation",
        method = "post",
        operation_id = "price_lists_deactivate"
    )]
    async fn deactivate(
        &self,
        state: Data<&AppState>,
        by: ApiActor,
        id: Path<uuid::Uuid>,
        /// The `ETag` of the price list the decision was made on.
        #[oai(name = "If-Match")]
        if_match: Header<Option<String>>,
    ) -> Result<Stored<PriceList>, Failure> {
        let verb = Verb::Switch(Activity::Inactive);
        run(&state, by.actor(), id.0, if_match.0.as_deref(), verb).await
    }

    /// Switch on a price list
    ///
    /// Its prices count again. Doing it twice changes nothing.
    #[oai(
        path = "/v1/price_lists/:id/activation",
        method = "post",
        operation_id = "price_lists_activate"
    )]
    async fn activate(
        &self,
        state: Data<&AppState>,
        by: ApiActor,
        id: Path<uuid::Uuid>,
        /// The `ETag` of the price list the decision was made on.
        #[oai(name = "If-Match")]
        if_match: Header<Option<String>>,
    ) -> Result<Stored<PriceList>, Failure> {
        let verb = Verb::Switch(Activity::Active);
        run(&state, by.actor(), id.0, if_match.0.as_deref(), verb).await
    }

    /// List the prices on a list
    ///
    /// By SKU.
    #[oai(
        path = "/v1/price_lists/:id/prices",
        method = "get",
        operation_id = "price_lists_prices"
    )]
    async fn prices(
        &self,
        state: Data<&AppState>,
        by: ApiActor,
        asked: Asked,
        id: Path<uuid::Uuid>,
        /// Rows of a page, 1 to 100.
        limit: Query<Option<u16>>,
        /// `next_cursor` of the page before.
        cursor: Query<Option<String>>,
    ) -> Result<Listed<Price>, Failure> {
        let by = by.actor().allow::<SalesPricesRead>()?;
        let asked = asked.by(&state, by.actor())?;
        let page = asked.page(limit.0, cursor.0.as_deref())?;
        let mut tx = state.db.begin_read(&by).await?;
        let list = pricing::load_list(&mut tx, &by, PriceListId::from_uuid(id.0)).await?;
        let prices = pricing::list_prices(&mut tx, &by, list.id, &page).await?;
        tx.commit().await?;
        Ok(asked.answer(prices))
    }

    /// Set prices on a list
    ///
    /// All that are named or none; the others stay as they are.
    #[oai(
        path = "/v1/price_lists/:id/prices",
        method = "put",
        operation_id = "price_lists_set_prices"
    )]
    async fn set_prices(
        &self,
        state: Data<&AppState>,
        by: ApiActor,
        id: Path<uuid::Uuid>,
        /// The `ETag` of the price list.
        #[oai(name = "If-Match")]
        if_match: Header<Option<String>>,
        body: Json<NewPrices>,
    ) -> Result<Stored<PriceList>, Failure> {
        let writer = by.actor().allow::<SalesPricesWrite>()?;
        let reader = by.actor().allow::<SalesPricesRead>()?;
        let expected = version::required(if_match.0.as_deref())?;
        let input = PricesForm::from(body.0).parse()?;
        let mut tx = state.db.begin(&writer).await?;
        let list = pricing::load_list(&mut tx, &reader, PriceListId::from_uuid(id.0)).await?;
        version::check::<pricing::PriceList>(list.version, expected)?;
        pricing::set_list_prices(&mut tx, &writer, list.id, input).await?;
        tx.commit().await?;
        let version = list.version;
        Ok(Stored::of(list, version))
    }

    /// List the prices agreed with a dealer
    ///
    /// By SKU. They come before every price list.
    #[oai(
        path = "/v1/dealers/:id/prices",
        method = "get",
        operation_id = "dealers_prices"
    )]
    async fn dealer_prices(
        &self,
        state: Data<&AppState>,
        by: ApiActor,
        asked: Asked,
        id: Path<uuid::Uuid>,
        /// Rows of a page, 1 to 100.
        limit: Query<Option<u16>>,
        /// `next_cursor` of the page before.
        cursor: Query<Option<String>>,
    ) -> Result<Listed<Price>, Failure> {
        let pricer = by.actor().allow::<SalesPricesRead>()?;
        let reader = by.actor().allow::<SalesDealersRead>()?;
        let asked = asked.by(&state, pricer.actor())?;
        let page = asked.page(limit.0, cursor.0.as_deref())?;
        let mut tx = state.db.begin_read(&pricer).await?;
        let id = DealerId::from_uuid(id.0);
        dealers::load(&mut tx, &reader, id).await?;
        let prices = pricing::list_dealer_prices(&mut tx, &pricer, id, &page).await?;
        tx.commit().await?;
        Ok(asked.answer(prices))
    }

    /// Set the prices agreed with a dealer
    ///
    /// All that are named or none; the others stay as they are.
    #[oai(
        path = "/v1/dealers/:id/prices",
        method = "put",
        operation_id = "dealers_set_prices"
    )]
    async fn set_dealer_prices(
        &self,
        state: Data<&AppState>,
        by: ApiActor,
        id: Path<uuid::Uuid>,
        /// The `ETag` of the dealer.
        #[oai(name = "If-Match")]
        if_match: Header<Option<String>>,
        body: Json<NewPrices>,
    ) -> Result<Stored<Dealer>, Failure> {
        let writer = by.actor().allow::<SalesPricesWrite>()?;
        let reader = by.actor().allow::<SalesDealersRead>()?;
        let expected = version::required(if_match.0.as_deref())?;
        let input = PricesForm::from(body.0).parse()?;
        let mut tx = state.db.begin(&writer).await?;
        let page = dealers::load(&mut tx, &reader, DealerId::from_uuid(id.0)).await?;
        version::check::<dealers::Dealer>(page.dealer.version, expected)?;
        pricing::set_dealer_prices(&mut tx, &writer, page.dealer.id, input).await?;
        tx.commit().await?;
        let version = page.dealer.version;
        Ok(Stored::of(page, version))
    }
}
