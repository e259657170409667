//! `/admin/warehouse`: what is to pick, being picked, to dispatch.

use futures_util::{TryFutureExt as _, try_join};
use poem::handler;
use poem::http::StatusCode;
use poem::web::{Data, Path, Query};
use serde::Deserialize;
use vitaran_core::access::{Allowed, SalesOrdersRead, WarehousePicksRead, WarehousePicksWrite};
use vitaran_core::db::Count;
use vitaran_core::orders;
use vitaran_core::warehouse::{self, Stage, StartPicking};

use super::{order_id, path, views};
use crate::auth::PageActor;
use crate::http::form::Form;
use crate::http::params::PageParams;
use crate::http::problem::Refusal;
use crate::http::problem_page::PageResult;
use crate::shell::Shell;
use crate::state::AppState;
use crate::ui::flash::Flash;

/// Which section, and where in it.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct QueueParams {
    stage: String,
    limit: Option<String>,
    cursor: Option<String>,
}

/// The version of the order a button was shown for.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct VersionForm {
    pub version: Option<i32>,
}

/// The word of a section in an address.
pub(super) const fn word(stage: Stage) -> &'static str {
    match stage {
        Stage::ToPick => "to-pick",
        Stage::Picking => "picking",
        Stage::ToDispatch => "to-dispatch",
    }
}

fn stage_of(text: &str) -> Stage {
    let named = Stage::ALL.into_iter().find(|stage| word(*stage) == text);
    named.unwrap_or_default()
}

/// `GET /admin/warehouse`
#[handler]
pub async fn show_queue(
    shell: Shell,
    state: Data<&AppState>,
    PageActor(actor): PageActor,
    Query(params): Query<QueueParams>,
) -> PageResult {
    let by: Allowed<WarehousePicksRead> = actor.allow()?;
    let reads: Allowed<SalesOrdersRead> = actor.allow()?;
    let stage = stage_of(&params.stage);
    let place = PageParams {
        limit: params.limit,
        cursor: params.cursor,
    };
    let tx = state.db.begin_read(&by).await?;
    let page = place.page()?;
    let (orders, counts) = try_join!(
        warehouse::queue(&tx, &by, stage, &page).map_err(Refusal::from),
        orders::count_by_status(&tx, &reads, Count::BESIDE_A_NAME).map_err(Refusal::from)
    )?;
    let now = tx.now();
    tx.commit().await?;
    let queue = views::Queue {
        stage,
        orders: &orders,
        counts: &counts,
        cursor: place.cursor.as_deref(),
        now,
        rights: views::Rights::of(&actor),
    };
    if shell.wants_fragment() {
        return Ok(shell.fragment(StatusCode::OK, views::region(&queue)));
    }
    Ok(shell.page("Warehouse").live().render(views::page(&queue)))
}

/// `POST /admin/warehouse/orders/:id/picking`
#[handler]
pub async fn start_picking(
    shell: Shell,
    state: Data<&AppState>,
    PageActor(actor): PageActor,
    Path(id): Path<String>,
    Form(form): Form<VersionForm>,
) -> PageResult {
    let by: Allowed<WarehousePicksWrite> = actor.allow()?;
    let id = order_id(&id)?;
    let input = StartPicking {
        expected_version: form.version,
    };
    let mut tx = state.db.begin(&by).await?;
    let order = warehouse::start_picking(&mut tx, &by, id, input).await?;
    tx.commit().await?;
    let message = Flash::good(format!("You are picking {}", order.header.number));
    Ok(shell.go_to(&path(id, "pick"), Some(&message)))
}
