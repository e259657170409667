//! Keeping files: documents once rendered, images once re-encoded.
//!
//! A path is made of ids and fixed words only. No text of a user's can reach it, so there is nothing
//! to escape and nothing to climb out of.

use std::fmt;

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

/// The copies of a tax invoice for goods (CGST Rule 48(1)): alike but for their mark.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum InvoiceCopy {
    Original,
    Duplicate,
    Triplicate,
}

impl InvoiceCopy {
    pub const ALL: [Self; 3] = [Self::Original, Self::Duplicate, Self::Triplicate];

    /// As stored in a row: "ORIGINAL".
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Original => "ORIGINAL",
            Self::Duplicate => "DUPLICATE",
            Self::Triplicate => "TRIPLICATE",
        }
    }

    /// As in an address and in a path: "original".
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Original => "original",
            Self::Duplicate => "duplicate",
            Self::Triplicate => "triplicate",
        }
    }

    /// Reads [`InvoiceCopy::word`]; `None` for anything else.
    #[must_use]
    pub fn from_query(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|copy| copy.word() == text)
    }

    /// Reads [`InvoiceCopy::as_str`]; `None` for anything else.
    #[must_use]
    pub fn from_stored(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|copy| copy.as_str() == text)
    }

    /// The words of CGST Rule 48(1).
    #[must_use]
    pub const fn mark(self) -> &'static str {
        match self {
            Self::Original => "ORIGINAL FOR RECIPIENT",
            Self::Duplicate => "DUPLICATE FOR TRANSPORTER",
            Self::Triplicate => "TRIPLICATE FOR SUPPLIER",
        }
    }
}

/// Where a file lies in the store, relative to its root.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FilePath(String);

impl FilePath {
    /// The PDF of one copy of an invoice.
    #[must_use]
    pub fn invoice(tenant: TenantId, invoice: InvoiceId, copy: InvoiceCopy) -> Self {
        Self(format!(
            "tenants/{tenant}/invoices/{invoice}/{}.pdf",
            copy.word()
        ))
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
            InvoiceCopy::from_query(copy)?,
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
        for copy in InvoiceCopy::ALL {
            let path = FilePath::invoice(TenantId::generate(), InvoiceId::generate(), copy);
            assert_eq!(FilePath::from_stored(path.as_str()), Ok(path));
            assert_eq!(InvoiceCopy::from_query(copy.word()), Some(copy));
            assert_eq!(InvoiceCopy::from_stored(copy.as_str()), Some(copy));
        }
    }

    #[test]
    fn a_path_nobody_wrote_is_refused() {
        let good = FilePath::invoice(
            TenantId::generate(),
            InvoiceId::generate(),
            InvoiceCopy::Original,
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
