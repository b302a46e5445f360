//! What educators' devices let go of.

use vicinity_core::batch::DocumentHeads;
use vicinity_core::ids::{ChangeHash, IncidentId};
use vicinity_store::hub::{Peer, Role};

use super::{MemoryHub, What};

impl MemoryHub {
    pub(super) fn let_go_of(&mut self, peer: &Peer, document: &DocumentHeads) {
        let incident = document.incident;
        let is_same = self.documents.get(&incident).is_some_and(|row| row.heads == document.heads);
        if peer.role == Role::Educator && is_same && self.scope.remove(&(incident, peer.number)) {
            self.append(incident, ChangeHash([2; 32]), What::Left(peer.number));
            self.departed.insert((incident, peer.number));
            self.note_lasting(peer.number, 1);
        }
    }

    /// Something new of it is about to be stored: whoever let go of it sees it again.
    pub(super) fn bring_back(&mut self, incident: IncidentId) {
        let devices: Vec<u32> = self.departed.iter().filter(|(of, _)| *of == incident).map(|(_, device)| *device).collect();
        for device in devices {
            self.departed.remove(&(incident, device));
            self.enters(incident, device);
        }
    }

    pub(super) fn enters(&mut self, incident: IncidentId, device: u32) {
        self.scope.insert((incident, device));
        self.append(incident, ChangeHash([1; 32]), What::Entered(device));
    }
}
