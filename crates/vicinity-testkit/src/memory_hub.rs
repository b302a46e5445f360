//! The hub's store in memory. Everything that can be computed from the feed is computed anew each time.

mod accept;
pub(crate) mod alerts;
mod erase;
mod leaving;
mod pull;
mod statements;

use std::collections::{BTreeMap, BTreeSet};

use vicinity_core::admit::Verdict;
use vicinity_core::areas::Areas;
use vicinity_core::batch::{Cursor, DocumentHeads, Group, HeadsPage, Pull};
use vicinity_core::guard::Refusal;
use vicinity_core::ids::{ChangeHash, DeviceId, IncidentId, ORDINAL_MAX, ProjectionId, ScopeDigest};
use vicinity_core::reading::Reading;
use vicinity_core::time::{SignedDuration, TimeZone, Timestamp};
use vicinity_core::zone;
use vicinity_store::StoreError;
use vicinity_store::evidence::SignedRequest;
use vicinity_store::hub::{
    Credentials, Denied, DeviceRow, ErasureRow, HubCounts, HubStore, INVITE_SECONDS, LIVES_MAX, Peer, ProjectionRow, RECEIPTS_MAX, Random, Role, SentProjection,
};
use vicinity_store::policy::{self, Brought};
use vicinity_store::row::IncidentRow;

type Result<T> = core::result::Result<T, StoreError>;

/// One-time codes, by hash: role, end and who used it.
#[derive(Default, Clone)]
pub(crate) struct Invites(BTreeMap<[u8; 32], (Role, Timestamp, Option<DeviceId>)>);

impl Invites {
    pub(crate) fn open(&mut self, code_hash: [u8; 32], role: Role, expires: Timestamp) {
        self.0.insert(code_hash, (role, expires, None));
    }

    pub(crate) fn cut(&mut self, now: Timestamp) -> u64 {
        let longest = now.checked_add(SignedDuration::from_secs(INVITE_SECONDS)).unwrap_or(Timestamp::MAX);
        let too_long = self.0.values_mut().filter(|(_, expires, _)| *expires > longest);
        too_long.map(|(_, expires, _)| *expires = longest).count() as u64
    }

    pub(crate) fn take(&mut self, code_hash: [u8; 32], user: DeviceId, now: Timestamp) -> Option<Role> {
        self.cut(now);
        let (role, expires, used_by) = self.0.get_mut(&code_hash)?;
        if *expires <= now || used_by.is_some_and(|by| by != user) {
            return None;
        }
        *used_by = Some(user);
        Some(*role)
    }
}

#[derive(Clone)]
struct Device {
    public_key: [u8; 32],
    row: DeviceRow,
    clock: policy::ClockKnown,
    /// When its clock was last seen.
    seen_at: Option<Timestamp>,
    /// The counter of each of its lives.
    counters: BTreeMap<u64, u64>,
}

/// A change and who sent it.
#[derive(Clone)]
struct Sent {
    device: u32,
    incarnation: u64,
    relayed: bool,
    chunk: Vec<u8>,
    skew_seconds: Option<i64>,
    received_at: Timestamp,
}

#[derive(Clone)]
enum What {
    Change(Sent),
    Entered(u32),
    Left(u32),
    Erased,
}

/// A row of the feed; its number is its place, from 1.
#[derive(Clone)]
struct FeedRow {
    chain: [u8; 16],
    incident: IncidentId,
    what: What,
}

#[derive(Clone)]
struct Projection {
    incident: IncidentId,
    row: ProjectionRow,
    sent: u64,
}

#[derive(Clone)]
struct Question {
    incident: IncidentId,
    answer: Option<String>,
    reported: bool,
}

