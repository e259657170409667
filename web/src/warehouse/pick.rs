//! The pick page: scan, set, close short, pack. Each answer is the region of the page that it changes.

use poem::Response;
use poem::handler;
use poem::http::StatusCode;
use poem::web::{Data, Path};
use serde::Deserialize;
use vitaran_core::access::{
    Actor, Allowed, SalesOrdersRead, SalesOrdersShortClose, WarehousePacksWrite,
    WarehousePicksRead, WarehousePicksWrite,
};
use vitaran_core::orders::{self, OrderDetail, ShortCloseLine};
use vitaran_core::warehouse::{self, PackOrder, PickForm, ScanForm, Scanned};
use vitaran_kernel::{OrderId, OrderLineId};

use super::pick_views::{self as views, Said, Sheet, Typed};
use super::queue::VersionForm;
use super::views::Rights;
use super::{QUEUE, is_correctable, order_id, path};
use crate::auth::PageActor;
use crate::http::form::Form;
use crate::http::problem::Refusal;
use crate::http::problem_page::{PageResult, field_errors};
use crate::shell::Shell;
use crate::state::AppState;
use crate::ui::flash::Flash;
use crate::ui::form::FieldError;

/// Closing a line short, as typed.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct ShortCloseForm {
    line_id: String,
    reason: String,
}

/// `GET /admin/warehouse/orders/:id/pick`
#[handler]
pub async fn show_pick(
    shell: Shell,
    state: Data<&AppState>,
    PageActor(actor): PageActor,
    Path(id): Path<String>,
) -> PageResult {
    let _: Allowed<WarehousePicksRead> = actor.allow()?;
    let order = load(&state, &actor, order_id(&id)?).await?;
    let sheet = Sheet::new(&order, Rights::of(&actor));
    if shell.wants_fragment() {
        return Ok(shell.fragment(StatusCode::OK, views::list_region(&sheet)));
    }
    Ok(page(&shell, &sheet))
}

/// `POST /admin/warehouse/orders/:id/scans`
#[handler]
pub async fn scan(
    shell: Shell,
    state: Data<&AppState>,
    PageActor(actor): PageActor,
    Path(id): Path<String>,
    Form(form): Form<ScanForm>,
) -> PageResult {
    let by: Allowed<WarehousePicksWrite> = actor.allow()?;
    let id = order_id(&id)?;
    let refusal = match scan_once(&state, &by, id, &form).await {
        Ok(scanned) => {
            let said = views::scanned(&scanned.order, scanned.line);
            return Ok(picked(&shell, &actor, &scanned.order, said));
        }
        Err(refusal) => refusal,
    };
    if !is_correctable(&refusal) {
        return Err(refusal);
    }
    let order = load(&state, &actor, id).await?;
    let mut sheet = Sheet::new(&order, Rights::of(&actor));
    sheet.said = Some(Said::bad(views::sentence(&refusal)));
    sheet.scan_quantity = &form.quantity;
    // Without scripts nothing would select the code, and a scanner would type the next one behind it: there the sentence
    // alone says what was refused.
    if shell.wants_fragment() {
        sheet.scan_code = &form.code;
    }
    Ok(refused(&shell, &sheet, views::scan_form(&sheet)))
}

async fn scan_once(
    state: &AppState,
    by: &Allowed<WarehousePicksWrite>,
    id: OrderId,
    form: &ScanForm,
) -> Result<Scanned, Refusal> {
    let input = form.parse()?;
    let mut tx = state.db.begin(by).await?;
    let scanned = warehouse::scan(&mut tx, by, id, input).await?;
    tx.commit().await?;
    Ok(scanned)
}

/// `POST /admin/warehouse/orders/:id/picks`
#[handler]
pub async fn set_picks(
    shell: Shell,
    state: Data<&AppState>,
    PageActor(actor): PageActor,
    Path(id): Path<String>,
    Form(form): Form<PickForm>,
) -> PageResult {
    let by: Allowed<WarehousePicksWrite> = actor.allow()?;
    let id = order_id(&id)?;
    let refusal = match set_once(&state, &by, id, &form).await {
        Ok((order, line)) => {
            let said = views::scanned(&order, line);
            return Ok(picked(&shell, &actor, &order, said));
        }
        Err(refusal) => refusal,
    };
    let line = form.lines.first();
    let line = line.and_then(|line| Some((OrderLineId::parse(&line.line_id).ok()?, line)));
    let Some((line, typed)) = line.filter(|_| is_correctable(&refusal)) else {
        return Err(refusal);
    };
    let typed = Typed::quantity(line, &typed.quantity, field_errors(&refusal.faults));
    refused_line(&shell, &state, &actor, id, typed).await
}

/// The order after it, and the line that was set first.
async fn set_once(
    state: &AppState,
    by: &Allowed<WarehousePicksWrite>,
    id: OrderId,
    form: &PickForm,
) -> Result<(OrderDetail, OrderLineId), Refusal> {
    let input = form.parse()?;
    let (line, _) = *input.lines.first().ok_or_else(Refusal::not_found)?;
    let mut tx = state.db.begin(by).await?;
    let order = warehouse::set_picks(&mut tx, by, id, input).await?;
    tx.commit().await?;
    Ok((order, line))
}

