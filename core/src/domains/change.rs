//! Writing a name down, having its record looked at, choosing the primary one, and taking one away. Whether a name is verified is
//! the worker's to write: web cannot.

use chrono::{DateTime, TimeDelta, Utc};
use diesel::QueryableByName;
use diesel::sql_types::BigInt;
use diesel_async::RunQueryDsl as _;
use vitaran_kernel::DomainId;

use super::MAX_DOMAINS;
use super::check::{CheckDomain, LEASE_S};
use super::model::{Domain, Refused};
use super::name::DomainName;
use super::query::fetch;
use crate::access::{Allowed, PlatformSettingsWrite};
use crate::audit::{self, Change};
use crate::db::{DbError, Statement, TenantTx};
use crate::jobs;
use crate::master::{MasterError, check_version, taken};

/// Writes a name down, and has its record looked at. The proof is 122 random bits: nobody can guess what another tenant was told, and
/// so nobody has it stand in DNS before.
pub async fn add(
    tx: &mut TenantTx,
    by: &Allowed<PlatformSettingsWrite>,
    name: DomainName,
) -> Result<Domain, Refused> {
    refuse_too_many(tx).await?;
    let id = DomainId::generate();
    Statement::new(
        "INSERT INTO tenant_domains (tenant_id, id, name, proof, asked_at, check_due_at, created_at, created_by) \
         VALUES ($1, $2, $3, replace(gen_random_uuid()::text, '-', ''), $4, $4, $4, $5)",
    )
    .bind(tx.tenant().as_uuid())
    .bind(id.as_uuid())
    .bind(name.as_str())
    .bind(tx.now())
    .bind(by.actor().name())
    .execute(tx.conn()?)
    .await
    .map_err(|error| {
        let there = "This name is in your list already";
        let constraint = "uq_tenant_domains_tenant_id_name";
        taken(error.into(), &[(constraint, "/name", there)])
    })?;
    look(tx, id).await?;
    let domain = fetch(tx, id, "").await?;
    record(tx, "domains.create", id, Change::created(&domain)).await?;
    Ok(domain)
}

async fn refuse_too_many(tx: &mut TenantTx) -> Result<(), Refused> {
    #[derive(QueryableByName)]
    struct Count {
        #[diesel(sql_type = BigInt)]
        count: i64,
    }
    tx.one_at_a_time("tenant_domains").await?;
    let there: Count =
        Statement::new("SELECT count(*) AS count FROM tenant_domains WHERE tenant_id = $1")
            .bind(tx.tenant().as_uuid())
            .get_result(tx.conn()?)
            .await?;
    if usize::try_from(there.count).is_ok_and(|count| count < MAX_DOMAINS) {
        return Ok(());
    }
    let detail = format!("There are {MAX_DOMAINS} names already: remove one that nobody needs");
    Err(MasterError::fault("", "too_many", detail))
}

/// Has the record looked at now, and often for a while. One look of a name is under way at a time, and one a minute is begun by hand:
/// a server that never answers would hold the worker's places otherwise.
pub async fn ask_check(
    tx: &mut TenantTx,
    _by: &Allowed<PlatformSettingsWrite>,
    id: DomainId,
    expected: Option<i32>,
) -> Result<Domain, Refused> {
    let domain = fetch(tx, id, " FOR UPDATE").await?;
    check_version(domain.version, expected)?;
    let next = next_look(&domain, tx.now());
    Statement::new(
        "UPDATE tenant_domains SET asked_at = $3, check_due_at = $4 WHERE tenant_id = $1 AND id = $2",
    )
    .bind(tx.tenant().as_uuid())
    .bind(id.as_uuid())
    .bind(tx.now())
    .bind(next)
    .execute(tx.conn()?)
    .await?;
    if next == tx.now() && domain.check_due_at != Some(next) {
        look(tx, id).await?;
    }
    fetch(tx, id, "").await
}

/// Pure: when a name is looked at that somebody wants looked at. A time within the next minute stays: a look is under way then, or
/// begins by itself.
fn next_look(domain: &Domain, now: DateTime<Utc>) -> DateTime<Utc> {
    let pause = TimeDelta::seconds(LEASE_S);
    let soon = domain.check_due_at.filter(|due| *due <= now + pause);
    let rested = domain.checked_at.map_or(now, |at| (at + pause).max(now));
    soon.unwrap_or(rested)
}

async fn look(tx: &mut TenantTx, id: DomainId) -> Result<(), DbError> {
    let job = CheckDomain {
        tenant: tx.tenant(),
        domain: id,
    };
    jobs::enqueue(tx, &job).await
}

