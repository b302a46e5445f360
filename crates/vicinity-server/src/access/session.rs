//! Sessions of people at browsers, and what one permits.

use sha2::{Digest, Sha256};
use vicinity_core::access::{self, Action, Denied, Resource};
use vicinity_store::person::Session;

/// A session whose role may do what was asked. The gate does a page's step for nobody else.
pub struct Permit {
    /// The session.
    pub session: Session,
    /// The cookie's hash, by which the session is kept.
    pub(crate) token_hash: [u8; 32],
    /// The hash of a form that counts once.
    pub(crate) sent: Option<[u8; 32]>,
    /// The page that the form stood on.
    pub(crate) back: String,
}

impl Permit {
    /// Permits an action to a session.
    ///
    /// # Errors
    /// The session's role may not do it.
    pub(crate) fn of(
        session: Session,
        token_hash: [u8; 32],
        action: Action,
        back: &str,
    ) -> Result<Self, Denied> {
        access::decide(session.desk.actor(), action, Resource::Server)?;
        Ok(Self {
            session,
            token_hash,
            sent: None,
            back: back.to_owned(),
        })
    }
}

/// What is kept of a token or of a one-time code.
#[must_use]
pub fn hash_of(token: &str) -> [u8; 32] {
    Sha256::digest(token.as_bytes()).into()
}
