//! Tax classes with the rate that is in force today. Rates are dated rows of the law's master; a
//! product names its class, never a rate.

use diesel::QueryableByName;
use diesel::sql_types::{Numeric, Text as SqlText};
use diesel_async::RunQueryDsl as _;
use vitaran_kernel::{Rate, Text};

use crate::access::{Allowed, InventoryProductsRead};
use crate::db::{DbError, Statement, TenantTx};

/// The code of a class: `STANDARD`.
pub type TaxClassCode = Text<24>;

/// A class as a form offers it.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub struct TaxClass {
    #[diesel(sql_type = SqlText)]
    pub code: TaxClassCode,
    #[diesel(sql_type = SqlText)]
    pub name: String,
    /// Today's.
    #[diesel(sql_type = Numeric)]
    pub rate: Rate,
}

/// The classes that have a rate today, cheapest first. A handful, so there are no pages.
pub async fn list(
    tx: &TenantTx,
    _by: &Allowed<InventoryProductsRead>,
) -> Result<Vec<TaxClass>, DbError> {
    Ok(Statement::new(
        "SELECT c.code, c.name, r.rate FROM tax_classes c \
         JOIN tax_rates r ON r.tax_class = c.code AND r.valid_from <= $1 AND (r.valid_to IS NULL OR r.valid_to >= $1) \
         ORDER BY r.rate, c.code",
    )
    .bind(tx.today().as_naive())
    .load(&mut tx.reader())
    .await?)
}
