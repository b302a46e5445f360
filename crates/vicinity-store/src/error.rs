//! What can go wrong with a store.

/// A database's file that is not what was written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{kind} is damaged: {advice}; the file is {path}")]
pub struct Damage {
    /// Which file, in words.
    pub kind: &'static str,
    /// Its path.
    pub path: String,
    /// What to do.
    pub advice: &'static str,
}

/// What an engine says of its own failure.
pub type EngineError = Box<dyn core::error::Error + Send + Sync>;

/// A step on a store that failed. Nothing of the step was kept.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database could not be opened.
    #[error("the database {path} cannot be opened: {source}")]
    Open {
        /// Its path.
        path: String,
        /// Whether room on the disk may help.
        may_be_full: bool,
        /// Why.
        source: EngineError,
    },
    /// The key is another one's, or the file's first page is not what was written.
    #[error(
        "{kind} does not open with this key: it is damaged, or the key is another one's; {advice}; the file is {path}"
    )]
    WrongKey {
        /// Which file, in words.
        kind: &'static str,
        /// What to do.
        advice: &'static str,
        /// Its path.
        path: String,
    },
    /// A page is not what was written.
    #[error(transparent)]
    DamagedFile(#[from] Damage),
    /// A file beside the database could not be read or written.
    #[error("the file {path} cannot be used: {source}")]
    File {
        /// Its path.
        path: String,
        /// Why.
        source: std::io::Error,
    },
    /// The database is of a newer version of the program.
    #[error("the database has schema {found}, this program knows {known}: use the newer program")]
    Newer {
        /// What it has.
        found: i64,
        /// What is known here.
        known: i64,
    },
    /// The disk has no room.
    #[error("the disk is full: nothing of this was kept; make room and do it again")]
    Full,
    /// The disk, or the folder, takes no writes.
    #[error(
        "this folder cannot be written: nothing of this was kept; what is in it can still be listed and shown"
    )]
    ReadOnly,
    /// An older database in a folder that cannot be written.
    #[error(
        "the database {path} is of an older version, and its folder cannot be written: copy the folder to another disk, and open it there"
    )]
    Older {
        /// Its path.
        path: String,
    },
    /// The engine failed.
    #[error("{step} failed: {source}")]
    Engine {
        /// What was to be done.
        step: &'static str,
        /// Whether room on the disk may help.
        may_be_full: bool,
        /// Why.
        source: EngineError,
    },
    /// The steps under one commit were withdrawn together.
    #[error("the steps were taken back")]
    RolledBack,
    /// The incident was erased while somebody worked on it.
    #[error("the incident was erased")]
    Erased,
    /// The incident has this photo or sound already.
    #[error("the incident has this photo or recording already")]
    AlreadyAttached,
    /// A stored row is not what it must be: the file was damaged or changed from outside.
    #[error("the stored {0} is damaged")]
    Damaged(&'static str),
}

impl StoreError {
    /// Whether room on the disk may help. An engine does not always say that it lacked room.
    #[must_use]
    pub fn may_be_full(&self) -> bool {
        use std::io::ErrorKind::{QuotaExceeded, StorageFull};
        match self {
            Self::Full => true,
            Self::Open { may_be_full, .. } | Self::Engine { may_be_full, .. } => *may_be_full,
            Self::File { source, .. } => matches!(source.kind(), StorageFull | QuotaExceeded),
            _ => false,
        }
    }
}
