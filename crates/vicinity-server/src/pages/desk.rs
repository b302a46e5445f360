//! What the pages of a hub and of national share: who may sign in, the clock, and who is told that something came in.

use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

use tokio::sync::Semaphore;
use vicinity_pages::frame::Place;
use vicinity_store::sqlite::SqlitePeople;
use vicinity_store::{DatabaseKey, StoreError};

use crate::limits::Limits;
use crate::machine::Machine;
use crate::pages::live::Live;
use crate::pages::once::Once;
use crate::writer::{Stored, Writer};

impl Stored for SqlitePeople {
    type Port = Self;

    fn together(&mut self, steps: &mut dyn FnMut(&mut Self) -> bool) -> Result<(), StoreError> {
        self.group_commit(steps)
    }
}

/// What pages need besides the server's own store.
pub struct Desk {
    /// Whose pages these are.
    pub place: Place,
    /// Who may sign in, and who is.
    pub people: Writer<SqlitePeople>,
    /// Clock and randomness.
    pub machine: Machine,
    /// Who is told that something came in.
    pub live: Live,
    /// Whether browsers come over TLS: only then can a cookie be kept from everything else.
    pub secure: bool,
    /// One password is checked at a time: each takes 19 MiB, and nobody may fill a small machine by trying many at once.
    pub(crate) checking: Arc<Semaphore>,
    /// Forms that were taken and count once.
    pub(crate) once: Once,
    limits: Mutex<Limits>,
}

impl Desk {
    /// Opens the file of people in a server's folder. The thread ends with the desk.
    ///
    /// # Errors
    /// The file cannot be used.
    pub fn open(place: Place, folder: &Path, key: &DatabaseKey, machine: &Machine, secure: bool) -> Result<(Self, JoinHandle<()>), StoreError> {
        let (people, thread) = Writer::start(SqlitePeople::open(folder, key)?);
        let (live, checking, once) = (Live::default(), Arc::new(Semaphore::new(1)), Once::default());
        let desk = Self { place, people, machine: machine.clone(), live, secure, checking, once, limits: Mutex::default() };
        Ok((desk, thread))
    }

    /// How many wrong tries came from where.
    pub(crate) fn limits(&self) -> MutexGuard<'_, Limits> {
        // A step that panicked left figures behind that are still figures.
        self.limits.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A server that has pages.
pub trait Office: Send + Sync + 'static {
    /// What its pages need.
    fn desk(&self) -> &Desk;

    /// Something was written at a page: others may have to be told.
    fn told(&self) {
        self.desk().live.tell();
    }
}
