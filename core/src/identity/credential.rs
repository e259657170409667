//! What sessions and tokens have in common: they are looked up by a hash, and say who acts.

use sha2::{Digest as _, Sha256};
use vitaran_kernel::{DealerId, TenantId, UserId};

use crate::access::{Actor, Role, TenantRef};

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

/// The columns of a look-up that say as whom the credential acts.
pub(super) struct ActingColumns {
    pub tenant_id: Option<TenantId>,
    pub tenant_slug: Option<String>,
    pub tenant_name: Option<String>,
    pub role: Option<String>,
    pub dealer_id: Option<DealerId>,
}

impl ActingColumns {
    pub(super) fn tenant(&self) -> Option<TenantRef> {
        Some(TenantRef {
            id: self.tenant_id?,
            slug: self.tenant_slug.clone()?,
            name: self.tenant_name.clone()?,
        })
    }

    /// The member this credential acts as; `None` for a platform admin outside every tenant.
    pub(super) fn member(&self, user: &UserRef) -> Option<Actor> {
        let role = Role::parse(self.role.as_deref()?)?;
        Some(Actor::member(
            user.id,
            user.name.clone(),
            user.email.clone(),
            self.tenant()?,
            role,
            self.dealer_id,
        ))
    }
}
