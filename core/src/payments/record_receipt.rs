//! Recording a receipt: the dealer's exposure falls by its whole amount at once, and open invoices are paid with it.
//!
//! Locks: the dealer's credit row, then open receivables oldest first.

use chrono::{DateTime, Utc};
use diesel::QueryableByName;
use diesel::sql_types::{Numeric, Text as SqlText, Uuid};
use diesel_async::RunQueryDsl as _;
use serde::Deserialize;
use serde_json::{Value, json};
use vitaran_kernel::{
    AllocationId, DealerId, InvoiceId, IstDate, LedgerEntryId, Money, ReceiptId, Text,
};

use crate::access::{Allowed, BillingPaymentsWrite};
use crate::db::{Batch, DbError, Statement, TenantTx};
use crate::problem::{Fault, Faults, Invalid, Kind, Problem};
use crate::webhooks::{self, EventType};

/// Invoices one receipt may name.
const MAX_ALLOCATIONS: usize = 200;

/// Invoices that one receipt pays when none are named; what is left of it then stays unallocated.
const MAX_PAID: usize = 1_000;

/// How the money came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReceiptMode {
    Upi,
    Neft,
    Rtgs,
    Imps,
    Cheque,
    Cash,
    Card,
}

impl ReceiptMode {
    pub const ALL: [ReceiptMode; 7] = [
        ReceiptMode::Upi,
        ReceiptMode::Neft,
        ReceiptMode::Rtgs,
        ReceiptMode::Imps,
        ReceiptMode::Cheque,
        ReceiptMode::Cash,
        ReceiptMode::Card,
    ];

    pub const fn as_str(self) -> &'static str {
        match self {
            ReceiptMode::Upi => "UPI",
            ReceiptMode::Neft => "NEFT",
            ReceiptMode::Rtgs => "RTGS",
            ReceiptMode::Imps => "IMPS",
            ReceiptMode::Cheque => "CHEQUE",
            ReceiptMode::Cash => "CASH",
            ReceiptMode::Card => "CARD",
        }
    }

    pub fn parse(text: &str) -> Result<Self, String> {
        Self::ALL
            .into_iter()
            .find(|mode| mode.as_str() == text.trim())
            .ok_or_else(|| {
                format!(
                    "Choose one of {}",
                    Self::ALL.map(ReceiptMode::as_str).join(", ")
                )
            })
    }
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct AllocationForm {
    pub invoice_id: String,
    pub amount: String,
}

/// A receipt as typed.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct ReceiptForm {
    pub dealer_id: String,
    pub amount: String,
    pub mode: String,
    pub reference: String,
    pub received_on: String,
    /// Left out, the oldest open invoices are paid first.
    pub allocations: Option<Vec<AllocationForm>>,
}

#[derive(Debug)]
pub struct RecordReceipt {
    pub dealer: DealerId,
    pub amount: Money,
    pub mode: ReceiptMode,
    /// UTR, cheque number or whatever the bank calls it; the same one twice is refused.
    pub reference: Text<60>,
    pub received_on: IstDate,
    pub allocations: Option<Vec<(InvoiceId, Money)>>,
}

