//! Products and categories for programs.

use chrono::{DateTime, Utc};
use poem::web::Data;
use poem_openapi::OpenApi;
use poem_openapi::param::{Header, Path, Query};
use poem_openapi::payload::Json;
use poem_openapi::types::ToJSON as _;
use vitaran_core::access::{
    Actor, InventoryCategoriesWrite, InventoryProductsRead, InventoryProductsWrite, SalesPricesRead,
};
use vitaran_core::catalog::{self, CategoryForm, ProductFilter, ProductForm};
use vitaran_core::db::Since;
use vitaran_core::master::Shown;
use vitaran_core::pricing::{self, BrowseFilter};
use vitaran_kernel::{CategoryId, DealerId, ProductId};

use super::dto::{Category, CategoryName, NewCategory, Product, ProductInput, RecordStatus};
use crate::auth::ApiActor;
use crate::http::idempotency::{self, BodyHash, Claim, Started};
use crate::http::listing::{Asked, Listed};
use crate::http::problem::Refusal;
use crate::http::problem_json::Failure;
use crate::http::stored::{Created, Made, Stored};
use crate::http::version;
use crate::openapi::Tag;
use crate::state::AppState;

/// The dealer whose prices are wanted: one's own for a dealer's people, the one named for staff, or none.
fn priced_for(actor: &Actor, named: Option<uuid::Uuid>) -> Option<DealerId> {
    let own = actor.scope().own();
    own.or_else(|| named.map(DealerId::from_uuid))
}

/// The API calls a product's unit by its plain name.
fn renamed(refusal: impl Into<Refusal>) -> Refusal {
    let mut refusal = refusal.into();
    for fault in &mut refusal.faults {
        if fault.pointer == "/uqc" {
            fault.pointer = "/unit".to_owned();
        }
    }
    refusal
}

pub struct ProductsApi;

