//! Searching bytes for what must, or must not, be in them.

use std::path::Path;

/// Whether a text, or bytes, are in there.
#[must_use]
pub fn holds(bytes: &[u8], part: impl AsRef<[u8]>) -> bool {
    let part = part.as_ref();
    bytes.windows(part.len()).any(|window| window == part)
}

/// Every byte of every file below a folder, as they lie there, and every name: databases, their write-ahead logs, keys, what
/// else there is.
#[must_use]
pub fn files_of(folder: &Path) -> Vec<u8> {
    let mut bytes = Vec::new();
    for entry in std::fs::read_dir(folder).expect("the folder can be read") {
        let path = entry.expect("the folder can be read").path();
        bytes.extend_from_slice(path.file_name().unwrap_or_default().as_encoded_bytes());
        bytes.extend(if path.is_dir() {
            files_of(&path)
        } else {
            std::fs::read(&path).expect("a file can be read")
        });
    }
    bytes
}
