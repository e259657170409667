//! Drawing the next number of a series (CGST Rule 46(b)).
//!
//! The counter's row is part of the document's transaction: a rollback returns the number. It is the hottest row of a
//! tenant, so it is locked last. The row also keeps the last hash and the last date, which must never go back.

use diesel::QueryableByName;
use diesel::sql_types::{Date, Integer, Text};
use diesel_async::RunQueryDsl as _;
use vitaran_kernel::{
    DocumentNumber, FinancialYear, IstDate, NumberError, RegistrationId, SeriesId, SeriesPrefix,
};

use super::chain::GENESIS;
use crate::db::{DbError, Statement, TenantTx};
use crate::problem::{Kind, Problem};

/// A drawn number and what the next document is chained to.
#[derive(Debug)]
pub(crate) struct Drawn {
    pub number: DocumentNumber,
    pub sequence: i32,
    pub previous_hash: String,
}

#[derive(Debug, thiserror::Error)]
pub enum DrawNumberError {
    #[error(
        "The last invoice of this series is dated {}, and an earlier date may not follow: check the server's clock",
        last.long()
    )]
    DateWentBack { last: IstDate },
    #[error("This invoice series is used up: {0}")]
    Exhausted(#[from] NumberError),
    #[error("The prefix of this invoice series is not a valid one")]
    BadPrefix,
    #[error(transparent)]
    Db(#[from] DbError),
}

impl Problem for DrawNumberError {
    fn kind(&self) -> Kind {
        match self {
            DrawNumberError::DateWentBack { .. }
            | DrawNumberError::Exhausted(_)
            | DrawNumberError::BadPrefix => Kind::Conflict,
            DrawNumberError::Db(error) => error.kind(),
        }
    }

    fn code(&self) -> &'static str {
        match self {
            DrawNumberError::DateWentBack { .. } => "invoices.date_went_back",
            DrawNumberError::Exhausted(_) => "invoices.series_exhausted",
            DrawNumberError::BadPrefix => "invoices.bad_series",
            DrawNumberError::Db(error) => error.code(),
        }
    }
}

#[derive(QueryableByName)]
struct CounterRow {
    #[diesel(sql_type = Integer)]
    last_number: i32,
    #[diesel(sql_type = Text)]
    last_hash: String,
    #[diesel(sql_type = Date)]
    last_issued_on: IstDate,
}

/// Draws the next number for today. Everything else must be checked before: from here on others wait.
pub(crate) async fn draw_number(
    tx: &mut TenantTx,
    registration: RegistrationId,
    series: SeriesId,
    prefix: &str,
) -> Result<Drawn, DrawNumberError> {
    let today = tx.today();
    let year = FinancialYear::of(today);
    let prefix = SeriesPrefix::parse(prefix).map_err(|_| DrawNumberError::BadPrefix)?;
    let row: CounterRow = Statement::new(
        "INSERT INTO document_counters AS c (tenant_id, registration_id, series_id, financial_year, last_number, last_issued_on, last_hash) \
         VALUES ($1, $2, $3, $4, 1, $5, $6) \
         ON CONFLICT (tenant_id, registration_id, series_id, financial_year) \
         DO UPDATE SET last_number = c.last_number + 1, last_issued_on = greatest(c.last_issued_on, excluded.last_issued_on) \
         RETURNING last_number, last_hash, last_issued_on",
    )
    .bind(tx.tenant().as_uuid())
    .bind(registration.as_uuid())
    .bind(series.as_uuid())
    .bind(year.start_year())
    .bind(today.as_naive())
    .bind(GENESIS)
    .get_result(tx.conn()?)
    .await
    .map_err(DbError::from)?;
    if row.last_issued_on > today {
        return Err(DrawNumberError::DateWentBack {
            last: row.last_issued_on,
        });
    }
    let number = DocumentNumber::format(&prefix, year, i64::from(row.last_number))?;
    Ok(Drawn {
        number,
        sequence: row.last_number,
        previous_hash: row.last_hash,
    })
}
