//! Checking that the invoices of a tenant are what was issued: numbers without a gap, dates that never go back, and a chain
//! of hashes that holds.

use std::collections::HashMap;

use diesel::QueryableByName;
use diesel::sql_types::{Integer, SmallInt, Text, Uuid};
use diesel_async::RunQueryDsl as _;
use vitaran_kernel::{InvoiceId, SeriesId};

use super::document::{DocumentLine, SummaryRow};
use super::query::{
    INVOICE_COLUMNS, InvoiceRow, LINE_COLUMNS, LineRow, SUMMARY_COLUMNS, SUMMARY_ORDER,
    SummaryColumns,
};
use super::{InvoiceError, chain};
use crate::access::{Allowed, BillingInvoicesRead};
use crate::db::{DbError, Statement, TenantTx};

/// Invoices read at a time.
const CHUNK: i64 = 500;

/// What is wrong, and with which invoice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChainFault {
    pub number: String,
    pub fault: String,
}

/// What was checked and what was found.
#[derive(Debug, Default)]
pub struct ChainReport {
    pub series: usize,
    pub invoices: usize,
    pub faults: Vec<ChainFault>,
}

/// A series in a year that has a counter, invoices, or as it should be both.
#[derive(QueryableByName)]
struct SeriesYear {
    #[diesel(sql_type = Uuid)]
    series_id: SeriesId,
    #[diesel(sql_type = SmallInt)]
    financial_year: i16,
    #[diesel(embed)]
    counter: Option<Counter>,
}

#[derive(QueryableByName)]
struct Counter {
    #[diesel(sql_type = Integer)]
    last_number: i32,
    #[diesel(sql_type = Text)]
    last_hash: String,
}

#[derive(QueryableByName)]
struct PlacedRow {
    #[diesel(embed)]
    invoice: InvoiceRow,
    #[diesel(sql_type = Integer)]
    sequence: i32,
}

/// Recomputes every hash of every series and year of the tenant.
pub async fn verify_chain(
    tx: &mut TenantTx,
    _by: &Allowed<BillingInvoicesRead>,
) -> Result<ChainReport, InvoiceError> {
    // From both sides: whoever removes a counter must not hide its invoices with it.
    let all: Vec<SeriesYear> = Statement::new(
        "SELECT series_id, financial_year, c.last_number, c.last_hash \
         FROM (SELECT * FROM document_counters WHERE tenant_id = $1) c \
         FULL JOIN (SELECT DISTINCT series_id, financial_year FROM invoices WHERE tenant_id = $1) i USING (series_id, financial_year) \
         ORDER BY 1, 2",
    )
    .bind(tx.tenant().as_uuid())
    .load(tx.conn()?)
    .await?;
    let mut report = ChainReport {
        series: all.len(),
        ..ChainReport::default()
    };
    for series in all {
        verify_series(tx, &series, &mut report).await?;
    }
    Ok(report)
}

