//! The series a tenant numbers in, a year at a time: what an auditor asks first (CGST Rule 46(b), consecutive numbers).

use chrono::NaiveDate;
use diesel::QueryableByName;
use diesel::sql_types::{BigInt, Bool, Date, Integer, Nullable, SmallInt, Text};
use diesel_async::RunQueryDsl as _;
use vitaran_kernel::FinancialYear;

use crate::access::{Allowed, BillingInvoicesRead};
use crate::db::{DbError, Statement, TenantTx};

/// A series in one financial year.
#[derive(Debug, Clone, QueryableByName)]
pub struct SeriesYear {
    #[diesel(sql_type = Text)]
    pub prefix: String,
    #[diesel(sql_type = Text)]
    pub gstin: String,
    #[diesel(sql_type = Bool)]
    pub is_active: bool,
    #[diesel(sql_type = SmallInt)]
    financial_year: i16,
    #[diesel(sql_type = Nullable<Text>)]
    pub first_number: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    pub last_number: Option<String>,
    #[diesel(sql_type = Date)]
    pub last_issued_on: NaiveDate,
    /// Invoices that exist.
    #[diesel(sql_type = BigInt)]
    pub count: i64,
    /// The number the counter drew last.
    #[diesel(sql_type = Integer)]
    drawn: i32,
}

impl SeriesYear {
    /// "26-27"; blank if the stored year is none.
    pub fn financial_year(&self) -> String {
        FinancialYear::try_new(self.financial_year).map_or_else(|_| String::new(), |fy| fy.short())
    }

    /// Numbers drawn without an invoice. Anything but zero is a fault.
    pub fn missing(&self) -> i64 {
        i64::from(self.drawn) - self.count
    }
}

/// Every series and year with at least one invoice, the latest year first.
pub async fn list_series(
    tx: &mut TenantTx,
    _by: &Allowed<BillingInvoicesRead>,
) -> Result<Vec<SeriesYear>, DbError> {
    Ok(Statement::new(
        "SELECT s.prefix, r.gstin, s.is_active, c.financial_year, c.last_issued_on, c.last_number AS drawn, n.count, \
                f.number AS first_number, l.number AS last_number \
         FROM document_counters c \
         JOIN document_series s ON s.tenant_id = c.tenant_id AND s.id = c.series_id \
         JOIN gst_registrations r ON r.tenant_id = c.tenant_id AND r.id = c.registration_id \
         CROSS JOIN LATERAL ( \
             SELECT count(*) AS count, min(i.sequence) AS first, max(i.sequence) AS last FROM invoices i \
             WHERE i.tenant_id = c.tenant_id AND i.registration_id = c.registration_id AND i.series_id = c.series_id AND i.financial_year = c.financial_year \
         ) n \
         LEFT JOIN invoices f ON f.tenant_id = c.tenant_id AND f.registration_id = c.registration_id AND f.series_id = c.series_id \
              AND f.financial_year = c.financial_year AND f.sequence = n.first \
         LEFT JOIN invoices l ON l.tenant_id = c.tenant_id AND l.registration_id = c.registration_id AND l.series_id = c.series_id \
              AND l.financial_year = c.financial_year AND l.sequence = n.last \
         WHERE c.tenant_id = $1 ORDER BY c.financial_year DESC, s.prefix, r.gstin",
    )
    .bind(tx.tenant().as_uuid())
    .load(tx.conn()?)
    .await?)
}
