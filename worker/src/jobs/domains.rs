//! A look at the record of a name.

use vitaran_core::domains::{CheckDomain, check_domain_now};
use vitaran_core::jobs::Outcome;

use super::JobError;
use crate::outside::Outside;

pub async fn check(outside: &Outside, job: CheckDomain) -> Result<Outcome, JobError> {
    check_domain_now(&outside.db, &*outside.names, &job)
        .await
        .map_err(JobError::failed)
}