impl ReceiptForm {
    pub fn parse(&self) -> Result<RecordReceipt, Invalid> {
        let mut faults = Faults::new();
        let positive = |text: &str| match Money::parse(text.trim()) {
            Ok(amount) if amount.is_positive() => Ok(amount),
            Ok(_) => Err("Enter an amount above zero".to_owned()),
            Err(error) => Err(error.to_string()),
        };
        let dealer = faults.required("/dealer_id", &self.dealer_id, "the dealer", DealerId::parse);
        let amount = faults.required("/amount", &self.amount, "the amount", positive);
        let mode = faults.required("/mode", &self.mode, "how it was paid", ReceiptMode::parse);
        let reference = faults.required(
            "/reference",
            &self.reference,
            "the bank's reference or cheque number",
            Text::parse,
        );
        let received_on = faults.required(
            "/received_on",
            &self.received_on,
            "the day it was received",
            |text| IstDate::parse(text.trim()),
        );
        let allocations = self.allocations.as_ref().map(|rows| {
            if rows.len() > MAX_ALLOCATIONS {
                faults.add(
                    "/allocations",
                    "too_many",
                    format!("Name at most {MAX_ALLOCATIONS} invoices"),
                );
            }
            let mut parsed: Vec<(InvoiceId, Money)> = Vec::new();
            for (index, row) in rows.iter().take(MAX_ALLOCATIONS).enumerate() {
                let pointer = |field: &str| format!("/allocations/{index}/{field}");
                let invoice = faults.required(
                    &pointer("invoice_id"),
                    &row.invoice_id,
                    "the invoice",
                    InvoiceId::parse,
                );
                let amount =
                    faults.required(&pointer("amount"), &row.amount, "the amount", positive);
                if let (Some(invoice), Some(amount)) = (invoice, amount) {
                    if parsed.iter().any(|(other, _)| *other == invoice) {
                        faults.add(
                            pointer("invoice_id"),
                            "duplicate",
                            "This invoice is named twice",
                        );
                    }
                    parsed.push((invoice, amount));
                }
            }
            parsed
        });
        match (dealer, amount, mode, reference, received_on) {
            (Some(dealer), Some(amount), Some(mode), Some(reference), Some(received_on))
                if faults.is_empty() =>
            {
                Ok(RecordReceipt {
                    dealer,
                    amount,
                    mode,
                    reference,
                    received_on,
                    allocations,
                })
            }
            _ => Err(faults.into_invalid()),
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReceiptAllocation {
    pub invoice_id: InvoiceId,
    pub amount: Money,
}

/// A recorded receipt.
#[derive(Debug, Clone)]
pub struct Receipt {
    pub id: ReceiptId,
    pub dealer_id: DealerId,
    pub amount: Money,
    pub unallocated: Money,
    pub mode: ReceiptMode,
    pub reference: String,
    pub received_on: IstDate,
    pub recorded_at: DateTime<Utc>,
    pub allocations: Vec<ReceiptAllocation>,
}

#[derive(Debug, thiserror::Error)]
pub enum RecordReceiptError {
    #[error(transparent)]
    Invalid(#[from] Invalid),
    #[error("A {mode} receipt with the reference {reference} is recorded for this dealer already")]
    Duplicate {
        mode: &'static str,
        reference: String,
    },
    #[error(transparent)]
    Db(#[from] DbError),
}

impl From<diesel::result::Error> for RecordReceiptError {
    fn from(error: diesel::result::Error) -> Self {
        RecordReceiptError::Db(error.into())
    }
}

impl Problem for RecordReceiptError {
    fn kind(&self) -> Kind {
        match self {
            RecordReceiptError::Invalid(error) => error.kind(),
            RecordReceiptError::Duplicate { .. } => Kind::Conflict,
            RecordReceiptError::Db(error) => error.kind(),
        }
    }

    fn code(&self) -> &'static str {
        match self {
            RecordReceiptError::Invalid(error) => error.code(),
            RecordReceiptError::Duplicate { .. } => "receipts.duplicate",
            RecordReceiptError::Db(error) => error.code(),
        }
    }

    fn faults(&self) -> Vec<Fault> {
        match self {
            RecordReceiptError::Invalid(error) => error.faults(),
            RecordReceiptError::Duplicate { .. } => {
                vec![Fault::new("/reference", "taken", self.to_string())]
            }
            RecordReceiptError::Db(_) => Vec::new(),
        }
    }
}

#[derive(QueryableByName)]
struct CreditRow {
    #[diesel(sql_type = Numeric)]
    unpaid: Money,
    #[diesel(sql_type = Numeric)]
    unallocated: Money,
}

#[derive(QueryableByName)]
struct OpenRow {
    #[diesel(sql_type = Uuid)]
    invoice_id: InvoiceId,
    #[diesel(sql_type = SqlText)]
    number: String,
    #[diesel(sql_type = Numeric)]
    open: Money,
}

/// Records a receipt.
pub async fn record_receipt(
    tx: &mut TenantTx,
    by: &Allowed<BillingPaymentsWrite>,
    input: RecordReceipt,
) -> Result<Receipt, RecordReceiptError> {
    if input.received_on > tx.today() {
        return Err(Invalid {
            faults: vec![Fault::new(
                "/received_on",
                "in_the_future",
                "This day has not come yet",
            )],
        }
        .into());
    }
    let tenant = tx.tenant();
    let credit: Vec<CreditRow> = Statement::new("SELECT unpaid, unallocated FROM dealer_credit WHERE tenant_id = $1 AND dealer_id = $2 FOR UPDATE")
        .bind(tenant.as_uuid())
        .bind(input.dealer.as_uuid())
        .load(tx.conn()?)
        .await?;
    let Some(credit) = credit.into_iter().next() else {
        return Err(Invalid {
            faults: vec![Fault::new(
                "/dealer_id",
                "not_found",
                "There is no such dealer",
            )],
        }
        .into());
    };
    let open = lock_open(tx, &input).await?;
    let allocations = match &input.allocations {
        Some(told) => as_told(told, &open, input.amount)?,
        None => oldest_first(&open, input.amount),
    };
    let allocated: Money = allocations.iter().map(|allocation| allocation.amount).sum();
    let receipt = Receipt {
        id: ReceiptId::generate(),
        dealer_id: input.dealer,
        amount: input.amount,
        unallocated: input.amount - allocated,
        mode: input.mode,
        reference: input.reference.to_string(),
        received_on: input.received_on,
        recorded_at: tx.now(),
        allocations,
    };
    if (credit.unallocated + receipt.unallocated)
        .within_bounds()
        .is_err()
    {
        return Err(Invalid {
            faults: vec![Fault::new(
                "/amount",
                "too_large",
                "With what this dealer has paid in advance already, this is more than can be kept",
            )],
        }
        .into());
    }
    let balance = credit.unpaid - credit.unallocated - input.amount;
    match write(tx, by, &receipt, allocated, balance).await {
        Err(error) if error.is_unique("uq_receipts_tenant_id_reference") => {
            Err(RecordReceiptError::Duplicate {
                mode: receipt.mode.as_str(),
                reference: receipt.reference,
            })
        }
        Err(error) => Err(error.into()),
        Ok(()) => Ok(receipt),
    }
}

/// The open invoices that may be paid, in the order of issue: those that are named, or the oldest.
async fn lock_open(tx: &mut TenantTx, input: &RecordReceipt) -> Result<Vec<OpenRow>, DbError> {
    let mut statement = Statement::new(
        "SELECT r.invoice_id, i.number, r.amount - r.paid AS open FROM receivables r JOIN invoices i ON i.tenant_id = r.tenant_id AND i.id = r.invoice_id \
         WHERE r.tenant_id = $1 AND r.dealer_id = $2 AND r.paid < r.amount",
    )
    .bind(tx.tenant().as_uuid())
    .bind(input.dealer.as_uuid());
    if let Some(told) = &input.allocations {
        let named: Vec<_> = told.iter().map(|(invoice, _)| invoice.as_uuid()).collect();
        let named = statement.push_bind(named);
        statement.push_sql(&format!(" AND r.invoice_id = ANY ({named})"));
    }
    statement.push_sql(&format!(
        " ORDER BY r.issued_at, r.invoice_id LIMIT {MAX_PAID} FOR UPDATE OF r"
    ));
    Ok(statement.load(tx.conn()?).await?)
}

/// Pure: pays invoices in the order of issue until the amount is used up.
fn oldest_first(open: &[OpenRow], amount: Money) -> Vec<ReceiptAllocation> {
    let mut left = amount;
    let mut allocations = Vec::new();
    for invoice in open {
        if !left.is_positive() {
            break;
        }
        let paid = left.min(invoice.open);
        left -= paid;
        allocations.push(ReceiptAllocation {
            invoice_id: invoice.invoice_id,
            amount: paid,
        });
    }
    allocations
}

/// Pure: checks what the caller wants paid.
fn as_told(
    told: &[(InvoiceId, Money)],
    open: &[OpenRow],
    amount: Money,
) -> Result<Vec<ReceiptAllocation>, Invalid> {
    let mut faults = Faults::new();
    for (index, (invoice, wanted)) in told.iter().enumerate() {
        match open.iter().find(|row| row.invoice_id == *invoice) {
            Some(row) if *wanted > row.open => {
                faults.add(
                    format!("/allocations/{index}/amount"),
                    "too_much",
                    format!("₹{} is open on {}", row.open.grouped(), row.number),
                );
            }
            Some(_) => {}
            None => faults.add(
                format!("/allocations/{index}/invoice_id"),
                "not_open",
                "This dealer has no such open invoice",
            ),
        }
    }
    if told.iter().map(|(_, wanted)| *wanted).sum::<Money>() > amount {
        faults.add(
            "/allocations",
            "too_much",
            "More is set against invoices than was received",
        );
    }
    faults.check()?;
    Ok(told
        .iter()
        .map(|(invoice, amount)| ReceiptAllocation {
            invoice_id: *invoice,
            amount: *amount,
        })
        .collect())
}

async fn write(
    tx: &mut TenantTx,
    by: &Allowed<BillingPaymentsWrite>,
    receipt: &Receipt,
    allocated: Money,
    balance: Money,
) -> Result<(), DbError> {
    let tenant = tx.tenant();
    let mut batch = Batch::new();
    batch.insert(
        "receipts",
        &[json!({
            "tenant_id": tenant, "id": receipt.id, "dealer_id": receipt.dealer_id, "amount": receipt.amount, "allocated": allocated,
            "mode": receipt.mode.as_str(), "reference": receipt.reference, "received_on": receipt.received_on, "recorded_at": receipt.recorded_at,
            "recorded_by": by.actor().name(),
        })],
    )?;
    let rows: Vec<Value> = receipt
        .allocations
        .iter()
        .map(|allocation| {
            json!({
                "tenant_id": tenant, "id": AllocationId::generate(), "receipt_id": receipt.id, "invoice_id": allocation.invoice_id,
                "dealer_id": receipt.dealer_id, "amount": allocation.amount,
            })
        })
        .collect();
    batch.insert("receipt_allocations", &rows)?;
    let paid = receipt.allocations.iter();
    let (invoices, amounts): (Vec<_>, Vec<_>) = paid
        .map(|paid| (paid.invoice_id.as_uuid(), paid.amount.as_decimal()))
        .unzip();
    let (tenant_p, dealer, paid) = (
        batch.bind(tenant.as_uuid()),
        batch.bind(receipt.dealer_id.as_uuid()),
        batch.bind(invoices),
    );
    let (amounts, now) = (batch.bind(amounts), batch.bind(tx.now()));
    batch.part(
        "paid",
        format!(
            "UPDATE receivables r SET paid = r.paid + a.amount, updated_at = {now} FROM unnest({paid}::uuid[], {amounts}::numeric[]) AS a (invoice_id, amount) \
             WHERE r.tenant_id = {tenant_p} AND r.invoice_id = a.invoice_id"
        ),
    );
    let (allocated, rest) = (
        batch.bind(allocated.as_decimal()),
        batch.bind(receipt.unallocated.as_decimal()),
    );
    batch.part(
        "credit",
        format!("UPDATE dealer_credit SET unpaid = unpaid - {allocated}, unallocated = unallocated + {rest} WHERE tenant_id = {tenant_p} AND dealer_id = {dealer}"),
    );
    batch.insert(
        "dealer_ledger",
        &[json!({
            "tenant_id": tenant, "id": LedgerEntryId::generate(), "dealer_id": receipt.dealer_id, "kind": "RECEIPT", "amount": -receipt.amount,
            "balance_after": balance, "receipt_id": receipt.id, "reference": receipt.reference, "at": receipt.recorded_at,
        })],
    )?;
    let told = json!({ "receipt": {
        "id": receipt.id, "dealer_id": receipt.dealer_id, "amount": receipt.amount, "unallocated": receipt.unallocated,
        "mode": receipt.mode.as_str(), "reference": receipt.reference, "received_on": receipt.received_on,
        "recorded_at": receipt.recorded_at,
    }});
    webhooks::publish(&mut batch, tx, EventType::ReceiptRecorded, told);
    batch.execute(tx).await
}
