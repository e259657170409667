//! Noting what was picked: by quantities, or scan by scan as a keyboard-wedge scanner types them.

use diesel::QueryableByName;
use diesel::sql_types::{Numeric, SmallInt, Text, Uuid};
use diesel_async::RunQueryDsl as _;
use serde::Deserialize;
use vitaran_kernel::{OrderId, OrderLineId, Quantity, Uqc};

use crate::access::{Allowed, WarehousePicksWrite};
use crate::db::{Batch, DbError, Statement, TenantTx};
use crate::orders::{self, LockError, MAX_LINES, OrderDetail, Status, WrongState};
use crate::problem::{Fault, Faults, Invalid, Kind, Problem};

/// A picked quantity as typed.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct PickLineForm {
    pub line_id: String,
    pub quantity: String,
}

/// Picked quantities as typed.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct PickForm {
    pub lines: Vec<PickLineForm>,
}

/// What stands picked of each named line; other lines stay as they are.
#[derive(Debug)]
pub struct SetPicks {
    pub lines: Vec<(OrderLineId, Quantity)>,
    pub expected_version: Option<i32>,
}

impl PickForm {
    pub fn parse(&self) -> Result<SetPicks, Invalid> {
        let mut faults = Faults::new();
        if self.lines.is_empty() {
            faults.add("/lines", "required", "Name at least one line");
        }
        if self.lines.len() > MAX_LINES {
            faults.add(
                "/lines",
                "too_many",
                format!("An order has at most {MAX_LINES} lines"),
            );
        }
        let mut lines: Vec<(OrderLineId, Quantity)> = Vec::new();
        for (index, line) in self.lines.iter().take(MAX_LINES).enumerate() {
            let pointer = |field: &str| format!("/lines/{index}/{field}");
            let id = faults.required(
                &pointer("line_id"),
                &line.line_id,
                "the line",
                OrderLineId::parse,
            );
            let quantity = faults.required(
                &pointer("quantity"),
                &line.quantity,
                "the picked quantity",
                |text| Quantity::parse(text.trim()),
            );
            if let (Some(id), Some(quantity)) = (id, quantity) {
                if lines.iter().any(|(other, _)| *other == id) {
                    faults.add(pointer("line_id"), "duplicate", "This line is named twice");
                }
                lines.push((id, quantity));
            }
        }
        faults.check()?;
        Ok(SetPicks {
            lines,
            expected_version: None,
        })
    }
}

/// A scan as typed: a SKU or barcode, and how many of it.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct ScanForm {
    pub code: String,
    /// Blank means one.
    pub quantity: String,
}

#[derive(Debug)]
pub struct ScanPick {
    pub code: String,
    pub quantity: Quantity,
}

impl ScanForm {
    pub fn parse(&self) -> Result<ScanPick, Invalid> {
        let mut faults = Faults::new();
        let code = self.code.trim().to_uppercase();
        if code.is_empty() {
            faults.add("/code", "required", "Scan or type a SKU or barcode");
        } else if code.chars().count() > 60 || code.chars().any(char::is_control) {
            faults.add("/code", "invalid", "This is neither a SKU nor a barcode");
        }
        let quantity = match self.quantity.trim() {
            "" => Some(Quantity::from_units(1)),
            text => faults.take("/quantity", Quantity::parse(text)),
        };
        match quantity {
            Some(quantity) if faults.is_empty() && quantity.is_positive() => {
                Ok(ScanPick { code, quantity })
            }
            Some(quantity) if faults.is_empty() && !quantity.is_positive() => {
                faults.add("/quantity", "out_of_range", "Enter a quantity above zero");
                Err(faults.into_invalid())
            }
            _ => Err(faults.into_invalid()),
        }
    }
}

/// What a scan did.
#[derive(Debug)]
pub struct Scanned {
    pub line: OrderLineId,
    pub order: OrderDetail,
}

