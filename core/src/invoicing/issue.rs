//! Writing an invoice: number and hash are known, everything goes into the dispatch's one statement.

use serde_json::{Value, json};
use vitaran_kernel::{
    DealerId, DocumentNumber, InvoiceId, InvoiceLineId, IstDate, LedgerEntryId, OrderId,
    OrderNumber, RegistrationId, RenderId, SeriesId, TenantId,
};

use super::RenderInvoice;
use super::chain;
use super::document::{DocumentLine, InvoiceCopy, InvoiceDocument, SummaryRow};
use super::draft::{DraftLine, InvoiceDraft};
use super::number::Drawn;
use crate::db::{Batch, DbError, TenantTx};
use crate::dealers::credit::{Credit, release_and_owe};
use crate::webhooks::{self, EventType};

/// An issued invoice's identity.
#[derive(Debug, Clone)]
pub(crate) struct Issued {
    pub id: InvoiceId,
    pub number: String,
}

/// What every row of the invoice is filed under.
#[derive(Clone, Copy)]
struct Keys {
    tenant: TenantId,
    id: InvoiceId,
    dealer: DealerId,
    order: OrderId,
    registration: RegistrationId,
    series: SeriesId,
}

/// Adds to the batch: the invoice with lines and HSN summary, the series' new hash, the receivable with its ledger row in
/// place of the credit hold, and the render of the original with its job.
pub(crate) fn issue(
    batch: &mut Batch,
    tx: &TenantTx,
    draft: InvoiceDraft,
    drawn: Drawn,
    credit: &Credit,
) -> Result<Issued, DbError> {
    let keys = Keys {
        tenant: tx.tenant(),
        id: draft.id,
        dealer: draft.facts.dealer,
        order: draft.facts.order,
        registration: draft.facts.registration,
        series: draft.facts.series,
    };
    let line_rows: Vec<Value> = draft
        .lines
        .iter()
        .map(|(line, printed)| line_row(keys, line, printed))
        .collect();
    let (sequence, previous_hash) = (drawn.sequence, drawn.previous_hash);
    let document = state(tx, draft, drawn.number)?;
    let hash = chain::hash(&previous_hash, &document);
    let summary_rows: Vec<Value> = document
        .tax_summary
        .iter()
        .map(|row| summary_row(keys, row))
        .collect();
    let invoice = invoice_row(keys, &document, sequence, &previous_hash, &hash);
    batch.insert("invoices", &[invoice])?;
    batch.insert("invoice_lines", &line_rows)?;
    batch.insert("invoice_tax_summary", &summary_rows)?;
    chain_on(batch, keys, &document, hash);
    owe(batch, tx, keys, &document, credit)?;
    let render = RenderId::generate();
    batch.insert(
        "document_renders",
        &[json!({
            "tenant_id": keys.tenant, "id": render, "invoice_id": keys.id, "dealer_id": keys.dealer,
            "copy": InvoiceCopy::Original.as_str(), "status": "PENDING", "attempts": 0, "next_attempt_at": "now",
        })],
    )?;
    batch.enqueue(&RenderInvoice {
        tenant: keys.tenant,
        render,
    });
    let told = told(keys, &document);
    webhooks::publish(batch, tx, EventType::InvoiceIssued, told);
    Ok(Issued {
        id: keys.id,
        number: document.number.to_string(),
    })
}

/// The document as it will be printed and hashed.
fn state(
    tx: &TenantTx,
    draft: InvoiceDraft,
    number: DocumentNumber,
) -> Result<InvoiceDocument, DbError> {
    let InvoiceDraft {
        id: _,
        facts,
        lines,
        summary,
        totals,
        amount_in_words,
        endorsement,
    } = draft;
    let order_number = OrderNumber::parse(&facts.order_number).map_err(|error| {
        DbError::Other(diesel::result::Error::DeserializationError(error.into()))
    })?;
    Ok(InvoiceDocument {
        number,
        issued_on: tx.today(),
        issued_at: tx.now(),
        order_number,
        ordered_on: IstDate::of(facts.ordered_at),
        seller: facts.seller,
        buyer: facts.buyer,
        ship_to: facts.ship_to,
        place_of_supply: facts.supply.place,
        supply_clause: facts.supply.clause,
        supply_kind: facts.supply.kind,
        reverse_charge: false,
        transport: facts.transport,
        lines: lines.into_iter().map(|(_, printed)| printed).collect(),
        tax_summary: summary,
        totals,
        amount_in_words,
        endorsement,
        declaration: facts.declaration,
        terms: facts.terms,
        upi: facts.upi,
        hash: String::new(),
    })
}

