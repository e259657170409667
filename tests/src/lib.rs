//! The harness, one integration binary and one browser binary.
