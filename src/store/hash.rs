//! SHA-256 of files and folders.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;
use std::path::Path;

use sha2::{Digest, Sha256};

use super::StoreError;

/// SHA-256 of bytes, in hex.
///
/// ```
/// let hash = delta_radiomics::store::hash_bytes(b"");
/// assert!(hash.starts_with("e3b0c44298fc1c14"));
/// ```
pub fn hash_bytes(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

/// SHA-256 of a file's content, in hex.
pub fn hash_file(path: &Path) -> Result<String, StoreError> {
    let mut file = File::open(path).map_err(StoreError::at(path))?;
    let mut hasher = Sha256::new();
    let mut block = vec![0; 1 << 16];
    loop {
        let n = file.read(&mut block).map_err(StoreError::at(path))?;
        if n == 0 {
            return Ok(hex(&hasher.finalize()));
        }
        hasher.update(&block[..n]);
    }
}

/// SHA-256 of every file below a folder, by its path relative to the folder with `/` between names.
pub fn hash_tree(folder: &Path) -> Result<BTreeMap<String, String>, StoreError> {
    let mut hashes = BTreeMap::new();
    let mut waiting = vec![(folder.to_owned(), String::new())];
    while let Some((path, prefix)) = waiting.pop() {
        for entry in std::fs::read_dir(&path).map_err(StoreError::at(&path))? {
            let entry = entry.map_err(StoreError::at(&path))?;
            let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
            if entry.path().is_dir() {
                waiting.push((entry.path(), format!("{name}/")));
            } else {
                hashes.insert(name, hash_file(&entry.path())?);
            }
        }
    }
    Ok(hashes)
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut text, b| {
        // Writing to a string cannot fail.
        let _ = write!(text, "{b:02x}");
        text
    })
}
