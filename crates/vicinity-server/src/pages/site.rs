//! What the pages of a hub and of national share: who may sign in, the clock, and who learns that something came in.

use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

use tokio::sync::{OwnedMutexGuard, Semaphore};
use vicinity_core::time::TimeZone;
use vicinity_pages::frame::Tier;
use vicinity_sqlite::SqlitePeople;
use vicinity_store::forms::Forms;
use vicinity_store::{DatabaseKey, StoreError};

use crate::access::limits::Limits;
use crate::api::server::Server;
use crate::jobs::clock::Clock;
use crate::machine::Machine;
use crate::net::live::Live;
use crate::pages::answer::PageError;
use crate::pages::credentials::Memory;
use crate::pages::late_forms::LateForms;
use crate::pages::once::Once;
use crate::pages::secret::Secret;
use crate::pages::tries::Tries;
use crate::storage::writer::Writer;

/// Sign-ins that may wait for their turn: a second or two of them. One more gets [`PageError::Busy`].
const WAITING_MAX: usize = 32;
/// The same of browsers that are known: strangers do not take these places.
const KNOWN_WAITING_MAX: usize = 8;

/// PasswordQueue to check a password, one at a time, all in the same memory: each takes 19 MiB, and nobody may fill a small machine by
/// trying many at once.
pub(crate) struct PasswordQueue {
    one: Arc<tokio::sync::Mutex<Memory>>,
    strangers: Semaphore,
    known: Semaphore,
}

impl Default for PasswordQueue {
    fn default() -> Self {
        Self {
            one: Arc::default(),
            strangers: Semaphore::new(WAITING_MAX),
            known: Semaphore::new(KNOWN_WAITING_MAX),
        }
    }
}

/// A turn, and the memory that it is done in. It lasts until it is dropped.
pub(crate) type PasswordTurn = OwnedMutexGuard<Memory>;

impl PasswordQueue {
    /// Waits for a turn.
    ///
    /// # Errors
    /// Too many wait.
    pub(crate) async fn next(&self, is_known: bool) -> Result<PasswordTurn, PageError> {
        let places = if is_known {
            &self.known
        } else {
            &self.strangers
        };
        let _place = places.try_acquire().map_err(|_| PageError::Busy)?;
        Ok(Arc::clone(&self.one).lock_owned().await)
    }
}

/// What the pages of one server share, apart from its store.
pub struct Site {
    /// Whose pages these are.
    pub place: Tier,
    /// Who may sign in, and who is.
    pub people: Writer<SqlitePeople>,
    /// Clock and randomness.
    pub machine: Machine,
    /// Whether the clock can be trusted.
    pub clock: Clock,
    /// The browsers that listen for new rows.
    pub live: Live,
    /// Whether browsers come over TLS: only then can a cookie be kept from everything else.
    pub secure: bool,
    /// What marks of forms, known browsers and cookies' names are made from.
    pub(crate) secret: Secret,
    pub(crate) turns: PasswordQueue,
    /// What was sent when a session had ended.
    pub(crate) late_forms: LateForms,
    /// PasswordQueue of people whose forms count once.
    pub(crate) once: Once,
    limits: Mutex<Limits>,
    tries: Mutex<Tries>,
    /// The zone whose time pages speak: a hub's own; UTC at national, and while it is unknown.
    pub(crate) zone: Arc<Mutex<TimeZone>>,
}

impl Site {
    /// Opens the file of people in a server's folder. The thread ends with the site.
    ///
    /// # Errors
    /// The file cannot be used.
    pub fn open(
        place: Tier,
        folder: &Path,
        key: &DatabaseKey,
        machine: &Machine,
        clock: &Clock,
        secure: bool,
    ) -> Result<(Self, JoinHandle<()>), StoreError> {
        let mut people = SqlitePeople::open(folder, key)?;
        let secret = Secret::new(people.secret(machine.bytes())?);
        let (people, thread) = Writer::start(people);
        let (live, turns, once, late_forms) = (
            Live::default(),
            PasswordQueue::default(),
            Once::default(),
            LateForms::default(),
        );
        let (limits, tries, zone) = (
            Mutex::default(),
            Mutex::default(),
            Arc::new(Mutex::new(TimeZone::UTC)),
        );
        let (machine, clock) = (machine.clone(), clock.clone());
        let site = Self {
            place,
            people,
            machine,
            clock,
            live,
            secure,
            secret,
            turns,
            late_forms,
            once,
            limits,
            tries,
            zone,
        };
        Ok((site, thread))
    }

    /// The zone whose time pages speak.
    pub(crate) fn zone(&self) -> TimeZone {
        self.zone
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// How many wrong one-time codes came from where.
    pub(crate) fn limits(&self) -> MutexGuard<'_, Limits> {
        // Counters stay valid after a panic.
        self.limits.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How many wrong tries to sign in there were.
    pub(crate) fn tries(&self) -> MutexGuard<'_, Tries> {
        self.tries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A server that has pages.
pub trait PageServer: Server<Store: Forms> {
    /// What its pages need.
    fn site(&self) -> &Site;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn who_finds_too_many_waiting_is_told_so_and_those_who_wait_come_to_their_turn() {
        let turns = Arc::new(PasswordQueue::default());
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
