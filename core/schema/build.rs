//! Finds the last migration of this release, so that a process can refuse a database that lacks it.

use std::{fs, io};

const MIGRATIONS: &str = "../../migrations";

fn main() -> io::Result<()> {
    println!("cargo::rerun-if-changed={MIGRATIONS}");
    let mut last = String::new();
    for entry in fs::read_dir(MIGRATIONS)? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        // As diesel stores it: what stands before the first underscore, without the dashes.
        let version = name.split('_').next().unwrap_or_default().replace('-', "");
        let is_version = version.bytes().all(|byte| byte.is_ascii_digit());
        if is_version && name.contains('_') && version > last {
            last = version;
        }
    }
    println!("cargo::rustc-env=LAST_MIGRATION={last}");
    Ok(())
}
