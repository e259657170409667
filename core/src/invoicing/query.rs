//! Reading invoices: a page of them, one with its lines, and the document a PDF is made from.

use chrono::{DateTime, NaiveDate, Utc};
use diesel::QueryableByName;
use diesel::sql_types::{Date, Jsonb, Nullable, Numeric, SmallInt, Text, Timestamptz, Uuid};
use diesel_async::RunQueryDsl as _;
use futures_util::TryFutureExt as _;
use serde_json::Value;
use vitaran_kernel::supply::SupplyClause;
use vitaran_kernel::{
    DealerId, DocumentNumber, DocumentTotals, FinancialYear, Hsn, InvoiceId, IstDate, Money,
    OrderId, OrderNumber, Quantity, Rate, Sku, StateCode, SupplyKind, TaxSplit, UnitPrice, Uqc,
};

use super::document::{DocumentLine, InvoiceDocument, SummaryRow, Upi};
use crate::access::{Allowed, BillingInvoicesRead};
use crate::db::{CursorError, DbError, Page, Paged, Since, Statement, TenantTx};
use crate::problem::{Kind, Problem};

/// A row of the invoice list.
#[derive(Debug, Clone, QueryableByName)]
pub struct InvoiceSummary {
    #[diesel(sql_type = Uuid)]
    pub id: InvoiceId,
    #[diesel(sql_type = Text)]
    pub number: String,
    #[diesel(sql_type = Timestamptz)]
    pub issued_at: DateTime<Utc>,
    #[diesel(sql_type = Uuid)]
    pub order_id: OrderId,
    #[diesel(sql_type = Text)]
    pub order_number: String,
    #[diesel(sql_type = Uuid)]
    pub dealer_id: DealerId,
    #[diesel(sql_type = Text)]
    pub dealer_name: String,
    #[diesel(sql_type = Numeric)]
    pub total: Money,
    #[diesel(sql_type = Numeric)]
    pub paid: Money,
    #[diesel(sql_type = Timestamptz)]
    pub updated_at: DateTime<Utc>,
}

impl InvoiceSummary {
    /// What the dealer still owes on it.
    pub fn open(&self) -> Money {
        self.total - self.paid
    }
}

#[derive(Debug, Clone, Default)]
pub struct InvoiceFilter {
    pub dealer: Option<DealerId>,
    pub issued_from: Option<IstDate>,
    pub issued_to: Option<IstDate>,
    /// The beginning of an invoice number, or its running number alone.
    pub q: String,
    /// Only invoices that are not paid in full.
    pub open_only: bool,
    /// Only what was issued or paid since, in that order.
    pub since: Option<Since>,
}

/// An invoice with what the page shows beside the document.
#[derive(Debug, Clone)]
pub struct InvoiceDetail {
    pub id: InvoiceId,
    pub order_id: OrderId,
    pub dealer_id: DealerId,
    pub financial_year: FinancialYear,
    pub document: InvoiceDocument,
    pub previous_hash: String,
    pub paid: Money,
}

impl InvoiceDetail {
    /// What the dealer still owes on it.
    pub fn open(&self) -> Money {
        self.document.totals.total - self.paid
    }
}

