//! Who may sign in with a browser: managed from the server's own command line.

use std::path::Path;

use vicinity_core::time::{SignedDuration, Timestamp};
use vicinity_core::{hex, text};
use vicinity_sqlite::SqlitePeople;
use vicinity_store::StoreError;
use vicinity_store::person::{Desk, LINK_SECONDS, NewPerson};

use crate::access::session::hash_of;
use crate::machine::Machine;
use crate::net::tls::{self, TlsError};
use crate::settings::Settings;
use crate::storage::error::ServeError;
use crate::storage::keyring::{self, Unlock};

/// Hours that a one-time link is good for.
pub const LINK_HOURS: i64 = LINK_SECONDS / 3600;
/// Letters of the longest name.
pub const HANDLE_MAX_LETTERS: usize = 40;

/// Why somebody was not invited.
#[derive(Debug, thiserror::Error)]
pub enum InviteError {
    /// The text cannot be a name.
    #[error(
        "a name has 1 to {HANDLE_MAX_LETTERS} letters, digits, dots, dashes or underscores; take a pseudonym, not a name that tells who it is"
    )]
    Handle,
    /// The server never ran, or its address is unknown.
    #[error(transparent)]
    Server(#[from] TlsError),
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Opens the file of people of the server whose database is in a folder.
///
/// # Errors
/// The key or the file.
pub fn open(
    data: &Path,
    database: &str,
    unlock: Option<&Unlock>,
    machine: &Machine,
) -> Result<SqlitePeople, ServeError> {
    Ok(SqlitePeople::open(
        data,
        &keyring::open(data, database, unlock, machine)?,
    )?)
}

/// Makes a one-time link by which a person sets a password and a second factor, one URL for each address of the server. A person who
/// has the name already is signed out and sets both again. Durable when this returns.
///
/// # Errors
/// The text cannot be a name, the server never ran, or the store failed.
pub fn invite(
    people: &mut SqlitePeople,
    server: &mut dyn Settings,
    handle: &str,
    desk: Desk,
    machine: &Machine,
) -> Result<Vec<String>, InviteError> {
    let handle = &self::handle(handle);
    let fits = |character: char| {
        character.is_alphanumeric() || text::is_mark(character) || "._-".contains(character)
    };
    if handle.is_empty() || !text::fits(handle, HANDLE_MAX_LETTERS) || !handle.chars().all(fits) {
        return Err(InviteError::Handle);
    }
    let bases = tls::bases(server.get(tls::BASES)?)?;
    let code = hex::write(&machine.bytes::<16>());
    let now = (machine.now)();
    people.invite(
        &NewPerson {
            handle,
            desk,
            code_hash: hash_of(&code),
            expires: link_expiry(now),
            totp: machine.bytes(),
        },
        now,
    )?;
    Ok(bases
        .iter()
        .map(|base| format!("{base}/welcome/{code}"))
        .collect())
}

/// A name as it is kept and compared: however a keyboard writes its accents and digits.
#[must_use]
pub fn handle(text: &str) -> String {
    text::secret(text).trim().to_owned()
}

fn link_expiry(now: Timestamp) -> Timestamp {
    now.checked_add(SignedDuration::from_hours(LINK_HOURS))
        .unwrap_or(now)
}