/// A hub in memory.
#[derive(Default, Clone)]
pub struct MemoryHub {
    epoch: [u8; 16],
    invites: Invites,
    devices: Vec<Device>,
    documents: BTreeMap<IncidentId, IncidentRow>,
    feed: Vec<FeedRow>,
    scope: BTreeSet<(IncidentId, u32)>,
    /// What devices let go of.
    departed: BTreeSet<(IncidentId, u32)>,
    waiting: BTreeMap<(IncidentId, ChangeHash), Sent>,
    quarantine: BTreeSet<(IncidentId, ChangeHash, Refusal)>,
    projections: Vec<Projection>,
    questions: BTreeMap<u64, Question>,
    settings: BTreeMap<String, Vec<u8>>,
    tombstones: BTreeMap<IncidentId, Timestamp>,
    erase_orders: BTreeSet<(u32, IncidentId)>,
    /// By device, life and incident.
    receipts: BTreeMap<(u32, u64, IncidentId), Timestamp>,
    /// What stays of what passed, by device.
    lasting: BTreeMap<u32, u64>,
    statements: statements::Statements,
    alerts: alerts::Alerts,
    /// Operations of documents that were loaded.
    loaded: u64,
}

impl MemoryHub {
    /// An empty hub whose feed is of this epoch.
    #[must_use]
    pub fn new(epoch: [u8; 16]) -> Self {
        Self { epoch, ..Self::default() }
    }

    /// A copy, whose feed is of this epoch.
    #[must_use]
    pub fn restored(&self, epoch: [u8; 16]) -> Self {
        let mut restored = Self { epoch, ..self.clone() };
        restored.settings.insert(policy::RESTORED.to_owned(), vec![1]);
        restored
    }

    /// A copy that is put back with its epoch, so that nothing tells but cursors of before.
    #[must_use]
    pub fn put_back(&self) -> Self {
        self.clone()
    }

    fn sees(&self, peer: &Peer, incident: IncidentId) -> bool {
        peer.role != Role::Educator || self.scope.contains(&(incident, peer.number))
    }

    /// Whether a restore may have taken this incident out of the device's scope.
    fn lost_scope(&self, peer: &Peer, incident: IncidentId) -> bool {
        let scope = self.feed.iter().rev().filter(|row| row.incident == incident).find_map(|row| match row.what {
            What::Entered(device) if device == peer.number => Some(true),
            What::Left(device) if device == peer.number => Some(false),
            What::Entered(_) | What::Left(_) | What::Change(_) | What::Erased => None,
        });
        self.settings.contains_key(policy::RESTORED) && scope != Some(false)
    }

    /// The changes of an incident in the first `rows` rows of the feed.
    fn changes(&self, incident: IncidentId, rows: usize) -> impl Iterator<Item = &Sent> {
        self.feed[..rows].iter().filter(move |row| row.incident == incident).filter_map(|row| match &row.what {
            What::Change(sent) => Some(sent),
            What::Entered(_) | What::Left(_) | What::Erased => None,
        })
    }

    fn zone(&self) -> Option<TimeZone> {
        self.settings.get(policy::ZONE).and_then(|name| zone::named(core::str::from_utf8(name).ok()?))
    }

    fn all_changes(&self, incident: IncidentId) -> impl Iterator<Item = &Sent> {
        self.changes(incident, self.feed.len())
    }

    fn digest(&self, peer: &Peer) -> ScopeDigest {
        let seen = self.documents.iter().filter(|(incident, _)| self.sees(peer, **incident));
        seen.fold(ScopeDigest::default(), |sum, (incident, row)| sum.replace(ScopeDigest::default(), ScopeDigest::term(*incident, &row.heads)))
    }

    fn device_mut(&mut self, device: DeviceId) -> Option<&mut Device> {
        self.devices.iter_mut().find(|known| known.row.device == device)
    }
}

