//! Price lists: named sets of prices, one of which may be the default for every dealer.
//!
//! Locks: the tenant's price lists in the order of their ids, since there is one default among them.

use diesel::sql_types::{BigInt, Bool, Integer, Text as SqlText, Uuid as SqlUuid};
use diesel::{OptionalExtension as _, QueryableByName};
use diesel_async::RunQueryDsl as _;
use serde::{Deserialize, Serialize};
use vitaran_kernel::{PriceListId, Text};

use crate::access::{Allowed, SalesPricesRead, SalesPricesWrite};
use crate::audit::{self, Change};
use crate::db::{DbError, Statement, TenantTx};
use crate::master::{Activity, Master, MasterError, Shown, check_version, finish, taken};
use crate::problem::{Faults, Invalid};

pub type PriceListName = Text<60>;

/// Price lists of a tenant at most, because they are chosen from one list.
pub const MAX_LISTS: i64 = 200;

/// A price list without its prices.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, QueryableByName)]
pub struct PriceList {
    #[diesel(sql_type = SqlUuid)]
    pub id: PriceListId,
    #[diesel(sql_type = SqlText)]
    pub name: PriceListName,
    #[diesel(sql_type = Bool)]
    pub is_default: bool,
    /// The prices of a list that is switched off do not count.
    #[diesel(sql_type = Bool)]
    pub is_active: bool,
    #[diesel(sql_type = Integer)]
    pub version: i32,
}

impl Master for PriceList {
    const NOUN: &'static str = "price list";
    const NOT_FOUND: &'static str = "pricing.list_not_found";
    const STALE: &'static str = "pricing.list_stale";
}

type Refused = MasterError<PriceList>;

/// What a person or program sends.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PriceListForm {
    pub name: String,
}

impl PriceListForm {
    pub fn parse(&self) -> Result<PriceListName, Invalid> {
        let mut faults = Faults::new();
        let name = faults.required("/name", &self.name, "the price list's name", Text::parse);
        finish(faults, || name)
    }
}

const SELECT: &str = "SELECT l.id, l.name, l.is_default, l.is_active, l.version FROM price_lists l WHERE l.tenant_id = $1";

/// The price lists, the default one first. What others pay is not for a dealer's people: they see
/// none.
pub async fn list(
    tx: &mut TenantTx,
    by: &Allowed<SalesPricesRead>,
    shown: Shown,
) -> Result<Vec<PriceList>, DbError> {
    if by.actor().scope().own().is_some() {
        return Ok(Vec::new());
    }
    let mut statement = Statement::new(SELECT).bind(tx.tenant().as_uuid());
    let limit = statement.push_bind(MAX_LISTS);
    let shown = shown.condition("l.is_active");
    statement.push_sql(&format!(
        "{shown} ORDER BY l.is_default DESC, l.name LIMIT {limit}"
    ));
    Ok(statement.load(tx.conn()?).await?)
}

/// A price list, active or not. For a dealer's people there is none.
pub async fn load(
    tx: &mut TenantTx,
    by: &Allowed<SalesPricesRead>,
    id: PriceListId,
) -> Result<PriceList, Refused> {
    if by.actor().scope().own().is_some() {
        return Err(MasterError::not_found());
    }
    fetch(tx, id, "").await
}

/// Adds an empty price list.
pub async fn create(
    tx: &mut TenantTx,
    _by: &Allowed<SalesPricesWrite>,
    name: PriceListName,
) -> Result<PriceList, Refused> {
    let id = PriceListId::generate();
    check_name(tx, id, &name).await?;
    Statement::new("INSERT INTO price_lists (tenant_id, id, name) VALUES ($1, $2, $3)")
        .bind(tx.tenant().as_uuid())
        .bind(id.as_uuid())
        .bind(name.as_str())
        .execute(tx.conn()?)
        .await
        .map_err(refused)?;
    let list = fetch(tx, id, "").await?;
    audit::record(
        tx,
        "pricing.list.create",
        "price_list",
        Some(id.as_uuid()),
        Change::created(&list),
    )
    .await?;
    Ok(list)
}

/// Gives a list another name. Orders keep the name of the list they were priced from.
pub async fn rename(
    tx: &mut TenantTx,
    _by: &Allowed<SalesPricesWrite>,
    id: PriceListId,
    expected: i32,
    name: PriceListName,
) -> Result<PriceList, Refused> {
    let before = fetch(tx, id, " FOR UPDATE").await?;
    check_version(before.version, expected)?;
    check_name(tx, id, &name).await?;
    Statement::new(
        "UPDATE price_lists SET name = $3, version = version + 1 WHERE tenant_id = $1 AND id = $2",
    )
    .bind(tx.tenant().as_uuid())
    .bind(id.as_uuid())
    .bind(name.as_str())
    .execute(tx.conn()?)
    .await
    .map_err(refused)?;
    told(tx, "pricing.list.rename", before).await
}

