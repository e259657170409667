//! Who may work on the platform as a whole: a signed-in platform admin, or somebody at the operator's console.

use diesel_async::RunQueryDsl as _;
use serde_json::{Value, json};
use uuid::Uuid;
use vitaran_kernel::{AuditId, TenantId};

use crate::audit::RECORD_COLUMNS;
use crate::db::{DbError, PlatformTx, Statement};
use crate::identity::{SessionView, UserRef};

/// Proof for work outside every tenant. A session gives one only to a platform admin.
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
        let (object_kind, object_id) = object;
        let row = json!({
            "tenant_id": tenant, "id": AuditId::generate(), "at": tx.now(), "by_user": self.user().map(|user| user.id), "by_name": self.name(),
            "on_behalf_of": self.user().map(|user| &user.email), "action": action, "object_kind": object_kind, "object_id": object_id,
            "detail": { "before": null, "after": after },
        });
        Statement::new(format!(
            "INSERT INTO audit_log ({RECORD_COLUMNS}) SELECT {RECORD_COLUMNS} FROM jsonb_populate_record(NULL::audit_log, $1)",
        ))
        .bind(row)
        .execute(tx.conn()?)
        .await?;
        Ok(())
    }
}
