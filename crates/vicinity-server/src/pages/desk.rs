//! What the pages of a hub and of national share: who may sign in, the clock, and who is told that something came in.

use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

use tokio::sync::{OwnedMutexGuard, Semaphore};
use vicinity_core::time::TimeZone;
use vicinity_pages::frame::Tier;
use vicinity_sqlite::SqlitePeople;
use vicinity_store::forms::Forms;
use vicinity_store::{DatabaseKey, StoreError};

use crate::clock::Clock;
use crate::gate::{Door, Gate};
use crate::limits::Limits;
use crate::machine::Machine;
use crate::pages::answer::PageError;
use crate::pages::credentials::Memory;
use crate::pages::kept::Kept;
use crate::pages::live::Live;
use crate::pages::once::Once;
use crate::pages::secret::Secret;
use crate::pages::tries::Tries;
use crate::writer::{Stored, Writer};

impl Stored for SqlitePeople {
    type Port = Self;

    fn together(&mut self, next: &mut dyn FnMut(&mut Self) -> Option<bool>) -> Result<(), StoreError> {
        self.group_commit(next)
    }
}

/// Sign-ins that may wait for their turn: a second or two of them. One more is told to try again.
const WAITING_MAX: usize = 32;
/// The same of browsers that are known: strangers do not take these places.
const KNOWN_WAITING_MAX: usize = 8;

/// Turns to check a password, one at a time, all in the same memory: each takes 19 MiB, and nobody may fill a small machine by
/// trying many at once.
pub(crate) struct Turns {
    one: Arc<tokio::sync::Mutex<Memory>>,
    strangers: Semaphore,
    known: Semaphore,
}

impl Default for Turns {
    fn default() -> Self {
        Self { one: Arc::default(), strangers: Semaphore::new(WAITING_MAX), known: Semaphore::new(KNOWN_WAITING_MAX) }
    }
}

/// A turn, and the memory that it is done in. It lasts until it is dropped.
pub(crate) type Turn = OwnedMutexGuard<Memory>;

impl Turns {
    /// Waits for a turn.
    ///
    /// # Errors
    /// Too many wait.
    pub(crate) async fn next(&self, is_known: bool) -> Result<Turn, PageError> {
        let places = if is_known { &self.known } else { &self.strangers };
        let _place = places.try_acquire().map_err(|_| PageError::Busy)?;
        Ok(Arc::clone(&self.one).lock_owned().await)
    }
}

/// What pages need besides the server's own store.
pub struct Desk {
    /// Whose pages these are.
    pub place: Tier,
    /// Who may sign in, and who is.
    pub people: Writer<SqlitePeople>,
    /// Clock and randomness.
    pub machine: Machine,
    /// Whether the clock may be believed.
    pub clock: Clock,
    /// Who is told that something came in.
    pub live: Live,
    /// Whether browsers come over TLS: only then can a cookie be kept from everything else.
    pub secure: bool,
    /// What marks of forms, known browsers and cookies' names are made from.
    pub(crate) secret: Secret,
    pub(crate) turns: Turns,
    /// What was sent when a session had ended.
    pub(crate) kept: Kept,
    /// Turns of people whose forms count once.
    pub(crate) once: Once,
    limits: Mutex<Limits>,
    tries: Mutex<Tries>,
    /// The zone whose time pages speak: a hub's own; UTC at national, and while nobody knows it.
    pub(crate) zone: Arc<Mutex<TimeZone>>,
}

impl Desk {
    /// Opens the file of people in a server's folder. The thread ends with the desk.
    ///
    /// # Errors
    /// The file cannot be used.
    pub fn open(place: Tier, folder: &Path, key: &DatabaseKey, machine: &Machine, clock: &Clock, secure: bool) -> Result<(Self, JoinHandle<()>), StoreError> {
        let mut people = SqlitePeople::open(folder, key)?;
        let secret = Secret::new(people.secret(machine.bytes())?);
        let (people, thread) = Writer::start(people);
        let (live, turns, once, kept) = (Live::default(), Turns::default(), Once::default(), Kept::default());
        let (limits, tries, zone) = (Mutex::default(), Mutex::default(), Arc::new(Mutex::new(TimeZone::UTC)));
        let (machine, clock) = (machine.clone(), clock.clone());
        let desk = Self { place, people, machine, clock, live, secure, secret, turns, kept, once, limits, tries, zone };
        Ok((desk, thread))
    }

    /// The zone whose time pages speak.
    pub(crate) fn zone(&self) -> TimeZone {
        self.zone.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// How many wrong one-time codes came from where.
    pub(crate) fn limits(&self) -> MutexGuard<'_, Limits> {
        // A step that panicked left figures behind that are still figures.
        self.limits.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How many wrong tries to sign in there were.
    pub(crate) fn tries(&self) -> MutexGuard<'_, Tries> {
        self.tries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A server that has pages.
pub trait Office: Send + Sync + 'static {
    /// Where its forms write.
    type Forms: Forms + Door + ?Sized + 'static;

    /// The way there.
    fn forms(&self) -> &Gate<Self::Forms>;

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
        let first = turns.next(false).await.unwrap();
        let waiting: Vec<_> = (0..WAITING_MAX)
            .map(|_| {
                let turns = Arc::clone(&turns);
                tokio::spawn(async move { turns.next(false).await.is_ok() })
            })
            .collect();
        while turns.strangers.available_permits() > 0 {
            tokio::task::yield_now().await;
        }
        assert!(matches!(turns.next(false).await, Err(PageError::Busy)));
        let known = tokio::spawn({
            let turns = Arc::clone(&turns);
            async move { turns.next(true).await.is_ok() }
        });
        drop(first);
        assert!(known.await.unwrap(), "who is known finds a place");
        for one in waiting {
            assert!(one.await.unwrap());
        }
        assert!(turns.next(false).await.is_ok());
    }
}
