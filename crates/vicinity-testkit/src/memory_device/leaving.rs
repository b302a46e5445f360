//! What leaves an educator's phone.

use vicinity_core::batch::DocumentHeads;
use vicinity_core::ids::IncidentId;
use vicinity_core::time::Timestamp;
use vicinity_store::device::kept_since;

use super::{Held, MemoryDevice, State};

impl MemoryDevice {
    pub(super) fn settle(&mut self, now: Timestamp, max: usize) -> Vec<DocumentHeads> {
        let whole: Vec<IncidentId> =
            self.documents.iter().filter(|(incident, held)| self.hub_has_all(**incident, held)).map(|(incident, _)| *incident).collect();
        for incident in whole {
            let since = self.settled.entry(incident).or_insert(now);
            *since = now.min(*since);
        }
        let left = self.settled.iter().filter(|(_, since)| **since <= kept_since(now)).map(|(incident, _)| *incident);
        left.take(max).filter_map(|incident| Some(DocumentHeads { incident, heads: self.documents.get(&incident)?.row.heads.clone() })).collect()
    }

    fn hub_has_all(&self, incident: IncidentId, held: &Held) -> bool {
        held.shared
            && held.unhashed_code.is_none()
            && self.of(incident).all(|change| change.state == State::HeldByHub)
            && self.waiting.keys().all(|(of, _)| *of != incident)
            && held.statements.keys().all(|entry| self.is_delivered(incident, entry))
    }

    pub(super) fn is_delivered(&self, incident: IncidentId, entry: &str) -> bool {
        self.statements.ways.get(&(incident, entry.to_owned())).is_some_and(|way| way.delivered)
    }

    /// Something of it changed: the days begin anew, and it is here.
    pub(super) fn touch(&mut self, incident: IncidentId) {
        self.settled.remove(&incident);
        self.departed.remove(&incident);
    }
}