#[derive(Debug, thiserror::Error)]
pub enum InvoiceError {
    #[error("There is no such invoice")]
    NotFound,
    #[error(transparent)]
    Cursor(#[from] CursorError),
    #[error("the stored invoice cannot be read: {0}")]
    Unreadable(String),
    #[error(transparent)]
    Db(#[from] DbError),
}

impl From<diesel::result::Error> for InvoiceError {
    fn from(error: diesel::result::Error) -> Self {
        InvoiceError::Db(error.into())
    }
}

impl Problem for InvoiceError {
    fn kind(&self) -> Kind {
        match self {
            InvoiceError::NotFound => Kind::NotFound,
            InvoiceError::Cursor(_) => Kind::Invalid,
            InvoiceError::Unreadable(_) => Kind::Internal,
            InvoiceError::Db(error) => error.kind(),
        }
    }

    fn code(&self) -> &'static str {
        match self {
            InvoiceError::NotFound => "invoices.not_found",
            InvoiceError::Cursor(_) => CursorError::CODE,
            InvoiceError::Unreadable(_) => "service.internal",
            InvoiceError::Db(error) => error.code(),
        }
    }
}

/// A page of invoices, newest first. A dealer's people get their own dealer's.
pub async fn list(
    tx: &TenantTx,
    by: &Allowed<BillingInvoicesRead>,
    filter: &InvoiceFilter,
    page: &Page,
) -> Result<Paged<InvoiceSummary>, InvoiceError> {
    let mut statement = Statement::new(
        "SELECT i.id, i.number, i.issued_at, i.order_id, i.order_number, i.dealer_id, coalesce(d.trade_name, d.legal_name) AS dealer_name, i.total, r.paid, r.updated_at \
         FROM invoices i JOIN dealers d ON d.tenant_id = i.tenant_id AND d.id = i.dealer_id \
         JOIN receivables r ON r.tenant_id = i.tenant_id AND r.invoice_id = i.id WHERE i.tenant_id = $1",
    )
    .bind(tx.tenant().as_uuid());
    if let Some(dealer) = by.actor().scope().own().or(filter.dealer) {
        let dealer = statement.push_bind(dealer.as_uuid());
        statement.push_sql(&format!(" AND i.dealer_id = {dealer}"));
    }
    tx.push_own_orders(&mut statement, "i.order_id");
    if let Some(from) = filter.issued_from {
        let from = statement.push_bind(from.start());
        statement.push_sql(&format!(" AND i.issued_at >= {from}"));
    }
    if let Some(to) = filter.issued_to {
        let to = statement.push_bind(to.add_days(1).start());
        statement.push_sql(&format!(" AND i.issued_at < {to}"));
    }
    if filter.open_only {
        statement.push_sql(" AND r.paid < r.amount");
    }
    let q = filter.q.trim().to_uppercase();
    if let Ok(sequence) = q.parse::<i32>() {
        let sequence = statement.push_bind(sequence);
        statement.push_sql(&format!(" AND i.sequence = {sequence}"));
    } else if !q.is_empty() {
        let (from, to) = (
            statement.push_bind(q.clone()),
            statement.push_bind(format!("{q}\u{10FFFF}")),
        );
        statement.push_sql(&format!(" AND i.number >= {from} AND i.number < {to}"));
    }
    if let Some(since) = filter.since {
        let key = ("r.updated_at", "r.invoice_id");
        let sweep = since.end::<uuid::Uuid>(tx, &mut statement, page, key)?;
        let rows = statement.load(&mut tx.reader()).await?;
        let key = |invoice: &InvoiceSummary| (invoice.updated_at, invoice.id.as_uuid());
        return Ok(sweep.paged(rows, page.limit, key));
    }
    if let Some(cursor) = &page.after {
        let (at, id): (DateTime<Utc>, InvoiceId) = cursor.key()?;
        let (at, id) = (statement.push_bind(at), statement.push_bind(id.as_uuid()));
        statement.push_sql(&format!(" AND (i.issued_at, i.id) < ({at}, {id})"));
    }
    let limit = page.limit.sql(&mut statement);
    statement.push_sql(&format!(
        " ORDER BY i.issued_at DESC, i.id DESC LIMIT {limit}"
    ));
    let rows = statement.load(&mut tx.reader()).await?;
    Ok(Paged::from_lookahead(
        rows,
        page.limit,
        |invoice: &InvoiceSummary| (invoice.issued_at, invoice.id),
    ))
}

#[derive(QueryableByName)]
pub(super) struct InvoiceRow {
    #[diesel(sql_type = Uuid)]
    pub(super) id: InvoiceId,
    #[diesel(sql_type = Text)]
    pub(super) number: String,
    #[diesel(sql_type = SmallInt)]
    financial_year: i16,
    #[diesel(sql_type = Date)]
    issued_on: NaiveDate,
    #[diesel(sql_type = Timestamptz)]
    issued_at: DateTime<Utc>,
    #[diesel(sql_type = Uuid)]
    order_id: OrderId,
    #[diesel(sql_type = Text)]
    order_number: String,
    #[diesel(sql_type = Date)]
    ordered_on: NaiveDate,
    #[diesel(sql_type = Uuid)]
    dealer_id: DealerId,
    #[diesel(sql_type = Jsonb)]
    seller: Value,
    #[diesel(sql_type = Jsonb)]
    buyer: Value,
    #[diesel(sql_type = Jsonb)]
    ship_to: Value,
    #[diesel(sql_type = Jsonb)]
    transport: Value,
    #[diesel(sql_type = Text)]
    pos_state: StateCode,
    #[diesel(sql_type = SmallInt)]
    pos_row: i16,
    #[diesel(sql_type = Text)]
    pos_clause: String,
    #[diesel(sql_type = Text)]
    supply_kind: SupplyKind,
    #[diesel(sql_type = Nullable<Text>)]
    endorsement: Option<String>,
    #[diesel(sql_type = Numeric)]
    taxable: Money,
    #[diesel(sql_type = Numeric)]
    cgst: Money,
    #[diesel(sql_type = Numeric)]
    sgst: Money,
    #[diesel(sql_type = Numeric)]
    utgst: Money,
    #[diesel(sql_type = Numeric)]
    igst: Money,
    #[diesel(sql_type = Numeric)]
    round_off: Money,
    #[diesel(sql_type = Numeric)]
    total: Money,
    #[diesel(sql_type = Text)]
    amount_in_words: String,
    #[diesel(sql_type = Text)]
    pub(super) previous_hash: String,
    #[diesel(sql_type = Text)]
    pub(super) hash: String,
    #[diesel(sql_type = Numeric)]
    paid: Money,
    #[diesel(sql_type = Text)]
    declaration: String,
    #[diesel(sql_type = Nullable<Text>)]
    terms: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    upi_vpa: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    upi_payee: Option<String>,
}

#[derive(QueryableByName)]
pub(super) struct LineRow {
    #[diesel(sql_type = Uuid)]
    pub(super) invoice_id: InvoiceId,
    #[diesel(sql_type = SmallInt)]
    line_no: i16,
    #[diesel(sql_type = Text)]
    sku: Sku,
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = Text)]
    hsn: Hsn,
    #[diesel(sql_type = Text)]
    uqc: Uqc,
    #[diesel(sql_type = Numeric)]
    quantity: Quantity,
    #[diesel(sql_type = Numeric)]
    unit_price: UnitPrice,
    #[diesel(sql_type = Numeric)]
    tax_rate: Rate,
    #[diesel(sql_type = Numeric)]
    taxable: Money,
    #[diesel(sql_type = Numeric)]
    cgst: Money,
    #[diesel(sql_type = Numeric)]
    sgst: Money,
    #[diesel(sql_type = Numeric)]
    utgst: Money,
    #[diesel(sql_type = Numeric)]
    igst: Money,
    #[diesel(sql_type = Numeric)]
    total: Money,
}

