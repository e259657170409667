//! A dealer by its code, for commands.

use diesel::QueryableByName;
use diesel::sql_types::Uuid as SqlUuid;
use diesel_async::RunQueryDsl as _;
use vitaran_kernel::DealerId;

use crate::access::{Allowed, SalesDealersRead};
use crate::db::{DbError, Statement, TenantTx};

#[derive(QueryableByName)]
struct Found {
    #[diesel(sql_type = SqlUuid)]
    id: DealerId,
}

/// The dealer with this code, in capital or small letters.
pub async fn find_by_code(
    tx: &mut TenantTx,
    _by: &Allowed<SalesDealersRead>,
    code: &str,
) -> Result<Option<DealerId>, DbError> {
    let rows: Vec<Found> = Statement::new(
        "SELECT id FROM dealers WHERE tenant_id = $1 AND upper(code) = upper($2) AND is_active",
    )
    .bind(tx.tenant().as_uuid())
    .bind(code.trim())
    .load(tx.conn()?)
    .await?;
    Ok(rows.into_iter().next().map(|found| found.id))
}
