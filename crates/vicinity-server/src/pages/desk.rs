//! What the pages of a hub and of national share: who may sign in, the clock, and who is told that something came in.

use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use vicinity_core::time::TimeZone;
use vicinity_pages::frame::Place;
use vicinity_store::sqlite::SqlitePeople;
use vicinity_store::{DatabaseKey, StoreError};

use crate::limits::Limits;
use crate::machine::Machine;
use crate::pages::answer::PageError;
use crate::pages::live::Live;
use crate::pages::once::Once;
use crate::writer::{Stored, Writer};

impl Stored for SqlitePeople {
    type Port = Self;

    fn together(&mut self, steps: &mut dyn FnMut(&mut Self) -> bool) -> Result<(), StoreError> {
        self.group_commit(steps)
    }
}

/// Sign-ins that may wait for their turn: a second or two of them. One more is told to try again.
const WAITING_MAX: usize = 32;

/// Turns to check a password, one at a time: each takes 19 MiB, and nobody may fill a small machine by trying many at once.
pub(crate) struct Turns {
    one: Arc<Semaphore>,
    places: Semaphore,
}

impl Default for Turns {
    fn default() -> Self {
        Self { one: Arc::new(Semaphore::new(1)), places: Semaphore::new(WAITING_MAX) }
    }
}

impl Turns {
    /// Waits for a turn, which lasts until it is dropped.
    ///
    /// # Errors
    /// Too many wait.
    pub(crate) async fn next(&self) -> Result<OwnedSemaphorePermit, PageError> {
        let _place = self.places.try_acquire().map_err(|_| PageError::Busy)?;
        Arc::clone(&self.one).acquire_owned().await.map_err(|_| PageError::Failed)
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
    pub(crate) turns: Turns,
    /// Forms that were taken and count once.
    pub(crate) once: Once,
    limits: Mutex<Limits>,
    /// The zone whose time pages speak: a hub's own; UTC at national, and while nobody knows it.
    pub(crate) zone: Arc<Mutex<TimeZone>>,
}

impl Desk {
    /// Opens the file of people in a server's folder. The thread ends with the desk.
    ///
    /// # Errors
    /// The file cannot be used.
    pub fn open(place: Place, folder: &Path, key: &DatabaseKey, machine: &Machine, secure: bool) -> Result<(Self, JoinHandle<()>), StoreError> {
        let (people, thread) = Writer::start(SqlitePeople::open(folder, key)?);
        let (live, turns, once) = (Live::default(), Turns::default(), Once::default());
        let desk =
            Self { place, people, machine: machine.clone(), live, secure, turns, once, limits: Mutex::default(), zone: Arc::new(Mutex::new(TimeZone::UTC)) };
        Ok((desk, thread))
    }

    /// The zone whose time pages speak.
    pub(crate) fn zone(&self) -> TimeZone {
        self.zone.lock().unwrap_or_else(PoisonError::into_inner).clone()
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

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn who_finds_too_many_waiting_is_told_so_and_those_who_wait_come_to_their_turn() {
        let turns = Arc::new(Turns::default());
        let first = turns.next().await.unwrap();
        let waiting: Vec<_> = (0..WAITING_MAX)
            .map(|_| {
                let turns = Arc::clone(&turns);
                tokio::spawn(async move { turns.next().await.is_ok() })
            })
            .collect();
        while turns.places.available_permits() > 0 {
            tokio::task::yield_now().await;
        }
        assert!(matches!(turns.next().await, Err(PageError::Busy)));
        drop(first);
        for one in waiting {
            assert!(one.await.unwrap());
        }
        assert!(turns.next().await.is_ok());
    }
}
