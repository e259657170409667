//! What dealers pay. A receipt is set against invoices, the oldest first or as told; what is left of it counts for the dealer.

mod receivables;
mod record_receipt;

pub use receivables::{Receivables, receivables};
pub use record_receipt::{
    AllocationForm, Receipt, ReceiptAllocation, ReceiptForm, ReceiptMode, RecordReceipt,
    RecordReceiptError, record_receipt,
};
