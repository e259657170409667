//! Products and categories switched off and on by programs.
//!
//! A record that is switched off stays where it is and can still be changed; a change never switches it.

use poem::web::Data;
use poem_openapi::OpenApi;
use poem_openapi::param::{Header, Path};
use vitaran_core::access::{Actor, InventoryCategoriesWrite, InventoryProductsDelete};
use vitaran_core::catalog;
use vitaran_core::master::Activity;
use vitaran_kernel::{CategoryId, ProductId};

use super::dto::{Category, Product};
use crate::auth::ApiActor;
use crate::http::problem_json::Failure;
use crate::http::stored::Stored;
use crate::http::version;
use crate::openapi::Tag;
use crate::state::AppState;

async fn switch_product(
    state: &AppState,
    actor: &Actor,
    id: uuid::Uuid,
    if_match: Option<&str>,
    to: Activity,
) -> Result<Stored<Product>, Failure> {
    let by = actor.allow::<InventoryProductsDelete>()?;
    let expected = version::optional(if_match)?;
    let mut tx = state.db.begin(&by).await?;
    let id = ProductId::from_uuid(id);
    let product = catalog::set_active(&mut tx, &by, id, expected, to).await?;
    tx.commit().await?;
    let version = product.version;
    Ok(Stored::of(product, version))
}

async fn switch_category(
    state: &AppState,
    actor: &Actor,
    id: uuid::Uuid,
    if_match: Option<&str>,
    to: Activity,
) -> Result<Stored<Category>, Failure> {
    let by = actor.allow::<InventoryCategoriesWrite>()?;
    let expected = version::optional(if_match)?;
    let mut tx = state.db.begin(&by).await?;
    let id = CategoryId::from_uuid(id);
    let category = catalog::set_category_active(&mut tx, &by, id, expected, to).await?;
    tx.commit().await?;
    let version = category.version;
    Ok(Stored::of(category, version))
}

pub struct CatalogActivityApi;

#[OpenApi(tag = "Tag::Products")]
impl CatalogActivityApi {
    /// Switch off a product
    ///
    /// It can no longer be ordered; orders that are placed keep it. Doing it twice changes nothing.
    #[oai(
        path = "/v1/products/:id/deactivation",
        method = "post",
        operation_id = "products_deactivate"
    )]
    async fn deactivate_product(
        &self,
        state: Data<&AppState>,
        by: ApiActor,
        id: Path<uuid::Uuid>,
        /// The `ETag` of the product the decision was made on.
        #[oai(name = "If-Match")]
        if_match: Header<Option<String>>,
    ) -> Result<Stored<Product>, Failure> {
        switch_product(
            &state,
            by.actor(),
            id.0,
            if_match.0.as_deref(),
            Activity::Inactive,
        )
        .await
    }

    /// Switch on a product
    ///
    /// It can be ordered again. Doing it twice changes nothing.
    #[oai(
        path = "/v1/products/:id/activation",
        method = "post",
        operation_id = "products_activate"
    )]
    async fn activate_product(
        &self,
        state: Data<&AppState>,
        by: ApiActor,
        id: Path<uuid::Uuid>,
        /// The `ETag` of the product the decision was made on.
        #[oai(name = "If-Match")]
        if_match: Header<Option<String>>,
    ) -> Result<Stored<Product>, Failure> {
        switch_product(
            &state,
            by.actor(),
            id.0,
            if_match.0.as_deref(),
            Activity::Active,
        )
        .await
    }

    /// Switch off a category
    ///
    /// It can no longer be chosen for products. Refused while products or categories in use are in it.
    #[oai(
        path = "/v1/categories/:id/deactivation",
        method = "post",
        operation_id = "categories_deactivate"
    )]
    async fn deactivate_category(
        &self,
        state: Data<&AppState>,
        by: ApiActor,
        id: Path<uuid::Uuid>,
        /// The `ETag` of the category the decision was made on.
        #[oai(name = "If-Match")]
        if_match: Header<Option<String>>,
    ) -> Result<Stored<Category>, Failure> {
        switch_category(
            &state,
            by.actor(),
            id.0,
            if_match.0.as_deref(),
            Activity::Inactive,
        )
        .await
    }

    /// Switch on a category
    ///
    /// It can be chosen again. Refused below a category that is off.
    #[oai(
        path = "/v1/categories/:id/activation",
        method = "post",
        operation_id = "categories_activate"
    )]
    async fn activate_category(
        &self,
        state: Data<&AppState>,
        by: ApiActor,
        id: Path<uuid::Uuid>,
        /// The `ETag` of the category the decision was made on.
        #[oai(name = "If-Match")]
        if_match: Header<Option<String>>,
    ) -> Result<Stored<Category>, Failure> {
        switch_category(
            &state,
            by.actor(),
            id.0,
            if_match.0.as_deref(),
            Activity::Active,
        )
        .await
    }
}
