//! Taking a second factor off somebody who lost the phone and the recovery codes.
//!
//! An administrator may do so for a colleague who works here now, not for themselves, and not for somebody who may do more. A person
//! who also works elsewhere is left alone, and so is who was switched off here and may work elsewhere alone: it would open the other
//! distributor's door. The operator's console can do it for everybody.

use chrono::{DateTime, Utc};
use diesel::QueryableByName;
use diesel::sql_types::{Bool, Nullable, Text, Timestamptz};
use diesel_async::RunQueryDsl as _;
use serde_json::json;
use vitaran_kernel::UserId;

use super::forget_second_factor;
use crate::access::{Allowed, PlatformUsersWrite};
use crate::account_mails::{self, AccountMail, QueueMailError};
use crate::audit::{self, Author, Change};
use crate::db::{Db, DbError, Statement, TenantTx};
use crate::identity::GrantColumns;
use crate::identity::memberships::find_by_email_in;
use crate::problem::{Kind, Problem};

#[derive(Debug, thiserror::Error)]
pub enum ResetSecondFactorError {
    #[error("Nobody of that id works here")]
    NoMember,
    #[error("{name} has no second factor")]
    IsOff { name: String },
    #[error("Switch your own second factor off at your account")]
    Own,
    #[error("You cannot do this for somebody who may do more than you")]
    BeyondYours,
    #[error("Only the support of the platform can reset this person's second factor")]
    NotYours,
    #[error("the mail could not be sealed: {0}")]
    Internal(String),
    #[error(transparent)]
    Db(#[from] DbError),
}

impl From<diesel::result::Error> for ResetSecondFactorError {
    fn from(error: diesel::result::Error) -> Self {
        ResetSecondFactorError::Db(error.into())
    }
}

impl From<QueueMailError> for ResetSecondFactorError {
    fn from(error: QueueMailError) -> Self {
        match error {
            QueueMailError::Db(error) => ResetSecondFactorError::Db(error),
            QueueMailError::Secret(error) => ResetSecondFactorError::Internal(error.to_string()),
        }
    }
}

impl Problem for ResetSecondFactorError {
    fn kind(&self) -> Kind {
        match self {
            ResetSecondFactorError::NoMember => Kind::NotFound,
            ResetSecondFactorError::IsOff { .. } => Kind::Conflict,
            ResetSecondFactorError::Own
            | ResetSecondFactorError::BeyondYours
            | ResetSecondFactorError::NotYours => Kind::Invalid,
            ResetSecondFactorError::Internal(_) => Kind::Internal,
            ResetSecondFactorError::Db(error) => error.kind(),
        }
    }

    fn code(&self) -> &'static str {
        match self {
            ResetSecondFactorError::NoMember => "identity.member_not_found",
            ResetSecondFactorError::IsOff { .. } => "identity.second_factor_off",
            ResetSecondFactorError::Own => "identity.second_factor_own",
            ResetSecondFactorError::BeyondYours => "identity.beyond_yours",
            ResetSecondFactorError::NotYours => "identity.works_elsewhere",
            ResetSecondFactorError::Internal(_) => "service.internal",
            ResetSecondFactorError::Db(error) => error.code(),
        }
    }
}

/// Somebody who works here, and since when they have a second factor.
#[derive(Debug, Clone)]
pub struct MemberSecondFactor {
    pub name: String,
    pub since: Option<DateTime<Utc>>,
}

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = Text)]
    email: String,
    #[diesel(sql_type = Bool)]
    is_platform_admin: bool,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    since: Option<DateTime<Utc>>,
    /// These rows are the tenant's own; the look-up knows all places in force.
    #[diesel(sql_type = Bool)]
    works_elsewhere: bool,
    #[diesel(embed)]
    granted: GrantColumns,
}

