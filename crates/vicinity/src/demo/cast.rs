//! The story's phones.

use std::io::BufReader;
use std::path::PathBuf;

use anyhow::{Result, bail};
use jiff::SignedDuration;
use serde_json::Value;
use vicinity_client::End;
use vicinity_client::device::{Device, SyncReport};
use vicinity_client::logging::{BadLine, LogSink};
use vicinity_core::edit::Edit;
use vicinity_core::ids::IncidentId;
use vicinity_core::remark::Remark;
use vicinity_server::store::DatabaseKey;
use vicinity_server::store::hub::Role;

use crate::opening;

use super::servers::Server;
use super::world::World;

/// A phone and who carries it.
pub struct Phone {
    /// Who carries it.
    pub name: &'static str,
    /// Its folder.
    pub home: PathBuf,
    skew: SignedDuration,
}

/// What was logged.
#[derive(Default)]
pub struct Logged {
    /// Incidents.
    pub ids: Vec<IncidentId>,
    bad: Vec<BadLine>,
}

impl LogSink for Logged {
    fn logged(&mut self, id: IncidentId) {
        self.ids.push(id);
    }

    fn remarked(&mut self, _: usize, _: &Remark) {}

    fn refused(&mut self, bad: &BadLine) {
        self.bad.push(bad.clone());
    }
}

impl Phone {
    /// A new phone, enrolled at a hub.
    pub fn enrolled(
        world: &World,
        hub: &Server,
        name: &'static str,
        role: Role,
        skew: SignedDuration,
    ) -> Result<Self> {
        Self::enrolled_by(world, &hub.invite(world, role)?, name, skew)
    }

    /// A new phone, enrolled by this link.
    pub fn enrolled_by(
        world: &World,
        link: &str,
        name: &'static str,
        skew: SignedDuration,
    ) -> Result<Self> {
        let folder = name.to_lowercase().replace(' ', "-");
        let phone = Self {
            name,
            home: world.folder().join(folder),
            skew,
        };
        phone.open(world)?.enrol(link)?;
        Ok(phone)
    }

    /// Opens it, as the program does at each command.
    pub fn open(&self, world: &World) -> Result<Device> {
        let opened = opening::open_vault(&self.home, None)?;
        Ok(Device::open(
            &self.home.join(&opened.folder),
            &DatabaseKey::new(*opened.key),
            world.device(self.skew),
        )?)
    }

    /// Logs lines of incidents with their edits, without a network.
    pub fn log(&self, world: &World, lines: &str) -> Result<Vec<IncidentId>> {
        let mut logged = Logged::default();
        self.open(world)?
            .log_lines(&mut BufReader::new(lines.as_bytes()), true, &mut logged)?;
        if let Some(bad) = logged.bad.first() {
            bail!("a line of the story's is bad: {bad}");
        }
        Ok(logged.ids)
    }

    /// Edits one incident.
    pub fn edit(&self, world: &World, id: IncidentId, edits: &Value) -> Result<()> {
        let mut device = self.open(world)?;
        let edits = Edit::parse_list(edits, device.now())?;
        Ok(device.edit(id, &edits).map(drop)?)
    }

    /// Syncs, and fails if the two ends differ afterwards.
    pub fn sync(&self, world: &World) -> Result<SyncReport> {
        let report = self.try_sync(world)?;
        if report.outcome.end != End::UpToDate {
            bail!(
                "{} and the hub do not hold the same after a sync: {:?}",
                self.name,
                report.outcome
            );
        }
        Ok(report)
    }

    /// Syncs, whatever comes of it.
    pub fn try_sync(&self, world: &World) -> Result<SyncReport> {
        Ok(self.open(world)?.sync()?)
    }

    /// What it shows of an incident.
    pub fn show(&self, world: &World, id: IncidentId) -> Result<Value> {
        Ok(self.open(world)?.show(id)?)
    }
}