#[derive(Debug, thiserror::Error)]
pub enum PickError {
    #[error(transparent)]
    Order(#[from] LockError),
    #[error(transparent)]
    WrongState(#[from] WrongState),
    #[error(transparent)]
    Invalid(#[from] Invalid),
    #[error(transparent)]
    Db(#[from] DbError),
}

impl Problem for PickError {
    fn kind(&self) -> Kind {
        match self {
            PickError::Order(error) => error.kind(),
            PickError::WrongState(error) => error.kind(),
            PickError::Invalid(error) => error.kind(),
            PickError::Db(error) => error.kind(),
        }
    }

    fn code(&self) -> &'static str {
        match self {
            PickError::Order(error) => error.code(),
            PickError::WrongState(error) => error.code(),
            PickError::Invalid(error) => error.code(),
            PickError::Db(error) => error.code(),
        }
    }

    fn faults(&self) -> Vec<Fault> {
        match self {
            PickError::Invalid(error) => error.faults(),
            _ => Vec::new(),
        }
    }

    fn facts(&self) -> serde_json::Map<String, serde_json::Value> {
        match self {
            PickError::Order(error) => error.facts(),
            PickError::WrongState(error) => error.facts(),
            _ => serde_json::Map::new(),
        }
    }
}

#[derive(QueryableByName)]
struct LineRow {
    #[diesel(sql_type = Uuid)]
    id: OrderLineId,
    #[diesel(sql_type = SmallInt)]
    line_no: i16,
    #[diesel(sql_type = Text)]
    sku: String,
    #[diesel(sql_type = Text)]
    barcode: String,
    #[diesel(sql_type = Text)]
    uqc: Uqc,
    #[diesel(sql_type = Numeric)]
    open: Quantity,
    #[diesel(sql_type = Numeric)]
    picked: Quantity,
    /// Reserved for the line, and what nobody has reserved: what a dispatch could take.
    #[diesel(sql_type = Numeric)]
    there: Quantity,
}

/// The order locked and being picked, with its lines.
async fn lock_picking(
    tx: &mut TenantTx,
    by: &Allowed<WarehousePicksWrite>,
    id: OrderId,
    expected_version: Option<i32>,
) -> Result<Vec<LineRow>, PickError> {
    let order = orders::lock(tx, by.actor(), id, expected_version).await?;
    if order.status != Status::Picking {
        let rule = "Only an order that is being picked takes picked quantities";
        return Err(WrongState::new(rule, order.status, by.actor()).into());
    }
    let rows = Statement::new(
        "SELECT l.id, l.line_no, l.sku, coalesce(p.barcode, '') AS barcode, l.uqc, l.quantity - l.short_closed_quantity AS open, l.picked_quantity AS picked, \
                l.reserved_quantity + greatest(coalesce(b.on_hand - b.reserved, 0), 0) AS there \
         FROM order_lines l JOIN products p ON p.tenant_id = l.tenant_id AND p.id = l.product_id \
         LEFT JOIN stock_balances b ON b.tenant_id = l.tenant_id AND b.location_id = $3 AND b.product_id = l.product_id \
         WHERE l.tenant_id = $1 AND l.order_id = $2 ORDER BY l.line_no",
    )
    .bind(tx.tenant().as_uuid())
    .bind(id.as_uuid())
    .bind(order.location.as_uuid())
    .load(tx.conn()?)
    .await
    .map_err(DbError::from)?;
    Ok(rows)
}

/// Pure: whether this much may stand picked of a line.
fn check(line: &LineRow, quantity: Quantity, pointer: &str, faults: &mut Faults) {
    if quantity.is_negative() || quantity > line.open {
        faults.add(
            pointer,
            "out_of_range",
            format!(
                "Line {} ({}) has {} to pick",
                line.line_no, line.sku, line.open
            ),
        );
    } else if quantity > line.there && quantity > line.picked {
        faults.add(
            pointer,
            "not_there",
            format!(
                "{} of {} are here for this order; others are promised elsewhere",
                line.there, line.sku
            ),
        );
    } else if line.uqc.is_whole() && !quantity.is_whole() {
        faults.add(
            pointer,
            "not_whole",
            format!(
                "{} is picked in whole {}",
                line.sku,
                line.uqc.name().to_lowercase()
            ),
        );
    }
}

async fn write(
    tx: &mut TenantTx,
    id: OrderId,
    picks: &[(OrderLineId, Quantity)],
) -> Result<OrderDetail, PickError> {
    let (lines, quantities): (Vec<_>, Vec<_>) = picks
        .iter()
        .map(|(line, quantity)| (line.as_uuid(), quantity.as_decimal()))
        .unzip();
    let mut batch = Batch::new();
    let (tenant, order) = (batch.bind(tx.tenant().as_uuid()), batch.bind(id.as_uuid()));
    let (lines, quantities) = (batch.bind(lines), batch.bind(quantities));
    batch.part(
        "picked",
        format!(
            "UPDATE order_lines l SET picked_quantity = r.quantity FROM unnest({lines}::uuid[], {quantities}::numeric[]) AS r (id, quantity) \
             WHERE l.tenant_id = {tenant} AND l.order_id = {order} AND l.id = r.id"
        ),
    );
    orders::touch(&mut batch, tx, id);
    Ok(orders::write(tx, batch, id).await?)
}

/// Sets what is picked of the named lines. Setting the same again changes nothing.
pub async fn set_picks(
    tx: &mut TenantTx,
    by: &Allowed<WarehousePicksWrite>,
    id: OrderId,
    input: SetPicks,
) -> Result<OrderDetail, PickError> {
    let lines = lock_picking(tx, by, id, input.expected_version).await?;
    let mut faults = Faults::new();
    for (index, (wanted, quantity)) in input.lines.iter().enumerate() {
        match lines.iter().find(|line| line.id == *wanted) {
            Some(line) => check(
                line,
                *quantity,
                &format!("/lines/{index}/quantity"),
                &mut faults,
            ),
            None => faults.add(
                format!("/lines/{index}/line_id"),
                "not_found",
                "This order has no such line",
            ),
        }
    }
    faults.check()?;
    write(tx, id, &input.lines).await
}

/// Adds a scanned quantity to the line of that SKU or barcode.
pub async fn scan(
    tx: &mut TenantTx,
    by: &Allowed<WarehousePicksWrite>,
    id: OrderId,
    input: ScanPick,
) -> Result<Scanned, PickError> {
    let lines = lock_picking(tx, by, id, None).await?;
    let mut faults = Faults::new();
    let Some(line) = lines.iter().find(|line| {
        line.sku == input.code || (!line.barcode.is_empty() && line.barcode == input.code)
    }) else {
        faults.add(
            "/code",
            "not_on_order",
            format!("{} is not on this order", input.code),
        );
        return Err(faults.into_invalid().into());
    };
    let picked = line.picked + input.quantity;
    if line.picked == line.open {
        faults.add(
            "/code",
            "already_picked",
            format!("{} is picked in full already", line.sku),
        );
    } else {
        check(line, picked, "/quantity", &mut faults);
    }
    faults.check()?;
    let line = line.id;
    let order = write(tx, id, &[(line, picked)]).await?;
    Ok(Scanned { line, order })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scan_without_a_quantity_means_one() {
        let scan = ScanForm {
            code: " ab-1 ".to_owned(),
            quantity: String::new(),
        }
        .parse()
        .unwrap();
        assert_eq!(
            (scan.code.as_str(), scan.quantity),
            ("AB-1", Quantity::from_units(1))
        );
        for quantity in ["0", "-1", "x"] {
            assert!(
                ScanForm {
                    code: "AB-1".to_owned(),
                    quantity: quantity.to_owned()
                }
                .parse()
                .is_err(),
                "{quantity}"
            );
        }
    }

    #[test]
    fn picks_name_each_line_once() {
        let line = PickLineForm {
            line_id: OrderLineId::generate().to_string(),
            quantity: "1".to_owned(),
        };
        let refused = PickForm {
            lines: vec![line.clone(), line],
        }
        .parse()
        .unwrap_err();
        assert_eq!(refused.faults[0].pointer, "/lines/1/line_id");
    }
}
