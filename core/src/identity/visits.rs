//! A support visit ends with the session that it is: whoever signed out is not to be found inside a distributor an hour later,
//! where an access token would act under the visit still. Nobody changes their own account on a visit, so that no other session
//! takes the visit along. How visits begin is the register's to say (`tenancy::impersonate`).

use diesel::QueryableByName;
use diesel::sql_types::Text;
use diesel_async::RunQueryDsl as _;
use serde_json::json;
use vitaran_kernel::UserId;

use super::own_sessions::Ended;
use crate::audit::{self, Author, Change};
use crate::db::{DbError, PlatformTx, Statement};

/// Ends the visits among somebody's sessions that were ended, and tells the distributors' audit logs.
pub(super) async fn end_with(
    tx: &mut PlatformTx,
    user: UserId,
    sessions: &[Ended],
) -> Result<(), DbError> {
    #[derive(QueryableByName)]
    struct Visitor {
        #[diesel(sql_type = Text)]
        name: String,
        #[diesel(sql_type = Text)]
        email: String,
    }
    for session in sessions {
        let (Some(tenant), Some(visit)) = (session.acting_tenant, session.impersonation_id) else {
            continue;
        };
        tx.act_as(user).await?;
        tx.enter(tenant).await?;
        let ended: Vec<Visitor> = Statement::new(
            "UPDATE impersonations SET ended_at = $3 WHERE tenant_id = $1 AND id = $2 AND ended_at IS NULL AND ends_at > now() \
             RETURNING user_name AS name, (SELECT u.email FROM users u WHERE u.id = user_id) AS email",
        )
        .bind(tenant.as_uuid())
        .bind(visit.as_uuid())
        .bind(tx.now())
        .load(tx.conn()?)
        .await?;
        for visitor in ended {
            let by = Author {
                user: Some(user),
                name: &visitor.name,
                on_behalf_of: Some(&visitor.email),
            };
            let (action, object) = ("platform.visit_ended", ("impersonation", visit.as_uuid()));
            let change = Change::created(&json!({}));
            audit::record_in(tx, tenant, &by, action, object, change).await?;
        }
    }
    Ok(())
}
