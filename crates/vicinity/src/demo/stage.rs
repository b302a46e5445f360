//! The demo's servers and phones, as each of its days finds them.

use anyhow::Result;
use tokio::runtime::Runtime;
use vicinity_server::store::hub::HubStore;

use super::cast::Phone;
use super::servers::{Server, until};
use super::world::World;
use crate::output::line;

/// The story's servers and phones.
pub struct Stage<'a> {
    /// Clock, randomness, folder.
    pub world: &'a World,
    /// Where the servers run.
    pub runtime: &'a Runtime,
    /// Above both.
    pub national: Server,
    /// A hub.
    pub dakar: Server,
    /// The other hub.
    pub phnom_penh: Server,
    /// Three in Dakar, three in Phnom Penh; the third of each is the responder's.
    pub phones: Vec<Phone>,
}

/// Prints a heading.
pub fn heading(text: &str) -> Result<()> {
    line(format!("\n{text}"))
}

/// Waits until national has confirmed everything.
pub fn settle(stage: &Stage<'_>) -> Result<()> {
    until("national has everything", || {
        let unsent = |hub: &Server| {
            Ok::<u64, anyhow::Error>(hub.as_hub(stage.world)?.counts()?.projections_unsent)
        };
        Ok(unsent(&stage.dakar)? + unsent(&stage.phnom_penh)? == 0)
    })
}