/// `POST /admin/warehouse/orders/:id/short-closes`
#[handler]
pub async fn close_short(
    shell: Shell,
    state: Data<&AppState>,
    PageActor(actor): PageActor,
    Path(id): Path<String>,
    Form(form): Form<ShortCloseForm>,
) -> PageResult {
    let by: Allowed<SalesOrdersShortClose> = actor.allow()?;
    let id = order_id(&id)?;
    let refusal = match close_once(&state, &by, id, &form).await {
        Ok(order) => {
            let said = Said::good("The rest of the line is given up".to_owned());
            return Ok(picked(&shell, &actor, &order, said));
        }
        Err(refusal) => refusal,
    };
    let Some(line) = OrderLineId::parse(&form.line_id)
        .ok()
        .filter(|_| is_correctable(&refusal))
    else {
        return Err(refusal);
    };
    let typed = Typed::reason(line, &form.reason, field_errors(&refusal.faults));
    refused_line(&shell, &state, &actor, id, typed).await
}

async fn close_once(
    state: &AppState,
    by: &Allowed<SalesOrdersShortClose>,
    id: OrderId,
    form: &ShortCloseForm,
) -> Result<OrderDetail, Refusal> {
    let input = ShortCloseLine::parse(&form.line_id, &form.reason)?;
    let mut tx = state.db.begin(by).await?;
    let order = orders::short_close(&mut tx, by, id, input).await?;
    tx.commit().await?;
    Ok(order)
}

/// `POST /admin/warehouse/orders/:id/packing`
#[handler]
pub async fn pack(
    shell: Shell,
    state: Data<&AppState>,
    PageActor(actor): PageActor,
    Path(id): Path<String>,
    Form(form): Form<VersionForm>,
) -> PageResult {
    let by: Allowed<WarehousePacksWrite> = actor.allow()?;
    let id = order_id(&id)?;
    let refusal = match pack_once(&state, &by, id, &form).await {
        Ok(order) => {
            let message = Flash::good(format!("{} is packed", order.header.number));
            let next = match Rights::of(&actor).dispatches {
                true => path(id, "dispatch"),
                false => QUEUE.to_owned(),
            };
            return Ok(shell.go_to(&next, Some(&message)));
        }
        Err(refusal) => refusal,
    };
    if !is_correctable(&refusal) {
        return Err(refusal);
    }
    let order = load(&state, &actor, id).await?;
    let mut sheet = Sheet::new(&order, Rights::of(&actor));
    let details = refusal.faults.iter().map(|fault| fault.detail.clone());
    sheet.errors = details.map(|detail| FieldError::new("", detail)).collect();
    Ok(refused(&shell, &sheet, views::region(&sheet)))
}

async fn pack_once(
    state: &AppState,
    by: &Allowed<WarehousePacksWrite>,
    id: OrderId,
    form: &VersionForm,
) -> Result<OrderDetail, Refusal> {
    let input = PackOrder {
        expected_version: form.version,
    };
    let mut tx = state.db.begin(by).await?;
    let order = warehouse::pack(&mut tx, by, id, input).await?;
    tx.commit().await?;
    Ok(order)
}

// Answers -----------------------------------------------------------------------------------------------------------

pub(super) async fn load(
    state: &AppState,
    actor: &Actor,
    id: OrderId,
) -> Result<OrderDetail, Refusal> {
    let by: Allowed<SalesOrdersRead> = actor.allow()?;
    let tx = state.db.begin_read(&by).await?;
    let order = orders::load(&tx, &by, id).await?;
    tx.commit().await?;
    Ok(order)
}

fn page(shell: &Shell, sheet: &Sheet<'_>) -> Response {
    let title = format!("Pick {}", sheet.order.header.number);
    shell.page(&title).live().render(views::page(sheet))
}

/// After a change: the region with what was done said in it, or the page with it as its message.
fn picked(shell: &Shell, actor: &Actor, order: &OrderDetail, said: Said) -> Response {
    if !shell.wants_fragment() {
        let message = Flash::good(said.text);
        return shell.go_to(&path(order.header.id, "pick"), Some(&message));
    }
    let mut sheet = Sheet::new(order, Rights::of(actor));
    sheet.said = Some(said);
    shell.fragment(StatusCode::OK, views::region(&sheet))
}

/// The form alone, or the page with it.
fn refused(shell: &Shell, sheet: &Sheet<'_>, form: maud::Markup) -> Response {
    if shell.wants_fragment() {
        return shell.fragment(StatusCode::UNPROCESSABLE_ENTITY, form);
    }
    let title = format!("Pick {}", sheet.order.header.number);
    shell
        .page(&title)
        .live()
        .refused()
        .render(views::page(sheet))
}

async fn refused_line(
    shell: &Shell,
    state: &AppState,
    actor: &Actor,
    id: OrderId,
    typed: Typed<'_>,
) -> PageResult {
    let order = load(state, actor, id).await?;
    let mut sheet = Sheet::new(&order, Rights::of(actor));
    let line = order.lines.iter().find(|line| line.id == typed.line);
    let line = line.ok_or_else(Refusal::not_found)?;
    sheet.typed = Some(typed);
    let form = views::refused_form(&sheet, line);
    Ok(refused(shell, &sheet, form))
}
