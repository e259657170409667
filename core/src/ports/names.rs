//! Asking DNS what stands at a name.

use async_trait::async_trait;

/// Why nobody said what stands there, in a sentence for the log.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct NamesError(pub String);

/// Looks up the TXT records of an absolute name, within limits of its own. None is an answer: that there is no such name, or no such
/// record.
#[async_trait]
pub trait Names: Send + Sync {
    async fn texts(&self, name: &str) -> Result<Vec<String>, NamesError>;
}
