//! People who sign in with a browser.

use vicinity_core::access::Actor;
use vicinity_core::time::Timestamp;

/// What somebody in a browser may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Desk {
    /// Responds, at a hub.
    Responder,
    /// Reviews, at national.
    Coordinator,
}

impl Desk {
    /// Its name.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Responder => "responder",
            Self::Coordinator => "coordinator",
        }
    }

    /// The desk of that name.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        [Self::Responder, Self::Coordinator]
            .into_iter()
            .find(|desk| desk.code() == code)
    }

    /// Who acts there.
    #[must_use]
    pub fn actor(self) -> Actor {
        match self {
            Self::Responder => Actor::Board,
            Self::Coordinator => Actor::Coordinator,
        }
    }
}

/// Seconds that a one-time link is good for.
pub const LINK_SECONDS: i64 = 24 * 3600;
/// Seconds of one step of six-digit codes.
pub const CODE_STEP_SECONDS: i64 = 30;

/// Anyone who is to sign in by a one-time link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewPerson<'a> {
    /// What they sign in with.
    pub handle: &'a str,
    /// What they may do.
    pub desk: Desk,
    /// The hash of the link's code.
    pub code_hash: [u8; 32],
    /// Until when the link is good.
    pub expires: Timestamp,
    /// The secret of their six-digit codes.
    pub totp: [u8; 20],
}

/// A password as it is kept: Argon2id of it, and the salt.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct PasswordHash {
    /// The salt.
    pub salt: [u8; 16],
    /// The hash.
    pub hash: [u8; 32],
}

impl core::fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("PasswordHash")
    }
}

/// What is needed to check whether somebody is who they say.
#[derive(Clone, PartialEq, Eq)]
pub struct SignIn {
    /// Their number.
    pub number: u32,
    /// Their name.
    pub handle: String,
    /// Their password; `None` before the one-time link was used.
    pub password: Option<PasswordHash>,
    /// The secret of their codes.
    pub totp: [u8; 20],
}

impl core::fmt::Debug for SignIn {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "SignIn({})", self.number)
    }
}

/// A session that begins.
#[derive(Clone, PartialEq, Eq)]
pub struct NewSession {
    /// Whose.
    pub person: u32,
    /// The hash of what the browser keeps.
    pub token_hash: [u8; 32],
    /// What every form of it must carry.
    pub csrf: String,
    /// The step of the code that was shown.
    pub totp_step: u64,
}

/// Who is signed in.
#[derive(Clone, PartialEq, Eq)]
pub struct Session {
    /// Their number.
    pub number: u32,
    /// Their name.
    pub handle: String,
    /// What they may do.
    pub desk: Desk,
    /// What every form must carry.
    pub csrf: String,
    /// Their language, if they chose one.
    pub language: Option<String>,
    /// Light or dark, if they chose.
    pub theme: Option<String>,
    /// When they last said that they have looked.
    pub looked_at: Timestamp,
}

impl core::fmt::Debug for Session {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "Session({})", self.number)
    }
}

/// Somebody who may sign in, as they are listed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PersonRow {
    /// Their number.
    pub number: u32,
    /// Their name.
    pub handle: String,
    /// What they may do.
    pub desk: Desk,
    /// Whether the one-time link was used.
    pub has_password: bool,
    /// When they were last here.
    pub last_seen: Option<Timestamp>,
}
