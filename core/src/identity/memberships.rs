//! The tenants somebody may act in.

use chrono::{DateTime, Utc};
use diesel::QueryableByName;
use diesel::sql_types::{Bool, Nullable, Text, Timestamptz, Uuid};
use diesel_async::RunQueryDsl as _;
use vitaran_kernel::{DealerId, MembershipId, TenantId, UserId};

use super::{ModulesColumn, SuspendedTenant, UserRef, WantedTenant};
use crate::access::{ModuleSet, Role, TenantRef};
use crate::db::{Db, DbError, PlatformTx, Statement};

/// One membership: a tenant and the role there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MembershipRef {
    pub id: MembershipId,
    pub tenant: TenantRef,
    pub role: Role,
    /// Of a role that the tenant made for itself.
    pub role_name: Option<String>,
    pub dealer: Option<DealerId>,
    /// Whether every module is on there.
    pub has_all_modules: bool,
}

impl MembershipRef {
    /// Whether the work is where the role's usually is: the role is the product's, and nothing is switched off.
    pub fn is_usual(&self) -> bool {
        self.role_name.is_none() && self.has_all_modules
    }

    /// The role as people call it.
    pub fn role_label(&self) -> &str {
        self.role_name.as_deref().unwrap_or(self.role.label())
    }
}

/// A user found by e-mail, with the hash of the password and the memberships in force.
pub(super) struct FoundUser {
    pub user: UserRef,
    pub password_hash: String,
    pub password_changed_at: DateTime<Utc>,
    pub memberships: Vec<MembershipRef>,
    /// Tenants of theirs that are suspended.
    pub suspended: Vec<SuspendedTenant>,
    pub has_second_factor: bool,
}

impl FoundUser {
    /// Whether they have a place, at present or suspended, where they want to go. Only one that is named can be none of theirs.
    pub(super) fn may_enter(&self, wanted: &WantedTenant) -> bool {
        let WantedTenant::Named(slug) = wanted else {
            return true;
        };
        let here = self.memberships.iter().map(|one| &one.tenant.slug);
        let suspended = self.suspended.iter().map(|one| &one.tenant.slug);
        here.chain(suspended).any(|theirs| theirs == slug)
    }

    /// The names of all their distributors.
    pub(super) fn companies(&self) -> impl Iterator<Item = &str> {
        let tenants = self.memberships.iter().map(|one| &one.tenant);
        let suspended = self.suspended.iter().map(|one| &one.tenant);
        tenants.chain(suspended).map(|tenant| tenant.name.as_str())
    }
}

#[derive(QueryableByName)]
struct LoginRow {
    #[diesel(sql_type = Uuid)]
    user_id: UserId,
    #[diesel(sql_type = Text)]
    user_name: String,
    #[diesel(sql_type = Text)]
    email: String,
    #[diesel(sql_type = Text)]
    password_hash: String,
    #[diesel(sql_type = Timestamptz)]
    password_changed_at: DateTime<Utc>,
    #[diesel(sql_type = Bool)]
    is_platform_admin: bool,
    #[diesel(sql_type = Nullable<Uuid>)]
    tenant_id: Option<TenantId>,
    #[diesel(sql_type = Nullable<Text>)]
    tenant_slug: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    tenant_name: Option<String>,
    #[diesel(sql_type = Nullable<Uuid>)]
    membership_id: Option<MembershipId>,
    #[diesel(sql_type = Nullable<Text>)]
    role: Option<String>,
    #[diesel(sql_type = Nullable<Uuid>)]
    dealer_id: Option<DealerId>,
    #[diesel(sql_type = Nullable<Text>)]
    role_name: Option<String>,
    #[diesel(sql_type = Bool)]
    is_suspended: bool,
    #[diesel(embed)]
    modules: ModulesColumn,
    #[diesel(sql_type = Bool)]
    has_second_factor: bool,
}

impl LoginRow {
    fn tenant(&self) -> Option<TenantRef> {
        Some(TenantRef {
            id: self.tenant_id?,
            slug: self.tenant_slug.clone()?,
            name: self.tenant_name.clone()?,
        })
    }

    fn suspended(&self) -> Option<SuspendedTenant> {
        let tenant = self.tenant().filter(|_| self.is_suspended)?;
        Some(SuspendedTenant {
            tenant,
            is_dealer: self.dealer_id.is_some(),
        })
    }

    /// One in force; a suspended tenant's has no role.
    fn membership(&self) -> Option<MembershipRef> {
        Some(MembershipRef {
            id: self.membership_id?,
            tenant: self.tenant().filter(|_| !self.is_suspended)?,
            role: Role::parse(self.role.as_deref()?)?,
            role_name: self.role_name.clone(),
            dealer: self.dealer_id,
            has_all_modules: self.modules.modules() == ModuleSet::ALL,
        })
    }
}

pub(super) async fn find_by_email(db: &Db, email: &str) -> Result<Option<FoundUser>, DbError> {
    let mut tx = db.begin_platform().await?;
    let found = find_by_email_in(&mut tx, email).await?;
    tx.commit().await?;
    Ok(found)
}

pub(super) async fn find_by_email_in(
    tx: &mut PlatformTx,
    email: &str,
) -> Result<Option<FoundUser>, DbError> {
    let rows: Vec<LoginRow> = Statement::new("SELECT * FROM lookup.login($1)")
        .bind(email)
        .load(tx.conn()?)
        .await?;
    let memberships = rows.iter().filter_map(LoginRow::membership).collect();
    let suspended = rows.iter().filter_map(LoginRow::suspended).collect();
    Ok(rows.into_iter().next().map(|row| FoundUser {
        user: UserRef {
            id: row.user_id,
            name: row.user_name,
            email: row.email,
            is_platform_admin: row.is_platform_admin,
        },
        password_hash: row.password_hash,
        password_changed_at: row.password_changed_at,
        memberships,
        suspended,
        has_second_factor: row.has_second_factor,
    }))
}

/// The memberships of a signed-in user, for the tenant switcher.
pub async fn list_memberships(db: &Db, user: &UserRef) -> Result<Vec<MembershipRef>, DbError> {
    Ok(find_by_email(db, &user.email)
        .await?
        .map(|found| found.memberships)
        .unwrap_or_default())
}
