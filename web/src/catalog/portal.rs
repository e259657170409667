//! `/portal/catalogue` and `/portal/products`: what a dealer can buy, at the dealer's own prices.

use futures_util::{TryFutureExt as _, try_join};
use poem::handler;
use poem::http::StatusCode;
use poem::web::{Data, Path, Query};
use serde::Deserialize;
use vitaran_core::access::{InventoryProductsRead, SalesPricesRead};
use vitaran_core::catalog;
use vitaran_core::db::Page;
use vitaran_core::master::Shown;
use vitaran_core::pricing::{self, BrowseFilter};
use vitaran_kernel::{CategoryId, ProductId};

use super::portal_views as views;
use crate::auth::PageActor;
use crate::http::params::{self, address};
use crate::http::problem::Refusal;
use crate::http::problem_page::PageResult;
use crate::orders::cart::AddForm;
use crate::portal::{CATALOGUE, Frame, own_dealer};
use crate::shell::Shell;
use crate::state::AppState;

/// What the catalogue's address says.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct CatalogueParams {
    pub q: String,
    pub category: String,
    pub cursor: String,
}

impl CatalogueParams {
    /// An address that shows nothing of ours is as good as none.
    fn filter(&self) -> Result<BrowseFilter, Refusal> {
        let category = match self.category.as_str() {
            "" => None,
            id => Some(CategoryId::parse(id).map_err(|_| Refusal::not_found())?),
        };
        Ok(BrowseFilter {
            q: self.q.clone(),
            category,
        })
    }

    fn page(&self) -> Result<Page, Refusal> {
        params::page(None, Some(&self.cursor))
    }

    /// The address of this list, from `cursor` on.
    #[must_use]
    pub fn from(&self, cursor: &str) -> String {
        let parameters = [
            ("q", self.q.as_str()),
            ("category", &self.category),
            ("cursor", cursor),
        ];
        address(CATALOGUE, &parameters)
    }

    /// The address of the same search in another category.
    #[must_use]
    pub fn in_category(&self, category: &str) -> String {
        address(CATALOGUE, &[("q", &self.q), ("category", category)])
    }
}

/// `GET /portal/catalogue`
#[handler]
pub async fn browse(
    shell: Shell,
    state: Data<&AppState>,
    PageActor(actor): PageActor,
    Query(params): Query<CatalogueParams>,
) -> PageResult {
    let by = actor.allow::<SalesPricesRead>()?;
    let (dealer, filter, page) = (own_dealer(&actor)?, params.filter()?, params.page()?);
    let tx = state.db.begin_read(&by).await?;
    let items = pricing::browse(&tx, &by, dealer, &filter, &page).map_err(Refusal::from);
    if shell.wants_fragment() {
        let items = items.await?;
        tx.commit().await?;
        return Ok(shell.fragment(StatusCode::OK, views::items(&items, &params)));
    }
    let reading = actor.allow::<InventoryProductsRead>()?;
    let (items, categories, frame) = try_join!(
        items,
        catalog::tree(&tx, &reading, Shown::Active).map_err(Refusal::from),
        Frame::read(&tx, &actor)
    )?;
    tx.commit().await?;
    let body = views::catalogue(&items, &categories, filter.category, &params);
    Ok(frame.page_with_own_search(&shell, "Products").render(body))
}

/// `GET /portal/products/:id`
#[handler]
pub async fn show(
    shell: Shell,
    state: Data<&AppState>,
    PageActor(actor): PageActor,
    Path(id): Path<String>,
) -> PageResult {
    let by = actor.allow::<SalesPricesRead>()?;
    let dealer = own_dealer(&actor)?;
    let id = ProductId::parse(&id).map_err(|_| Refusal::not_found())?;
    let mut tx = state.db.begin_read(&by).await?;
    let item = pricing::browse_product(&mut tx, &by, dealer, id).await?;
    let frame = Frame::read(&tx, &actor).await?;
    tx.commit().await?;
    let form = AddForm::new(id, None);
    let body = views::product(&item, &form, &[]);
    Ok(frame.page(&shell, item.product.name.as_str()).render(body))
}
