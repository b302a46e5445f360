//! The device's store in memory.

mod deliver;
mod erase;
mod leaving;
mod once;
mod statements;

use std::collections::{BTreeMap, BTreeSet};

use vicinity_core::batch::{self, DocumentHeads, Erasure, Group, GroupChange, HeadsPage};
use vicinity_core::chunk::Chunk;
use vicinity_core::consent;
use vicinity_core::ids::{ChangeHash, IncidentId, ScopeDigest};
use vicinity_core::time::Timestamp;
use vicinity_store::StoreError;
use vicinity_store::device::{Delivered, DeviceStanding, DeviceStore, Fact, LoggedLines, Logging, OutboxPage, Written};
use vicinity_store::row::IncidentRow;

use crate::memory_hub::name;

type Result<T> = core::result::Result<T, StoreError>;

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Unsent,
    HeldByHub,
    Refused,
}

#[derive(Clone)]
struct Change {
    incident: IncidentId,
    own: bool,
    written_by: u32,
    state: State,
    chunk: Vec<u8>,
}

#[derive(Clone)]
struct Held {
    row: IncidentRow,
    granted: bool,
    shared: bool,
    statements: BTreeMap<String, Vec<u8>>,
    unhashed_code: Option<String>,
}

impl Held {
    /// Whether the document may leave: the survivor agrees, or the hub has a part of it already.
    fn may_go(&self) -> bool {
        self.granted || self.shared
    }
}

/// A device in memory.
#[derive(Default, Clone)]
pub struct MemoryDevice {
    documents: BTreeMap<IncidentId, Held>,
    /// By place, from 1, in the order in which they came to be here.
    changes: BTreeMap<i64, Change>,
    last_place: i64,
    waiting: BTreeMap<(IncidentId, ChangeHash), GroupChange>,
    facts: BTreeMap<&'static str, Vec<u8>>,
    /// The proof of each, and whether the hub knows.
    tombstones: BTreeMap<IncidentId, ([u8; 64], bool)>,
    statements: statements::Statements,
    /// Since when the hub is known to have all of it.
    settled: BTreeMap<IncidentId, Timestamp>,
    departed: BTreeSet<IncidentId>,
    known: once::Known,
}

impl MemoryDevice {
    /// An empty device.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    fn of(&self, incident: IncidentId) -> impl Iterator<Item = &Change> {
        self.changes.values().filter(move |change| change.incident == incident)
    }

    fn keep(&mut self, change: Change) {
        self.last_place += 1;
        self.changes.insert(self.last_place, change);
    }

    fn may_go(&self, incident: IncidentId) -> bool {
        self.documents.get(&incident).is_some_and(Held::may_go)
    }
}

impl DeviceStore for MemoryDevice {
    fn write(&mut self, written: &[Written]) -> Result<()> {
        if written.iter().any(|written| self.tombstones.contains_key(&written.incident)) {
            return Err(StoreError::Erased);
        }
        if written.iter().any(|written| self.is_attached(written)) {
            return Err(StoreError::AlreadyAttached);
        }
        for written in written {
            let incident = written.incident;
            self.touch(incident);
            for chunk in &written.chunks {
                self.keep(Change { incident, own: true, written_by: 0, state: State::Unsent, chunk: chunk.clone() });
            }
            if self.known.apart.contains(&incident) {
                self.set_apart(incident);
            }
            if let (Some(hash), Some((entry, _))) = (written.attached, written.statements.first()) {
                self.known.attached.insert((incident, hash), entry.clone());
            }
            let row = IncidentRow { incident: written.view.clone(), heads: written.heads.clone() };
            let before = self.documents.remove(&incident);
            let shared = before.as_ref().is_some_and(|held| held.shared);
            let (mut statements, mut unhashed_code) = before.map(|held| (held.statements, held.unhashed_code)).unwrap_or_default();
            statements.extend(written.statements.iter().cloned());
            if written.unhashed_code.is_some() || written.view.text("survivor.code").is_some() {
                unhashed_code.clone_from(&written.unhashed_code);
            }
            self.documents.insert(incident, Held { row, granted: written.granted, shared, statements, unhashed_code });
        }
        Ok(())
    }

    fn log(&mut self, lines: &LoggedLines<'_>) -> Result<Logging> {
        self.log_lines(lines)
    }

    fn apart(&mut self) -> Result<Vec<IncidentId>> {
        Ok(self.known.apart.iter().copied().collect())
    }

    fn incident(&mut self, incident: IncidentId) -> Result<Option<IncidentRow>> {
        Ok(self.documents.get(&incident).map(|held| held.row.clone()))
    }

    fn each_incident(&mut self, each: &mut dyn FnMut(IncidentId, IncidentRow) -> Result<()>) -> Result<()> {
        self.documents.iter().try_for_each(|(incident, held)| each(*incident, held.row.clone()))
    }

    fn chunks(&mut self, incident: IncidentId) -> Result<Vec<Vec<u8>>> {
        Ok(self.of(incident).map(|change| change.chunk.clone()).collect())
    }

    fn statements(&mut self, incident: IncidentId) -> Result<Vec<(String, String)>> {
        let Some(held) = self.documents.get(&incident) else { return Ok(Vec::new()) };
        let is_file = |entry: &str| statements::class(held, entry).is_some_and(|class| matches!(class, "photo" | "audio"));
        let texts = held.statements.iter().filter(|(entry, _)| !is_file(entry));
        Ok(texts.filter_map(|(entry, body)| Some((entry.clone(), String::from_utf8(body.clone()).ok()?))).collect())
    }

