//! Stores on a disk that fills up: the n-th call from now fails, and none of it is kept.

mod alerts;
mod statements;

use std::collections::BTreeSet;
use std::io::ErrorKind;

use vicinity_core::admit::Verdict;
use vicinity_core::areas::Areas;
use vicinity_core::batch::{Cursor, DocumentHeads, Erasure, Group, HeadsPage, Pull};
use vicinity_core::guard::Refusal;
use vicinity_core::ids::{ChangeHash, DeviceId, IncidentId, ProjectionId};
use vicinity_core::time::Timestamp;
use vicinity_store::StoreError;
use vicinity_store::device::{
    Delivered, DeviceSetting, DeviceStanding, DeviceStore, LoggedLines, Logging, OutboxPage,
    Written,
};
use vicinity_store::evidence::SignedRequest;
use vicinity_store::hub::{
    Credentials, DeviceRow, ErasureRow, HubCounts, HubStore, Peer, PeerRefused, ProjectionRow,
    Random, Role, SentProjection,
};
use vicinity_store::policy::Brought;
use vicinity_store::row::IncidentRow;

type Result<T> = core::result::Result<T, StoreError>;

/// What a store says when its disk is full.
#[must_use]
pub fn disk_full() -> StoreError {
    StoreError::File {
        path: "disk".into(),
        source: ErrorKind::StorageFull.into(),
    }
}

/// A store whose disk has room for that many calls more; `None` is a disk that never fills.
pub struct Frail<'a, S: ?Sized> {
    store: &'a mut S,
    calls_left: &'a mut Option<u32>,
}

impl<'a, S: ?Sized> Frail<'a, S> {
    /// A store on a frail disk.
    pub fn new(store: &'a mut S, calls_left: &'a mut Option<u32>) -> Self {
        Self { store, calls_left }
    }

    fn room(&mut self) -> Result<&mut S> {
        match self.calls_left {
            Some(0) => {
                // Somebody makes room.
                *self.calls_left = None;
                return Err(disk_full());
            }
            Some(left) => *left -= 1,
            None => {}
        }
        Ok(self.store)
    }
}

impl DeviceStore for Frail<'_, dyn DeviceStore> {
    fn write(&mut self, written: &[Written]) -> Result<()> {
        self.room()?.write(written)
    }
    fn log(&mut self, lines: &LoggedLines<'_>) -> Result<Logging> {
        self.room()?.log(lines)
    }
    fn apart(&mut self) -> Result<Vec<IncidentId>> {
        self.room()?.apart()
    }
    fn incident(&mut self, incident: IncidentId) -> Result<Option<IncidentRow>> {
        self.room()?.incident(incident)
    }
    fn each_incident(
        &mut self,
        each: &mut dyn FnMut(IncidentId, IncidentRow) -> Result<()>,
    ) -> Result<()> {
        self.room()?.each_incident(each)
    }
    fn chunks(&mut self, incident: IncidentId) -> Result<Vec<Vec<u8>>> {
        self.room()?.chunks(incident)
    }
    fn statements(&mut self, incident: IncidentId) -> Result<Vec<(String, String)>> {
        self.room()?.statements(incident)
    }
    fn unhashed_codes(&mut self) -> Result<Vec<(IncidentId, String)>> {
        self.room()?.unhashed_codes()
    }
    fn author(&mut self, incident: IncidentId, change: ChangeHash) -> Result<Option<(bool, u32)>> {
        self.room()?.author(incident, change)
    }
    fn setting(&mut self, setting: DeviceSetting) -> Result<Option<Vec<u8>>> {
        self.room()?.setting(setting)
    }
    fn set_settings(&mut self, settings: &[(DeviceSetting, Option<Vec<u8>>)]) -> Result<()> {
        self.room()?.set_settings(settings)
    }
    fn heads(&mut self, after: Option<IncidentId>, max_documents: usize) -> Result<HeadsPage> {
        self.room()?.heads(after, max_documents)
    }
    fn missing(
        &mut self,
        need: &DocumentHeads,
        skip: usize,
        raw_bytes: usize,
    ) -> Result<(Vec<Group>, bool)> {
        self.room()?.missing(need, skip, raw_bytes)
    }
    fn outbox(&mut self, after: i64, raw_bytes: usize) -> Result<OutboxPage> {
        self.room()?.outbox(after, raw_bytes)
    }
    fn erasures(&mut self, again: bool, max: usize) -> Result<Vec<Erasure>> {
        self.room()?.erasures(again, max)
    }
    fn recheck_grants(&mut self, now: Timestamp) -> Result<()> {
        self.room()?.recheck_grants(now)
    }
    fn leaving(&mut self, now: Timestamp, max: usize) -> Result<Vec<DocumentHeads>> {
        self.room()?.leaving(now, max)
    }
    fn has_left(&mut self, incident: IncidentId) -> Result<bool> {
        self.room()?.has_left(incident)
    }
    fn deliver(&mut self, delivered: &Delivered<'_>) -> Result<DeviceStanding> {
        self.room()?.deliver(delivered)
    }
    fn standing(&mut self) -> Result<DeviceStanding> {
        self.room()?.standing()
    }
}

