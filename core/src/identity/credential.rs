//! What sessions and tokens have in common: they are looked up by a hash, and say who acts.

use diesel::QueryableByName;
use diesel::sql_types::{Array, Bool, Nullable, Numeric, Text as SqlText, Uuid as SqlUuid};
use sha2::{Digest as _, Sha256};
use vitaran_kernel::{DealerId, LocationId, Money, TenantId, UserId};

use crate::access::{Actor, Grant, LocationScope, ModuleSet, PermissionSet, Role, TenantRef};
use crate::problem::{Kind, Problem};

/// SHA-256 of a secret with 128 or more random bits. A slow hash would add nothing to such a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CredentialHash(pub(crate) [u8; 32]);

impl CredentialHash {
    pub fn of(secret: &str) -> Self {
        CredentialHash(Sha256::digest(secret.as_bytes()).into())
    }
}

/// A user as pages and answers show them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserRef {
    pub id: UserId,
    pub name: String,
    pub email: String,
    pub is_platform_admin: bool,
}

/// Somebody who has proven who they are belongs to a tenant that is suspended: it has a name for them, and nothing else.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("The account of {} is suspended: nobody can work there until it is restored", .tenant.name)]
pub struct SuspendedTenant {
    pub tenant: TenantRef,
    /// A dealer's people ask the tenant, its own the platform.
    pub is_dealer: bool,
}

impl Problem for SuspendedTenant {
    fn kind(&self) -> Kind {
        Kind::Forbidden
    }

    fn code(&self) -> &'static str {
        "auth.tenant_suspended"
    }
}

/// The columns of a look-up that say as whom the credential acts.
pub(super) struct ActingColumns {
    pub tenant_id: Option<TenantId>,
    pub tenant_slug: Option<String>,
    pub tenant_name: Option<String>,
    pub granted: GrantColumns,
    pub dealer_id: Option<DealerId>,
    pub is_suspended: bool,
    pub modules: ModuleSet,
}

/// The column of a look-up that says what the tenant does without; NULL outside every tenant.
#[derive(QueryableByName)]
pub(crate) struct ModulesColumn {
    #[diesel(sql_type = Nullable<Array<SqlText>>)]
    modules_off: Option<Vec<String>>,
}

impl ModulesColumn {
    pub(crate) fn modules(&self) -> ModuleSet {
        ModuleSet::without_named(self.modules_off.as_deref().unwrap_or_default())
    }
}

/// The columns of a look-up that say what a membership may do; all NULL outside every tenant.
#[derive(QueryableByName)]
pub(crate) struct GrantColumns {
    /// The built-in role, or the one that the tenant's own role grew from.
    #[diesel(sql_type = Nullable<SqlText>)]
    role: Option<String>,
    #[diesel(sql_type = Nullable<SqlText>)]
    role_name: Option<String>,
    #[diesel(sql_type = Nullable<Array<SqlText>>)]
    role_permissions: Option<Vec<String>>,
    #[diesel(sql_type = Nullable<Numeric>)]
    approval_limit: Option<Money>,
    /// Where the role counts; NULL for everywhere.
    #[diesel(sql_type = Nullable<Array<SqlUuid>>)]
    location_ids: Option<Vec<LocationId>>,
}

/// The columns of a look-up that say whether a second factor is there and asked for.
#[derive(Debug, Clone, Copy, QueryableByName)]
pub struct SecondFactorStanding {
    #[diesel(sql_type = Bool)]
    has_second_factor: bool,
    /// The distributor asks for one of whoever has the role.
    #[diesel(sql_type = Bool)]
    needs_second_factor: bool,
}

impl SecondFactorStanding {
    /// Whether somebody must set one up before anything else. The platform's own people may be asked for one too.
    pub fn is_missing(self, user: &UserRef, of_platform_admins: bool) -> bool {
        let is_asked = self.needs_second_factor || (user.is_platform_admin && of_platform_admins);
        is_asked && !self.has_second_factor
    }
}

impl GrantColumns {
    pub(super) fn role(&self) -> Option<Role> {
        self.role.as_deref().and_then(Role::parse)
    }

    pub(crate) fn grant(self) -> Option<Grant> {
        let base = Role::parse(&self.role?)?;
        let grant = match (self.role_name, self.role_permissions) {
            (Some(name), Some(codes)) => Grant::own(
                base,
                name,
                PermissionSet::named(&codes),
                self.approval_limit,
            ),
            _ => Grant::built_in(base),
        };
        Some(grant.at(LocationScope::stored(self.location_ids)))
    }
}

impl ActingColumns {
    pub(super) fn tenant(&self) -> Option<TenantRef> {
        Some(TenantRef {
            id: self.tenant_id?,
            slug: self.tenant_slug.clone()?,
            name: self.tenant_name.clone()?,
        })
    }

    /// The tenant, where it is suspended; nobody acts there.
    pub(super) fn suspended(&self) -> Option<SuspendedTenant> {
        self.is_suspended
            .then(|| self.tenant())
            .flatten()
            .map(|tenant| SuspendedTenant {
                tenant,
                is_dealer: self.dealer_id.is_some(),
            })
    }

    /// The member this credential acts as; `None` in a suspended tenant and for a platform admin outside every tenant.
    pub(super) fn member(self, user: &UserRef) -> Option<Actor> {
        let tenant = self.tenant()?;
        let member = Actor::member(
            user.id,
            user.name.clone(),
            user.email.clone(),
            tenant,
            self.granted.grant()?,
            self.dealer_id,
        );
        Some(member.with_modules(self.modules))
    }
}
