//! Photos and sounds: stripped first, then kept and carried like any statement.

use vicinity_core::edit::Edit;
use vicinity_core::ids::IncidentId;
use vicinity_store::statement::DeviceStatements;

use crate::ClientError;
use crate::device::Device;
use crate::media;

/// A file that was attached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attached {
    /// The entry of the incident that names it.
    pub entry: String,
    /// Its class: `photo` or `audio`.
    pub class: &'static str,
    /// Bytes that are kept.
    pub bytes: u64,
}

impl Device {
    /// Attaches a photo or a sound to an incident, without its metadata. Durable when this returns; nothing of the file but
    /// what is kept was written anywhere.
    ///
    /// # Errors
    /// A file that cannot be stripped, no such incident, or storage; then nothing was kept.
    pub fn attach(&mut self, incident: IncidentId, file: &[u8]) -> Result<Attached, ClientError> {
        let stripped = media::strip(file)?;
        let before: Vec<String> = self.entries_of(incident)?;
        let (class, bytes) = (stripped.class, stripped.bytes.len() as u64);
        self.edit(incident, &[Edit::attachment(class, stripped.bytes)?])?;
        let entry = self.entries_of(incident)?.into_iter().find(|entry| !before.contains(entry)).ok_or(ClientError::Document)?;
        Ok(Attached { entry, class, bytes })
    }

    fn entries_of(&mut self, incident: IncidentId) -> Result<Vec<String>, ClientError> {
        Ok(self.store.carried(incident)?.into_iter().map(|(entry, _)| entry).collect())
    }
}
