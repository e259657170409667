//! Keeping files: documents once rendered, images once re-encoded.
//!
//! A path is made of ids and fixed words only. No text of a user's can reach it, so there is nothing
//! to escape and nothing to climb out of.

use std::{fmt, str::FromStr};

use async_trait::async_trait;
use bytes::Bytes;
use vitaran_kernel::ids::{InvoiceId, TenantId};

#[async_trait]
pub trait FileStore: Send + Sync {
    /// Writes the whole file or nothing; a file of that path is replaced. After `Ok` it survives a
    /// power cut, and no reader ever sees a part of it.
    async fn put(&self, path: &FilePath, bytes: Bytes) -> Result<(), FileStoreError>;

    async fn get(&self, path: &FilePath) -> Result<Bytes, FileStoreError>;

    async fn exists(&self, path: &FilePath) -> Result<bool, FileStoreError>;

    /// `Ok` also when there was no such file: the wish is fulfilled.
    async fn delete(&self, path: &FilePath) -> Result<(), FileStoreError>;
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FileStoreError {
    #[error("there is no such file")]
    NotFound,
    /// Full, read-only or unreachable: the same call may succeed later. The text is for the operator.
    #[error("the file store is not available: {0}")]
    Unavailable(String),
}

/// The copies of a tax invoice for goods, CGST Rule 48(1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DocumentCopy {
    /// For the recipient.
    Original,
    /// For the transporter.
    Duplicate,
    /// For the supplier.
    Triplicate,
}

impl DocumentCopy {
    pub const ALL: [Self; 3] = [Self::Original, Self::Duplicate, Self::Triplicate];

    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Original => "original",
            Self::Duplicate => "duplicate",
            Self::Triplicate => "triplicate",
        }
    }
}

impl fmt::Display for DocumentCopy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("A copy is original, duplicate or triplicate")]
pub struct DocumentCopyError;

impl FromStr for DocumentCopy {
    type Err = DocumentCopyError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|copy| copy.as_str() == text)
            .ok_or(DocumentCopyError)
    }
}

/// Where a file lies in the store, relative to its root.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FilePath(String);

impl FilePath {
    /// The PDF of one copy of an invoice.
    #[must_use]
    pub fn invoice(tenant: TenantId, invoice: InvoiceId, copy: DocumentCopy) -> Self {
        Self(format!("tenants/{tenant}/invoices/{invoice}/{copy}.pdf"))
    }

    /// A path as a row kept it. Reads back what the constructors wrote and nothing else.
    pub fn from_stored(text: &str) -> Result<Self, FilePathError> {
        Self::parse_invoice(text).ok_or(FilePathError)
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    fn parse_invoice(text: &str) -> Option<Self> {
        let (tenant, rest) = text.strip_prefix("tenants/")?.split_once("/invoices/")?;
        let (invoice, copy) = rest.strip_suffix(".pdf")?.split_once('/')?;
        let path = Self::invoice(
            tenant.parse().ok()?,
            invoice.parse().ok()?,
            copy.parse().ok()?,
        );
        (path.0 == text).then_some(path)
    }
}

impl fmt::Display for FilePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this is not a path of the file store")]
pub struct FilePathError;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_read_back_as_it_was_written() {
        for copy in DocumentCopy::ALL {
            let path = FilePath::invoice(TenantId::generate(), InvoiceId::generate(), copy);
            assert_eq!(FilePath::from_stored(path.as_str()), Ok(path));
            assert_eq!(copy.as_str().parse(), Ok(copy));
        }
    }

    #[test]
    fn a_path_nobody_wrote_is_refused() {
        let good = FilePath::invoice(
            TenantId::generate(),
            InvoiceId::generate(),
            DocumentCopy::Original,
        );
        for wrong in [
            String::new(),
            "/etc/passwd".to_owned(),
            format!("/{good}"),
            format!("../{good}"),
            format!("{good}/"),
            good.as_str().to_uppercase(),
            good.as_str().replace("original", "../original"),
            good.as_str().replace("original", "quadruplicate"),
            good.as_str().replace("/invoices/", "//invoices/"),
        ] {
            assert_eq!(FilePath::from_stored(&wrong), Err(FilePathError), "{wrong}");
        }
    }
}
