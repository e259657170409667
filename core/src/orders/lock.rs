//! Taking the lock of an order, with the facts every action needs.

use diesel::QueryableByName;
use diesel::sql_types::{Bool, Integer, Nullable, Numeric, Text, Uuid};
use diesel_async::RunQueryDsl as _;
use vitaran_kernel::{DealerId, LocationId, Money, OrderId};

use super::status::{IllegalStep, Status, Step, Verb, now, step};
use super::{OrderDetail, query};
use crate::access::Actor;
use crate::db::{Batch, DbError, Statement, TenantTx};
use crate::dealers::credit::Credit;
use crate::notifications::Addressee;
use crate::problem::{Kind, Problem};

/// An order whose row, and whose dealer's credit row, are locked until the transaction ends.
#[derive(Debug)]
pub(crate) struct LockedOrder {
    pub id: OrderId,
    pub number: String,
    pub status: Status,
    pub dealer: DealerId,
    pub location: LocationId,
    pub total: Money,
    pub credit: Credit,
    pub addressee: Addressee,
}

/// What every action on an order may meet.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    #[error("There is no such order")]
    NotFound,
    #[error("This order has changed since this page was opened: it is {}", now(*status))]
    Stale { version: i32, status: Status },
    #[error(transparent)]
    Illegal(#[from] IllegalStep),
    #[error(transparent)]
    Db(#[from] DbError),
}

impl Problem for LockError {
    fn kind(&self) -> Kind {
        match self {
            LockError::NotFound => Kind::NotFound,
            LockError::Stale { .. } => Kind::Stale,
            LockError::Illegal(error) => error.kind(),
            LockError::Db(error) => error.kind(),
        }
    }

    fn code(&self) -> &'static str {
        match self {
            LockError::NotFound => "orders.not_found",
            LockError::Stale { .. } => "orders.stale",
            LockError::Illegal(error) => error.code(),
            LockError::Db(error) => error.code(),
        }
    }

    fn facts(&self) -> serde_json::Map<String, serde_json::Value> {
        match self {
            LockError::Stale { version, status } => serde_json::Map::from_iter([
                ("version".to_owned(), (*version).into()),
                ("order_status".to_owned(), status.as_str().into()),
            ]),
            LockError::Illegal(error) => error.facts(),
            LockError::NotFound | LockError::Db(_) => serde_json::Map::new(),
        }
    }
}

#[derive(QueryableByName)]
struct LockRow {
    #[diesel(sql_type = Text)]
    number: String,
    #[diesel(sql_type = Text)]
    status: Status,
    #[diesel(sql_type = Integer)]
    version: i32,
    #[diesel(sql_type = Uuid)]
    dealer_id: DealerId,
    #[diesel(sql_type = Uuid)]
    location_id: LocationId,
    #[diesel(sql_type = Numeric)]
    total: Money,
    #[diesel(sql_type = Numeric)]
    credit_limit: Money,
    #[diesel(sql_type = Numeric)]
    holds: Money,
    #[diesel(sql_type = Numeric)]
    unpaid: Money,
    #[diesel(sql_type = Numeric)]
    unallocated: Money,
    #[diesel(sql_type = Text)]
    dealer_name: String,
    #[diesel(sql_type = Nullable<Text>)]
    email: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    phone: Option<String>,
    #[diesel(sql_type = Bool)]
    has_opted_in: bool,
    #[diesel(sql_type = Text)]
    language: String,
}

/// Locks the order, then its dealer's credit, in that order. An order outside the actor's scope is not found.
pub(crate) async fn lock(
    tx: &mut TenantTx,
    actor: &Actor,
    id: OrderId,
    expected_version: Option<i32>,
) -> Result<LockedOrder, LockError> {
    let mut statement = Statement::new(
        "SELECT o.number, o.status, o.version, o.dealer_id, o.location_id, o.total, c.credit_limit, c.holds, c.unpaid, c.unallocated, \
                coalesce(d.trade_name, d.legal_name) AS dealer_name, coalesce(d.email, p.email) AS email, p.phone, \
                p.whatsapp_opt_in_at IS NOT NULL AS has_opted_in, coalesce(p.language, 'en') AS language \
         FROM orders o \
         JOIN dealers d ON d.tenant_id = o.tenant_id AND d.id = o.dealer_id \
         JOIN dealer_credit c ON c.tenant_id = o.tenant_id AND c.dealer_id = o.dealer_id \
         LEFT JOIN dealer_contacts p ON p.tenant_id = o.tenant_id AND p.dealer_id = o.dealer_id AND p.is_primary AND p.is_active \
         WHERE o.tenant_id = $1 AND o.id = $2 AND ($3::uuid IS NULL OR o.dealer_id = $3)",
    )
    .bind(tx.tenant().as_uuid())
    .bind(id.as_uuid())
    .bind(actor.scope().own().map(|dealer| dealer.as_uuid()));
    tx.push_own_locations(&mut statement, "o.location_id");
    statement.push_sql(" FOR UPDATE OF o, c");
    let rows: Vec<LockRow> = statement.load(tx.conn()?).await.map_err(DbError::from)?;
    let row = rows.into_iter().next().ok_or(LockError::NotFound)?;
    if expected_version.is_some_and(|expected| expected != row.version) {
        return Err(LockError::Stale {
            version: row.version,
            status: row.status,
        });
    }
    Ok(LockedOrder {
        id,
        number: row.number,
        status: row.status,
        dealer: row.dealer_id,
        location: row.location_id,
        total: row.total,
        credit: Credit {
            limit: row.credit_limit,
            holds: row.holds,
            unpaid: row.unpaid,
            unallocated: row.unallocated,
        },
        addressee: Addressee {
            name: row.dealer_name,
            phone: row.phone,
            has_opted_in: row.has_opted_in,
            email: row.email,
            language: row.language,
        },
    })
}

/// The order as it stands after an action, for the answer.
pub(crate) async fn reload(tx: &mut TenantTx, id: OrderId) -> Result<OrderDetail, LockError> {
    query::detail(tx, id).await?.ok_or(LockError::NotFound)
}

/// Writes what an action does, and gives the order as it stands then.
pub(crate) async fn write(
    tx: &mut TenantTx,
    batch: Batch,
    id: OrderId,
) -> Result<OrderDetail, LockError> {
    query::write_and_read(tx, batch, id)
        .await?
        .ok_or(LockError::NotFound)
}

impl LockedOrder {
    /// The step of a verb from where the order stands.
    pub(crate) fn step(&self, verb: Verb, actor: &Actor) -> Result<Step, LockError> {
        Ok(step(self.status, verb, actor)?)
    }
}
