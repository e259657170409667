//! A look at a name's record, and what it says of the name. The look happens outside of transactions.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use diesel::QueryableByName;
use diesel::sql_types::{Bool, Text, Timestamptz, Uuid};
use diesel_async::RunQueryDsl as _;
use serde::{Deserialize, Serialize};
use vitaran_kernel::{DomainId, TenantId};

use super::GRACE_DAYS;
use super::change::{lock_all, record};
use super::model::{Domain, DomainStatus, Finding};
use super::name::{record_name, record_value};
use super::query::fetch_optional;
use crate::access::Actor;
use crate::account_mails::{self, AccountMail};
use crate::audit::Change;
use crate::db::{Db, DbError, Statement, TenantTx};
use crate::jobs::{Job, Outcome};
use crate::live::Subject;
use crate::ports::{Names, NamesError};

/// Above what the look-up allows itself.
const LOOK_LIMIT: Duration = Duration::from_secs(30);
/// How long a look has before another may begin, and how long after one the next may be asked for.
pub(super) const LEASE_S: i64 = 60;
/// Names found in one sweep, at most.
const PER_SWEEP: i64 = 100;

/// How often the record of a verified name is looked at.
const DAILY: TimeDelta = TimeDelta::hours(24);
/// The same while it is away, or while nobody says whether it is.
const WHILE_AWAY: TimeDelta = TimeDelta::hours(6);
/// A name that waits is looked at this often until so long after somebody asked, and then no more.
const WHILE_WAITING: [(TimeDelta, TimeDelta); 3] = [
    (TimeDelta::hours(1), TimeDelta::minutes(5)),
    (TimeDelta::days(1), TimeDelta::hours(1)),
    (TimeDelta::days(14), TimeDelta::hours(6)),
];

/// Wakes the worker for a look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, QueryableByName)]
pub struct CheckDomain {
    #[diesel(sql_type = Uuid)]
    pub tenant: TenantId,
    #[diesel(sql_type = Uuid)]
    pub domain: DomainId,
}

impl Job for CheckDomain {
    const QUEUE: &'static str = "domain";
    const MAX_ATTEMPTS: i32 = 3;
}

/// Looks at a name's record if that is due and nobody else is at it.
pub async fn check_domain_now(
    db: &Db,
    names: &dyn Names,
    job: &CheckDomain,
) -> Result<Outcome, DbError> {
    let Some(claimed) = claim(db, job).await? else {
        return Ok(Outcome::Cancel("not due".to_owned()));
    };
    let name = record_name(&claimed.name);
    let answer = match tokio::time::timeout(LOOK_LIMIT, names.texts(&name)).await {
        Ok(answer) => answer,
        Err(_) => Err(NamesError("the look-up took too long".to_owned())),
    };
    if let Err(error) = &answer {
        tracing::info!(%error, "a domain's record was not found out");
    }
    let mut finding = finding(&answer, &record_value(&claimed.proof));
    if finding == Finding::Found && is_taken(db, job.tenant, &claimed.name).await? {
        finding = Finding::Taken;
    }
    let mut tx = begin(db, job).await?;
    lock_all(&mut tx).await?;
    let before = fetch_optional(&tx, job.domain).await?;
    // Whoever began later, because this look took longer than its lease, has seen more.
    let before = before.filter(|domain| domain.check_due_at == Some(claimed.until));
    let Some(before) = before else {
        return Ok(Outcome::Cancel("the name is gone".to_owned()));
    };
    settle(&mut tx, &before, finding).await?;
    tx.commit().await?;
    Ok(Outcome::Done)
}

async fn begin(db: &Db, job: &CheckDomain) -> Result<TenantTx, DbError> {
    db.begin_as(&Actor::system(job.tenant, CheckDomain::QUEUE))
        .await
}

#[derive(QueryableByName)]
struct Claimed {
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = Text)]
    proof: String,
    /// The end of the lease, by which the look knows that it is still the newest.
    #[diesel(sql_type = Timestamptz)]
    until: DateTime<Utc>,
}

/// Whoever comes while a look is under way finds nothing due; a look that never ends is due again after the lease.
async fn claim(db: &Db, job: &CheckDomain) -> Result<Option<Claimed>, DbError> {
    let mut tx = begin(db, job).await?;
    let rows: Vec<Claimed> = Statement::new(
        "UPDATE tenant_domains SET check_due_at = $3 + $4 * interval '1 second' WHERE tenant_id = $1 AND id = $2 AND check_due_at <= $3 \
         RETURNING name, proof, check_due_at AS until",
    )
    .bind(job.tenant.as_uuid())
    .bind(job.domain.as_uuid())
    .bind(tx.now())
    .bind(LEASE_S)
    .load(tx.conn()?)
    .await?;
    tx.commit().await?;
    Ok(rows.into_iter().next())
}

