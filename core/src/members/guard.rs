//! What holds before somebody is changed: they are not oneself, they may not do more than oneself, and an administrator stays.

use diesel::QueryableByName;
use diesel::sql_types::BigInt;
use diesel_async::RunQueryDsl as _;
use vitaran_kernel::MembershipId;

use super::model::{Member, Refused};
use super::query::fetch;
use crate::access::Actor;
use crate::db::{Statement, TenantTx};
use crate::master::{MasterError, check_version};
use crate::roles::Beyond;

/// The member as they are, with nobody else changing them or any administrator until the transaction is over. One statement
/// locks them all in one order, so that two who change each other wait and do not stop each other.
pub(super) async fn lock(
    tx: &mut TenantTx,
    by: &Actor,
    id: MembershipId,
    expected: Option<i32>,
) -> Result<Member, Refused> {
    Statement::new(
        "SELECT m.id FROM memberships m WHERE m.tenant_id = $1 \
         AND (m.id = $2 OR (m.role = 'ADMIN' AND m.role_id IS NULL AND m.is_active)) ORDER BY m.id FOR UPDATE",
    )
    .bind(tx.tenant().as_uuid())
    .bind(id.as_uuid())
    .execute(tx.conn()?)
    .await?;
    let member = fetch(tx, id).await?;
    check_version(member.version, expected)?;
    if by.user_id() == Some(member.user) {
        return Err(MasterError::fault(
            "",
            "members.yourself",
            "You cannot change or end your own membership: ask another administrator",
        ));
    }
    if Beyond::grant(by.grant(), &member.grant).is_some() {
        return Err(MasterError::fault(
            "",
            "members.above_you",
            format!(
                "{} may do more than you here: ask somebody who may do as much",
                member.name
            ),
        ));
    }
    Ok(member)
}

/// Refuses to take the role of administrator from the last one who has it.
pub(super) async fn keep_an_administrator(
    tx: &mut TenantTx,
    member: &Member,
) -> Result<(), Refused> {
    #[derive(QueryableByName)]
    struct Others {
        #[diesel(sql_type = BigInt)]
        count: i64,
    }
    if !(member.is_administrator() && member.is_active) {
        return Ok(());
    }
    let others: Others = Statement::new(
        "SELECT count(*) AS count FROM memberships m JOIN users u ON u.id = m.user_id AND u.is_active \
         WHERE m.tenant_id = $1 AND m.id <> $2 AND m.role = 'ADMIN' AND m.role_id IS NULL AND m.is_active",
    )
    .bind(tx.tenant().as_uuid())
    .bind(member.id.as_uuid())
    .get_result(tx.conn()?)
    .await?;
    if others.count > 0 {
        return Ok(());
    }
    Err(MasterError::fault(
        "",
        "members.last_administrator",
        format!(
            "{} is the only administrator: make somebody else one first",
            member.name
        ),
    ))
}
