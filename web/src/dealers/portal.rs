//! `/portal/profile`: what the distributor knows of the dealer. The distributor changes it; the dealer checks it.

use poem::handler;
use poem::web::Data;
use vitaran_core::access::SalesOrdersRead;
use vitaran_core::dealers;

use super::portal_views as views;
use crate::auth::PageActor;
use crate::http::problem_page::PageResult;
use crate::portal::Frame;
use crate::shell::Shell;
use crate::state::AppState;

/// `GET /portal/profile`
#[handler]
pub async fn profile(
    shell: Shell,
    state: Data<&AppState>,
    PageActor(actor): PageActor,
) -> PageResult {
    // One's own record needs no permission of its own; the proof opens the transaction.
    let by = actor.allow::<SalesOrdersRead>()?;
    let mut tx = state.db.begin_read(&by).await?;
    let own = dealers::load_own(&tx).await?;
    let frame = Frame::read(&tx, &actor).await?;
    tx.commit().await?;
    let body = views::profile(&own, &actor.tenant().name);
    Ok(frame.page(&shell, "Your business").render(body))
}
