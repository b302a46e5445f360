//! Photos and sounds: stripped of metadata, then kept and carried like any statement.

use vicinity_core::edit::Edit;
use vicinity_core::ids::IncidentId;
use vicinity_store::StoreError;
use vicinity_store::device::DeviceStore;

use crate::device::Device;
use crate::error::DeviceError;
use crate::media;
use crate::work::Work;

/// A file that was attached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attached {
    /// The entry of the incident that names it.
    pub entry: String,
    /// Its class: `photo` or `audio`.
    pub class: &'static str,
    /// Bytes that are kept.
    pub bytes: u64,
    /// Whether the incident had it already. Then nothing was added.
    pub already_here: bool,
}

impl<S: DeviceStore> Device<S> {
    /// Attaches a photo or a sound to an incident, without its metadata, once: the same one again is the same. Durable when this
    /// returns; nothing of the file but what is kept was written anywhere.
    ///
    /// # Errors
    /// A file that cannot be stripped, no such incident, or storage; then nothing was kept.
    pub fn attach(&mut self, incident: IncidentId, file: &[u8]) -> Result<Attached, DeviceError> {
        let stripped = media::strip(file)?;
        let hash = self.once_key()?.attachment(incident, &stripped.bytes);
        let (class, bytes) = (stripped.class, stripped.bytes.len() as u64);
        let mut already_here = self.store.attached(incident, hash)?.is_some();
        if !already_here {
            match self.apply_as(
                incident,
                &[Edit::attachment(class, stripped.bytes)?],
                true,
                Work::attaching(hash),
            ) {
                // Another program attached it at the same moment.
                Err(DeviceError::Store(StoreError::AlreadyAttached)) => already_here = true,
                other => drop(other?),
            }
        }
        let entry = self
            .store
            .attached(incident, hash)?
            .ok_or(DeviceError::Document)?;
        Ok(Attached {
            entry,
            class,
            bytes,
            already_here,
        })
    }
}