impl HubStore for Frail<'_, dyn HubStore> {
    fn group_commit(
        &mut self,
        steps: &mut dyn FnMut(&mut (dyn HubStore + 'static)) -> bool,
    ) -> Result<()> {
        self.room()?.group_commit(steps)
    }
    fn invite(&mut self, code_hash: [u8; 32], role: Role, expires: Timestamp) -> Result<()> {
        self.room()?.invite(code_hash, role, expires)
    }
    fn name_invited(&mut self, code_hash: [u8; 32], name: &str) -> Result<()> {
        self.room()?.name_invited(code_hash, name)
    }
    fn name_device(&mut self, device: u32, name: &str) -> Result<bool> {
        self.room()?.name_device(device, name)
    }
    fn cut_invites(&mut self, now: Timestamp) -> Result<u64> {
        self.room()?.cut_invites(now)
    }
    fn enrol(
        &mut self,
        code_hash: [u8; 32],
        device: DeviceId,
        public_key: [u8; 32],
        now: Timestamp,
    ) -> Result<Option<Peer>> {
        self.room()?.enrol(code_hash, device, public_key, now)
    }
    fn credentials(&mut self, device: DeviceId) -> Result<Option<Credentials>> {
        self.room()?.credentials(device)
    }
    fn revoke(&mut self, device: u32, now: Timestamp) -> Result<bool> {
        self.room()?.revoke(device, now)
    }
    fn let_in(
        &mut self,
        device: DeviceId,
        incarnation: u64,
        counter: u64,
        now: Timestamp,
    ) -> Result<core::result::Result<Peer, PeerRefused>> {
        self.room()?.let_in(device, incarnation, counter, now)
    }
    fn heard(
        &mut self,
        device: DeviceId,
        incarnation: u64,
    ) -> Result<core::result::Result<(Peer, u64), PeerRefused>> {
        self.room()?.heard(device, incarnation)
    }
    fn note_skew(&mut self, peer: &Peer, skew_seconds: Option<i64>, now: Timestamp) -> Result<()> {
        self.room()?.note_skew(peer, skew_seconds, now)
    }
    fn set_zone(&mut self, zone: &str) -> Result<()> {
        self.room()?.set_zone(zone)
    }
    fn accept(
        &mut self,
        peer: &Peer,
        request: Option<SignedRequest<'_>>,
        groups: &[Group],
        now: Timestamp,
        random: &mut dyn Random,
    ) -> Result<Vec<Verdict>> {
        self.room()?.accept(peer, request, groups, now, random)
    }
    fn weigh(&mut self, peer: &Peer, incident: IncidentId, changes: &[Brought<'_>]) -> Result<u64> {
        self.room()?.weigh(peer, incident, changes)
    }
    fn loaded(&self) -> u64 {
        self.store.loaded()
    }
    fn stored_bytes(&mut self, device: u32) -> Result<u64> {
        self.room()?.stored_bytes(device)
    }
    fn stands(&mut self, cursor: &Cursor) -> Result<bool> {
        self.room()?.stands(cursor)
    }

    fn pull(
        &mut self,
        peer: &Peer,
        cursor: Option<Cursor>,
        page: Option<&HeadsPage>,
        pushed: &[IncidentId],
        raw_bytes: usize,
    ) -> Result<Option<Pull>> {
        self.room()?.pull(peer, cursor, page, pushed, raw_bytes)
    }
    fn let_go(&mut self, peer: &Peer, documents: &[DocumentHeads], now: Timestamp) -> Result<()> {
        self.room()?.let_go(peer, documents, now)
    }
    fn assign(
        &mut self,
        incident: IncidentId,
        device: u32,
        assigned: bool,
        now: Timestamp,
    ) -> Result<bool> {
        self.room()?.assign(incident, device, assigned, now)
    }
    fn erase(&mut self, incident: IncidentId, now: Timestamp) -> Result<bool> {
        self.room()?.erase(incident, now)
    }
    fn confirm_erased(
        &mut self,
        peer: &Peer,
        incidents: &[IncidentId],
        now: Timestamp,
    ) -> Result<()> {
        self.room()?.confirm_erased(peer, incidents, now)
    }
    fn erase_orders(&mut self, peer: &Peer, max: usize) -> Result<Vec<IncidentId>> {
        self.room()?.erase_orders(peer, max)
    }
    fn erasures(&mut self) -> Result<Vec<ErasureRow>> {
        self.room()?.erasures()
    }
    fn incident(&mut self, incident: IncidentId) -> Result<Option<IncidentRow>> {
        self.room()?.incident(incident)
    }
    fn each_incident(
        &mut self,
        each: &mut dyn FnMut(IncidentId, IncidentRow) -> Result<()>,
    ) -> Result<()> {
        self.room()?.each_incident(each)
    }
    fn author(&mut self, incident: IncidentId, change: ChangeHash) -> Result<Option<u32>> {
        self.room()?.author(incident, change)
    }
    fn chunks(&mut self, incident: IncidentId) -> Result<Vec<Vec<u8>>> {
        self.room()?.chunks(incident)
    }
    fn devices(&mut self) -> Result<Vec<DeviceRow>> {
        self.room()?.devices()
    }
    fn quarantine(&mut self) -> Result<Vec<(Refusal, u64)>> {
        self.room()?.quarantine()
    }
    fn counts(&mut self) -> Result<HubCounts> {
        self.room()?.counts()
    }
    fn setting(&mut self, key: &str) -> Result<Option<Vec<u8>>> {
        self.room()?.setting(key)
    }
    fn set_setting(&mut self, key: &str, value: &[u8]) -> Result<()> {
        self.room()?.set_setting(key, value)
    }
    fn told_areas(&mut self) -> Result<Areas> {
        self.room()?.told_areas()
    }
    fn list_areas(
        &mut self,
        listed: &BTreeSet<String>,
        now: Timestamp,
        random: &mut dyn Random,
    ) -> Result<Vec<u64>> {
        self.room()?.list_areas(listed, now, random)
    }
    fn recheck_consents(&mut self, now: Timestamp, random: &mut dyn Random) -> Result<Vec<u64>> {
        self.room()?.recheck_consents(now, random)
    }
    fn unsent_projections(&mut self, max: usize) -> Result<Vec<ProjectionRow>> {
        self.room()?.unsent_projections(max)
    }
    fn projections_sent(&mut self, rows: &[SentProjection]) -> Result<()> {
        self.room()?.projections_sent(rows)
    }
    fn projected(&mut self, projection: ProjectionId) -> Result<Option<IncidentId>> {
        self.room()?.projected(projection)
    }
    fn ask(
        &mut self,
        question: u64,
        incident: IncidentId,
        other: Option<ProjectionId>,
    ) -> Result<bool> {
        self.room()?.ask(question, incident, other)
    }
    fn end_question(&mut self, question: u64) -> Result<()> {
        self.room()?.end_question(question)
    }
    fn unreported_answers(&mut self) -> Result<Vec<(u64, String)>> {
        self.room()?.unreported_answers()
    }
    fn answers_reported(&mut self, questions: &[u64]) -> Result<()> {
        self.room()?.answers_reported(questions)
    }
}
