//! Engines that a simulation can copy as a backup would, in memory or on SQLite.

use std::path::Path;

use tempfile::TempDir;
use vicinity_sqlite::{SqliteDevice, SqliteHub};
use vicinity_store::DatabaseKey;
use vicinity_store::device::DeviceStore;
use vicinity_store::hub::HubStore;

use crate::memory_device::MemoryDevice;
use crate::memory_hub::MemoryHub;

/// Which engines a simulation runs on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// In memory: fast.
    Memory,
    /// On SQLite, in folders that go with the simulation.
    Sqlite,
}

/// A hub's engine.
pub enum HubEngine {
    /// In memory.
    Memory(Box<MemoryHub>),
    /// On SQLite.
    Sqlite(Box<SqliteHub>, TempDir),
}

/// A device's engine.
pub enum DeviceEngine {
    /// In memory.
    Memory(Box<MemoryDevice>),
    /// On SQLite.
    Sqlite(Box<SqliteDevice>, TempDir),
}

impl HubEngine {
    /// A new hub.
    #[must_use]
    pub fn new(kind: Kind, epoch: [u8; 16]) -> Self {
        match kind {
            Kind::Memory => Self::Memory(Box::new(MemoryHub::new(epoch))),
            Kind::Sqlite => {
                let folder = tempfile::tempdir().expect("a folder");
                Self::Sqlite(Box::new(SqliteHub::open(folder.path(), &key(), epoch).expect("a new hub")), folder)
            }
        }
    }

    /// A copy, whose feed will be taken for another one.
    #[must_use]
    pub fn copy(&self, epoch: [u8; 16]) -> Self {
        match self {
            Self::Memory(hub) => Self::Memory(Box::new(hub.restored(epoch))),
            Self::Sqlite(_, folder) => {
                let copy = copy_of(folder.path(), "hub.db");
                Self::Sqlite(Box::new(SqliteHub::open(copy.path(), &key(), epoch).expect("a copied hub")), copy)
            }
        }
    }

    /// A copy of the whole folder, epoch and all: its feed will be taken for the same.
    #[must_use]
    pub fn whole_copy(&self) -> Self {
        match self {
            Self::Memory(hub) => Self::Memory(Box::new(hub.put_back())),
            Self::Sqlite(hub, folder) => {
                let copy = copy_of(folder.path(), "hub.db");
                std::fs::write(copy.path().join("epoch"), hub.epoch()).expect("a copied epoch");
                Self::Sqlite(Box::new(SqliteHub::open(copy.path(), &key(), [0; 16]).expect("a copied hub")), copy)
            }
        }
    }

    /// The port.
    pub fn store(&mut self) -> &mut (dyn HubStore + 'static) {
        match self {
            Self::Memory(hub) => &mut **hub,
            Self::Sqlite(hub, _) => &mut **hub,
        }
    }
}

impl DeviceEngine {
    /// A new device.
    #[must_use]
    pub fn new(kind: Kind) -> Self {
        match kind {
            Kind::Memory => Self::Memory(Box::default()),
            Kind::Sqlite => {
                let folder = tempfile::tempdir().expect("a folder");
                Self::Sqlite(Box::new(SqliteDevice::open(folder.path(), &key()).expect("a new device")), folder)
            }
        }
    }

    /// A copy.
    #[must_use]
    pub fn copy(&self) -> Self {
        match self {
            Self::Memory(device) => Self::Memory(device.clone()),
            Self::Sqlite(_, folder) => {
                let copy = copy_of(folder.path(), "device.db");
                Self::Sqlite(Box::new(SqliteDevice::open(copy.path(), &key()).expect("a copied device")), copy)
            }
        }
    }

    /// The port.
    pub fn store(&mut self) -> &mut (dyn DeviceStore + 'static) {
        match self {
            Self::Memory(device) => &mut **device,
            Self::Sqlite(device, _) => &mut **device,
        }
    }
}

fn key() -> DatabaseKey {
    DatabaseKey::new([1; 32])
}

/// The database and its log, as they lie there while nobody writes.
fn copy_of(folder: &Path, database: &str) -> TempDir {
    let copy = tempfile::tempdir().expect("a folder");
    for name in [database.to_owned(), format!("{database}-wal")] {
        if folder.join(&name).exists() {
            std::fs::copy(folder.join(&name), copy.path().join(&name)).expect("a copied file");
        }
    }
    copy
}
