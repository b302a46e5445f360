//! What travels between a device and its hub, as domain types: groups of changes, places in the feed, heads.

use std::collections::BTreeSet;

use crate::chunk::Chunk;
use crate::ids::{ChangeHash, IncidentId, ScopeDigest};

/// Changes of one incident.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// The incident.
    pub incident: IncidentId,
    /// Whether the sender passes on what others wrote, to fill a hub's gap.
    pub relayed: bool,
    /// The changes, ancestors first.
    pub changes: Vec<GroupChange>,
}

/// One change in a group.
#[derive(Clone, PartialEq, Eq)]
pub struct GroupChange {
    /// The original bytes.
    pub chunk: Vec<u8>,
    /// The number of the device that wrote it, as its hub counts devices; 0 if the receiver may not know it.
    pub by: u32,
}

impl core::fmt::Debug for GroupChange {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "GroupChange({} bytes)", self.chunk.len())
    }
}

/// An incident that was erased, with the hub's proof that it ordered it. It says nothing of the incident but its id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Erasure {
    /// The incident.
    pub incident: IncidentId,
    /// The hub's signature.
    pub proof: [u8; 64],
}

/// A place in a hub's feed. It holds only for one epoch of one hub, its chain proves that the feed up to here is the one
/// the device has seen, and its MAC proves that the hub gave it out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cursor {
    /// Which life of the hub's database.
    pub epoch: [u8; 16],
    /// How many feed rows lie behind.
    pub seq: u64,
    /// The chain value of the last of them.
    pub chain: [u8; 16],
    /// The hub's proof of the three, under a key that it alone and its backups have.
    pub mac: [u8; 8],
}

/// Sorted heads of one document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DocumentHeads {
    /// The incident.
    pub incident: IncidentId,
    /// Its heads.
    pub heads: Vec<ChangeHash>,
}

/// A range of a rebase: every document of the sender's with an id above `after` and up to `until`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct HeadsPage {
    /// Exclusive lower end; `None` is the first.
    pub after: Option<IncidentId>,
    /// Inclusive upper end; `None` is the last there can be.
    pub until: Option<IncidentId>,
    /// What the sender has in between, ascending by id.
    pub have: Vec<DocumentHeads>,
}

/// What a hub gives a device at one contact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pull {
    /// Changes.
    pub groups: Vec<Group>,
    /// Incidents that left the device's scope.
    pub removed: Vec<IncidentId>,
    /// Documents of which the hub lacks ancestors, with the heads it has.
    pub need: Vec<DocumentHeads>,
    /// The device's position in the feed after this.
    pub cursor: Cursor,
    /// Whether there is more behind it.
    pub more: bool,
    /// In a rebase: how far it has come; `None` when it is over.
    pub rebased_until: Option<IncidentId>,
    /// The digest of the device's scope as it is now.
    pub digest: ScopeDigest,
}

/// Which of a document's changes (ancestors first) a peer lacks that has these heads. Heads that are not among the
/// changes tell nothing and are passed over.
#[must_use]
pub fn missing(chunks: &[Chunk<'_>], heads: &[ChangeHash]) -> Vec<usize> {
    let mut known: BTreeSet<ChangeHash> = heads.iter().copied().collect();
    let mut lacks = Vec::new();
    // Descendants come after their ancestors, so one walk from the end finds all ancestors of the heads.
    for (at, chunk) in chunks.iter().enumerate().rev() {
        if known.contains(&chunk.hash) {
            known.extend(chunk.deps.iter().copied());
        } else {
            lacks.push(at);
        }
    }
    lacks.reverse();
    lacks
}
