//! What the hub itself writes into an incident: questions of national's, and what people at its board decide. It goes the way
//! every change goes, signed by the hub as a device signs.

use vicinity_core::admit::Verdict;
use vicinity_core::batch::{Group, GroupChange};
use vicinity_core::document::{Authoring, Document, EditError};
use vicinity_core::edit::Edit;
use vicinity_core::ids::{ChangeHash, IncidentId};
use vicinity_core::time::Timestamp;
use vicinity_store::StoreError;
use vicinity_store::board::BoardStore;
use vicinity_store::hub::{HubStore, Peer, Role};

use crate::machine::Machine;
use crate::storage::evidence;
use crate::storage::hub_keys::hub_secret;

/// Why nothing was written.
#[derive(Debug, thiserror::Error)]
pub enum HubEditError {
    /// The hub holds no such incident, or it was erased.
    #[error("the hub holds no such incident")]
    NoIncident,
    /// The edit does not fit.
    #[error(transparent)]
    Edit(#[from] Box<EditError>),
    /// The hub's own log did not take it.
    #[error("the log did not take the change")]
    NotTaken,
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Writes edits as the hub, all or none. Gives the changes that came of them.
///
/// # Errors
/// Nothing was written.
pub fn write(
    store: &mut dyn HubStore,
    incident: IncidentId,
    edits: &[Edit],
    now: Timestamp,
    machine: &mut Machine,
) -> Result<Vec<ChangeHash>, HubEditError> {
    let chunks = store.chunks(incident)?;
    if chunks.is_empty() {
        return Err(HubEditError::NoIncident);
    }
    let document = Document::from_changes(chunks.iter().map(Vec::as_slice));
    let mut document = document.map_err(|_| StoreError::Damaged("document"))?;
    let authored = document
        .apply_all(
            edits,
            Authoring {
                actor: machine.bytes(),
                now,
            },
        )
        .map_err(|(_, error)| error)?;
    if authored.chunks.is_empty() {
        return Ok(Vec::new());
    }
    let hashes = authored
        .chunks
        .iter()
        .filter_map(|chunk| ChangeHash::of_chunk(chunk))
        .collect();
    let changes = authored
        .chunks
        .into_iter()
        .map(|chunk| GroupChange { chunk, by: 0 })
        .collect();
    let hub = Peer {
        number: 0,
        incarnation: 0,
        role: Role::Responder,
    };
    let groups = [Group {
        incident,
        relayed: false,
        changes,
    }];
    // Signed as a device's request is, so that the log holds nothing that nobody signed.
    let envelope = evidence::seal_own(&hub_secret(store)?, &groups, now);
    let verdicts = store.accept(
        &hub,
        Some(evidence::signed(&envelope)),
        &groups,
        now,
        machine,
    )?;
    // A withdrawal of all consent erases the incident, and what brought it with it: it was taken anyway.
    let taken = |verdict: &Verdict| !matches!(verdict, Verdict::Rejected(refusal) if *refusal != vicinity_core::guard::Refusal::Erased);
    if verdicts.iter().all(taken) {
        Ok(hashes)
    } else {
        Err(HubEditError::NotTaken)
    }
}

/// Writes edits that somebody at the board decided, with who that was beside them.
///
/// # Errors
/// Nothing was written.
pub fn write_at_board(
    store: &mut dyn BoardStore,
    incident: IncidentId,
    edits: &[Edit],
    person: &str,
    now: Timestamp,
    machine: &mut Machine,
) -> Result<(), HubEditError> {
    for hash in write(store, incident, edits, now, machine)? {
        store.note_desk_change(incident, hash, person)?;
    }
    Ok(())
}
