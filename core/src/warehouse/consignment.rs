//! What is about to leave, as its invoice would state it today: what it is worth, where it goes, and whether it may move
//! without an e-way bill (CGST Rule 138(1)).
//!
//! Of goods that cross a State's border every State asks for the bill above the same value; within a State its own
//! notification may set a higher one. The values are dated rows of the law's masters, and what counts is the value of the
//! goods that were picked, not of the order.

use diesel::QueryableByName;
use diesel::sql_types::Numeric;
use diesel_async::RunQueryDsl as _;
use vitaran_kernel::supply::SupplyDecision;
use vitaran_kernel::tax::{split, totals};
use vitaran_kernel::{Money, OrderId, Quantity, Rate, StateCode, SupplyKind, UnitPrice, rounding};

use super::{DispatchOrderError, dispatch_facts};
use crate::access::{Allowed, WarehouseDispatchWrite};
use crate::db::{DbError, Statement, TenantTx};
use crate::orders::PartySnapshot;

/// The row of the thresholds for goods that cross a border, and for States without a row of their own.
const EVERYWHERE: &str = "*";

/// The picked goods of an order.
#[derive(Debug, Clone)]
pub struct Consignment {
    /// Tax included, as the invoice's total would be today.
    pub value: Money,
    pub supply: SupplyDecision,
    pub ship_to: PartySnapshot,
    /// A consignment worth more may not move without an e-way bill.
    pub eway_bill_above: Money,
}

impl Consignment {
    pub fn needs_eway_bill(&self) -> bool {
        self.value > self.eway_bill_above
    }
}

#[derive(QueryableByName)]
struct PickedRow {
    #[diesel(sql_type = Numeric)]
    quantity: Quantity,
    #[diesel(sql_type = Numeric)]
    unit_price: UnitPrice,
    #[diesel(sql_type = Numeric)]
    rate_today: Rate,
}

#[derive(QueryableByName)]
struct ThresholdRow {
    #[diesel(sql_type = Numeric)]
    value_limit: Money,
}

/// Looks at what is picked of an order, without locking anything.
pub async fn consignment(
    tx: &mut TenantTx,
    _by: &Allowed<WarehouseDispatchWrite>,
    id: OrderId,
) -> Result<Consignment, DispatchOrderError> {
    let today = dispatch_facts::load(tx, id).await?.today()?;
    let picked = load_picked(tx, id).await?;
    let (supply, ship_to) = (today.supply, today.parties.ship_to);
    let delivered_in = ship_to.address.state_code;
    let within = moves_within(supply.kind, today.seller.state(), delivered_in);
    Ok(Consignment {
        value: value(&picked, supply.kind),
        supply,
        ship_to,
        eway_bill_above: load_threshold(tx, within).await?,
    })
}

async fn load_picked(tx: &mut TenantTx, id: OrderId) -> Result<Vec<PickedRow>, DbError> {
    Ok(Statement::new(
        "SELECT l.picked_quantity AS quantity, l.unit_price, t.rate AS rate_today \
         FROM order_lines l JOIN products p ON p.tenant_id = l.tenant_id AND p.id = l.product_id \
         LEFT JOIN tax_rates t ON t.tax_class = p.tax_class AND t.valid_from <= $3 AND (t.valid_to IS NULL OR t.valid_to >= $3) \
         WHERE l.tenant_id = $1 AND l.order_id = $2 AND l.picked_quantity > 0",
    )
    .bind(tx.tenant().as_uuid())
    .bind(id.as_uuid())
    .bind(tx.today().as_naive())
    .load(tx.conn()?)
    .await?)
}

/// Pure: what the invoice's total would be.
fn value(picked: &[PickedRow], kind: SupplyKind) -> Money {
    let lines = picked.iter().map(|line| {
        let taxable = rounding::line(line.unit_price * line.quantity);
        (taxable, split(taxable, line.rate_today, kind))
    });
    totals(lines).total
}

/// Pure: the State that the goods do not leave. Goods for a third party may cross a border though the supply does not, and
/// the other way round for a special economic zone; both ask for the bill as any that crosses one.
fn moves_within(kind: SupplyKind, from: StateCode, to: StateCode) -> Option<StateCode> {
    match kind {
        SupplyKind::IntraState | SupplyKind::IntraUnionTerritory => (from == to).then_some(from),
        SupplyKind::InterState | SupplyKind::ZeroRated => None,
    }
}

/// The State's own value on the day, else that of everywhere.
async fn load_threshold(tx: &mut TenantTx, within: Option<StateCode>) -> Result<Money, DbError> {
    let state = within.map_or(EVERYWHERE, |state| state.as_str());
    let row: ThresholdRow = Statement::new(
        "SELECT value_limit FROM eway_thresholds \
         WHERE state IN ($1, $2) AND valid_from <= $3 AND (valid_to IS NULL OR valid_to >= $3) ORDER BY state = $2 LIMIT 1",
    )
    .bind(state)
    .bind(EVERYWHERE)
    .bind(tx.today().as_naive())
    .get_result(tx.conn()?)
    .await?;
    Ok(row.value_limit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn goods_move_within_a_state_only_if_neither_they_nor_the_supply_leave_it() {
        let [home, away] = ["27", "29"].map(|code| StateCode::parse(code).unwrap());
        for (kind, to, within) in [
            (SupplyKind::IntraState, home, Some(home)),
            (SupplyKind::IntraUnionTerritory, home, Some(home)),
            (SupplyKind::IntraState, away, None),
            (SupplyKind::InterState, home, None),
            (SupplyKind::InterState, away, None),
            (SupplyKind::ZeroRated, home, None),
        ] {
            assert_eq!(moves_within(kind, home, to), within, "{kind} to {to}");
        }
    }
}
