//! Jobs that a server does by itself. Each runs until aborted.
//!
//! Reading order: [`clock`] (whether it can be trusted), [`upkeep`] (what time alone changes), [`damage`] (whether files are whole),
//! [`upstream`] and on it [`uplink`] (a hub to national) and [`publish`] (national to the server above).

pub mod clock;
pub mod damage;
pub mod publish;
pub mod upkeep;
pub mod uplink;
pub mod upstream;
