//! The way to a hub.

use vicinity_sync::message::Refused;
use vicinity_sync::order::WipeOrder;

/// Why a post brought no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LinkFailure {
    /// The other side refused.
    Refused(Refused),
    /// The other side says that this device was revoked, and orders it to wipe itself; the order is not checked yet.
    Revoked(WipeOrder),
    /// The link was cut: whether the request arrived is not known.
    Cut,
}

/// A way to post a request and get its answer.
pub trait Link {
    /// Posts a body to a path, and waits for the answer.
    ///
    /// # Errors
    /// A refusal or a cut.
    fn post(&mut self, path: &str, body: &[u8]) -> Result<Vec<u8>, LinkFailure>;

    /// Why the last post that nobody answered was cut, for people; empty where the link does not know.
    fn failed(&self) -> String {
        String::new()
    }
}
