//! [`FileStore`] over a folder. A file is written beside its place, flushed to the disk and renamed,
//! so a full disk or a power cut leaves the old file or none, never half of one.

use std::path::Path;

use async_trait::async_trait;
use bytes::Bytes;
use object_store::{ObjectStoreExt, local::LocalFileSystem, path::Path as ObjectPath};

use crate::ports::{FilePath, FileStore, FileStoreError};

#[derive(Debug)]
pub struct LocalFileStore {
    folder: LocalFileSystem,
}

impl LocalFileStore {
    /// The folder is made when it is missing.
    pub fn open(folder: &Path) -> Result<Self, FileStoreError> {
        std::fs::create_dir_all(folder)
            .map_err(|error| FileStoreError::Unavailable(error.to_string()))?;
        let folder = LocalFileSystem::new_with_prefix(folder)
            .map_err(refusal)?
            .with_fsync(true);
        Ok(Self { folder })
    }
}

#[async_trait]
impl FileStore for LocalFileStore {
    async fn put(&self, path: &FilePath, bytes: Bytes) -> Result<(), FileStoreError> {
        self.folder
            .put(&object_path(path)?, bytes.into())
            .await
            .map(drop)
            .map_err(refusal)
    }

    async fn get(&self, path: &FilePath) -> Result<Bytes, FileStoreError> {
        let found = self
            .folder
            .get(&object_path(path)?)
            .await
            .map_err(refusal)?;
        found.bytes().await.map_err(refusal)
    }

    async fn exists(&self, path: &FilePath) -> Result<bool, FileStoreError> {
        match self.folder.head(&object_path(path)?).await.map_err(refusal) {
            Ok(_) => Ok(true),
            Err(FileStoreError::NotFound) => Ok(false),
            Err(error) => Err(error),
        }
    }

    async fn delete(&self, path: &FilePath) -> Result<(), FileStoreError> {
        match self
            .folder
            .delete(&object_path(path)?)
            .await
            .map_err(refusal)
        {
            Err(FileStoreError::NotFound) => Ok(()),
            answer => answer,
        }
    }
}

fn object_path(path: &FilePath) -> Result<ObjectPath, FileStoreError> {
    ObjectPath::parse(path.as_str()).map_err(|error| FileStoreError::Unavailable(error.to_string()))
}

fn refusal(error: object_store::Error) -> FileStoreError {
    match error {
        object_store::Error::NotFound { .. } => FileStoreError::NotFound,
        error => FileStoreError::Unavailable(error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use std::{fs, path::PathBuf};

    use super::*;
    use crate::ports::InvoiceCopy;
    use vitaran_kernel::ids::{InvoiceId, TenantId};

    struct Folder(PathBuf);

    impl Folder {
        fn new() -> Self {
            let name = format!("vitaran-files-{}", TenantId::generate());
            Self(std::env::temp_dir().join(name))
        }

        fn files(&self) -> Vec<PathBuf> {
            let mut found = Vec::new();
            let mut folders = vec![self.0.clone()];
            while let Some(folder) = folders.pop() {
                for entry in fs::read_dir(folder).unwrap() {
                    let path = entry.unwrap().path();
                    if path.is_dir() {
                        folders.push(path)
                    } else {
                        found.push(path)
                    }
                }
            }
            found
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    fn invoice_path() -> FilePath {
        FilePath::invoice(
            TenantId::generate(),
            InvoiceId::generate(),
            InvoiceCopy::Original,
        )
    }

    #[tokio::test]
    async fn a_file_is_read_back_replaced_and_deleted_and_leaves_nothing_beside_it() {
        let folder = Folder::new();
        let store = LocalFileStore::open(&folder.0).unwrap();
        let path = invoice_path();
        assert_eq!(store.get(&path).await, Err(FileStoreError::NotFound));
        assert_eq!(store.exists(&path).await, Ok(false));

        store
            .put(&path, Bytes::from_static(b"first"))
            .await
            .unwrap();
        store
            .put(&path, Bytes::from_static(b"second"))
            .await
            .unwrap();
        assert_eq!(store.get(&path).await.unwrap(), "second");
        assert_eq!(store.exists(&path).await, Ok(true));
        assert_eq!(folder.files(), [folder.0.join(path.as_str())]);

        store.delete(&path).await.unwrap();
        store.delete(&path).await.unwrap();
        assert_eq!(store.exists(&path).await, Ok(false));
        assert!(folder.files().is_empty());
    }

    #[tokio::test]
    async fn two_processes_that_open_the_same_folder_see_the_same_files() {
        let folder = Folder::new();
        let path = invoice_path();
        let worker = LocalFileStore::open(&folder.0).unwrap();
        let web = LocalFileStore::open(&folder.0).unwrap();
        worker
            .put(&path, Bytes::from_static(b"%PDF-"))
            .await
            .unwrap();
        assert_eq!(web.get(&path).await.unwrap(), "%PDF-");
    }

    #[tokio::test]
    async fn readers_see_a_whole_file_while_it_is_replaced_again_and_again() {
        let folder = Folder::new();
        let store = LocalFileStore::open(&folder.0).unwrap();
        let path = invoice_path();
        let (a, b) = (
            Bytes::from(vec![b'a'; 300_000]),
            Bytes::from(vec![b'b'; 200_000]),
        );
        store.put(&path, a.clone()).await.unwrap();
        let write = async {
            for _ in 0..20 {
                store.put(&path, b.clone()).await.unwrap();
                store.put(&path, a.clone()).await.unwrap();
            }
        };
        let read = async {
            for _ in 0..100 {
                let seen = store.get(&path).await.unwrap();
                assert!(seen == a || seen == b, "{} bytes", seen.len());
            }
        };
        tokio::join!(write, read);
    }

    #[tokio::test]
    async fn a_folder_that_cannot_be_written_is_unavailable_and_not_missing() {
        let folder = Folder::new();
        fs::write(&folder.0, "a file where the folder should be").unwrap();
        let opened = LocalFileStore::open(&folder.0);
        fs::remove_file(&folder.0).unwrap();
        assert!(matches!(opened, Err(FileStoreError::Unavailable(_))));

        let store = LocalFileStore::open(&folder.0).unwrap();
        fs::write(folder.0.join("tenants"), "in the way").unwrap();
        let answer = store.put(&invoice_path(), Bytes::from_static(b"x")).await;
        assert!(
            matches!(answer, Err(FileStoreError::Unavailable(_))),
            "{answer:?}"
        );
    }

    #[test]
    fn a_full_disk_is_unavailable_and_not_missing() {
        let full = std::io::Error::from(std::io::ErrorKind::StorageFull);
        let error = object_store::Error::Generic {
            store: "LocalFileSystem",
            source: Box::new(full),
        };
        assert!(matches!(refusal(error), FileStoreError::Unavailable(_)));
    }
}
