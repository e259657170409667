//! The trail's seals, every few minutes.

use vitaran_core::audit::{SealTrail, seal_trail_now};
use vitaran_core::jobs::Outcome;

use super::JobError;
use crate::outside::Outside;

pub async fn seal_trail(outside: &Outside, _: SealTrail) -> Result<Outcome, JobError> {
    seal_trail_now(&outside.db)
        .await
        .map_err(JobError::failed)?;
    Ok(Outcome::Done)
}