async fn verify_series(
    tx: &mut TenantTx,
    series: &SeriesYear,
    report: &mut ChainReport,
) -> Result<(), InvoiceError> {
    let mut previous = chain::GENESIS.to_owned();
    let mut last_date = None;
    let mut last_sequence = 0;
    let mut last_number = "0".to_owned();
    loop {
        let invoices: Vec<PlacedRow> = Statement::new(format!(
            "SELECT {INVOICE_COLUMNS}, i.sequence FROM invoices i JOIN receivables r ON r.tenant_id = i.tenant_id AND r.invoice_id = i.id \
             WHERE i.tenant_id = $1 AND i.series_id = $2 AND i.financial_year = $3 AND i.sequence > $4 ORDER BY i.sequence LIMIT $5"
        ))
        .bind(tx.tenant().as_uuid())
        .bind(series.series_id.as_uuid())
        .bind(series.financial_year)
        .bind(last_sequence)
        .bind(CHUNK)
        .load(tx.conn()?)
        .await?;
        if invoices.is_empty() {
            break;
        }
        let mut lines = lines_of(tx, &invoices).await?;
        let mut summaries = summaries_of(tx, &invoices).await?;
        for PlacedRow { invoice, sequence } in invoices {
            report.invoices += 1;
            let mut fault = |text: String| {
                report.faults.push(ChainFault {
                    number: invoice.number.clone(),
                    fault: text,
                })
            };
            if sequence != last_sequence + 1 {
                fault(format!("number {} is missing before it", last_sequence + 1));
            }
            if invoice.previous_hash != previous {
                fault("it is not chained to the invoice before it".to_owned());
            }
            let (stored_hash, stored_previous) =
                (invoice.hash.clone(), invoice.previous_hash.clone());
            let lines = lines.remove(&invoice.id).unwrap_or_default();
            let summary = summaries.remove(&invoice.id).unwrap_or_default();
            let number = invoice.number.clone();
            let detail = invoice.into_detail(lines, summary)?;
            let mut fault = |text: &str| {
                report.faults.push(ChainFault {
                    number: number.clone(),
                    fault: text.to_owned(),
                })
            };
            if chain::hash(&stored_previous, &detail.document) != stored_hash {
                fault("its content is not what its hash was made of");
            }
            if last_date.is_some_and(|date| detail.document.issued_on < date) {
                fault("it is dated before the invoice before it");
            }
            last_date = Some(detail.document.issued_on);
            last_sequence = sequence;
            last_number = number;
            previous = stored_hash;
        }
    }
    let at_the_end = match &series.counter {
        None => Some("the series' counter is missing".to_owned()),
        Some(counter) if counter.last_number != last_sequence || counter.last_hash != previous => {
            Some(format!(
                "the series' counter stands at {}",
                counter.last_number
            ))
        }
        Some(_) => None,
    };
    report.faults.extend(at_the_end.map(|fault| ChainFault {
        number: last_number,
        fault,
    }));
    Ok(())
}

fn ids(invoices: &[PlacedRow]) -> Vec<uuid::Uuid> {
    invoices
        .iter()
        .map(|row| row.invoice.id.as_uuid())
        .collect()
}

async fn lines_of(
    tx: &mut TenantTx,
    invoices: &[PlacedRow],
) -> Result<HashMap<InvoiceId, Vec<DocumentLine>>, DbError> {
    let rows: Vec<LineRow> = Statement::new(format!("SELECT {LINE_COLUMNS} FROM invoice_lines WHERE tenant_id = $1 AND invoice_id = ANY ($2) ORDER BY invoice_id, line_no"))
        .bind(tx.tenant().as_uuid())
        .bind(ids(invoices))
        .load(tx.conn()?)
        .await?;
    let mut lines: HashMap<InvoiceId, Vec<DocumentLine>> = HashMap::new();
    for row in rows {
        lines
            .entry(row.invoice_id)
            .or_default()
            .push(DocumentLine::from(row));
    }
    Ok(lines)
}

async fn summaries_of(
    tx: &mut TenantTx,
    invoices: &[PlacedRow],
) -> Result<HashMap<InvoiceId, Vec<SummaryRow>>, DbError> {
    let rows: Vec<SummaryColumns> = Statement::new(format!(
        "SELECT {SUMMARY_COLUMNS} FROM invoice_tax_summary WHERE tenant_id = $1 AND invoice_id = ANY ($2) ORDER BY invoice_id, {SUMMARY_ORDER}"
    ))
    .bind(tx.tenant().as_uuid())
    .bind(ids(invoices))
    .load(tx.conn()?)
    .await?;
    let mut summaries: HashMap<InvoiceId, Vec<SummaryRow>> = HashMap::new();
    for row in rows {
        summaries
            .entry(row.invoice_id)
            .or_default()
            .push(SummaryRow::from(row));
    }
    Ok(summaries)
}
