//! Who is behind a proven request.

use vicinity_core::access::Actor;

/// What a device may see and do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Its own incidents and those assigned to it.
    Educator,
    /// All incidents of the hub.
    Responder,
    /// Not a device: a hub, to its national server.
    Hub,
}

impl Role {
    /// Its name.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Educator => "educator",
            Self::Responder => "responder",
            Self::Hub => "hub",
        }
    }

    /// Who acts in this role.
    #[must_use]
    pub fn actor(self) -> Actor {
        match self {
            Self::Educator => Actor::Educator,
            Self::Responder => Actor::Responder,
            Self::Hub => Actor::Hub,
        }
    }

    /// The role of that name.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        [Self::Educator, Self::Responder, Self::Hub]
            .into_iter()
            .find(|role| role.code() == code)
    }
}

/// An enrolled device behind a request that was proven.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Peer {
    /// Its number at this hub, from 1; 0 is the hub itself.
    pub number: u32,
    /// Its life.
    pub incarnation: u64,
    /// Its role.
    pub role: Role,
}
