//! Who is acting, in which tenant, as what.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use vitaran_kernel::{DealerId, ImpersonationId, TenantId, UserId};

use super::roles::PermissionSet;
use super::{Allowed, DealerScope, Forbidden, Grant, Permission, PermissionCode, Role};

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
    grant: Grant,
    dealer: Option<DealerId>,
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
        grant: Grant,
        dealer: Option<DealerId>,
    ) -> Self {
        Actor(Arc::new(Identity {
            user: Some(user),
            name,
            email,
            tenant,
            grant,
            dealer,
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
        let all = Grant::built_in(Role::Admin);
        let grant = if visit.may_write {
            all
        } else {
            all.reading_only()
        };
        Actor(Arc::new(Identity {
            user: Some(user),
            name,
            email,
            tenant,
            grant,
            dealer: None,
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
            grant: Grant::built_in(Role::Admin),
            dealer: None,
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
        self.permissions().contains(code)
    }

    pub fn permissions(&self) -> PermissionSet {
        self.0.grant.permissions()
    }

    /// The role as it was given: its name, and how much it may approve.
    pub fn grant(&self) -> &Grant {
        &self.0.grant
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

    /// The built-in role, or the one that the tenant's own grew from: where the actor's work is.
    pub fn role(&self) -> Role {
        self.0.grant.role()
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