impl From<LineRow> for DocumentLine {
    fn from(row: LineRow) -> Self {
        DocumentLine {
            line_no: u16::try_from(row.line_no).unwrap_or_default(),
            name: row.name,
            sku: row.sku,
            hsn: row.hsn,
            uqc: row.uqc,
            quantity: row.quantity,
            unit_price: row.unit_price,
            tax_rate: row.tax_rate,
            taxable: row.taxable,
            tax: TaxSplit {
                cgst: row.cgst,
                sgst: row.sgst,
                utgst: row.utgst,
                igst: row.igst,
            },
            total: row.total,
        }
    }
}

#[derive(QueryableByName)]
pub(super) struct SummaryColumns {
    #[diesel(sql_type = Uuid)]
    pub(super) invoice_id: InvoiceId,
    #[diesel(sql_type = Text)]
    hsn: Hsn,
    #[diesel(sql_type = Text)]
    uqc: Uqc,
    #[diesel(sql_type = Numeric)]
    tax_rate: Rate,
    #[diesel(sql_type = Numeric)]
    quantity: Quantity,
    #[diesel(sql_type = Numeric)]
    taxable: Money,
    #[diesel(sql_type = Numeric)]
    cgst: Money,
    #[diesel(sql_type = Numeric)]
    sgst: Money,
    #[diesel(sql_type = Numeric)]
    utgst: Money,
    #[diesel(sql_type = Numeric)]
    igst: Money,
}

impl From<SummaryColumns> for SummaryRow {
    fn from(row: SummaryColumns) -> Self {
        SummaryRow {
            hsn: row.hsn,
            uqc: row.uqc,
            tax_rate: row.tax_rate,
            quantity: row.quantity,
            taxable: row.taxable,
            tax: TaxSplit {
                cgst: row.cgst,
                sgst: row.sgst,
                utgst: row.utgst,
                igst: row.igst,
            },
        }
    }
}

/// The columns of [`InvoiceRow`], from `invoices i` and `receivables r`.
pub(super) const INVOICE_COLUMNS: &str = "i.id, i.number, i.financial_year, i.issued_on, i.issued_at, i.order_id, i.order_number, i.ordered_on, i.dealer_id, \
     i.seller, i.buyer, i.ship_to, i.transport, i.pos_state, i.pos_row, i.pos_clause, i.supply_kind, i.endorsement, i.taxable, i.cgst, i.sgst, i.utgst, \
     i.igst, i.round_off, i.total, i.amount_in_words, i.declaration, i.terms, i.upi_vpa, i.upi_payee, i.previous_hash, i.hash, r.paid";

pub(super) const LINE_COLUMNS: &str = "invoice_id, line_no, sku, name, hsn, uqc, quantity, unit_price, tax_rate, taxable, cgst, sgst, utgst, igst, total";

pub(super) const SUMMARY_COLUMNS: &str =
    "invoice_id, hsn, uqc, tax_rate, quantity, taxable, cgst, sgst, utgst, igst";
/// As the rows were added up: the chain covers them in this order, whatever the database's collation.
pub(super) const SUMMARY_ORDER: &str = "hsn COLLATE \"C\", uqc COLLATE \"C\", tax_rate";