#[OpenApi(tag = "Tag::Products")]
impl ProductsApi {
    /// List products
    ///
    /// By name; a product whose SKU or barcode is `q` comes first. A dealer's people see what is sold, at their own
    /// prices and with stock; staff see the records, or with `dealer_id` what that dealer sees.
    #[oai(path = "/v1/products", method = "get", operation_id = "products_list")]
    #[expect(
        clippy::too_many_arguments,
        reason = "an operation's parameters are its arguments"
    )]
    async fn list(
        &self,
        state: Data<&AppState>,
        by: ApiActor,
        asked: Asked,
        /// Beginnings of words of name, SKU, HSN or category, or a whole code.
        #[oai(validator(max_length = 200))]
        q: Query<Option<String>>,
        /// This category and all below it.
        category_id: Query<Option<uuid::Uuid>>,
        /// For staff: the dealer whose prices are wanted.
        dealer_id: Query<Option<uuid::Uuid>>,
        /// For staff: those in use, unless it says otherwise.
        status: Query<Option<RecordStatus>>,
        /// For staff: only what changed at this moment or later, the oldest change first, to keep a copy, with `status=all`. For the
        /// next sync take `next_updated_since` of the answer.
        updated_since: Query<Option<DateTime<Utc>>>,
        /// Rows of a page, 1 to 100.
        limit: Query<Option<u16>>,
        /// `next_cursor` of the page before.
        cursor: Query<Option<String>>,
    ) -> Result<Listed<Product>, Failure> {
        let reader = by.actor().allow::<InventoryProductsRead>()?;
        let asked = asked.by(&state, by.actor())?;
        let page = asked.page(limit.0, cursor.0.as_deref())?;
        let category = category_id.0.map(CategoryId::from_uuid);
        let text = q.0.clone().unwrap_or_default();
        let rows = match priced_for(by.actor(), dealer_id.0) {
            Some(_) if updated_since.0.is_some() => {
                let detail =
                    "A dealer's prices change without the product: leave this parameter away";
                return Err(Refusal::malformed_at("/updated_since", "not_together", detail).into());
            }
            Some(dealer) => {
                let pricer = by.actor().allow::<SalesPricesRead>()?;
                let tx = state.db.begin_read(&pricer).await?;
                let filter = BrowseFilter { q: text, category };
                let found = pricing::browse(&tx, &pricer, dealer, &filter, &page).await?;
                tx.commit().await?;
                found.map(Product::from)
            }
            None => {
                let tx = state.db.begin_read(&reader).await?;
                let shown = status.0.map_or(Shown::Active, Into::into);
                let filter = ProductFilter {
                    shown,
                    category,
                    q: text,
                    since: updated_since.0.map(Since::new),
                };
                let found = catalog::list(&tx, &reader, &filter, &page).await?;
                tx.commit().await?;
                found.map(Product::from)
            }
        };
        Ok(asked.answer(rows))
    }

    /// Get a product
    ///
    /// As in the list: a dealer's people see it at their own price, staff the record or with `dealer_id` that dealer's.
    #[oai(
        path = "/v1/products/:id",
        method = "get",
        operation_id = "products_get"
    )]
    async fn get(
        &self,
        state: Data<&AppState>,
        by: ApiActor,
        id: Path<uuid::Uuid>,
        /// For staff: the dealer whose price is wanted.
        dealer_id: Query<Option<uuid::Uuid>>,
    ) -> Result<Stored<Product>, Failure> {
        let reader = by.actor().allow::<InventoryProductsRead>()?;
        let id = ProductId::from_uuid(id.0);
        if let Some(dealer) = priced_for(by.actor(), dealer_id.0) {
            let pricer = by.actor().allow::<SalesPricesRead>()?;
            let mut tx = state.db.begin_read(&pricer).await?;
            let item = pricing::browse_product(&mut tx, &pricer, dealer, id).await?;
            tx.commit().await?;
            return Ok(Stored::read_only(item));
        }
        let mut tx = state.db.begin_read(&reader).await?;
        let product = catalog::load(&mut tx, &reader, id).await?;
        tx.commit().await?;
        let version = product.version;
        Ok(Stored::of(product, version))
    }

    /// Add a product
    ///
    /// It is in use at once, at its base price wherever no list says otherwise.
    #[oai(
        path = "/v1/products",
        method = "post",
        operation_id = "products_create"
    )]
    async fn create(
        &self,
        state: Data<&AppState>,
        by: ApiActor,
        hash: BodyHash,
        /// A text of your own, at most 255 characters, the same for each try of one request.
        #[oai(name = "Idempotency-Key")]
        key: Header<Option<String>>,
        body: Json<ProductInput>,
    ) -> Result<Created<Product>, Failure> {
        let by = by.actor().allow::<InventoryProductsWrite>()?;
        let claim = Claim::of_header(key.0.as_deref(), "catalog.product.create", hash)?;
        let input = ProductForm::from(body.0).parse().map_err(renamed)?;
        let answer = match idempotency::start(&state.db, &by, claim).await? {
            Started::Replay(answer) => answer,
            Started::Fresh(mut once) => {
                let product = catalog::create(once.tx(), &by, input).await?;
                once.finish(201, Product::from(product).to_json_string())
                    .await?
            }
        };
        Ok(Created::of(&answer, |product: &Product| {
            Some(Made {
                location: format!("/api/v1/products/{}", product.id),
                version: product.version,
            })
        })?)
    }

    /// Change a product
    ///
    /// The whole record: what is left out becomes empty. Orders and invoices keep what they were written with.
    #[oai(
        path = "/v1/products/:id",
        method = "put",
        operation_id = "products_update"
    )]
    async fn update(
        &self,
        state: Data<&AppState>,
        by: ApiActor,
        id: Path<uuid::Uuid>,
        /// The `ETag` of the record that is changed.
        #[oai(name = "If-Match")]
        if_match: Header<Option<String>>,
        body: Json<ProductInput>,
    ) -> Result<Stored<Product>, Failure> {
        let by = by.actor().allow::<InventoryProductsWrite>()?;
        let expected = version::required(if_match.0.as_deref())?;
        let input = ProductForm::from(body.0).parse().map_err(renamed)?;
        let mut tx = state.db.begin(&by).await?;
        let id = ProductId::from_uuid(id.0);
        let product = catalog::update(&mut tx, &by, id, expected, input).await?;
        tx.commit().await?;
        let version = product.version;
        Ok(Stored::of(product, version))
    }

    /// List categories
    ///
    /// The whole tree, each category after the one above it.
    #[oai(
        path = "/v1/categories",
        method = "get",
        operation_id = "categories_list"
    )]
    async fn list_categories(
        &self,
        state: Data<&AppState>,
        by: ApiActor,
        /// Those in use, unless it says otherwise.
        status: Query<Option<RecordStatus>>,
    ) -> Result<Listed<Category>, Failure> {
        let by = by.actor().allow::<InventoryProductsRead>()?;
        let tx = state.db.begin_read(&by).await?;
        let shown = status.0.map_or(Shown::Active, Into::into);
        let tree = catalog::tree(&tx, &by, shown).await?;
        tx.commit().await?;
        Ok(Listed::whole(tree))
    }

    /// Get a category
    ///
    /// With its place in the tree, and in use or not.
    #[oai(
        path = "/v1/categories/:id",
        method = "get",
        operation_id = "categories_get"
    )]
    async fn get_category(
        &self,
        state: Data<&AppState>,
        by: ApiActor,
        id: Path<uuid::Uuid>,
    ) -> Result<Stored<Category>, Failure> {
        let by = by.actor().allow::<InventoryProductsRead>()?;
        let mut tx = state.db.begin_read(&by).await?;
        let category = catalog::load_category(&mut tx, &by, CategoryId::from_uuid(id.0)).await?;
        tx.commit().await?;
        let version = category.version;
        Ok(Stored::of(category, version))
    }

    /// Add a category
    ///
    /// At the top of the tree, or below another one.
    #[oai(
        path = "/v1/categories",
        method = "post",
        operation_id = "categories_create"
    )]
    async fn create_category(
        &self,
        state: Data<&AppState>,
        by: ApiActor,
        hash: BodyHash,
        /// A text of your own, at most 255 characters, the same for each try of one request.
        #[oai(name = "Idempotency-Key")]
        key: Header<Option<String>>,
        body: Json<NewCategory>,
    ) -> Result<Created<Category>, Failure> {
        let by = by.actor().allow::<InventoryCategoriesWrite>()?;
        let claim = Claim::of_header(key.0.as_deref(), "catalog.category.create", hash)?;
        let input = CategoryForm::from(body.0).parse()?;
        let answer = match idempotency::start(&state.db, &by, claim).await? {
            Started::Replay(answer) => answer,
            Started::Fresh(mut once) => {
                let category = catalog::create_category(once.tx(), &by, input).await?;
                once.finish(201, Category::from(category).to_json_string())
                    .await?
            }
        };
        Ok(Created::of(&answer, |category: &Category| {
            Some(Made {
                location: format!("/api/v1/categories/{}", category.id),
                version: Some(category.version),
            })
        })?)
    }

    /// Rename a category
    ///
    /// Every path and every product below it follows.
    #[oai(
        path = "/v1/categories/:id",
        method = "put",
        operation_id = "categories_rename"
    )]
    async fn rename_category(
        &self,
        state: Data<&AppState>,
        by: ApiActor,
        id: Path<uuid::Uuid>,
        /// The `ETag` of the record that is changed.
        #[oai(name = "If-Match")]
        if_match: Header<Option<String>>,
        body: Json<CategoryName>,
    ) -> Result<Stored<Category>, Failure> {
        let by = by.actor().allow::<InventoryCategoriesWrite>()?;
        let expected = version::required(if_match.0.as_deref())?;
        let input = CategoryForm::from(body.0).parse_rename()?;
        let mut tx = state.db.begin(&by).await?;
        let id = CategoryId::from_uuid(id.0);
        let category = catalog::rename_category(&mut tx, &by, id, expected, input).await?;
        tx.commit().await?;
        let version = category.version;
        Ok(Stored::of(category, version))
    }
}
