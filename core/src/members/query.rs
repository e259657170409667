//! Reading the members. Those who were removed are nobody's to see.

use chrono::{DateTime, Utc};
use diesel::sql_types::{Array, BigInt, Bool, Integer, Nullable, Text, Timestamptz, Uuid};
use diesel::{OptionalExtension as _, QueryableByName};
use diesel_async::RunQueryDsl as _;
use vitaran_kernel::{DealerId, LocationId, MembershipId, RoleId, UserId};

use super::RoleRef;
use super::model::{Member, MemberDealer, MemberLocation, Refused};
use crate::access::{Allowed, PlatformUsersRead};
use crate::db::{Page, Paged, Statement, TenantTx};
use crate::identity::GrantColumns;
use crate::master::{ListError, MasterError, Shown};

/// Words looked at; further ones narrow nothing down.
const MAX_TERMS: usize = 6;

/// Which members are wanted.
#[derive(Debug, Clone, Default)]
pub struct MemberFilter {
    pub shown: Shown,
    /// Beginnings of words of a name, or of an e-mail address.
    pub q: String,
    pub role: Option<RoleRef>,
}

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = Uuid)]
    id: MembershipId,
    #[diesel(sql_type = Uuid)]
    user_id: UserId,
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = Text)]
    email: String,
    #[diesel(embed)]
    granted: GrantColumns,
    #[diesel(sql_type = Nullable<Uuid>)]
    role_id: Option<RoleId>,
    #[diesel(sql_type = Nullable<Uuid>)]
    dealer_id: Option<DealerId>,
    #[diesel(sql_type = Nullable<Text>)]
    dealer_code: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    dealer_name: Option<String>,
    #[diesel(sql_type = Nullable<Array<Uuid>>)]
    ids: Option<Vec<LocationId>>,
    #[diesel(sql_type = Nullable<Array<Text>>)]
    names: Option<Vec<String>>,
    #[diesel(sql_type = Bool)]
    is_active: bool,
    #[diesel(sql_type = BigInt)]
    sessions: i64,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    last_seen_at: Option<DateTime<Utc>>,
    #[diesel(sql_type = Timestamptz)]
    created_at: DateTime<Utc>,
    #[diesel(sql_type = Integer)]
    version: i32,
    #[diesel(sql_type = Text)]
    sort_name: String,
}

impl Row {
    /// `None` for a role that this release does not know, which a check of the table excludes.
    fn member(self) -> Option<Member> {
        let dealer = match (self.dealer_id, self.dealer_code, self.dealer_name) {
            (Some(id), Some(code), Some(name)) => Some(MemberDealer { id, code, name }),
            _ => None,
        };
        Some(Member {
            id: self.id,
            user: self.user_id,
            name: self.name,
            email: self.email,
            grant: self.granted.grant()?,
            role_id: self.role_id,
            dealer,
            locations: MemberLocation::all(self.ids, self.names),
            is_active: self.is_active,
            sessions: self.sessions,
            last_seen_at: self.last_seen_at,
            since: self.created_at,
            version: self.version,
        })
    }
}

const SELECT: &str = "SELECT m.id, m.user_id, u.name, u.email, m.role, m.role_id, r.name AS role_name, r.permissions AS role_permissions, \
     r.approval_limit, m.location_ids, m.dealer_id, d.code AS dealer_code, coalesce(d.trade_name, d.legal_name) AS dealer_name, \
     m.is_active, m.version, m.created_at, s.sessions, s.last_seen_at, lower(u.name) COLLATE \"C\" AS sort_name, \
     (SELECT array_agg(l.id ORDER BY l.name) FROM locations l WHERE l.tenant_id = $1 AND l.id = ANY (m.location_ids)) AS ids, \
     (SELECT array_agg(l.name ORDER BY l.name) FROM locations l WHERE l.tenant_id = $1 AND l.id = ANY (m.location_ids)) AS names \
     FROM memberships m JOIN users u ON u.id = m.user_id \
     LEFT JOIN roles r ON r.tenant_id = $1 AND r.id = m.role_id \
     LEFT JOIN dealers d ON d.tenant_id = $1 AND d.id = m.dealer_id \
     LEFT JOIN LATERAL (SELECT count(*) AS sessions, max(s.last_seen_at) AS last_seen_at FROM sessions s \
         WHERE s.acting_tenant = $1 AND s.user_id = m.user_id AND s.membership_id = m.id \
           AND s.expires_at > now() AND s.absolute_expires_at > now()) s ON true \
     WHERE m.tenant_id = $1 AND m.removed_at IS NULL";

/// The members by name. Their number is that of people in a house, so words are compared row by row.
pub async fn list(
    tx: &TenantTx,
    _by: &Allowed<PlatformUsersRead>,
    filter: &MemberFilter,
    page: &Page,
) -> Result<Paged<Member>, ListError> {
    let mut statement = Statement::new(SELECT).bind(tx.tenant().as_uuid());
    statement.push_sql(&filter.shown.condition("m.is_active"));
    match filter.role {
        None => {}
        Some(RoleRef::BuiltIn(role)) => {
            let role = statement.push_bind(role.as_str());
            statement.push_sql(&format!(" AND m.role = {role} AND m.role_id IS NULL"));
        }
        Some(RoleRef::Own(id)) => {
            let id = statement.push_bind(id.as_uuid());
            statement.push_sql(&format!(" AND m.role_id = {id}"));
        }
    }
    search(&mut statement, &filter.q);
    if let Some(cursor) = &page.after {
        let (after_name, after_id): (String, MembershipId) = cursor.key()?;
        let name = statement.push_bind(after_name);
        let id = statement.push_bind(after_id.as_uuid());
        statement.push_sql(&format!(
            " AND (lower(u.name) COLLATE \"C\", m.id) > ({name}, {id})"
        ));
    }
    let limit = page.limit.sql(&mut statement);
    statement.push_sql(&format!(
        " ORDER BY lower(u.name) COLLATE \"C\", m.id LIMIT {limit}"
    ));
    let rows: Vec<Row> = statement.load(&mut tx.reader()).await?;
    let Paged {
        rows,
        next,
        next_since,
    } = Paged::from_lookahead(rows, page.limit, |row| (row.sort_name.clone(), row.id));
    Ok(Paged {
        rows: rows.into_iter().filter_map(Row::member).collect(),
        next,
        next_since,
    })
}

/// Every word begins a word of the name or of the address.
fn search(statement: &mut Statement, q: &str) {
    for word in q.split_whitespace().take(MAX_TERMS) {
        let start = statement.push_bind(format!(" {}", word.to_lowercase()));
        statement.push_sql(&format!(
            " AND (strpos(' ' || lower(u.name), {start}) > 0 OR strpos(' ' || translate(u.email, '.@-_+', '     '), {start}) > 0 OR strpos(' ' || u.email, {start}) > 0)"
        ));
    }
}

pub async fn load(
    tx: &TenantTx,
    _by: &Allowed<PlatformUsersRead>,
    id: MembershipId,
) -> Result<Member, Refused> {
    fetch(tx, id).await
}

pub(super) async fn fetch(tx: &TenantTx, id: MembershipId) -> Result<Member, Refused> {
    let mut statement = Statement::new(SELECT).bind(tx.tenant().as_uuid());
    let id = statement.push_bind(id.as_uuid());
    statement.push_sql(&format!(" AND m.id = {id}"));
    let found: Option<Row> = statement.get_result(&mut tx.reader()).await.optional()?;
    found
        .and_then(Row::member)
        .ok_or_else(MasterError::not_found)
}
