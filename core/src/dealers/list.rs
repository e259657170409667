//! The dealers as staff list them: by name, with where they are and what credit is left.

use chrono::{DateTime, Utc};
use diesel::QueryableByName;
use diesel::sql_types::{Bool, Nullable, Numeric, Text as SqlText, Timestamptz, Uuid as SqlUuid};
use diesel_async::RunQueryDsl as _;
use vitaran_kernel::{DealerId, Gstin, Money, StateCode};

use crate::access::{Allowed, SalesDealersRead};
use crate::db::{Page, Paged, Since, Statement, TenantTx};
use crate::master::{ListError, Shown};

use super::{DealerCode, GstTreatment, LegalName};

/// Words looked at; further ones narrow nothing down.
const MAX_TERMS: usize = 6;

/// Which dealers are wanted.
#[derive(Debug, Clone, Default)]
pub struct DealerFilter {
    pub shown: Shown,
    /// Beginnings of words of a name, the beginning of a code, or a whole GSTIN.
    pub q: String,
    /// Only what changed since, in the order of the changes.
    pub since: Option<Since>,
}

/// A row of the list.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub struct DealerSummary {
    #[diesel(sql_type = SqlUuid)]
    pub id: DealerId,
    #[diesel(sql_type = SqlText)]
    pub code: DealerCode,
    #[diesel(sql_type = SqlText)]
    pub legal_name: LegalName,
    #[diesel(sql_type = Nullable<SqlText>)]
    pub trade_name: Option<LegalName>,
    #[diesel(sql_type = SqlText)]
    pub gst_treatment: GstTreatment,
    #[diesel(sql_type = Nullable<SqlText>)]
    pub gstin: Option<Gstin>,
    /// Of the billing address.
    #[diesel(sql_type = Nullable<SqlText>)]
    pub city: Option<String>,
    #[diesel(sql_type = Nullable<SqlText>)]
    pub state_code: Option<StateCode>,
    #[diesel(sql_type = Numeric)]
    pub credit_limit: Money,
    /// Open holds, unpaid invoices and less unallocated receipts.
    #[diesel(sql_type = Numeric)]
    pub exposure: Money,
    #[diesel(sql_type = Bool)]
    pub is_active: bool,
    #[diesel(sql_type = Timestamptz)]
    pub updated_at: DateTime<Utc>,
    #[diesel(sql_type = SqlText)]
    sort_name: String,
}

/// Lists dealers by legal name, in the order of `ix_dealers_tenant_id_name`, of which a page without a search reads only what
/// it shows. Words are compared row by row, for `strpos` is not leakproof and a tenant has some thousand dealers at most.
pub async fn list(
    tx: &TenantTx,
    _by: &Allowed<SalesDealersRead>,
    filter: &DealerFilter,
    page: &Page,
) -> Result<Paged<DealerSummary>, ListError> {
    let mut statement = Statement::new("").bind(tx.tenant().as_uuid());
    let mut wanted = format!(
        " FROM dealers d WHERE d.tenant_id = $1{}",
        filter.shown.condition("d.is_active")
    );
    wanted.push_str(&search(&mut statement, &filter.q));
    if let Some(since) = filter.since {
        return list_changes(tx, statement, &wanted, since, page).await;
    }
    if let Some(cursor) = &page.after {
        let (after_name, after_id): (String, DealerId) = cursor.key()?;
        let after_name = statement.push_bind(after_name);
        let after_id = statement.push_bind(after_id.as_uuid());
        wanted.push_str(&format!(
            " AND (d.sort_name, d.id) > ({after_name}, {after_id})"
        ));
    }
    let limit = page.limit.sql(&mut statement);
    wanted.push_str(&format!(" ORDER BY d.sort_name, d.id LIMIT {limit}"));
    statement.push_sql(&format!(
        "SELECT {SUMMARY} FROM (SELECT d.id, d.sort_name{wanted}) page JOIN dealers d ON d.tenant_id = $1 AND d.id = page.id {JOINS} \
         ORDER BY page.sort_name, page.id"
    ));
    let rows: Vec<DealerSummary> = statement.load(&mut tx.reader()).await?;
    Ok(Paged::from_lookahead(rows, page.limit, |row| {
        (row.sort_name.clone(), row.id)
    }))
}

/// What [`JOINS`] gives of a dealer `d`.
const SUMMARY: &str = "d.id, d.code, d.legal_name, d.trade_name, d.gst_treatment, d.gstin, a.city, a.state_code, c.credit_limit, \
     c.holds + c.unpaid - c.unallocated AS exposure, d.is_active, d.updated_at, d.sort_name";

const JOINS: &str = "JOIN dealer_credit c ON c.tenant_id = $1 AND c.dealer_id = d.id \
     LEFT JOIN dealer_addresses a ON a.tenant_id = $1 AND a.dealer_id = d.id AND a.is_billing";

/// The dealers that changed, of those that are wanted.
async fn list_changes(
    tx: &TenantTx,
    mut statement: Statement,
    wanted: &str,
    since: Since,
    page: &Page,
) -> Result<Paged<DealerSummary>, ListError> {
    statement.push_sql(&format!(
        "SELECT {SUMMARY} FROM (SELECT d.id, d.updated_at{wanted}"
    ));
    let key = ("d.updated_at", "d.id");
    let sweep = since.end::<uuid::Uuid>(tx, &mut statement, page, key)?;
    statement.push_sql(&format!(
        ") page JOIN dealers d ON d.tenant_id = $1 AND d.id = page.id {JOINS} ORDER BY page.updated_at, page.id"
    ));
    let rows = statement.load(&mut tx.reader()).await?;
    let key = |dealer: &DealerSummary| (dealer.updated_at, dealer.id.as_uuid());
    Ok(sweep.paged(rows, page.limit, key))
}

/// Every word begins a word of a name or the code; or the whole is the GSTIN.
fn search(statement: &mut Statement, q: &str) -> String {
    let words: Vec<&str> = q.split_whitespace().take(MAX_TERMS).collect();
    if words.is_empty() {
        return String::new();
    }
    let mut terms = Vec::with_capacity(words.len());
    for word in &words {
        let start = statement.push_bind(format!(" {}", word.to_lowercase()));
        let code = statement.push_bind(word.to_uppercase());
        terms.push(format!(
            "(strpos(' ' || d.sort_name, {start}) > 0 OR strpos(' ' || lower(d.trade_name), {start}) > 0 OR starts_with(d.code, {code}))"
        ));
    }
    let gstin = statement.push_bind(words.concat().to_uppercase());
    format!(" AND (({}) OR d.gstin = {gstin})", terms.join(" AND "))
}
