//! Writing an invoice: number and hash are known, everything goes into the dispatch's one statement.

use serde_json::{Value, json};
use vitaran_kernel::{InvoiceId, InvoiceLineId, LedgerEntryId, OrderNumber, RenderId};

use super::RenderInvoice;
use super::chain;
use super::document::{InvoiceCopy, InvoiceDocument};
use super::draft::InvoiceDraft;
use super::number::Drawn;
use crate::db::{Batch, DbError, TenantTx};
use crate::dealers::credit::{Credit, release_and_owe};

/// An issued invoice's identity.
#[derive(Debug, Clone)]
pub(crate) struct Issued {
    pub id: InvoiceId,
    pub number: String,
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
    let InvoiceDraft {
        id,
        facts,
        lines,
        summary,
        totals,
        amount_in_words,
        endorsement,
    } = draft;
    let (tenant, today) = (tx.tenant(), tx.today());
    let order_number = OrderNumber::parse(&facts.order_number).map_err(|error| {
        DbError::Other(diesel::result::Error::DeserializationError(error.into()))
    })?;
    let document = InvoiceDocument {
        number: drawn.number,
        issued_on: today,
        issued_at: tx.now(),
        order_number,
        ordered_on: vitaran_kernel::IstDate::of(facts.ordered_at),
        seller: facts.seller,
        buyer: facts.buyer,
        ship_to: facts.ship_to,
        place_of_supply: facts.supply.place,
        supply_clause: facts.supply.clause,
        supply_kind: facts.supply.kind,
        reverse_charge: false,
        transport: facts.transport,
        lines: lines.iter().map(|(_, printed)| printed.clone()).collect(),
        tax_summary: summary,
        totals,
        amount_in_words,
        endorsement,
        declaration: facts.declaration,
        terms: facts.terms,
        upi: facts.upi,
        hash: String::new(),
    };
    let hash = chain::hash(&drawn.previous_hash, &document);
    let number = document.number.to_string();
    let tax = document.totals.tax;
    let upi = document.upi.as_ref();
    let invoice = json!({
        "tenant_id": tenant, "id": id, "number": number, "series_id": facts.series, "registration_id": facts.registration,
        "financial_year": document.number.financial_year().start_year(), "sequence": drawn.sequence, "issued_on": today, "issued_at": tx.now(),
        "order_id": facts.order, "order_number": document.order_number, "ordered_on": document.ordered_on, "dealer_id": facts.dealer,
        "seller": document.seller, "buyer": document.buyer, "ship_to": document.ship_to, "transport": document.transport,
        "pos_state": document.place_of_supply, "pos_row": document.supply_clause.row(), "pos_clause": document.supply_clause.as_str(),
        "supply_kind": document.supply_kind, "endorsement": document.endorsement, "taxable": document.totals.taxable, "cgst": tax.cgst,
        "sgst": tax.sgst, "utgst": tax.utgst, "igst": tax.igst, "round_off": document.totals.round_off, "total": document.totals.total,
        "amount_in_words": document.amount_in_words, "declaration": document.declaration, "terms": document.terms,
        "upi_vpa": upi.map(|upi| &upi.vpa), "upi_payee": upi.map(|upi| &upi.payee), "previous_hash": drawn.previous_hash, "hash": hash,
    });
    batch.insert("invoices", &[invoice])?;
    let line_rows: Vec<Value> = lines
        .iter()
        .map(|(line, printed)| {
            json!({
                "tenant_id": tenant, "id": InvoiceLineId::generate(), "invoice_id": id, "dealer_id": facts.dealer, "line_no": printed.line_no,
                "order_line_id": line.order_line, "product_id": line.product, "sku": printed.sku, "name": printed.name, "hsn": printed.hsn,
                "uqc": printed.uqc, "quantity": printed.quantity, "unit_price": printed.unit_price, "tax_rate": printed.tax_rate,
                "taxable": printed.taxable, "cgst": printed.tax.cgst, "sgst": printed.tax.sgst, "utgst": printed.tax.utgst,
                "igst": printed.tax.igst, "total": printed.total,
            })
        })
        .collect();
    batch.insert("invoice_lines", &line_rows)?;
    let summary_rows: Vec<Value> = document
        .tax_summary
        .iter()
        .map(|row| {
            json!({
                "tenant_id": tenant, "invoice_id": id, "dealer_id": facts.dealer, "hsn": row.hsn, "uqc": row.uqc, "tax_rate": row.tax_rate,
                "quantity": row.quantity, "taxable": row.taxable, "cgst": row.tax.cgst, "sgst": row.tax.sgst, "utgst": row.tax.utgst, "igst": row.tax.igst,
            })
        })
        .collect();
    batch.insert("invoice_tax_summary", &summary_rows)?;
    let (tenant_p, registration, series) = (
        batch.bind(tenant.as_uuid()),
        batch.bind(facts.registration.as_uuid()),
        batch.bind(facts.series.as_uuid()),
    );
    let (year, hash_p) = (
        batch.bind(document.number.financial_year().start_year()),
        batch.bind(hash),
    );
    batch.part(
        "chained",
        format!(
            "UPDATE document_counters SET last_hash = {hash_p} \
             WHERE tenant_id = {tenant_p} AND registration_id = {registration} AND series_id = {series} AND financial_year = {year}"
        ),
    );
    let total = document.totals.total;
    release_and_owe(batch, tx, facts.dealer, facts.order, total);
    batch.insert("receivables", &[json!({ "tenant_id": tenant, "invoice_id": id, "dealer_id": facts.dealer, "amount": total, "paid": "0.00", "issued_at": tx.now() })])?;
    batch.insert(
        "dealer_ledger",
        &[json!({
            "tenant_id": tenant, "id": LedgerEntryId::generate(), "dealer_id": facts.dealer, "kind": "INVOICE", "amount": total,
            "balance_after": credit.unpaid - credit.unallocated + total, "invoice_id": id, "reference": number, "at": tx.now(),
        })],
    )?;
    let render = RenderId::generate();
    batch.insert(
        "document_renders",
        &[json!({
            "tenant_id": tenant, "id": render, "invoice_id": id, "dealer_id": facts.dealer, "copy": InvoiceCopy::Original.as_str(),
            "status": "PENDING", "attempts": 0, "next_attempt_at": "now",
        })],
    )?;
    batch.enqueue(&RenderInvoice { tenant, render });
    Ok(Issued { id, number })
}