async fn find(tx: &mut TenantTx, user: UserId) -> Result<Row, ResetSecondFactorError> {
    let rows: Vec<Row> = Statement::new(
        "SELECT u.name, u.email, u.is_platform_admin, f.confirmed_at AS since, m.role, r.name AS role_name, r.permissions AS role_permissions, \
             r.approval_limit, m.location_ids, EXISTS (SELECT FROM lookup.login(u.email) l WHERE l.tenant_id <> m.tenant_id) AS works_elsewhere \
         FROM memberships m JOIN users u ON u.id = m.user_id AND u.is_active LEFT JOIN roles r ON r.tenant_id = m.tenant_id AND r.id = m.role_id \
         LEFT JOIN second_factors f ON f.user_id = u.id WHERE m.tenant_id = $1 AND m.user_id = $2 AND m.is_active",
    )
    .bind(tx.tenant().as_uuid())
    .bind(user.as_uuid())
    .load(tx.conn()?)
    .await?;
    rows.into_iter()
        .next()
        .ok_or(ResetSecondFactorError::NoMember)
}

/// Whether a member has a second factor, for the page that asks before it is taken away.
pub async fn find_member_second_factor(
    tx: &mut TenantTx,
    _by: &Allowed<PlatformUsersWrite>,
    user: UserId,
) -> Result<MemberSecondFactor, ResetSecondFactorError> {
    let row = find(tx, user).await?;
    Ok(MemberSecondFactor {
        name: row.name,
        since: row.since,
    })
}

/// Takes a member's second factor away, and tells them by mail. Where the role asks for one, they set it up anew when they next
/// come in.
pub async fn reset_second_factor(
    tx: &mut TenantTx,
    by: &Allowed<PlatformUsersWrite>,
    user: UserId,
) -> Result<MemberSecondFactor, ResetSecondFactorError> {
    let row = find(tx, user).await?;
    if by.actor().user_id() == Some(user) {
        return Err(ResetSecondFactorError::Own);
    }
    let theirs = row.granted.grant();
    if theirs.is_some_and(|theirs| !by.actor().grant().covers(&theirs)) {
        return Err(ResetSecondFactorError::BeyondYours);
    }
    if row.is_platform_admin || row.works_elsewhere {
        return Err(ResetSecondFactorError::NotYours);
    }
    let removed = Statement::new("DELETE FROM second_factors WHERE user_id = $1")
        .bind(user.as_uuid())
        .execute(tx.conn()?)
        .await?;
    if removed == 0 {
        return Err(ResetSecondFactorError::IsOff { name: row.name });
    }
    account_mails::queue(tx.conn()?, &row.email, AccountMail::SecondFactorReset).await?;
    let change = Change::updated(&json!({ "name": row.name }), &json!({}));
    let (action, id) = ("identity.second_factor.reset", user.as_uuid());
    audit::record(tx, action, "user", Some(id), change).await?;
    Ok(MemberSecondFactor {
        name: row.name,
        since: row.since,
    })
}

/// For the `vitaran` command: the one way back in for the platform's own people. Whether there was one. Every distributor the
/// person works for reads of it in the audit log, where whoever did it goes by this name.
pub async fn reset_at_console(
    db: &Db,
    by: &str,
    email: &str,
) -> Result<bool, ResetSecondFactorError> {
    let mut tx = db.begin_platform().await?;
    let Some(found) = find_by_email_in(&mut tx, email).await? else {
        return Err(ResetSecondFactorError::NoMember);
    };
    tx.act_as(found.user.id).await?;
    if !forget_second_factor(&mut tx, found.user.id).await? {
        return Ok(false);
    }
    account_mails::queue(
        tx.conn()?,
        &found.user.email,
        AccountMail::SecondFactorReset,
    )
    .await?;
    let author = Author {
        user: None,
        name: by,
        on_behalf_of: None,
    };
    let object = ("user", found.user.id.as_uuid());
    for tenant in found.memberships.iter().map(|one| one.tenant.id) {
        tx.enter(tenant).await?;
        let change = Change::updated(&json!({ "name": found.user.name }), &json!({}));
        let action = "identity.second_factor.reset";
        audit::record_in(&mut tx, tenant, &author, action, object, change).await?;
    }
    tx.commit().await?;
    Ok(true)
}
