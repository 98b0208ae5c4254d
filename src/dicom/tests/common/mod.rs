//! What the tests against the reference share.

#![allow(dead_code, reason = "each test uses a part of it")]

use std::path::{Path, PathBuf};

use serde_json::Value;

/// The reference's folder; none where it is not there and need not be.
pub fn reference() -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/dicom");
    if folder.join("expected.json").is_file() {
        return Some(folder);
    }
    assert!(std::env::var("DELTA_REQUIRE_REFERENCE").as_deref() != Ok("1"), "{} is absent", folder.display());
    println!("skipped: {} is absent", folder.display());
    None
}

/// The values that are expected.
pub fn expected(reference: &Path) -> Value {
    serde_json::from_slice(&std::fs::read(reference.join("expected.json")).unwrap()).unwrap()
}

/// SHA-256 as it is written in the reference.
pub fn sha256(bytes: &[u8]) -> String {
    use sha2::Digest;
    let hex: Vec<String> = sha2::Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect();
    hex.concat()
}

/// A file or folder of the data, by the key that the reference has for it.
pub fn data(reference: &Path, key: &str) -> PathBuf {
    reference.join("data").join(key)
}

/// The hash of stored values, each a word of 32 bits.
pub fn stored_sha256(values: &[i32]) -> String {
    sha256(&values.iter().flat_map(|value| value.to_le_bytes()).collect::<Vec<u8>>())
}

/// A folder's files, by name.
pub fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<PathBuf> = entries.filter(|path| path.is_file()).collect();
    files.sort();
    files
}
