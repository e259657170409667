//! Who is acting, in which tenant, as what.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use vitaran_kernel::{DealerId, ImpersonationId, TenantId, UserId};

use super::roles::PermissionSet;
use super::{Allowed, DealerScope, Forbidden, Permission, PermissionCode, Role};

/// The tenant an actor works in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TenantRef {
    pub id: TenantId,
    pub slug: String,
    pub name: String,
}

/// A platform admin's visit: both identities go into the audit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Impersonation {
    pub id: ImpersonationId,
    pub may_write: bool,
    pub ends_at: DateTime<Utc>,
}

#[derive(Debug)]
struct Identity {
    user: Option<UserId>,
    name: String,
    email: String,
    tenant: TenantRef,
    role: Role,
    dealer: Option<DealerId>,
    permissions: PermissionSet,
    impersonation: Option<Impersonation>,
}

/// A person or a job acting inside one tenant. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Actor(Arc<Identity>);

impl Actor {
    /// A member acting in their role. Made from what the database says of a session or token, never from a request.
    pub(crate) fn member(
        user: UserId,
        name: String,
        email: String,
        tenant: TenantRef,
        role: Role,
        dealer: Option<DealerId>,
    ) -> Self {
        Actor(Arc::new(Identity {
            user: Some(user),
            name,
            email,
            tenant,
            role,
            dealer,
            permissions: role.permissions(),
            impersonation: None,
        }))
    }

    /// A platform admin on a support visit: sees what the tenant's admin sees, writes only if the visit says so.
    pub(crate) fn visitor(
        user: UserId,
        name: String,
        email: String,
        tenant: TenantRef,
        visit: Impersonation,
    ) -> Self {
        let all = Role::Admin.permissions();
        let permissions = if visit.may_write {
            all
        } else {
            all.reading_only()
        };
        Actor(Arc::new(Identity {
            user: Some(user),
            name,
            email,
            tenant,
            role: Role::Admin,
            dealer: None,
            permissions,
            impersonation: Some(visit),
        }))
    }

    /// A job or a command acting for the product itself; `what` is the name histories show. It knows its tenant by id
    /// alone.
    pub fn system(tenant: TenantId, what: &str) -> Self {
        let tenant = TenantRef {
            id: tenant,
            slug: String::new(),
            name: String::new(),
        };
        Actor(Arc::new(Identity {
            user: None,
            name: what.to_owned(),
            email: String::new(),
            tenant,
            role: Role::Admin,
            dealer: None,
            permissions: Role::Admin.permissions(),
            impersonation: None,
        }))
    }

    /// The proof that the actor has the permission, or the refusal.
    pub fn allow<P: Permission>(&self) -> Result<Allowed<P>, Forbidden> {
        if self.has(P::CODE) {
            Ok(Allowed::proven(self.clone()))
        } else {
            Err(Forbidden {
                permission: P::CODE,
            })
        }
    }

    /// Whether the actor has the permission: for what is shown, never instead of [`Actor::allow`].
    pub fn has(&self, code: PermissionCode) -> bool {
        self.0.permissions.contains(code)
    }

    pub fn permissions(&self) -> PermissionSet {
        self.0.permissions
    }

    pub fn user_id(&self) -> Option<UserId> {
        self.0.user
    }

    /// The name histories show.
    pub fn name(&self) -> &str {
        &self.0.name
    }

    pub fn email(&self) -> &str {
        &self.0.email
    }

    pub fn tenant(&self) -> &TenantRef {
        &self.0.tenant
    }

    pub fn tenant_id(&self) -> TenantId {
        self.0.tenant.id
    }

    pub fn role(&self) -> Role {
        self.0.role
    }

    pub fn impersonation(&self) -> Option<&Impersonation> {
        self.0.impersonation.as_ref()
    }

    pub fn scope(&self) -> DealerScope {
        match self.0.dealer {
            Some(dealer) => DealerScope::Own(dealer),
            None => DealerScope::All,
        }
    }
}
