//! Reading a tenant's own roles.

use diesel::sql_types::{
    Array, BigInt, Integer, Nullable, Numeric, Text as SqlText, Uuid as SqlUuid,
};
use diesel::{OptionalExtension as _, QueryableByName};
use diesel_async::RunQueryDsl as _;
use serde::Serialize;
use vitaran_kernel::{Money, RoleId};

use super::form::RoleName;
use crate::access::{Allowed, Grant, PermissionCode, PermissionSet, PlatformUsersRead, Role};
use crate::db::{DbError, Statement, TenantTx};
use crate::master::{Master, MasterError};

/// Roles of a tenant at most, because they are chosen from one list.
pub const MAX_ROLES: i64 = 100;

/// A role of the tenant's own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoleRecord {
    pub id: RoleId,
    pub name: RoleName,
    /// Decides where its people begin, and whether they are a dealer's.
    pub base: Role,
    pub permissions: PermissionSet,
    pub approval_limit: Option<Money>,
    /// People who have it, those switched off among them.
    pub members: i64,
    pub version: i32,
}

impl RoleRecord {
    /// What somebody gets with it.
    pub fn grant(&self) -> Grant {
        Grant::own(
            self.base,
            self.name.to_string(),
            self.permissions,
            self.approval_limit,
        )
    }
}

/// As the audit log tells of it.
impl Serialize for RoleRecord {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Told<'a> {
            name: &'a RoleName,
            base: &'a str,
            permissions: Vec<&'a str>,
            approval_limit: Option<Money>,
        }
        let told = Told {
            name: &self.name,
            base: self.base.as_str(),
            permissions: self
                .permissions
                .codes()
                .map(PermissionCode::as_str)
                .collect(),
            approval_limit: self.approval_limit,
        };
        told.serialize(serializer)
    }
}

impl Master for RoleRecord {
    const NOUN: &'static str = "role";
    const NOT_FOUND: &'static str = "roles.not_found";
    const STALE: &'static str = "roles.stale";
}

pub(super) type Refused = MasterError<RoleRecord>;

#[derive(QueryableByName)]
struct RoleRow {
    #[diesel(sql_type = SqlUuid)]
    id: RoleId,
    #[diesel(sql_type = SqlText)]
    name: RoleName,
    #[diesel(sql_type = SqlText)]
    base: String,
    #[diesel(sql_type = Array<SqlText>)]
    permissions: Vec<String>,
    #[diesel(sql_type = Nullable<Numeric>)]
    approval_limit: Option<Money>,
    #[diesel(sql_type = BigInt)]
    members: i64,
    #[diesel(sql_type = Integer)]
    version: i32,
}

impl RoleRow {
    /// `None` for a base that this release does not know, which a check of the table excludes. A code it does not know is
    /// left out: it gives nothing.
    fn record(self) -> Option<RoleRecord> {
        Some(RoleRecord {
            id: self.id,
            name: self.name,
            base: Role::parse(&self.base)?,
            permissions: PermissionSet::named(&self.permissions),
            approval_limit: self.approval_limit,
            members: self.members,
            version: self.version,
        })
    }
}

const SELECT: &str = "SELECT r.id, r.name, r.base, r.permissions, r.approval_limit, r.version, \
     (SELECT count(*) FROM memberships m WHERE m.tenant_id = $1 AND m.role_id = r.id) AS members \
     FROM roles r WHERE r.tenant_id = $1";

/// The tenant's own roles, by name. The built-in ones are [`Role::ALL`].
pub async fn list(
    tx: &TenantTx,
    _by: &Allowed<PlatformUsersRead>,
) -> Result<Vec<RoleRecord>, DbError> {
    let mut statement = Statement::new(SELECT).bind(tx.tenant().as_uuid());
    let limit = statement.push_bind(MAX_ROLES);
    statement.push_sql(&format!(" ORDER BY lower(r.name) LIMIT {limit}"));
    let rows: Vec<RoleRow> = statement.load(&mut tx.reader()).await?;
    Ok(rows.into_iter().filter_map(RoleRow::record).collect())
}

/// One of the tenant's own roles.
pub async fn load(
    tx: &mut TenantTx,
    _by: &Allowed<PlatformUsersRead>,
    id: RoleId,
) -> Result<RoleRecord, Refused> {
    fetch(tx, id, "").await
}

/// For those who give roles to people.
pub(crate) async fn find(tx: &mut TenantTx, id: RoleId) -> Result<Option<RoleRecord>, DbError> {
    find_with(tx, id, "").await
}

pub(super) async fn fetch(
    tx: &mut TenantTx,
    id: RoleId,
    lock: &str,
) -> Result<RoleRecord, Refused> {
    let found = find_with(tx, id, lock).await?;
    found.ok_or_else(MasterError::not_found)
}

async fn find_with(
    tx: &mut TenantTx,
    id: RoleId,
    lock: &str,
) -> Result<Option<RoleRecord>, DbError> {
    let mut statement = Statement::new(SELECT).bind(tx.tenant().as_uuid());
    let id = statement.push_bind(id.as_uuid());
    statement.push_sql(&format!(" AND r.id = {id}{lock}"));
    let found: Option<RoleRow> = statement.get_result(tx.conn()?).await.optional()?;
    Ok(found.and_then(RoleRow::record))
}
