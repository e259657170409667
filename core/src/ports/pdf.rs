//! Turning a document's HTML into a PDF.

use async_trait::async_trait;
use bytes::Bytes;

/// Renders one self-contained HTML document (styles inline, images as `data:`). Nothing the document
/// names elsewhere is fetched. The same HTML gives the same bytes, as long as the renderer's version
/// and the fonts stay: dates come from `<meta name="dcterms.created">`, never from the clock.
#[async_trait]
pub trait PdfRenderer: Send + Sync {
    async fn render(&self, html: &str) -> Result<Bytes, RenderError>;
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RenderError {
    #[error("the document took too long to render")]
    TimedOut,
    #[error("the renderer failed while rendering")]
    Crashed,
    #[error("the document is too large to render")]
    TooLarge,
    #[error("the renderer answered with something that is not a PDF")]
    NotAPdf,
    /// Missing, of another version, or busy for too long. The text is for the operator.
    #[error("the renderer is not available: {0}")]
    Unavailable(String),
}

impl RenderError {
    /// Whether the same HTML may succeed later. Only its size never changes.
    #[must_use]
    pub const fn retryable(&self) -> bool {
        match self {
            Self::TooLarge => false,
            Self::TimedOut | Self::Crashed | Self::NotAPdf | Self::Unavailable(_) => true,
        }
    }
}
