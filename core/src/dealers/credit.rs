//! A dealer's credit: exposure = open holds + unpaid invoices − unallocated receipts.
//!
//! The sums stand in one row beside the limit. Whoever changes one of them holds that row's lock, so two approvals cannot
//! both fit into what is left for one.

use vitaran_kernel::{DealerId, Money, OrderId};

use crate::db::{Batch, TenantTx};

/// The credit row of a dealer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Credit {
    pub limit: Money,
    /// Approved orders that are not dispatched yet.
    pub holds: Money,
    /// What is still owed on issued invoices.
    pub unpaid: Money,
    /// Receipts that are not set against an invoice yet.
    pub unallocated: Money,
}

/// An order does not fit into the limit. The numbers are what the page shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("The credit limit is ₹{}, ₹{} of it is used, and this order is ₹{}", .limit.grouped(), .exposure.grouped(), .order_total.grouped())]
pub struct CreditExceeded {
    pub limit: Money,
    pub exposure: Money,
    pub order_total: Money,
}

impl Credit {
    pub fn exposure(&self) -> Money {
        self.holds + self.unpaid - self.unallocated
    }

    /// What may still be ordered; negative when the exposure is above the limit.
    pub fn available(&self) -> Money {
        self.limit - self.exposure()
    }

    /// Whether an order fits: exposure + total ≤ limit. Equality passes (000-49).
    pub fn check(&self, order_total: Money) -> Result<(), CreditExceeded> {
        let exposure = self.exposure();
        if exposure + order_total <= self.limit {
            Ok(())
        } else {
            Err(CreditExceeded {
                limit: self.limit,
                exposure,
                order_total,
            })
        }
    }
}

/// Puts an order's total on hold. The caller holds the lock of the credit row.
pub(crate) fn hold(
    batch: &mut Batch,
    tx: &TenantTx,
    dealer: DealerId,
    order: OrderId,
    amount: Money,
) {
    let (tenant, now) = (batch.bind(tx.tenant().as_uuid()), batch.bind(tx.now()));
    let (dealer, order, amount) = (
        batch.bind(dealer.as_uuid()),
        batch.bind(order.as_uuid()),
        batch.bind(amount.as_decimal()),
    );
    batch.part("held", format!("INSERT INTO credit_holds (tenant_id, order_id, dealer_id, amount, held_at) VALUES ({tenant}, {order}, {dealer}, {amount}, {now})"));
    batch.part("credit", format!("UPDATE dealer_credit SET holds = holds + {amount} WHERE tenant_id = {tenant} AND dealer_id = {dealer}"));
}

/// Takes an order's hold off. An order that never had one, or has it no longer, changes nothing.
pub(crate) fn release(batch: &mut Batch, tx: &TenantTx, dealer: DealerId, order: OrderId) {
    release_and_owe(batch, tx, dealer, order, Money::ZERO);
}

/// Takes the hold off and owes an invoice instead, in one statement on the one row.
pub(crate) fn release_and_owe(
    batch: &mut Batch,
    tx: &TenantTx,
    dealer: DealerId,
    order: OrderId,
    owed: Money,
) {
    let (tenant, now) = (batch.bind(tx.tenant().as_uuid()), batch.bind(tx.now()));
    let (dealer, order, owed) = (
        batch.bind(dealer.as_uuid()),
        batch.bind(order.as_uuid()),
        batch.bind(owed.as_decimal()),
    );
    batch.part(
        "released",
        format!("UPDATE credit_holds SET released_at = {now} WHERE tenant_id = {tenant} AND order_id = {order} AND released_at IS NULL RETURNING amount"),
    );
    batch.part(
        "credit",
        format!(
            "UPDATE dealer_credit SET holds = holds - coalesce((SELECT sum(amount) FROM released), 0), unpaid = unpaid + {owed} \
             WHERE tenant_id = {tenant} AND dealer_id = {dealer}"
        ),
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    fn credit(limit: &str, holds: &str, unpaid: &str, unallocated: &str) -> Credit {
        let money = |text| Money::parse(text).unwrap();
        Credit {
            limit: money(limit),
            holds: money(holds),
            unpaid: money(unpaid),
            unallocated: money(unallocated),
        }
    }

    #[test]
    fn an_order_that_uses_the_limit_to_the_paisa_passes_and_one_paisa_more_does_not() {
        let credit = credit("50000.00", "10000.00", "15000.00", "5000.00");
        assert_eq!(credit.available(), Money::parse("30000.00").unwrap());
        assert_eq!(credit.check(Money::parse("30000.00").unwrap()), Ok(()));
        let refused = credit.check(Money::parse("30000.01").unwrap()).unwrap_err();
        assert_eq!(
            refused.to_string(),
            "The credit limit is ₹50,000.00, ₹20,000.00 of it is used, and this order is ₹30,000.01"
        );
    }

    #[test]
    fn a_receipt_that_is_not_allocated_yet_counts_for_the_dealer() {
        assert_eq!(
            credit("1000.00", "0.00", "900.00", "400.00").available(),
            Money::parse("500.00").unwrap()
        );
    }
}
