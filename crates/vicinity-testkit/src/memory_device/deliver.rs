//! Taking what an answer of the hub's brought.

use vicinity_core::admit::{self, Verdict};
use vicinity_core::batch::{Group, GroupChange};
use vicinity_core::consent;
use vicinity_core::guard::Refusal;
use vicinity_core::ids::{ChangeHash, IncidentId};
use vicinity_store::device::{Delivered, Fact, cursor_bytes};
use vicinity_store::row::IncidentRow;

use super::{Change, Held, MemoryDevice, State, incidents};
use crate::memory_hub::name;

impl MemoryDevice {
    /// Everything an answer brought; how many changes were new, and how many incidents were erased.
    pub(super) fn take_all(&mut self, delivered: &Delivered<'_>) -> (u64, u64) {
        for (incident, change) in delivered.acked {
            self.mark(*incident, *change, State::HeldByHub);
        }
        for incident in incidents(delivered.acked) {
            if self.documents.contains_key(&incident) {
                self.touch(incident);
            }
            if let Some(held) = self.documents.get_mut(&incident) {
                held.shared = true;
            }
        }
        for (incident, change, refusal) in delivered.rejected {
            // The hub had not seen the consent yet; it asks for the whole when it has.
            if !refusal.may_pass() {
                self.mark(*incident, *change, State::Refused);
            }
            if *refusal == Refusal::OtherIncident && self.documents.contains_key(incident) {
                self.set_apart(*incident);
            }
        }
        self.note_told(delivered.told);
        let erased = self.erase(delivered.erase);
        let received = delivered.groups.iter().map(|group| self.take(group)).sum();
        for incident in delivered.removed {
            self.remove(*incident);
        }
        if let Some(cursor) = &delivered.cursor {
            self.facts.insert(Fact::Cursor.key(), cursor_bytes(cursor).to_vec());
        }
        for (fact, value) in delivered.facts {
            self.facts.insert(fact.key(), value.clone());
        }
        (received, erased)
    }

    fn mark(&mut self, incident: IncidentId, change: ChangeHash, state: State) {
        for known in self.changes.values_mut().filter(|known| known.incident == incident && name(&known.chunk) == change) {
            known.state = state;
        }
    }

    fn take(&mut self, group: &Group) -> u64 {
        let incident = group.incident;
        if self.tombstones.contains_key(&incident) {
            return 0;
        }
        let stored: Vec<Vec<u8>> = self.of(incident).map(|change| change.chunk.clone()).collect();
        let waiting: Vec<Vec<u8>> = self.waiting.iter().filter(|((of, _), _)| *of == incident).map(|(_, change)| change.chunk.clone()).collect();
        let incoming: Vec<Vec<u8>> = group.changes.iter().map(|change| change.chunk.clone()).collect();
        if admit::is_other(stored.iter().map(Vec::as_slice), incoming.iter().map(Vec::as_slice)) {
            self.set_apart(incident);
            return 0;
        }
        let admission = admit::admit(&stored, &waiting, &incoming);
        for (change, verdict) in group.changes.iter().zip(&admission.verdicts) {
            let change_name = name(&change.chunk);
            if *verdict == Verdict::Pending || admission.stored.contains(&change_name) {
                self.waiting.entry((incident, change_name)).or_insert_with(|| change.clone());
                self.settled.remove(&incident);
            }
        }
        for (change, _) in &admission.dropped {
            self.waiting.remove(&(incident, *change));
        }
        for change in &admission.stored {
            if let Some(GroupChange { chunk, by }) = self.waiting.remove(&(incident, *change)) {
                self.keep(Change { incident, own: false, written_by: by, state: State::HeldByHub, chunk });
            }
        }
        if let Some(view) = admission.view {
            let granted = consent::ever_granted(&view.incident, consent::HUB_RESPONSE);
            let (statements, unhashed_code) = self.documents.remove(&incident).map(|held| (held.statements, held.unhashed_code)).unwrap_or_default();
            let row = IncidentRow { incident: view.incident, heads: view.heads };
            self.documents.insert(incident, Held { row, granted, shared: true, statements, unhashed_code });
            self.touch(incident);
        } else if admission.verdicts.contains(&Verdict::Duplicate)
            && let Some(held) = self.documents.get_mut(&incident).filter(|held| !held.shared)
        {
            // What the hub gives back it has, also where no acknowledgement came.
            held.shared = true;
            self.touch(incident);
        }
        admission.stored.len() as u64
    }

    /// A document that left the scope goes, but never with anything in it that the hub does not have.
    fn remove(&mut self, incident: IncidentId) {
        let unsent = self.of(incident).any(|change| change.state != State::HeldByHub);
        let Some(held) = self.documents.get_mut(&incident) else { return };
        held.shared = false;
        let ways = &self.statements.ways;
        let undelivered = held.statements.keys().any(|entry| !ways.get(&(incident, entry.clone())).is_some_and(|way| way.delivered));
        if !unsent && !undelivered {
            self.statements.ways.retain(|(of, _), _| *of != incident);
            self.documents.remove(&incident);
            self.changes.retain(|_, change| change.incident != incident);
            self.waiting.retain(|(of, _), _| *of != incident);
            self.touch(incident);
            self.known.forget(incident);
            self.departed.insert(incident);
        }
    }
}
