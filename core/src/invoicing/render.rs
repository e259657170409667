//! The PDF of an invoice: wanted in the transaction that issues it, made by the worker after the commit.

use serde::{Deserialize, Serialize};
use vitaran_kernel::{RenderId, TenantId};

use crate::jobs::Job;

/// Wakes the worker for a render.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct RenderInvoice {
    pub tenant: TenantId,
    pub render: RenderId,
}

impl Job for RenderInvoice {
    const QUEUE: &'static str = "render";
    const MAX_ATTEMPTS: i32 = 3;
}
