//! Erasing by the hub's order.

use vicinity_core::batch::Erasure;
use vicinity_core::ids::IncidentId;

use super::MemoryDevice;

impl MemoryDevice {
    /// Erases these; whether each was here counts.
    pub(super) fn erase(&mut self, erasures: &[Erasure]) -> u64 {
        let mut held = 0;
        for Erasure { incident, proof } in erasures {
            held += u64::from(self.documents.remove(incident).is_some());
            self.unseal_all_of(*incident);
            self.changes.retain(|_, change| change.incident != *incident);
            self.waiting.retain(|(of, _), _| of != incident);
            self.touch(*incident);
            self.known.forget(*incident);
            self.tombstones.insert(*incident, (*proof, false));
        }
        held
    }

    pub(super) fn note_told(&mut self, told: &[IncidentId]) {
        for incident in told {
            if let Some((_, is_told)) = self.tombstones.get_mut(incident) {
                *is_told = true;
            }
        }
    }

    pub(super) fn untold(&mut self, again: bool, max: usize) -> Vec<Erasure> {
        if again {
            self.tombstones.values_mut().for_each(|(_, told)| *told = false);
        }
        let untold = self.tombstones.iter().filter(|(_, (_, told))| !told);
        untold.take(max).map(|(incident, (proof, _))| Erasure { incident: *incident, proof: *proof }).collect()
    }
}
