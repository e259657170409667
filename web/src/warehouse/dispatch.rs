//! Dispatch: the transport is written down, the goods leave, the invoice exists.

use poem::handler;
use poem::web::{Data, Path};
use vitaran_core::access::{Allowed, WarehouseDispatchWrite};
use vitaran_core::orders::OrderDetail;
use vitaran_core::warehouse::{self, DispatchForm};
use vitaran_kernel::OrderId;

use super::dispatch_views::{self as views, Load, Sheet};
use super::{is_correctable, order_id, order_path, pick};
use crate::auth::PageActor;
use crate::http::form::Submitted;
use crate::http::problem::Refusal;
use crate::http::problem_page::{PageResult, field_errors};
use crate::shell::Shell;
use crate::state::AppState;
use crate::ui::flash::Flash;
use crate::ui::form::FieldError;

/// `GET /admin/warehouse/orders/:id/dispatch`
#[handler]
pub async fn show_dispatch(
    shell: Shell,
    state: Data<&AppState>,
    PageActor(actor): PageActor,
    Path(id): Path<String>,
) -> PageResult {
    let by: Allowed<WarehouseDispatchWrite> = actor.allow()?;
    let order = pick::load(&state, &actor, order_id(&id)?).await?;
    let load = look(&state, &by, order.header.id).await?;
    let form = DispatchForm::default();
    let sheet = Sheet::new(&order, &load, &form);
    let title = format!("Dispatch {}", order.header.number);
    Ok(shell.page(&title).render(views::page(&sheet)))
}

/// `POST /admin/warehouse/orders/:id/dispatch`
#[handler]
pub async fn submit_dispatch(
    shell: Shell,
    state: Data<&AppState>,
    PageActor(actor): PageActor,
    Path(id): Path<String>,
    sent: Submitted<DispatchForm>,
) -> PageResult {
    let by: Allowed<WarehouseDispatchWrite> = actor.allow()?;
    let id = order_id(&id)?;
    let refusal = match dispatch_once(&state, &by, id, &sent).await {
        Ok(order) => return Ok(shell.go_to(&order_path(id), Some(&invoiced(&order)))),
        Err(refusal) => refusal,
    };
    if !refusal.status.is_client_error() {
        return Err(refusal);
    }
    // Read anew, so that a stale form shows what the order is now.
    let order = pick::load(&state, &actor, id).await?;
    let load = look(&state, &by, id).await?;
    let errors = errors_of(&refusal);
    let mut sheet = Sheet::new(&order, &load, &sent.form);
    sheet.errors = &errors;
    let title = format!("Dispatch {}", order.header.number);
    let page = shell.page(&title).refused().status(refusal.status);
    Ok(page.render(views::page(&sheet)))
}

async fn dispatch_once(
    state: &AppState,
    by: &Allowed<WarehouseDispatchWrite>,
    id: OrderId,
    sent: &Submitted<DispatchForm>,
) -> Result<OrderDetail, Refusal> {
    let mut input = sent.form.parse()?;
    input.expected_version = Some(sent.version()?);
    let mut tx = state.db.begin(by).await?;
    let order = warehouse::dispatch(&mut tx, by, id, input).await?;
    tx.commit().await?;
    Ok(order)
}

async fn look(
    state: &AppState,
    by: &Allowed<WarehouseDispatchWrite>,
    id: OrderId,
) -> Result<Load, Refusal> {
    let mut tx = state.db.begin_read(by).await?;
    let consignment = warehouse::consignment(&mut tx, by, id).await?;
    let transporters = warehouse::recent_transporters(&mut tx, by).await?;
    tx.commit().await?;
    Ok(Load {
        consignment,
        transporters,
    })
}

fn invoiced(order: &OrderDetail) -> Flash {
    let header = &order.header;
    match (&header.invoice_number, header.invoice_id) {
        (Some(number), Some(id)) => {
            Flash::good(format!("{} has left on invoice {number}", header.number))
                .link("Invoice", format!("/admin/invoices/{id}"))
        }
        _ => Flash::good(format!("{} has left", header.number)),
    }
}

/// Faults of lines have no field in the form; a conflict has no fault at all and is said as it is.
fn errors_of(refusal: &Refusal) -> Vec<FieldError> {
    if refusal.faults.is_empty() || !is_correctable(refusal) {
        return vec![FieldError::new("", refusal.detail.clone())];
    }
    let errors = field_errors(&refusal.faults).into_iter();
    errors
        .map(|error| match error.field.starts_with("lines") {
            true => FieldError::new("", error.message),
            false => error,
        })
        .collect()
}