/// Makes a verified name the one that links lead to. Nobody but a person does: that its record is there says nothing of whether
/// anything answers under it. Doing it twice changes nothing.
pub async fn make_primary(
    tx: &mut TenantTx,
    _by: &Allowed<PlatformSettingsWrite>,
    id: DomainId,
    expected: Option<i32>,
) -> Result<Domain, Refused> {
    lock_all(tx).await?;
    let before = fetch(tx, id, "").await?;
    check_version(before.version, expected)?;
    if before.is_primary {
        return Ok(before);
    }
    if !before.is_verified() {
        let detail = "Links can lead to a name once it is verified";
        return Err(MasterError::fault("", "domains.not_verified", detail));
    }
    end_primary(tx).await?;
    Statement::new(
        "UPDATE tenant_domains SET is_primary = true, version = version + 1 WHERE tenant_id = $1 AND id = $2",
    )
    .bind(tx.tenant().as_uuid())
    .bind(id.as_uuid())
    .execute(tx.conn()?)
    .await?;
    let after = fetch(tx, id, "").await?;
    let change = Change::updated(&before, &after);
    record(tx, "domains.make_primary", id, change).await?;
    Ok(after)
}

/// Lets links lead to the installation's own address again. Doing it twice changes nothing.
pub async fn stop_primary(
    tx: &mut TenantTx,
    _by: &Allowed<PlatformSettingsWrite>,
    id: DomainId,
    expected: Option<i32>,
) -> Result<Domain, Refused> {
    lock_all(tx).await?;
    let before = fetch(tx, id, "").await?;
    check_version(before.version, expected)?;
    if !before.is_primary {
        return Ok(before);
    }
    end_primary(tx).await?;
    let after = fetch(tx, id, "").await?;
    let change = Change::updated(&before, &after);
    record(tx, "domains.stop_primary", id, change).await?;
    Ok(after)
}

async fn end_primary(tx: &mut TenantTx) -> Result<(), DbError> {
    Statement::new(
        "UPDATE tenant_domains SET is_primary = false, version = version + 1 WHERE tenant_id = $1 AND is_primary",
    )
    .bind(tx.tenant().as_uuid())
    .execute(tx.conn()?)
    .await?;
    Ok(())
}

/// Takes a name away: it leads nowhere from the next request on. Where it was the primary one, links lead to the installation's own
/// address again.
pub async fn remove(
    tx: &mut TenantTx,
    _by: &Allowed<PlatformSettingsWrite>,
    id: DomainId,
    expected: Option<i32>,
) -> Result<Domain, Refused> {
    lock_all(tx).await?;
    let before = fetch(tx, id, "").await?;
    check_version(before.version, expected)?;
    Statement::new("DELETE FROM tenant_domains WHERE tenant_id = $1 AND id = $2")
        .bind(tx.tenant().as_uuid())
        .bind(id.as_uuid())
        .execute(tx.conn()?)
        .await?;
    record(tx, "domains.remove", id, Change::removed(&before)).await?;
    Ok(before)
}

/// All names of the tenant, in one order, so that two who choose a primary one wait for each other.
pub(super) async fn lock_all(tx: &mut TenantTx) -> Result<(), DbError> {
    Statement::new("SELECT id FROM tenant_domains WHERE tenant_id = $1 ORDER BY id FOR UPDATE")
        .bind(tx.tenant().as_uuid())
        .execute(tx.conn()?)
        .await?;
    Ok(())
}

pub(super) async fn record(
    tx: &mut TenantTx,
    action: &str,
    id: DomainId,
    change: Change,
) -> Result<(), DbError> {
    audit::record(tx, action, "domain", Some(id.as_uuid()), change).await
}

#[cfg(test)]
mod tests {
    use vitaran_kernel::DomainId;

    use super::super::model::DomainStatus;
    use super::*;

    #[test]
    fn a_name_is_looked_at_once_a_minute_however_often_somebody_asks() {
        let at = |seconds: i64| DateTime::UNIX_EPOCH + TimeDelta::seconds(seconds);
        let domain = |checked: Option<i64>, due: Option<i64>| Domain {
            id: DomainId::generate(),
            name: "orders.sharma.in".to_owned(),
            proof: "p".to_owned(),
            status: DomainStatus::Pending,
            is_primary: false,
            finding: None,
            missing_since: None,
            verified_at: None,
            checked_at: checked.map(at),
            asked_at: at(0),
            check_due_at: due.map(at),
            version: 1,
            created_at: at(0),
            created_by: "Asha".to_owned(),
        };
        for (checked, due, next, says) in [
            (None, None, 100, "never looked at"),
            (Some(30), Some(330), 100, "looked at a while ago"),
            (Some(90), Some(390), 150, "looked at ten seconds ago"),
            (None, Some(99), 99, "a look is on its way"),
            (Some(30), Some(155), 155, "a look is under way"),
        ] {
            assert_eq!(
                next_look(&domain(checked, due), at(100)),
                at(next),
                "{says}"
            );
        }
    }
}