/// Pure: what the answer says of the proof.
fn finding(answer: &Result<Vec<String>, NamesError>, wanted: &str) -> Finding {
    match answer {
        Err(_) => Finding::NoAnswer,
        Ok(texts) if texts.iter().any(|text| text.trim() == wanted) => Finding::Found,
        Ok(texts) if texts.is_empty() => Finding::Missing,
        Ok(_) => Finding::Other,
    }
}

/// What a look leaves behind.
#[derive(Debug, PartialEq, Eq)]
struct Standing {
    status: DomainStatus,
    missing_since: Option<DateTime<Utc>>,
    /// From when on the times of a name that waits are counted.
    asked_at: DateTime<Utc>,
    next: Option<DateTime<Utc>>,
}

/// Pure: what becomes of a name. That nobody answers says nothing of whose it is, so it takes nothing away.
fn judge(before: &Domain, finding: Finding, now: DateTime<Utc>) -> Standing {
    let waiting = |status, asked_at: DateTime<Utc>| Standing {
        status,
        missing_since: None,
        asked_at,
        next: WHILE_WAITING
            .iter()
            .find(|(until, _)| now.signed_duration_since(asked_at) < *until)
            .map(|(_, every)| now + *every),
    };
    let verified = |missing_since, after| Standing {
        status: DomainStatus::Verified,
        missing_since,
        asked_at: before.asked_at,
        next: Some(now + after),
    };
    match (before.is_verified(), finding) {
        (_, Finding::Found) => verified(None, DAILY),
        (false, _) => waiting(before.status, before.asked_at),
        (true, Finding::NoAnswer) => verified(before.missing_since, WHILE_AWAY),
        (true, _) => {
            let since = before.missing_since.unwrap_or(now);
            if now.signed_duration_since(since) >= TimeDelta::days(GRACE_DAYS) {
                waiting(DomainStatus::Lapsed, now)
            } else {
                verified(Some(since), WHILE_AWAY)
            }
        }
    }
}

/// Writes it down, and tells of it where the name begins or ceases to count; administrators are told by mail when it is about to,
/// and when it has, for everybody who signs in there would find nothing. The caller holds the locks of the tenant's names.
async fn settle(tx: &mut TenantTx, before: &Domain, finding: Finding) -> Result<(), DbError> {
    let now = tx.now();
    let Standing {
        status,
        missing_since,
        asked_at,
        next,
    } = judge(before, finding, now);
    let is_changed = status != before.status;
    Statement::new(
        "UPDATE tenant_domains SET status = $3, finding = $4, missing_since = $5, asked_at = $6, check_due_at = $7, checked_at = $8, \
             verified_at = CASE WHEN $3 = 'VERIFIED' THEN coalesce(CASE WHEN status = 'VERIFIED' THEN verified_at END, $8) END, \
             is_primary = is_primary AND $3 = 'VERIFIED', version = version + $9 \
         WHERE tenant_id = $1 AND id = $2",
    )
    .bind(tx.tenant().as_uuid())
    .bind(before.id.as_uuid())
    .bind(status.as_str())
    .bind(finding.as_str())
    .bind(missing_since)
    .bind(asked_at)
    .bind(next)
    .bind(now)
    .bind(i32::from(is_changed))
    .execute(tx.conn()?)
    .await?;
    tx.changed(Subject::Domains);
    if before.is_verified() && before.missing_since.is_none() && missing_since.is_some() {
        let mail = || AccountMail::DomainMissing { name: &before.name };
        account_mails::queue_to_administrators(tx, mail).await?;
    }
    if !is_changed {
        return Ok(());
    }
    let Some(after) = fetch_optional(tx, before.id).await? else {
        return Ok(());
    };
    if status == DomainStatus::Lapsed {
        let mail = || AccountMail::DomainLapsed { name: &before.name };
        account_mails::queue_to_administrators(tx, mail).await?;
    }
    let action = match status {
        DomainStatus::Verified => "domains.verify",
        DomainStatus::Pending | DomainStatus::Lapsed => "domains.lapse",
    };
    record(tx, action, before.id, Change::updated(before, &after)).await
}

/// Whether another tenant has shown that the name is theirs, which is seen from outside of all of them. Two who show it in the same
/// moment meet at the index of the names, and the second looks again later.
async fn is_taken(db: &Db, tenant: TenantId, name: &str) -> Result<bool, DbError> {
    #[derive(QueryableByName)]
    struct Found {
        #[diesel(sql_type = Bool)]
        is_taken: bool,
    }
    let mut tx = db.begin_platform().await?;
    let found: Found = Statement::new(
        "SELECT EXISTS (SELECT FROM tenant_domains WHERE name = $1 AND status = 'VERIFIED' AND tenant_id <> $2) AS is_taken",
    )
    .bind(name)
    .bind(tenant.as_uuid())
    .get_result(tx.conn()?)
    .await?;
    tx.commit().await?;
    Ok(found.is_taken)
}

