//! The PDFs of invoices.

use vitaran_core::invoicing::{RenderInvoice, render_now};
use vitaran_core::jobs::Outcome;

use super::JobError;
use crate::outside::Outside;

pub async fn render(outside: &Outside, job: RenderInvoice) -> Result<Outcome, JobError> {
    render_now(&outside.db, &*outside.pdf, &*outside.files, &job)
        .await
        .map_err(JobError::failed)
}