    fn unhashed_codes(&mut self) -> Result<Vec<(IncidentId, String)>> {
        Ok(self.documents.iter().filter_map(|(incident, held)| Some((*incident, held.unhashed_code.clone()?))).collect())
    }

    fn author(&mut self, incident: IncidentId, change: ChangeHash) -> Result<Option<(bool, u32)>> {
        Ok(self.of(incident).find(|known| name(&known.chunk) == change).map(|known| (known.own, known.written_by)))
    }

    fn fact(&mut self, fact: Fact) -> Result<Option<Vec<u8>>> {
        Ok(self.facts.get(fact.key()).cloned())
    }

    fn set_facts(&mut self, facts: &[(Fact, Option<Vec<u8>>)]) -> Result<()> {
        for (fact, value) in facts {
            match value {
                Some(value) => drop(self.facts.insert(fact.key(), value.clone())),
                None => drop(self.facts.remove(fact.key())),
            }
        }
        Ok(())
    }

    fn heads(&mut self, after: Option<IncidentId>, max_documents: usize) -> Result<HeadsPage> {
        let shared = self.documents.iter().filter(|(incident, held)| held.shared && after.is_none_or(|after| **incident > after));
        let mut have: Vec<DocumentHeads> = shared.map(|(incident, held)| DocumentHeads { incident: *incident, heads: held.row.heads.clone() }).collect();
        let cut = have.len() > max_documents;
        have.truncate(max_documents);
        let until = have.last().filter(|_| cut).map(|last| last.incident);
        Ok(HeadsPage { after, until, have })
    }

    fn missing(&mut self, need: &DocumentHeads, skip: usize, raw_bytes: usize) -> Result<(Vec<Group>, bool)> {
        if !self.may_go(need.incident) {
            return Ok((Vec::new(), false));
        }
        let changes: Vec<&Change> = self.of(need.incident).filter(|change| change.state != State::Refused).collect();
        let chunks: Vec<Chunk<'_>> = changes.iter().filter_map(|change| Chunk::parse(&change.chunk).ok()).collect();
        let (mut groups, mut bytes): (Vec<Group>, usize) = (Vec::new(), 0);
        for change in batch::missing(&chunks, &need.heads).into_iter().skip(skip).map(|at| changes[at]) {
            if bytes > 0 && bytes + change.chunk.len() > raw_bytes {
                return Ok((groups, true));
            }
            bytes += change.chunk.len();
            let change_to_send = GroupChange { chunk: change.chunk.clone(), by: 0 };
            match groups.last_mut().filter(|group| group.relayed != change.own) {
                Some(group) => group.changes.push(change_to_send),
                None => groups.push(Group { incident: need.incident, relayed: !change.own, changes: vec![change_to_send] }),
            }
        }
        Ok((groups, false))
    }

    fn outbox(&mut self, after: i64, raw_bytes: usize) -> Result<OutboxPage> {
        let mut page = OutboxPage { at: after, ..OutboxPage::default() };
        let mut bytes = 0;
        for (place, change) in self.changes.range(after + 1..).filter(|(_, change)| change.state == State::Unsent && self.may_go(change.incident)) {
            if bytes > 0 && bytes + change.chunk.len() > raw_bytes {
                page.more = true;
                break;
            }
            bytes += change.chunk.len();
            page.at = *place;
            let change_to_send = GroupChange { chunk: change.chunk.clone(), by: 0 };
            // One group an incident: its consent may come in a later change, and the hub decides by the group.
            match page.groups.iter_mut().find(|group| group.incident == change.incident) {
                Some(group) => group.changes.push(change_to_send),
                None => page.groups.push(Group { incident: change.incident, relayed: false, changes: vec![change_to_send] }),
            }
        }
        Ok(page)
    }

    fn erasures(&mut self, again: bool, max: usize) -> Result<Vec<Erasure>> {
        Ok(self.untold(again, max))
    }

    fn recheck_grants(&mut self, now: Timestamp) -> Result<()> {
        for held in self.documents.values_mut().filter(|held| !held.shared) {
            let may_end = held.row.incident.entries("consents").any(|entry| entry.instant("expires_at").is_some());
            held.granted |= may_end && consent::granted(&held.row.incident, consent::HUB_RESPONSE, now);
        }
        Ok(())
    }

    fn leaving(&mut self, now: Timestamp, max: usize) -> Result<Vec<DocumentHeads>> {
        Ok(self.settle(now, max))
    }

    fn has_left(&mut self, incident: IncidentId) -> Result<bool> {
        Ok(self.departed.contains(&incident))
    }

    fn deliver(&mut self, delivered: &Delivered<'_>) -> Result<DeviceStanding> {
        let (received, erased) = self.take_all(delivered);
        Ok(DeviceStanding { received, erased, ..self.standing()? })
    }

    fn standing(&mut self) -> Result<DeviceStanding> {
        let in_state = |state: State| self.changes.values().filter(move |change| change.state == state);
        let shared = self.documents.iter().filter(|(_, held)| held.shared);
        Ok(DeviceStanding {
            received: 0,
            erased: 0,
            untold: self.tombstones.values().filter(|(_, told)| !told).count() as u64,
            digest: shared
                .fold(ScopeDigest::default(), |sum, (incident, held)| sum.replace(ScopeDigest::default(), ScopeDigest::term(*incident, &held.row.heads))),
            unsent: in_state(State::Unsent).filter(|change| self.may_go(change.incident)).count() as u64,
            rejected: in_state(State::Refused).count() as u64,
        })
    }
}

/// Incidents named in a list, once each.
fn incidents(changes: &[(IncidentId, ChangeHash)]) -> BTreeSet<IncidentId> {
    changes.iter().map(|(incident, _)| *incident).collect()
}
