//! Erasing.

use vicinity_core::areas::Areas;
use vicinity_core::ids::IncidentId;
use vicinity_core::time::Timestamp;
use vicinity_store::hub::{DeviceRow, ErasurePlace, ErasureRow, LASTING_ROW_BYTES, Peer, ProjectionRow, Role};
use vicinity_store::policy;

use super::{FeedRow, MemoryHub, Projection, What};

impl MemoryHub {
    /// Whether there was anything to erase, or it was erased before.
    pub(super) fn erase_incident(&mut self, incident: IncidentId, now: Timestamp) -> bool {
        if self.tombstones.contains_key(&incident) {
            return true;
        }
        let holders = self.holders(incident);
        self.erase_ordered(incident, &holders, now)
    }

    /// Erases what its survivor withdrew, at the word of a device.
    pub(super) fn recall(&mut self, incident: IncidentId, peer: &Peer, is_new: bool, now: Timestamp) {
        let is_alone = is_new && !self.settings.contains_key(policy::RESTORED);
        let holders = if is_alone { vec![peer.number] } else { self.holders(incident) };
        self.erase_ordered(incident, &holders, now);
        self.note_lasting(peer.number, 1 + holders.len() as u64);
    }

    pub(super) fn note_lasting(&mut self, device: u32, rows: u64) {
        *self.lasting.entry(device).or_default() += rows * LASTING_ROW_BYTES;
    }

    fn erase_ordered(&mut self, incident: IncidentId, holders: &[u32], now: Timestamp) -> bool {
        self.erase_orders.extend(holders.iter().map(|device| (*device, incident)));
        let wrote =
            self.feed.iter().filter(|row| row.incident == incident).filter_map(|row| if let What::Change(sent) = &row.what { Some(sent.device) } else { None });
        let scoped = self.scope.iter().filter(|(of, _)| *of == incident).map(|(_, device)| *device);
        let writers: Vec<u32> = wrote.chain(scoped).collect();
        self.forget_under_way(&writers);
        let is_known = self.documents.remove(&incident).is_some();
        let mut areas = self.areas();
        if areas.keep_only(self.documents.values().filter_map(|row| row.incident.text("place.area"))) {
            self.settings.insert(policy::AREAS_MET.to_owned(), Areas::to_text(&areas.met).into_bytes());
        }
        self.take_back(incident, is_known);
        for row in self.feed.iter_mut().filter(|row| row.incident == incident) {
            *row = FeedRow { chain: row.chain, incident: IncidentId::from_bytes([0; 16]), what: What::Erased };
        }
        let before = self.waiting.len() + self.quarantine.len();
        self.waiting.retain(|(of, _), _| *of != incident);
        self.quarantine.retain(|(of, ..)| *of != incident);
        self.scope.retain(|(of, _)| *of != incident);
        self.departed.retain(|(of, _)| *of != incident);
        self.erase_statements(incident);
        self.questions.retain(|_, question| question.incident != incident);
        self.tombstones.insert(incident, now);
        is_known || before > self.waiting.len() + self.quarantine.len()
    }

    /// Devices that may hold it.
    fn holders(&self, incident: IncidentId) -> Vec<u32> {
        let named = self.feed.iter().filter(|row| row.incident == incident).map(|row| match &row.what {
            What::Change(sent) => sent.device,
            What::Entered(device) | What::Left(device) => *device,
            What::Erased => 0,
        });
        let named: Vec<u32> = named.chain(self.waiting_of(incident).map(|sent| sent.device)).collect();
        let scoped = |number: u32| self.scope.contains(&(incident, number));
        let sees_all = |row: &DeviceRow| row.role == Role::Responder && (!row.revoked || row.last_seen.is_some());
        let rows = self.devices.iter().map(|known| &known.row);
        rows.filter(|row| sees_all(row) || scoped(row.number) || named.contains(&row.number)).map(|row| row.number).collect()
    }

    /// Takes the projection back; where national may hold one that this hub does not know of, that too.
    fn take_back(&mut self, incident: IncidentId, is_known: bool) {
        let is_unsure = !is_known || self.settings.contains_key(policy::RESTORED);
        if let Some(known) = self.projections.iter_mut().find(|known| known.incident == incident) {
            if is_unsure || known.row.json.take().is_some() {
                known.row.json = None;
                known.row.version += 1;
            }
        } else if let Some(key) = self.settings.get(policy::PROJECTION_KEY).filter(|_| is_unsure) {
            let row = ProjectionRow { projection: policy::projection_id(key, incident), version: 1, json: None };
            self.projections.push(Projection { incident, row, sent: 0 });
        }
        self.forget_taken_back();
    }

    /// Of an erased incident nothing is left to say once national has confirmed.
    pub(super) fn forget_taken_back(&mut self) {
        let documents = &self.documents;
        let owes = |known: &Projection| known.row.json.is_some() || known.sent < known.row.version;
        self.projections.retain(|known| owes(known) || documents.contains_key(&known.incident));
    }

    /// A device shows that it holds what was erased.
    pub(super) fn order_again(&mut self, incident: IncidentId, peer: &Peer) {
        self.erase_orders.insert((peer.number, incident));
        self.receipts.remove(&(peer.number, peer.incarnation, incident));
    }

    pub(super) fn is_erased(&self, incident: IncidentId) -> bool {
        self.tombstones.contains_key(&incident)
    }

    pub(super) fn orders(&self, peer: &Peer) -> impl Iterator<Item = IncidentId> {
        let peer = *peer;
        let is_restored = self.settings.contains_key(policy::RESTORED);
        let ordered = self.tombstones.keys().copied().filter(move |incident| is_restored || self.erase_orders.contains(&(peer.number, *incident)));
        ordered.filter(move |incident| !self.receipts.contains_key(&(peer.number, peer.incarnation, *incident)))
    }

    pub(super) fn erasure_rows(&self) -> Vec<ErasureRow> {
        let mut rows: Vec<ErasureRow> = self.tombstones.iter().map(|(incident, at)| self.erasure_row(*incident, *at)).collect();
        rows.sort_by_key(|row| row.erased_at);
        rows
    }

    fn erasure_row(&self, incident: IncidentId, erased_at: Timestamp) -> ErasureRow {
        let ordered = self.devices.iter().map(|known| &known.row).filter(|row| self.erase_orders.contains(&(row.number, incident)));
        let confirmed = |device: u32| self.receipts.iter().filter(|((of, _, what), _)| (*of, *what) == (device, incident)).map(|(_, at)| *at).max();
        let place = |row: &DeviceRow| ErasurePlace {
            device: row.number,
            role: row.role,
            confirmed_at: confirmed(row.number),
            last_seen: row.last_seen,
            revoked: row.revoked,
        };
        let national_owes = self.projections.iter().any(|known| known.incident == incident);
        ErasureRow { incident, erased_at, national_owes, places: ordered.map(place).collect() }
    }
}