/// Makes a list the one whose prices count for every dealer without another. The default before it
/// becomes a list like the others.
pub async fn set_default(
    tx: &mut TenantTx,
    _by: &Allowed<SalesPricesWrite>,
    id: PriceListId,
    expected: Option<i32>,
) -> Result<PriceList, Refused> {
    Statement::new(
        "SELECT l.id FROM price_lists l WHERE l.tenant_id = $1 ORDER BY l.id FOR UPDATE",
    )
    .bind(tx.tenant().as_uuid())
    .execute(tx.conn()?)
    .await?;
    let before = fetch(tx, id, "").await?;
    check_version(before.version, expected)?;
    if before.is_default {
        return Ok(before);
    }
    if !before.is_active {
        return Err(MasterError::fault(
            "",
            "inactive",
            "Switch this price list on first",
        ));
    }
    // Two statements, for the unique index looks at every row as it is written.
    for sql in [
        "UPDATE price_lists SET is_default = false, version = version + 1 WHERE tenant_id = $1 AND is_default AND id <> $2",
        "UPDATE price_lists SET is_default = true, version = version + 1 WHERE tenant_id = $1 AND id = $2",
    ] {
        Statement::new(sql)
            .bind(tx.tenant().as_uuid())
            .bind(id.as_uuid())
            .execute(tx.conn()?)
            .await?;
    }
    told(tx, "pricing.list.set_default", before).await
}

/// Switches a list off or on. The default list stays on, for its prices would silently give way to
/// base prices; dealers of another list that goes off buy at the default list's prices.
pub async fn set_active(
    tx: &mut TenantTx,
    _by: &Allowed<SalesPricesWrite>,
    id: PriceListId,
    expected: Option<i32>,
    to: Activity,
) -> Result<PriceList, Refused> {
    let before = fetch(tx, id, " FOR UPDATE").await?;
    check_version(before.version, expected)?;
    if before.is_active == to.is_active() {
        return Ok(before);
    }
    if before.is_default {
        return Err(MasterError::fault(
            "",
            "default",
            "Make another price list the default first",
        ));
    }
    Statement::new("UPDATE price_lists SET is_active = $3, version = version + 1 WHERE tenant_id = $1 AND id = $2")
        .bind(tx.tenant().as_uuid())
        .bind(id.as_uuid())
        .bind(to.is_active())
        .execute(tx.conn()?)
        .await?;
    told(tx, "pricing.list.set_active", before).await
}

async fn told(tx: &mut TenantTx, action: &str, before: PriceList) -> Result<PriceList, Refused> {
    let after = fetch(tx, before.id, "").await?;
    audit::record(
        tx,
        action,
        "price_list",
        Some(after.id.as_uuid()),
        Change::updated(&before, &after),
    )
    .await?;
    Ok(after)
}

pub(super) async fn fetch(
    tx: &mut TenantTx,
    id: PriceListId,
    lock: &str,
) -> Result<PriceList, Refused> {
    let mut statement = Statement::new(SELECT).bind(tx.tenant().as_uuid());
    let id = statement.push_bind(id.as_uuid());
    statement.push_sql(&format!(" AND l.id = {id}{lock}"));
    let found: Option<PriceList> = statement.get_result(tx.conn()?).await.optional()?;
    found.ok_or_else(MasterError::not_found)
}

#[derive(QueryableByName)]
struct Facts {
    #[diesel(sql_type = Bool)]
    is_name_taken: bool,
    #[diesel(sql_type = BigInt)]
    others: i64,
}

async fn check_name(
    tx: &mut TenantTx,
    id: PriceListId,
    name: &PriceListName,
) -> Result<(), Refused> {
    let facts: Facts = Statement::new(
        "SELECT coalesce(bool_or(l.name = $3), false) AS is_name_taken, count(*) AS others \
         FROM price_lists l WHERE l.tenant_id = $1 AND l.id <> $2",
    )
    .bind(tx.tenant().as_uuid())
    .bind(id.as_uuid())
    .bind(name.as_str())
    .get_result(tx.conn()?)
    .await?;
    if facts.is_name_taken {
        return Err(MasterError::fault(
            "/name",
            "taken",
            format!("There is a price list {name} already"),
        ));
    }
    if facts.others >= MAX_LISTS {
        let detail = format!("There are {MAX_LISTS} price lists already, use one of them");
        return Err(MasterError::fault("/name", "too_many", detail));
    }
    Ok(())
}

fn refused(error: diesel::result::Error) -> Refused {
    let unique = [(
        "uq_price_lists_tenant_id_name",
        "/name",
        "There is a price list of this name already",
    )];
    taken(DbError::from(error), &unique)
}
