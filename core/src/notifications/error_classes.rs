//! The classes of the provider's error codes, as the database has them.

use diesel::QueryableByName;
use diesel::sql_types::{Integer, Text};
use diesel_async::RunQueryDsl as _;

use crate::db::{Db, DbError, Statement};
use crate::ports::{ErrorClassRow, ErrorClassTable};

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = Integer)]
    code_from: i32,
    #[diesel(sql_type = Integer)]
    code_to: i32,
    #[diesel(sql_type = Text)]
    class: String,
}

/// The table; the classes the product starts with where it is empty. A row of a class this release does not know is left
/// out, so its code is retried.
pub async fn error_classes(db: &Db) -> Result<ErrorClassTable, DbError> {
    let mut tx = db.begin_platform().await?;
    let rows: Vec<Row> =
        Statement::new("SELECT code_from, code_to, class FROM whatsapp_error_classes")
            .load(tx.conn()?)
            .await?;
    tx.commit().await?;
    if rows.is_empty() {
        return Ok(ErrorClassTable::default());
    }
    Ok(ErrorClassTable::new(rows.into_iter().filter_map(|row| {
        Some(ErrorClassRow {
            code_from: row.code_from.into(),
            code_to: row.code_to.into(),
            class: row.class.parse().ok()?,
        })
    })))
}
