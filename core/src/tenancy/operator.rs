//! Who may work on the platform as a whole: a signed-in platform admin, or somebody at the operator's console.

use serde_json::Value;
use uuid::Uuid;
use vitaran_kernel::TenantId;

use crate::audit::{self, Author, Change};
use crate::db::{DbError, PlatformTx};
use crate::identity::{SessionView, TokenView, UserRef};

/// Proof for work outside every tenant. A session or a token gives one only to a platform admin.
#[derive(Debug, Clone)]
pub struct PlatformOperator {
    user: Option<UserRef>,
}

impl PlatformOperator {
    /// The platform admin behind a session; `None` for everybody else.
    pub fn of_session(session: &SessionView) -> Option<Self> {
        session.user.is_platform_admin.then(|| PlatformOperator {
            user: Some(session.user.clone()),
        })
    }

    /// The platform admin behind an access token; `None` for everybody else.
    pub fn of_token(token: &TokenView) -> Option<Self> {
        token.user.is_platform_admin.then(|| PlatformOperator {
            user: Some(token.user.clone()),
        })
    }

    /// The operator at the command line, who holds the owner's database URL. Used by the `vitaran` command alone.
    pub fn console() -> Self {
        PlatformOperator { user: None }
    }

    pub fn user(&self) -> Option<&UserRef> {
        self.user.as_ref()
    }

    /// The name histories show.
    pub fn name(&self) -> &str {
        self.user
            .as_ref()
            .map_or("vitaran command", |user| &user.name)
    }

    /// Writes into the tenant's audit log what the operator made there, in the transaction that made it.
    pub(super) async fn record(
        &self,
        tx: &mut PlatformTx,
        tenant: TenantId,
        action: &str,
        object: (&str, Uuid),
        after: Value,
    ) -> Result<(), DbError> {
        let by = Author {
            user: self.user().map(|user| user.id),
            name: self.name(),
            on_behalf_of: self.user().map(|user| user.email.as_str()),
        };
        audit::record_in(tx, tenant, &by, action, object, Change::created(&after)).await
    }
}