fn invoice_row(
    keys: Keys,
    document: &InvoiceDocument,
    sequence: i32,
    previous_hash: &str,
    hash: &str,
) -> Value {
    let tax = document.totals.tax;
    let upi = document.upi.as_ref();
    json!({
        "tenant_id": keys.tenant, "id": keys.id, "number": document.number, "series_id": keys.series, "registration_id": keys.registration,
        "financial_year": document.number.financial_year().start_year(), "sequence": sequence, "issued_on": document.issued_on,
        "issued_at": document.issued_at, "order_id": keys.order, "order_number": document.order_number, "ordered_on": document.ordered_on,
        "dealer_id": keys.dealer, "seller": document.seller, "buyer": document.buyer, "ship_to": document.ship_to,
        "transport": document.transport, "pos_state": document.place_of_supply, "pos_row": document.supply_clause.row(),
        "pos_clause": document.supply_clause.as_str(), "supply_kind": document.supply_kind, "endorsement": document.endorsement,
        "taxable": document.totals.taxable, "cgst": tax.cgst, "sgst": tax.sgst, "utgst": tax.utgst, "igst": tax.igst,
        "round_off": document.totals.round_off, "total": document.totals.total, "amount_in_words": document.amount_in_words,
        "declaration": document.declaration, "terms": document.terms, "upi_vpa": upi.map(|upi| &upi.vpa),
        "upi_payee": upi.map(|upi| &upi.payee), "previous_hash": previous_hash, "hash": hash,
    })
}

/// As programs elsewhere hear of it.
fn told(keys: Keys, document: &InvoiceDocument) -> Value {
    let buyer = &document.buyer;
    json!({ "invoice": {
        "id": keys.id, "number": document.number, "issued_at": document.issued_at, "order_id": keys.order,
        "order_number": document.order_number, "dealer_id": keys.dealer,
        "dealer_name": buyer.trade_name.as_ref().unwrap_or(&buyer.legal_name), "total": document.totals.total,
    }})
}

fn line_row(keys: Keys, line: &DraftLine, printed: &DocumentLine) -> Value {
    json!({
        "tenant_id": keys.tenant, "id": InvoiceLineId::generate(), "invoice_id": keys.id, "dealer_id": keys.dealer,
        "line_no": printed.line_no, "order_line_id": line.order_line, "product_id": line.product, "sku": printed.sku,
        "name": printed.name, "hsn": printed.hsn, "uqc": printed.uqc, "quantity": printed.quantity, "unit_price": printed.unit_price,
        "tax_rate": printed.tax_rate, "taxable": printed.taxable, "cgst": printed.tax.cgst, "sgst": printed.tax.sgst,
        "utgst": printed.tax.utgst, "igst": printed.tax.igst, "total": printed.total,
    })
}

fn summary_row(keys: Keys, row: &SummaryRow) -> Value {
    json!({
        "tenant_id": keys.tenant, "invoice_id": keys.id, "dealer_id": keys.dealer, "hsn": row.hsn, "uqc": row.uqc,
        "tax_rate": row.tax_rate, "quantity": row.quantity, "taxable": row.taxable, "cgst": row.tax.cgst, "sgst": row.tax.sgst,
        "utgst": row.tax.utgst, "igst": row.tax.igst,
    })
}

/// The next invoice of the series is chained to this one.
fn chain_on(batch: &mut Batch, keys: Keys, document: &InvoiceDocument, hash: String) {
    let (tenant, registration, series) = (
        batch.bind(keys.tenant.as_uuid()),
        batch.bind(keys.registration.as_uuid()),
        batch.bind(keys.series.as_uuid()),
    );
    let year = batch.bind(document.number.financial_year().start_year());
    let hash = batch.bind(hash);
    batch.part(
        "chained",
        format!(
            "UPDATE document_counters SET last_hash = {hash} \
             WHERE tenant_id = {tenant} AND registration_id = {registration} AND series_id = {series} AND financial_year = {year}"
        ),
    );
}

/// The dealer owes the total from now on.
fn owe(
    batch: &mut Batch,
    tx: &TenantTx,
    keys: Keys,
    document: &InvoiceDocument,
    credit: &Credit,
) -> Result<(), DbError> {
    let total = document.totals.total;
    release_and_owe(batch, tx, keys.dealer, keys.order, total);
    batch.insert(
        "receivables",
        &[json!({
            "tenant_id": keys.tenant, "invoice_id": keys.id, "dealer_id": keys.dealer, "amount": total, "paid": "0.00",
            "issued_at": document.issued_at, "updated_at": tx.now(),
        })],
    )?;
    batch.insert(
        "dealer_ledger",
        &[json!({
            "tenant_id": keys.tenant, "id": LedgerEntryId::generate(), "dealer_id": keys.dealer, "kind": "INVOICE", "amount": total,
            "balance_after": credit.unpaid - credit.unallocated + total, "invoice_id": keys.id, "reference": document.number,
            "at": document.issued_at,
        })],
    )
}