impl InvoiceRow {
    pub(super) fn into_detail(
        self,
        lines: Vec<DocumentLine>,
        tax_summary: Vec<SummaryRow>,
    ) -> Result<InvoiceDetail, InvoiceError> {
        let unreadable =
            |what: &str| InvoiceError::Unreadable(format!("invoice {}: {what}", self.number));
        let document = InvoiceDocument {
            number: DocumentNumber::parse(&self.number).map_err(|_| unreadable("number"))?,
            issued_on: IstDate::try_new(self.issued_on).map_err(|_| unreadable("date"))?,
            issued_at: self.issued_at,
            order_number: OrderNumber::parse(&self.order_number)
                .map_err(|_| unreadable("order number"))?,
            ordered_on: IstDate::try_new(self.ordered_on).map_err(|_| unreadable("order date"))?,
            seller: serde_json::from_value(self.seller.clone())
                .map_err(|_| unreadable("seller"))?,
            buyer: serde_json::from_value(self.buyer.clone()).map_err(|_| unreadable("buyer"))?,
            ship_to: serde_json::from_value(self.ship_to.clone())
                .map_err(|_| unreadable("ship-to"))?,
            transport: serde_json::from_value(self.transport.clone())
                .map_err(|_| unreadable("transport"))?,
            place_of_supply: self.pos_state,
            supply_clause: SupplyClause::from_stored(self.pos_row, &self.pos_clause)
                .ok_or_else(|| unreadable("place of supply"))?,
            supply_kind: self.supply_kind,
            reverse_charge: false,
            lines,
            tax_summary,
            totals: DocumentTotals {
                taxable: self.taxable,
                tax: TaxSplit {
                    cgst: self.cgst,
                    sgst: self.sgst,
                    utgst: self.utgst,
                    igst: self.igst,
                },
                round_off: self.round_off,
                total: self.total,
            },
            amount_in_words: self.amount_in_words.clone(),
            endorsement: self.endorsement.clone(),
            declaration: self.declaration.clone(),
            terms: self.terms.clone(),
            upi: self
                .upi_vpa
                .clone()
                .zip(self.upi_payee.clone())
                .map(|(vpa, payee)| Upi { vpa, payee }),
            hash: self.hash.clone(),
        };
        Ok(InvoiceDetail {
            id: self.id,
            order_id: self.order_id,
            dealer_id: self.dealer_id,
            financial_year: FinancialYear::try_new(self.financial_year)
                .map_err(|_| unreadable("financial year"))?,
            document,
            previous_hash: self.previous_hash.clone(),
            paid: self.paid,
        })
    }
}

/// One invoice with everything it states.
pub async fn load(
    tx: &TenantTx,
    by: &Allowed<BillingInvoicesRead>,
    id: InvoiceId,
) -> Result<InvoiceDetail, InvoiceError> {
    let detail = detail(tx, id).await?;
    match by.actor().scope().own() {
        Some(own) if own != detail.dealer_id => Err(InvoiceError::NotFound),
        _ => Ok(detail),
    }
}

pub(super) async fn detail(tx: &TenantTx, id: InvoiceId) -> Result<InvoiceDetail, InvoiceError> {
    let tenant = tx.tenant().as_uuid();
    let with = |sql: String| Statement::new(sql).bind(tenant).bind(id.as_uuid());
    let (mut a, mut b, mut c) = (tx.reader(), tx.reader(), tx.reader());
    let mut header = with(format!(
        "SELECT {INVOICE_COLUMNS} FROM invoices i JOIN receivables r ON r.tenant_id = i.tenant_id AND r.invoice_id = i.id \
         WHERE i.tenant_id = $1 AND i.id = $2"
    ));
    tx.push_own_orders(&mut header, "i.order_id");
    let header = header.load::<InvoiceRow>(&mut a).map_err(DbError::from);
    let lines = with(format!("SELECT {LINE_COLUMNS} FROM invoice_lines WHERE tenant_id = $1 AND invoice_id = $2 ORDER BY line_no"))
        .load::<LineRow>(&mut b)
        .map_err(DbError::from);
    let summary = with(format!(
        "SELECT {SUMMARY_COLUMNS} FROM invoice_tax_summary WHERE tenant_id = $1 AND invoice_id = $2 ORDER BY {SUMMARY_ORDER}"
    ))
    .load::<SummaryColumns>(&mut c)
    .map_err(DbError::from);
    let (header, lines, summary) = futures_util::try_join!(header, lines, summary)?;
    let row = header.into_iter().next().ok_or(InvoiceError::NotFound)?;
    row.into_detail(
        lines.into_iter().map(DocumentLine::from).collect(),
        summary.into_iter().map(SummaryRow::from).collect(),
    )
}
