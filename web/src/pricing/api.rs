//! Price lists and agreed prices for programs.

use poem::web::Data;
use poem_openapi::OpenApi;
use poem_openapi::param::{Header, Path, Query};
use poem_openapi::payload::Json;
use vitaran_core::access::{SalesDealersRead, SalesPricesRead, SalesPricesWrite};
use vitaran_core::master::Shown;
use vitaran_core::pricing::PricesForm;
use vitaran_core::{dealers, pricing};
use vitaran_kernel::{DealerId, PriceListId};

use super::dto::{NewPrices, Price, PriceList};
use crate::auth::ApiActor;
use crate::catalog::dto::RecordStatus;
use crate::dealers::dto::Dealer;
use crate::http::listing::Listed;
use crate::http::params;
use crate::http::problem_json::Failure;
use crate::http::stored::Stored;
use crate::http::version;
use crate::openapi::Tag;
use crate::state::AppState;

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
        id: Path<uuid::Uuid>,
        /// Rows of a page, 1 to 100.
        limit: Query<Option<u16>>,
        /// `next_cursor` of the page before.
        cursor: Query<Option<String>>,
    ) -> Result<Listed<Price>, Failure> {
        let by = by.actor().allow::<SalesPricesRead>()?;
        let page = params::page(limit.0, cursor.0.as_deref())?;
        let mut tx = state.db.begin_read(&by).await?;
        let list = pricing::load_list(&mut tx, &by, PriceListId::from_uuid(id.0)).await?;
        let prices = pricing::list_prices(&mut tx, &by, list.id, &page).await?;
        tx.commit().await?;
        let path = format!("/api/v1/price_lists/{}/prices", list.id);
        let limit = ("limit", limit.0.map(|limit| limit.to_string()));
        Ok(Listed::of(prices, &path, &[limit]))
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
        id: Path<uuid::Uuid>,
        /// Rows of a page, 1 to 100.
        limit: Query<Option<u16>>,
        /// `next_cursor` of the page before.
        cursor: Query<Option<String>>,
    ) -> Result<Listed<Price>, Failure> {
        let pricer = by.actor().allow::<SalesPricesRead>()?;
        let reader = by.actor().allow::<SalesDealersRead>()?;
        let page = params::page(limit.0, cursor.0.as_deref())?;
        let mut tx = state.db.begin_read(&pricer).await?;
        let id = DealerId::from_uuid(id.0);
        dealers::load(&mut tx, &reader, id).await?;
        let prices = pricing::list_dealer_prices(&mut tx, &pricer, id, &page).await?;
        tx.commit().await?;
        let path = format!("/api/v1/dealers/{id}/prices");
        let limit = ("limit", limit.0.map(|limit| limit.to_string()));
        Ok(Listed::of(prices, &path, &[limit]))
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
