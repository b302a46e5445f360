//! The end of a server's folder: its key, and where that cannot be destroyed, what it opens.

use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use crate::storage::keyring;

/// Databases of a hub and of national, the smallest first, with what each is called.
const DATABASES: [(&str, &str); 4] = [
    ("keys.db", "the file of keys that open statements"),
    ("people.db", "the file of people who sign in"),
    ("hub.db", "the hub's database"),
    ("national.db", "national's database"),
];
/// Bytes that are overwritten at a time.
const BLOCK: usize = 1 << 20;

/// A file that could be neither overwritten nor removed.
#[derive(Debug, thiserror::Error)]
#[error("{what} remains: the file {} can be neither overwritten nor removed ({why})", .path.display())]
pub struct Left {
    /// What it is, in words.
    pub what: &'static str,
    /// Its path.
    pub path: PathBuf,
    /// Why.
    pub why: std::io::Error,
}

/// Destroys a folder's key: what is in its databases, and in every copy of them under this key, is gone. Where the key
/// remains, the databases beside it are destroyed, too. Each step is tried whatever happens to the others: what is left.
#[must_use]
pub fn folder(folder: &Path) -> Vec<Left> {
    // A lock that was cut short leaves a file beside it that opens the folder as well.
    let keys = [keyring::FILE.to_owned(), format!("{}.new", keyring::FILE)];
    let mut left: Vec<Left> = keys
        .iter()
        .filter_map(|name| file(&folder.join(name), "the key").err())
        .collect();
    if left.is_empty() {
        return left;
    }
    for (name, what) in DATABASES {
        let files = [
            name.to_owned(),
            format!("{name}-wal"),
            format!("{name}-shm"),
        ];
        left.extend(
            files
                .iter()
                .filter_map(|name| file(&folder.join(name), what).err()),
        );
    }
    left
}

/// Overwrites a file before it is removed: one that is only removed can be brought back from many disks. One of both is
/// enough; none is no error.
fn file(path: &Path, what: &'static str) -> Result<(), Left> {
    if matches!(fs::symlink_metadata(path), Err(error) if error.kind() == ErrorKind::NotFound) {
        return Ok(());
    }
    loosen(path);
    let overwritten = overwrite(path);
    let removed = fs::remove_file(path).and_then(|()| {
        path.parent()
            .map_or(Ok(()), |folder| File::open(folder)?.sync_all())
    });
    match (overwritten, removed) {
        (Err(why), Err(_)) => Err(Left {
            what,
            path: path.to_owned(),
            why,
        }),
        _ => Ok(()),
    }
}

fn overwrite(path: &Path) -> std::io::Result<()> {
    let mut file = OpenOptions::new().write(true).open(path)?;
    let mut left = file.metadata()?.len();
    while left > 0 {
        let block = left.min(BLOCK as u64);
        file.write_all(&vec![0; block as usize])?;
        left -= block;
    }
    file.sync_all()
}

/// Makes a file, and the folder it is in, writable for their owner, if that can be done: what is marked as read-only
/// is to be destroyed anyway.
fn loosen(path: &Path) {
    #[cfg(unix)]
    for (path, mode) in [
        path.parent().map(|folder| (folder, 0o700)),
        Some((path, 0o600)),
    ]
    .into_iter()
    .flatten()
    {
        use std::os::unix::fs::PermissionsExt;
        if let Ok(metadata) = fs::metadata(path) {
            let mut permissions = metadata.permissions();
            permissions.set_mode(permissions.mode() | mode);
            // What cannot be loosened fails below, and is reported there.
            let _ = fs::set_permissions(path, permissions);
        }
    }
    #[cfg(not(unix))]
    let _ = path;
}

#[cfg(test)]
mod tests {
    use super::*;

    fn full() -> tempfile::TempDir {
        let folder = tempfile::tempdir().expect("a folder");
        for name in [
            "keyring",
            "keyring.new",
            "keys.db",
            "people.db",
            "hub.db",
            "hub.db-wal",
        ] {
            fs::write(folder.path().join(name), vec![7; 3000]).expect("a file");
        }
        folder
    }

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(folder)
            .expect("a listing")
            .flatten()
            .map(|entry| entry.file_name().display().to_string())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn with_the_key_gone_the_databases_may_stay() {
        let folder = full();
        assert!(super::folder(folder.path()).is_empty());
        assert_eq!(
            names(folder.path()),
            ["hub.db", "hub.db-wal", "keys.db", "people.db"]
        );
        assert!(
            super::folder(folder.path()).is_empty(),
            "twice does no harm"
        );
    }

    #[test]
    #[cfg(unix)]
    fn what_is_marked_as_read_only_is_destroyed() {
        use std::os::unix::fs::PermissionsExt;
        let folder = full();
        fs::set_permissions(
            folder.path().join("keyring"),
            fs::Permissions::from_mode(0o400),
        )
        .expect("permissions");
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o500)).expect("permissions");
        assert!(super::folder(folder.path()).is_empty());
        assert!(!folder.path().join("keyring").exists());
    }

    /// A folder instead of a file can neither be written nor removed as one by anyone.
    #[test]
    fn where_the_key_remains_what_it_opens_is_destroyed_and_the_key_is_named() {
        let folder = full();
        fs::remove_file(folder.path().join("keyring")).expect("removed");
        fs::create_dir(folder.path().join("keyring")).expect("a folder");
        let left = super::folder(folder.path());
        assert_eq!(left.len(), 1);
        assert!(
            left[0]
                .to_string()
                .starts_with("the key remains: the file "),
            "{}",
            left[0]
        );
        assert_eq!(names(folder.path()), ["keyring"]);
    }
}