impl HubStore for MemoryHub {
    fn group_commit(&mut self, steps: &mut dyn FnMut(&mut (dyn HubStore + 'static)) -> bool) -> Result<()> {
        let before = self.clone();
        if steps(self) {
            return Ok(());
        }
        *self = before;
        Err(StoreError::RolledBack)
    }

    fn invite(&mut self, code_hash: [u8; 32], role: Role, expires: Timestamp) -> Result<()> {
        self.invites.open(code_hash, role, expires);
        Ok(())
    }

    fn cut_invites(&mut self, now: Timestamp) -> Result<u64> {
        Ok(self.invites.cut(now))
    }

    fn enrol(&mut self, code_hash: [u8; 32], device: DeviceId, public_key: [u8; 32], now: Timestamp) -> Result<Option<Peer>> {
        let Some(role) = self.invites.take(code_hash, device, now) else { return Ok(None) };
        if let Some(known) = self.device_mut(device) {
            if known.row.revoked {
                return Ok(None);
            }
            known.public_key = public_key;
            known.row.role = role;
            known.row.enrolled_with = (code_hash, public_key);
            return Ok(Some(Peer { number: known.row.number, incarnation: 0, role }));
        }
        let number = self.devices.len() as u32 + 1;
        let row = DeviceRow { number, device, role, last_seen: None, skew_seconds: None, revoked: false, enrolled_with: (code_hash, public_key) };
        self.devices.push(Device { public_key, row, clock: policy::ClockKnown::default(), seen_at: None, counters: BTreeMap::new() });
        Ok(Some(Peer { number, incarnation: 0, role }))
    }

    fn credentials(&mut self, device: DeviceId) -> Result<Option<Credentials>> {
        Ok(self.device_mut(device).map(|known| Credentials { public_key: known.public_key, revoked: known.row.revoked }))
    }

    fn revoke(&mut self, device: u32, _now: Timestamp) -> Result<bool> {
        self.forget_under_way(&[device]);
        let known = self.devices.iter_mut().find(|known| known.row.number == device);
        Ok(known.map(|known| known.row.revoked = true).is_some())
    }

    fn let_in(&mut self, device: DeviceId, incarnation: u64, counter: u64, now: Timestamp) -> Result<core::result::Result<Peer, Denied>> {
        let Some(known) = self.device_mut(device) else { return Ok(Err(Denied::Unknown)) };
        if known.row.revoked {
            return Ok(Err(Denied::Revoked));
        }
        if counter > ORDINAL_MAX {
            return Ok(Err(Denied::TooHigh));
        }
        if let Some(last) = known.counters.get(&incarnation).filter(|last| counter <= **last) {
            return Ok(Err(Denied::not_above(counter, *last)));
        }
        if !known.counters.contains_key(&incarnation) && known.counters.len() >= LIVES_MAX as usize {
            return Ok(Err(Denied::TooManyLives));
        }
        known.counters.insert(incarnation, counter);
        known.row.last_seen = Some(now);
        Ok(Ok(Peer { number: known.row.number, incarnation, role: known.row.role }))
    }

    fn heard(&mut self, device: DeviceId, incarnation: u64) -> Result<core::result::Result<(Peer, u64), Denied>> {
        let Some(known) = self.device_mut(device) else { return Ok(Err(Denied::Unknown)) };
        if known.row.revoked {
            return Ok(Err(Denied::Revoked));
        }
        let counter = known.counters.get(&incarnation).copied().unwrap_or(0);
        Ok(Ok((Peer { number: known.row.number, incarnation, role: known.row.role }, counter)))
    }

    fn note_skew(&mut self, peer: &Peer, skew_seconds: Option<i64>, now: Timestamp) -> Result<()> {
        if let Some(known) = self.devices.iter_mut().find(|known| known.row.number == peer.number) {
            known.clock.now = skew_seconds;
            if skew_seconds.is_some() {
                known.clock.before = known.row.skew_seconds.zip(known.seen_at);
                (known.row.skew_seconds, known.seen_at) = (skew_seconds, Some(now));
            }
        }
        Ok(())
    }

    fn set_zone(&mut self, zone: &str) -> Result<()> {
        self.settings.insert(policy::ZONE.to_owned(), zone.as_bytes().to_vec());
        let read = self.zone();
        for row in self.documents.values_mut() {
            row.incident = row.incident.clone().read_by(Reading { zone: read.clone(), ..row.incident.reading().clone() });
        }
        Ok(())
    }

    fn accept(&mut self, peer: &Peer, _: Option<SignedRequest<'_>>, groups: &[Group], now: Timestamp, random: &mut dyn Random) -> Result<Vec<Verdict>> {
        let mut verdicts = vec![Verdict::NotYet; groups.iter().map(|group| group.changes.len()).sum()];
        for (incident, changes) in policy::by_incident(groups) {
            let given = self.accept_document(peer, incident, &changes, now, random);
            changes.iter().zip(given).for_each(|(brought, verdict)| verdicts[brought.place] = verdict);
        }
        Ok(verdicts)
    }

    fn weigh(&mut self, peer: &Peer, incident: IncidentId, changes: &[Brought<'_>]) -> Result<u64> {
        let ops = self.all_changes(incident).chain(self.waiting_of(incident)).map(|sent| policy::ops_in(&sent.chunk)).sum();
        policy::weight(changes, ops, |brought| Ok(self.is_known(peer, incident, brought)))
    }

    fn loaded(&self) -> u64 {
        self.loaded
    }

    fn stored_bytes(&mut self, device: u32) -> Result<u64> {
        let fed = self.feed.iter().filter_map(|row| if let What::Change(sent) = &row.what { Some(sent) } else { None });
        let held: u64 = fed.chain(self.waiting.values()).filter(|sent| sent.device == device).map(|sent| sent.chunk.len() as u64).sum();
        Ok(held + self.lasting.get(&device).copied().unwrap_or_default())
    }

    fn pull(&mut self, peer: &Peer, cursor: Option<Cursor>, page: Option<&HeadsPage>, pushed: &[IncidentId], raw_bytes: usize) -> Result<Option<Pull>> {
        Ok(self.pull_or_rebase(peer, cursor, page, pushed, raw_bytes))
    }

    fn stands(&mut self, cursor: &Cursor) -> Result<bool> {
        Ok(self.fitting(*cursor).is_some())
    }

    fn let_go(&mut self, peer: &Peer, documents: &[DocumentHeads], _now: Timestamp) -> Result<()> {
        documents.iter().for_each(|document| self.let_go_of(peer, document));
        Ok(())
    }

    fn assign(&mut self, incident: IncidentId, device: u32, assigned: bool, _now: Timestamp) -> Result<bool> {
        let Some(role) = self.devices.iter().find(|known| known.row.number == device).map(|known| known.row.role) else { return Ok(false) };
        if !self.documents.contains_key(&incident) {
            return Ok(false);
        }
        self.departed.remove(&(incident, device));
        // Responders see everything anyway.
        if role != Role::Educator || self.scope.contains(&(incident, device)) == assigned {
            return Ok(true);
        }
        if assigned {
            self.scope.insert((incident, device));
            self.append(incident, ChangeHash([1; 32]), What::Entered(device));
        } else {
            self.scope.remove(&(incident, device));
            self.append(incident, ChangeHash([2; 32]), What::Left(device));
        }
        Ok(true)
    }

    fn erase(&mut self, incident: IncidentId, now: Timestamp) -> Result<bool> {
        Ok(self.erase_incident(incident, now))
    }

    fn confirm_erased(&mut self, peer: &Peer, incidents: &[IncidentId], now: Timestamp) -> Result<()> {
        for incident in incidents {
            self.erase_incident(*incident, now);
            self.erase_orders.insert((peer.number, *incident));
            self.receipts.entry((peer.number, peer.incarnation, *incident)).or_insert(now);
            let mut lives: Vec<(Timestamp, u64)> =
                self.receipts.iter().filter(|((device, _, of), _)| (*device, of) == (peer.number, incident)).map(|((_, life, _), at)| (*at, *life)).collect();
            lives.sort_by_key(|(at, life)| (core::cmp::Reverse(*at), life.cast_signed()));
            for (_, life) in lives.into_iter().skip(RECEIPTS_MAX) {
                self.receipts.remove(&(peer.number, life, *incident));
            }
        }
        self.forget_under_way(&[peer.number]);
        Ok(())
    }

    fn erase_orders(&mut self, peer: &Peer, max: usize) -> Result<Vec<IncidentId>> {
        Ok(self.orders(peer).take(max).collect())
    }

    fn erasures(&mut self) -> Result<Vec<ErasureRow>> {
        Ok(self.erasure_rows())
    }

    fn incident(&mut self, incident: IncidentId) -> Result<Option<IncidentRow>> {
        Ok(self.documents.get(&incident).cloned())
    }

    fn each_incident(&mut self, each: &mut dyn FnMut(IncidentId, IncidentRow) -> Result<()>) -> Result<()> {
        self.documents.iter().try_for_each(|(incident, row)| each(*incident, row.clone()))
    }

    fn author(&mut self, incident: IncidentId, change: ChangeHash) -> Result<Option<u32>> {
        let log: Vec<policy::LogRow> = self.all_changes(incident).map(accept::log_row).collect();
        Ok(policy::author(&log, change))
    }

    fn chunks(&mut self, incident: IncidentId) -> Result<Vec<Vec<u8>>> {
        Ok(self.all_changes(incident).map(|sent| sent.chunk.clone()).collect())
    }

    fn devices(&mut self) -> Result<Vec<DeviceRow>> {
        Ok(self.devices.iter().map(|known| known.row.clone()).collect())
    }

    fn quarantine(&mut self) -> Result<Vec<(Refusal, u64)>> {
        let mut counts: BTreeMap<Refusal, u64> = BTreeMap::new();
        for (.., refusal) in &self.quarantine {
            *counts.entry(*refusal).or_default() += 1;
        }
        Ok(counts.into_iter().collect())
    }

    fn counts(&mut self) -> Result<HubCounts> {
        Ok(HubCounts {
            incidents: self.documents.len() as u64,
            feed_seq: self.feed.len() as u64,
            devices: self.devices.len() as u64,
            waiting: self.waiting.len() as u64,
            quarantined: self.quarantine.len() as u64,
            projections_unsent: self.unsent_projections(usize::MAX)?.len() as u64,
        })
    }

    fn setting(&mut self, key: &str) -> Result<Option<Vec<u8>>> {
        Ok(self.settings.get(key).cloned())
    }

    fn set_setting(&mut self, key: &str, value: &[u8]) -> Result<()> {
        self.settings.insert(key.to_owned(), value.to_vec());
        Ok(())
    }

    fn told_areas(&mut self) -> Result<Areas> {
        Ok(self.areas())
    }

    fn list_areas(&mut self, listed: &BTreeSet<String>, now: Timestamp, random: &mut dyn Random) -> Result<Vec<u64>> {
        self.set_setting(policy::AREAS_LISTED, Areas::to_text(listed).as_bytes())?;
        self.recheck_consents(now, random)
    }

    fn recheck_consents(&mut self, now: Timestamp, random: &mut dyn Random) -> Result<Vec<u64>> {
        for incident in self.documents.keys().copied().collect::<Vec<_>>() {
            self.project(incident, now, random);
        }
        Ok(Vec::new())
    }

    fn unsent_projections(&mut self, max: usize) -> Result<Vec<ProjectionRow>> {
        let unsent = self.projections.iter().filter(|projection| projection.sent < projection.row.version);
        Ok(unsent.take(max).map(|projection| projection.row.clone()).collect())
    }

    fn projections_sent(&mut self, rows: &[SentProjection]) -> Result<()> {
        for said in rows {
            let Some(projection) = self.projections.iter_mut().find(|known| known.row.projection == said.projection) else { continue };
            match said.held.and_then(|held| policy::version_above(held, said.version)) {
                Some(above) => {
                    if projection.row.version < above && projection.sent < above - 1 {
                        projection.row.version = above;
                    }
                }
                None => projection.sent = projection.sent.max(said.version),
            }
        }
        self.forget_taken_back();
        Ok(())
    }

    fn projected(&mut self, projection: ProjectionId) -> Result<Option<IncidentId>> {
        let found = self.projections.iter().find(|known| known.row.projection == projection).map(|known| known.incident);
        Ok(found.filter(|incident| self.documents.contains_key(incident)))
    }

    fn ask(&mut self, question: u64, incident: IncidentId) -> Result<bool> {
        if !self.documents.contains_key(&incident) || self.questions.contains_key(&question) {
            return Ok(false);
        }
        self.questions.insert(question, Question { incident, answer: None, reported: false });
        Ok(true)
    }

    fn unreported_answers(&mut self) -> Result<Vec<(u64, String)>> {
        let unreported = self.questions.iter().filter(|(_, question)| !question.reported);
        Ok(unreported.filter_map(|(id, question)| Some((*id, question.answer.clone()?))).collect())
    }

    fn answers_reported(&mut self, questions: &[u64]) -> Result<()> {
        for id in questions {
            if let Some(question) = self.questions.get_mut(id) {
                question.reported = true;
            }
        }
        Ok(())
    }
}

/// The name of bytes that are, or are meant to be, a change.
pub(crate) fn name(chunk: &[u8]) -> ChangeHash {
    ChangeHash::of(chunk.get(8..).unwrap_or_default())
}
