//! Reading the invitations that wait. Their hashes are not among what can be read.

use chrono::{DateTime, Utc};
use diesel::sql_types::{Array, Bool, Integer, Nullable, Text, Timestamptz, Uuid};
use diesel::{OptionalExtension as _, QueryableByName};
use diesel_async::RunQueryDsl as _;
use vitaran_kernel::{DealerId, InvitationId, LocationId, RoleId};

use super::model::{Invitation, InvitationStatus, Refused};
use crate::access::{Allowed, LocationScope, PlatformUsersRead, Role};
use crate::db::{Page, Paged, Statement, TenantTx};
use crate::master::{ListError, MasterError};
use crate::members::{MemberDealer, MemberLocation};

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = Uuid)]
    id: InvitationId,
    #[diesel(sql_type = Text)]
    email: String,
    #[diesel(sql_type = Text)]
    role: String,
    #[diesel(sql_type = Nullable<Uuid>)]
    role_id: Option<RoleId>,
    #[diesel(sql_type = Nullable<Text>)]
    role_name: Option<String>,
    #[diesel(sql_type = Nullable<Uuid>)]
    dealer_id: Option<DealerId>,
    #[diesel(sql_type = Nullable<Text>)]
    dealer_code: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    dealer_name: Option<String>,
    #[diesel(sql_type = Nullable<Array<Uuid>>)]
    location_ids: Option<Vec<LocationId>>,
    #[diesel(sql_type = Nullable<Array<Uuid>>)]
    ids: Option<Vec<LocationId>>,
    #[diesel(sql_type = Nullable<Array<Text>>)]
    names: Option<Vec<String>>,
    #[diesel(sql_type = Nullable<Text>)]
    invited_by: Option<String>,
    #[diesel(sql_type = Bool)]
    is_expired: bool,
    #[diesel(sql_type = Bool)]
    is_inviter_here: bool,
    #[diesel(sql_type = Timestamptz)]
    created_at: DateTime<Utc>,
    #[diesel(sql_type = Timestamptz)]
    expires_at: DateTime<Utc>,
    #[diesel(sql_type = Integer)]
    sendings: i32,
    #[diesel(sql_type = Integer)]
    version: i32,
}

impl Row {
    /// `None` for a role that this release does not know, which a check of the table excludes.
    fn invitation(self) -> Option<Invitation> {
        let role = Role::parse(&self.role)?;
        let is_role_gone = self.role_id.is_some() && self.role_name.is_none();
        let status = if self.is_expired {
            InvitationStatus::Expired
        } else if is_role_gone || !self.is_inviter_here {
            InvitationStatus::Unbacked
        } else {
            InvitationStatus::Open
        };
        let dealer = match (self.dealer_id, self.dealer_code, self.dealer_name) {
            (Some(id), Some(code), Some(name)) => Some(MemberDealer { id, code, name }),
            _ => None,
        };
        Some(Invitation {
            id: self.id,
            email: self.email,
            role,
            role_id: self.role_id,
            role_name: match self.role_name {
                Some(name) => name,
                None if is_role_gone => "A role that is gone".to_owned(),
                None => role.label().to_owned(),
            },
            dealer,
            scope: LocationScope::stored(self.location_ids),
            locations: MemberLocation::all(self.ids, self.names),
            status,
            invited_by: self
                .invited_by
                .unwrap_or_else(|| "Somebody who has left".to_owned()),
            created_at: self.created_at,
            expires_at: self.expires_at,
            sendings: self.sendings,
            version: self.version,
        })
    }
}

const SELECT: &str = "SELECT i.id, i.email, i.role, i.role_id, r.name AS role_name, i.dealer_id, d.code AS dealer_code, \
     coalesce(d.trade_name, d.legal_name) AS dealer_name, u.name AS invited_by, i.expires_at <= now() AS is_expired, \
     m.is_active AS is_inviter_here, i.created_at, i.expires_at, i.sendings, i.version, i.location_ids, \
     (SELECT array_agg(l.id ORDER BY l.name) FROM locations l WHERE l.tenant_id = $1 AND l.id = ANY (i.location_ids)) AS ids, \
     (SELECT array_agg(l.name ORDER BY l.name) FROM locations l WHERE l.tenant_id = $1 AND l.id = ANY (i.location_ids)) AS names \
     FROM invitations i JOIN memberships m ON m.tenant_id = $1 AND m.id = i.invited_by \
     LEFT JOIN users u ON u.id = m.user_id \
     LEFT JOIN roles r ON r.tenant_id = $1 AND r.id = i.role_id \
     LEFT JOIN dealers d ON d.tenant_id = $1 AND d.id = i.dealer_id \
     WHERE i.tenant_id = $1";

/// Those who were invited and have not come yet, the newest first.
pub async fn list(
    tx: &TenantTx,
    _by: &Allowed<PlatformUsersRead>,
    page: &Page,
) -> Result<Paged<Invitation>, ListError> {
    let mut statement = Statement::new(SELECT).bind(tx.tenant().as_uuid());
    if let Some(cursor) = &page.after {
        let after = statement.push_bind(cursor.key::<InvitationId>()?.as_uuid());
        statement.push_sql(&format!(" AND i.id < {after}"));
    }
    let limit = page.limit.sql(&mut statement);
    statement.push_sql(&format!(" ORDER BY i.id DESC LIMIT {limit}"));
    let rows: Vec<Row> = statement.load(&mut tx.reader()).await?;
    let Paged {
        rows,
        next,
        next_since,
    } = Paged::from_lookahead(rows, page.limit, |row| row.id);
    Ok(Paged {
        rows: rows.into_iter().filter_map(Row::invitation).collect(),
        next,
        next_since,
    })
}

pub async fn load(
    tx: &TenantTx,
    _by: &Allowed<PlatformUsersRead>,
    id: InvitationId,
) -> Result<Invitation, Refused> {
    fetch(tx, id, "").await
}

pub(super) async fn fetch(
    tx: &TenantTx,
    id: InvitationId,
    lock: &str,
) -> Result<Invitation, Refused> {
    let mut statement = Statement::new(SELECT).bind(tx.tenant().as_uuid());
    let id = statement.push_bind(id.as_uuid());
    statement.push_sql(&format!(" AND i.id = {id}{lock}"));
    let found: Option<Row> = statement.get_result(&mut tx.reader()).await.optional()?;
    found
        .and_then(Row::invitation)
        .ok_or_else(MasterError::not_found)
}
