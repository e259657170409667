//! Who is acting, in which tenant, as what.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use uuid::Uuid;
use vitaran_kernel::{ApiKeyId, DealerId, ImpersonationId, TenantId, UserId};

use super::roles::PermissionSet;
use super::{
    Allowed, DealerScope, Forbidden, Grant, Lacking, LocationScope, ModuleSet, Permission,
    PermissionCode, Role, SomeLocations,
};

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

/// The key through which a program acts for whoever made it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyRef {
    pub id: ApiKeyId,
    pub name: String,
    /// The name of whoever made it.
    pub maker: String,
}

#[derive(Debug, Clone)]
struct Identity {
    user: Option<UserId>,
    name: String,
    email: String,
    tenant: TenantRef,
    grant: Grant,
    dealer: Option<DealerId>,
    impersonation: Option<Impersonation>,
    key: Option<KeyRef>,
    modules: ModuleSet,
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
            key: None,
            modules: ModuleSet::ALL,
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
            key: None,
            modules: ModuleSet::ALL,
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
            key: None,
            modules: ModuleSet::ALL,
        }))
    }

    /// A program with a key of this actor's: it goes by the key's name, and may do what both may.
    pub(crate) fn through_key(&self, key: KeyRef, scopes: PermissionSet) -> Self {
        Actor(Arc::new(Identity {
            name: key.name.clone(),
            grant: self.0.grant.clone().within(scopes),
            key: Some(key),
            ..(*self.0).clone()
        }))
    }

    /// The same where only these modules are on.
    pub(crate) fn with_modules(&self, modules: ModuleSet) -> Self {
        Actor(Arc::new(Identity {
            modules,
            ..(*self.0).clone()
        }))
    }

    /// The modules that are on in the tenant.
    pub fn modules(&self) -> ModuleSet {
        self.0.modules
    }

    /// The proof that the actor has the permission, or the refusal.
    pub fn allow<P: Permission>(&self) -> Result<Allowed<P>, Forbidden> {
        if self.has(P::CODE) {
            Ok(Allowed::proven(self.clone()))
        } else {
            Err(Forbidden {
                permission: P::CODE,
                why: self.lacking(P::CODE),
            })
        }
    }

    /// Why the actor does not have the permission: the narrowest reason first.
    fn lacking(&self, code: PermissionCode) -> Lacking {
        if self.0.grant.permissions().contains(code) {
            return Lacking::Module;
        }
        match (&self.0.key, &self.0.impersonation) {
            (Some(_), _) => Lacking::Key,
            (None, Some(_)) => Lacking::Visit,
            (None, None) if self.0.grant.is_kept_from(code) => Lacking::Locations,
            (None, None) => Lacking::Role,
        }
    }

    /// Whether the actor has the permission: for what is shown, never instead of [`Actor::allow`].
    pub fn has(&self, code: PermissionCode) -> bool {
        self.permissions().contains(code)
    }

    /// What the role gives, without what belongs to modules that are off.
    pub fn permissions(&self) -> PermissionSet {
        self.0.modules.leave(self.0.grant.permissions())
    }

    /// The role as it was given: its name, and how much it may approve.
    pub fn grant(&self) -> &Grant {
        &self.0.grant
    }

    /// The person: who acts, or who made the key that acts.
    pub fn user_id(&self) -> Option<UserId> {
        self.0.user
    }

    /// Who asks, as row-level security and kept answers tell them apart: the person, or their key, which sees nothing that is
    /// the person's own.
    pub fn principal(&self) -> Option<Uuid> {
        match &self.0.key {
            Some(key) => Some(key.id.as_uuid()),
            None => self.0.user.map(UserId::as_uuid),
        }
    }

    /// The key through which a program acts.
    pub fn key(&self) -> Option<&KeyRef> {
        self.0.key.as_ref()
    }

    /// Whom the audit log names beside the actor, in words: the one on a support visit, or the maker of a key.
    pub(crate) fn behind(&self) -> Option<String> {
        match (&self.0.impersonation, &self.0.key) {
            (Some(_), _) => Some(self.0.email.clone()),
            (None, Some(_)) => Some(format!("API key of {}", self.0.email)),
            (None, None) => None,
        }
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

    /// The locations the actor works at.
    pub fn locations(&self) -> &LocationScope {
        self.0.grant.locations()
    }

    /// Refuses whoever works at some locations alone.
    pub fn works_everywhere(&self) -> Result<(), SomeLocations> {
        match self.locations() {
            LocationScope::All => Ok(()),
            LocationScope::Own(_) => Err(SomeLocations),
        }
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;
    use vitaran_kernel::{Clock as _, LocationId, SystemClock};

    use super::super::{BillingGstExport, Module, PlatformUsersWrite, SalesOrdersApprove};
    use super::*;

    fn tenant() -> TenantRef {
        TenantRef {
            id: TenantId::generate(),
            slug: "volt".to_owned(),
            name: "Volt".to_owned(),
        }
    }

    fn member(grant: Grant) -> Actor {
        let (name, email) = ("Asha".to_owned(), "asha@volt.test".to_owned());
        Actor::member(UserId::generate(), name, email, tenant(), grant, None)
    }

    fn why<P: Permission>(actor: &Actor) -> String {
        actor.allow::<P>().unwrap_err().to_string()
    }

    #[test]
    fn a_refusal_names_what_takes_the_permission_away() {
        let here = LocationScope::of(vec![LocationId::generate()]);
        let accounts = Grant::built_in(Role::Accounts);
        let (everywhere, bound) = (member(accounts.clone()), member(accounts.at(here)));
        assert_eq!(
            why::<PlatformUsersWrite>(&everywhere),
            why::<PlatformUsersWrite>(&bound),
            "the place does not change what the role never gave"
        );
        assert!(why::<PlatformUsersWrite>(&bound).starts_with("Your role may not "));
        assert!(
            why::<BillingGstExport>(&bound).starts_with("Whoever works at some locations only ")
        );
        let admin = member(Grant::built_in(Role::Admin));
        let key = KeyRef {
            id: ApiKeyId::generate(),
            name: "ERP".to_owned(),
            maker: "Asha".to_owned(),
        };
        let program = admin.through_key(key, PermissionSet::EMPTY);
        assert!(why::<SalesOrdersApprove>(&program).starts_with("This API key may not "));
        let visit = Impersonation {
            id: ImpersonationId::generate(),
            may_write: false,
            ends_at: SystemClock.now() + TimeDelta::hours(1),
        };
        let (name, email) = ("Vik".to_owned(), "vik@vitaran.test".to_owned());
        let visitor = Actor::visitor(UserId::generate(), name, email, tenant(), visit);
        assert!(why::<SalesOrdersApprove>(&visitor).starts_with("A support visit that only looks"));
        let without = admin.with_modules(ModuleSet::only(&[Module::Inventory]));
        assert!(why::<SalesOrdersApprove>(&without).starts_with("Without a module"));
    }
}