/// Finds the names whose look has been due for as long as `grace`, which the queue had to wake it first.
pub async fn due_domains(db: &Db, grace: Duration) -> Result<Vec<CheckDomain>, DbError> {
    let mut tx = db.begin_platform().await?;
    let due = Statement::new(
        "SELECT tenant_id AS tenant, id AS domain FROM tenant_domains WHERE check_due_at <= now() - $1 * interval '1 second' \
         ORDER BY check_due_at LIMIT $2",
    )
    .bind(i64::try_from(grace.as_secs()).unwrap_or(i64::MAX))
    .bind(PER_SWEEP)
    .load(tx.conn()?)
    .await?;
    tx.commit().await?;
    Ok(due)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(hours: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::hours(hours)
    }

    fn domain(status: DomainStatus, missing_since: Option<DateTime<Utc>>) -> Domain {
        Domain {
            id: DomainId::generate(),
            name: "orders.sharma.in".to_owned(),
            proof: "p".to_owned(),
            status,
            is_primary: false,
            finding: None,
            missing_since,
            verified_at: None,
            checked_at: None,
            asked_at: at(0),
            check_due_at: None,
            version: 1,
            created_at: at(0),
            created_by: "Asha".to_owned(),
        }
    }

    #[test]
    fn the_proof_is_found_among_other_records_and_nothing_like_it_will_do() {
        let texts = |texts: &[&str]| Ok(texts.iter().map(|text| (*text).to_owned()).collect());
        for (answer, found) in [
            (texts(&["v=spf1 -all", " wanted "]), Finding::Found),
            (texts(&["wanted2", "Wanted"]), Finding::Other),
            (texts(&[]), Finding::Missing),
            (Err(NamesError("SERVFAIL".to_owned())), Finding::NoAnswer),
        ] {
            assert_eq!(finding(&answer, "wanted"), found, "{answer:?}");
        }
    }

    #[test]
    fn a_name_that_waits_is_looked_at_ever_less_and_after_two_weeks_no_more() {
        let waits = domain(DomainStatus::Pending, None);
        for (hours, next_minutes) in [
            (0, Some(5)),
            (1, Some(60)),
            (23, Some(60)),
            (24, Some(360)),
            (335, Some(360)),
            (336, None),
        ] {
            let standing = judge(&waits, Finding::Missing, at(hours));
            let next = next_minutes.map(|minutes| at(hours) + TimeDelta::minutes(minutes));
            assert_eq!(standing.next, next, "{hours} h");
            assert_eq!(standing.status, DomainStatus::Pending);
        }
        let shown = judge(&waits, Finding::Found, at(400));
        assert_eq!(
            (shown.status, shown.next),
            (DomainStatus::Verified, Some(at(424)))
        );
    }

    #[test]
    fn a_verified_name_lapses_after_seven_days_without_its_record_and_not_before() {
        let verified = domain(DomainStatus::Verified, None);
        for finding in [Finding::Missing, Finding::Other] {
            let first = judge(&verified, finding, at(10));
            assert_eq!(
                (first.status, first.missing_since, first.next),
                (DomainStatus::Verified, Some(at(10)), Some(at(16)))
            );
        }
        let away = domain(DomainStatus::Verified, Some(at(10)));
        let day_seven = at(10 + 7 * 24);
        let before = judge(&away, Finding::Missing, day_seven - TimeDelta::seconds(1));
        assert_eq!(before.status, DomainStatus::Verified);
        let lapsed = judge(&away, Finding::Missing, day_seven);
        assert_eq!(lapsed.status, DomainStatus::Lapsed);
        assert_eq!(lapsed.missing_since, None);
        // It is looked at as one that waits, from that day on.
        assert_eq!(lapsed.next, Some(day_seven + TimeDelta::minutes(5)));
        let back = judge(&away, Finding::Found, day_seven);
        assert_eq!(
            (back.status, back.missing_since),
            (DomainStatus::Verified, None)
        );
    }

    #[test]
    fn servers_that_do_not_answer_take_no_name_away_and_stop_no_clock() {
        let verified = domain(DomainStatus::Verified, None);
        let silent = judge(&verified, Finding::NoAnswer, at(9_999));
        assert_eq!(
            (silent.status, silent.missing_since),
            (DomainStatus::Verified, None)
        );
        let away = domain(DomainStatus::Verified, Some(at(1)));
        let silent = judge(&away, Finding::NoAnswer, at(9_999));
        assert_eq!(
            (silent.status, silent.missing_since),
            (DomainStatus::Verified, Some(at(1)))
        );
    }

    #[test]
    fn a_name_that_another_tenant_has_waits_however_right_its_record_is() {
        let waits = domain(DomainStatus::Lapsed, None);
        let standing = judge(&waits, Finding::Taken, at(0));
        assert_eq!(standing.status, DomainStatus::Lapsed);
    }
}
