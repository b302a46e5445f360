//! Engines of tests: SQLite in folders that go with the test, in memory where the system keeps such folders. A simulation can
//! copy them as a backup would.

use std::ops::{Deref, DerefMut};
use std::path::Path;

use tempfile::TempDir;
use vicinity_sqlite::{SqliteDevice, SqliteHub, SqliteNational};
use vicinity_store::DatabaseKey;

/// Where Linux keeps files in memory: an fsync there costs next to nothing.
const IN_MEMORY: &str = "/dev/shm";

/// An engine and its folder.
pub struct Engine<S> {
    // Before the folder: it is closed first.
    store: S,
    folder: TempDir,
}

/// A hub's engine.
pub type HubEngine = Engine<SqliteHub>;
/// A device's engine.
pub type DeviceEngine = Engine<SqliteDevice>;
/// National's engine.
pub type NationalEngine = Engine<SqliteNational>;

impl<S> Deref for Engine<S> {
    type Target = S;

    fn deref(&self) -> &S {
        &self.store
    }
}

impl<S> DerefMut for Engine<S> {
    fn deref_mut(&mut self) -> &mut S {
        &mut self.store
    }
}

impl<S> Engine<S> {
    fn in_folder(
        folder: TempDir,
        open: impl FnOnce(&Path) -> Result<S, vicinity_store::StoreError>,
    ) -> Self {
        let store = open(folder.path()).expect("an engine that opens");
        Self { store, folder }
    }

    /// The engine alone, for who owns its stores; the folder must be kept as long.
    #[must_use]
    pub fn into_parts(self) -> (S, TempDir) {
        (self.store, self.folder)
    }
}

impl HubEngine {
    /// A new hub.
    #[must_use]
    pub fn new(epoch: [u8; 16]) -> Self {
        Self::in_folder(folder(), |path| SqliteHub::open(path, &key(), epoch))
    }

    /// A copy, whose feed will be taken for another one.
    #[must_use]
    pub fn copy(&self, epoch: [u8; 16]) -> Self {
        Self::in_folder(copy_of(self.folder.path(), "hub.db"), |path| {
            SqliteHub::open(path, &key(), epoch)
        })
    }

    /// A copy of the whole folder, epoch and all: its feed will be taken for the same.
    #[must_use]
    pub fn whole_copy(&self) -> Self {
        let copy = copy_of(self.folder.path(), "hub.db");
        std::fs::write(copy.path().join("epoch"), self.store.epoch()).expect("a copied epoch");
        Self::in_folder(copy, |path| SqliteHub::open(path, &key(), [0; 16]))
    }
}

impl DeviceEngine {
    /// A new device.
    #[must_use]
    pub fn new() -> Self {
        Self::in_folder(folder(), |path| SqliteDevice::open(path, &key()))
    }

    /// A copy.
    #[must_use]
    pub fn copy(&self) -> Self {
        Self::in_folder(copy_of(self.folder.path(), "device.db"), |path| {
            SqliteDevice::open(path, &key())
        })
    }
}

impl Default for DeviceEngine {
    fn default() -> Self {
        Self::new()
    }
}

impl NationalEngine {
    /// A new national.
    #[must_use]
    pub fn new() -> Self {
        Self::in_folder(folder(), |path| SqliteNational::open(path, &key()))
    }
}

impl Default for NationalEngine {
    fn default() -> Self {
        Self::new()
    }
}

fn key() -> DatabaseKey {
    DatabaseKey::new([1; 32])
}

/// A folder that goes when it is dropped.
fn folder() -> TempDir {
    tempfile::tempdir_in(IN_MEMORY)
        .or_else(|_| tempfile::tempdir())
        .expect("a folder")
}

/// The database and its log, as they lie there while nobody writes.
fn copy_of(from: &Path, database: &str) -> TempDir {
    let copy = folder();
    for name in [database.to_owned(), format!("{database}-wal")] {
        if from.join(&name).exists() {
            std::fs::copy(from.join(&name), copy.path().join(&name)).expect("a copied file");
        }
    }
    copy
}
