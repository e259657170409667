//! `/admin/stock`: what is on hand, promised and free; and the ledger of every movement.

use futures_util::{TryFutureExt as _, try_join};
use poem::handler;
use poem::http::StatusCode;
use poem::web::{Data, Query};
use serde::Deserialize;
use vitaran_core::access::{
    Actor, InventoryMovementsRead, InventoryProductsRead, InventoryStockRead, PermissionCode,
};
use vitaran_core::catalog::{self, Product};
use vitaran_core::db::TenantTx;
use vitaran_core::master::Shown;
use vitaran_core::stock::{self, LedgerFilter, LevelFilter, MovementKind, StockState};
use vitaran_kernel::{LocationId, ProductId};

use super::views::{self, LedgerList, LevelList};
use crate::auth::PageActor;
use crate::http::form_page::id_of;
use crate::http::params;
use crate::http::problem::Refusal;
use crate::http::problem_page::PageResult;
use crate::shell::Shell;
use crate::state::AppState;

/// What the stock list's address says.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct LevelParams {
    pub q: String,
    /// A code of [`StockState`]; empty for all.
    pub state: String,
    pub location_id: String,
    pub cursor: Option<String>,
}

impl LevelParams {
    fn filter(&self) -> Result<LevelFilter, Refusal> {
        Ok(LevelFilter {
            q: self.q.clone(),
            state: chosen(&self.state, StockState::parse)?,
            location: chosen(&self.location_id, LocationId::parse)?,
        })
    }
}

/// A filter of an address: none, or one there is.
fn chosen<T, E>(
    text: &str,
    parse: impl FnOnce(&str) -> Result<T, E>,
) -> Result<Option<T>, Refusal> {
    match text {
        "" => Ok(None),
        text => id_of(text, parse).map(Some),
    }
}

/// Which buttons the stock pages show.
#[derive(Debug, Clone, Copy)]
pub struct Rights {
    pub adjust: bool,
    pub movements: bool,
}

impl Rights {
    fn of(actor: &Actor) -> Self {
        Rights {
            adjust: actor.has(PermissionCode::InventoryStockAdjust),
            movements: actor.has(PermissionCode::InventoryMovementsRead),
        }
    }
}

/// `GET /admin/stock`
#[handler]
pub async fn levels(
    shell: Shell,
    state: Data<&AppState>,
    PageActor(actor): PageActor,
    Query(params): Query<LevelParams>,
) -> PageResult {
    let by = actor.allow::<InventoryStockRead>()?;
    let filter = params.filter()?;
    let page = params::page(None, params.cursor.as_deref())?;
    let mut tx = state.db.begin_read(&by).await?;
    let (levels, locations) = try_join!(
        stock::list_levels(&tx, &by, &filter, &page).map_err(Refusal::from),
        stock::locations::list_own(&tx, Shown::Active).map_err(Refusal::from)
    )?;
    tx.commit().await?;
    let list = LevelList {
        params: &params,
        levels: &levels,
        locations: &locations,
        rights: Rights::of(&actor),
    };
    if shell.wants_fragment() {
        return Ok(shell.fragment(StatusCode::OK, views::level_rows(&list)));
    }
    Ok(shell.page("Stock").render(views::levels(&list)))
}

/// What the ledger's address says.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct LedgerParams {
    pub product_id: String,
    pub location_id: String,
    /// A code of [`MovementKind`]; empty for all.
    pub kind: String,
    pub cursor: Option<String>,
}

impl LedgerParams {
    fn filter(&self) -> Result<LedgerFilter, Refusal> {
        Ok(LedgerFilter {
            product: chosen(&self.product_id, ProductId::parse)?,
            location: chosen(&self.location_id, LocationId::parse)?,
            kind: chosen(&self.kind, MovementKind::parse)?,
        })
    }
}

/// `GET /admin/stock/ledger`
#[handler]
pub async fn ledger(
    shell: Shell,
    state: Data<&AppState>,
    PageActor(actor): PageActor,
    Query(params): Query<LedgerParams>,
) -> PageResult {
    let by = actor.allow::<InventoryMovementsRead>()?;
    let filter = params.filter()?;
    let page = params::page(None, params.cursor.as_deref())?;
    let mut tx = state.db.begin_read(&by).await?;
    let product = match filter.product {
        Some(id) => Some(load_product(&mut tx, &actor, id).await?),
        None => None,
    };
    let entries = stock::list_ledger(&tx, &by, &filter, &page).await?;
    let locations = stock::locations::list_own(&tx, Shown::Active).await?;
    tx.commit().await?;
    let list = LedgerList {
        params: &params,
        entries: &entries,
        product: product.as_ref(),
        has_locations: locations.len() > 1,
        may_see_orders: actor.has(PermissionCode::SalesOrdersRead),
    };
    Ok(shell.page("Stock movements").render(views::ledger(&list)))
}

async fn load_product(tx: &mut TenantTx, actor: &Actor, id: ProductId) -> Result<Product, Refusal> {
    let by = actor.allow::<InventoryProductsRead>()?;
    Ok(catalog::load(tx, &by, id).await?)
}
