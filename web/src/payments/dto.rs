//! Receipts as the API takes and shows them.

use chrono::{DateTime, NaiveDate, Utc};
use poem_openapi::Object;
use vitaran_core::payments::{
    AllocationForm, Receipt as CoreReceipt, ReceiptAllocation, ReceiptForm,
};

use crate::http::types::Money;

/// A part of a receipt set against an invoice.
#[derive(Debug, Clone, Object)]
#[oai(deny_unknown_fields)]
pub struct NewAllocation {
    invoice_id: String,
    /// Rupees, such as `1180.00`.
    amount: String,
}

/// Money received from a dealer.
#[derive(Debug, Clone, Object)]
#[oai(deny_unknown_fields)]
pub struct NewReceipt {
    dealer_id: String,
    /// Rupees, such as `25000.00`.
    amount: String,
    /// `UPI`, `NEFT`, `RTGS`, `IMPS`, `CHEQUE`, `CASH` or `CARD`.
    mode: String,
    /// UTR, cheque number or whatever the bank calls it.
    reference: String,
    /// The day it was received, such as `2026-11-21`.
    received_on: String,
    /// Which invoices it pays; left out, the oldest open ones first.
    allocations: Option<Vec<NewAllocation>>,
}

impl From<NewReceipt> for ReceiptForm {
    fn from(receipt: NewReceipt) -> Self {
        let NewReceipt {
            dealer_id,
            amount,
            mode,
            reference,
            received_on,
            allocations,
        } = receipt;
        let allocation =
            |NewAllocation { invoice_id, amount }| AllocationForm { invoice_id, amount };
        ReceiptForm {
            dealer_id,
            amount,
            mode,
            reference,
            received_on,
            allocations: allocations.map(|rows| rows.into_iter().map(allocation).collect()),
        }
    }
}

/// A part of a receipt set against an invoice.
#[derive(Debug, Clone, Object)]
pub struct Allocation {
    invoice_id: uuid::Uuid,
    amount: Money,
}

impl From<ReceiptAllocation> for Allocation {
    fn from(allocation: ReceiptAllocation) -> Self {
        let ReceiptAllocation { invoice_id, amount } = allocation;
        Allocation {
            invoice_id: invoice_id.as_uuid(),
            amount: amount.into(),
        }
    }
}

/// A recorded receipt.
#[derive(Debug, Clone, Object)]
pub struct Receipt {
    id: uuid::Uuid,
    dealer_id: uuid::Uuid,
    amount: Money,
    /// What no invoice took; it counts for the dealer all the same.
    unallocated: Money,
    mode: String,
    reference: String,
    received_on: NaiveDate,
    recorded_at: DateTime<Utc>,
    allocations: Vec<Allocation>,
}

impl From<CoreReceipt> for Receipt {
    fn from(receipt: CoreReceipt) -> Self {
        let CoreReceipt {
            id,
            dealer_id,
            amount,
            unallocated,
            mode,
            reference,
            received_on,
            recorded_at,
            allocations,
        } = receipt;
        Receipt {
            id: id.as_uuid(),
            dealer_id: dealer_id.as_uuid(),
            amount: amount.into(),
            unallocated: unallocated.into(),
            mode: mode.as_str().to_owned(),
            reference,
            received_on: received_on.as_naive(),
            recorded_at,
            allocations: allocations.into_iter().map(Allocation::from).collect(),
        }
    }
}
