//! Tests only: the reference data beside the repository (`../shared`, or the folder in `DELTA_REFERENCE`).

use std::path::PathBuf;

/// The folder of reference data; `None`, with a message, where it is absent. Panics where the data are required.
pub fn folder() -> Option<PathBuf> {
    let folder = std::env::var_os("DELTA_REFERENCE")
        .map_or_else(|| PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../shared")), PathBuf::from);
    if folder.is_dir() {
        return Some(folder);
    }
    let required = std::env::var_os("DELTA_REQUIRE_REFERENCE").is_some_and(|v| v == "1");
    assert!(!required, "no reference data in {}", folder.display());
    eprintln!("skipped: no reference data in {}", folder.display());
    None
}
