//! Where stock is kept. Pages name a location only when a tenant has more than one.

use diesel::sql_types::{Bool, Text, Uuid as SqlUuid};
use diesel::{OptionalExtension as _, QueryableByName};
use diesel_async::RunQueryDsl as _;
use vitaran_kernel::{Gstin, LocationId};

use crate::access::LocationScope;
use crate::db::{DbError, Statement, TenantTx};
use crate::master::Shown;

/// A place goods are kept at and leave from.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub struct Location {
    #[diesel(sql_type = SqlUuid)]
    pub id: LocationId,
    #[diesel(sql_type = Text)]
    pub name: String,
    /// Of the registration that invoices for goods that leave from here.
    #[diesel(sql_type = Text)]
    pub gstin: Gstin,
    /// Serves every dealer that no other location serves.
    #[diesel(sql_type = Bool)]
    pub is_default: bool,
    #[diesel(sql_type = Bool)]
    pub is_active: bool,
}

/// Locations of a tenant that are listed at most; a distributor has a handful.
const MAX_LISTED: i64 = 200;

const SELECT: &str = "SELECT l.id, l.name, r.gstin, l.is_default, l.is_active FROM locations l \
     JOIN gst_registrations r ON r.tenant_id = $1 AND r.id = l.registration_id WHERE l.tenant_id = $1";

/// The tenant's default location, which a tenant is created with, if the actor works there; otherwise the first of theirs by
/// name.
pub async fn default(tx: &TenantTx) -> Result<Location, DbError> {
    let mut statement = Statement::new(SELECT).bind(tx.tenant().as_uuid());
    if tx.actor().locations() == &LocationScope::All {
        statement.push_sql(" AND l.is_default");
    } else {
        tx.push_own_locations(&mut statement, "l.id");
        statement.push_sql(" ORDER BY l.is_active DESC, l.is_default DESC, l.name LIMIT 1");
    }
    Ok(statement.get_result(&mut tx.reader()).await?)
}

/// All locations, the default one first. Everybody of the tenant may know their names.
pub async fn list(tx: &TenantTx, shown: Shown) -> Result<Vec<Location>, DbError> {
    let statement = Statement::new(SELECT).bind(tx.tenant().as_uuid());
    fetch(tx, statement, shown).await
}

/// Those the actor works at, the default one first.
pub async fn list_own(tx: &TenantTx, shown: Shown) -> Result<Vec<Location>, DbError> {
    let mut statement = Statement::new(SELECT).bind(tx.tenant().as_uuid());
    tx.push_own_locations(&mut statement, "l.id");
    fetch(tx, statement, shown).await
}

async fn fetch(
    tx: &TenantTx,
    mut statement: Statement,
    shown: Shown,
) -> Result<Vec<Location>, DbError> {
    let limit = statement.push_bind(MAX_LISTED);
    let shown = shown.condition("l.is_active");
    statement.push_sql(&format!(
        "{shown} ORDER BY l.is_default DESC, l.name LIMIT {limit}"
    ));
    Ok(statement.load(&mut tx.reader()).await?)
}

/// The location somebody named, if it is active and theirs, or the default one.
pub(crate) async fn find_named(
    tx: &mut TenantTx,
    id: Option<LocationId>,
) -> Result<Option<Location>, DbError> {
    let Some(id) = id else {
        return default(tx).await.map(Some);
    };
    let mut statement = Statement::new(SELECT).bind(tx.tenant().as_uuid());
    let id = statement.push_bind(id.as_uuid());
    statement.push_sql(&format!(" AND l.id = {id} AND l.is_active"));
    tx.push_own_locations(&mut statement, "l.id");
    Ok(statement.get_result(tx.conn()?).await.optional()?)
}
