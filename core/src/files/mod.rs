//! Files in a folder that web and worker share (`FILES_DIR`): behind [`crate::ports::FileStore`], so
//! that a bucket can take its place.

mod store;

pub use store::LocalFileStore;
