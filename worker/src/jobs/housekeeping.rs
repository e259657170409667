//! The hourly clearing out.

use vitaran_core::housekeeping::{Housekeeping, keep_house_now};
use vitaran_core::jobs::Outcome;

use super::JobError;
use crate::outside::Outside;

pub async fn keep_house(outside: &Outside, _: Housekeeping) -> Result<Outcome, JobError> {
    let swept = keep_house_now(&outside.db)
        .await
        .map_err(JobError::failed)?;
    for (what, rows) in swept.into_iter().filter(|(_, rows)| *rows > 0) {
        tracing::info!(what, rows, "deleted what has had its time");
    }
    Ok(Outcome::Done)
}
