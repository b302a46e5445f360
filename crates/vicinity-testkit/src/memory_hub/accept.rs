//! Taking changes.

use sha2::{Digest, Sha256};
use vicinity_core::admit::Verdict;
use vicinity_core::areas::Areas;
use vicinity_core::chunk::Chunk;
use vicinity_core::guard::Refusal;
use vicinity_core::ids::{ChangeHash, IncidentId};
use vicinity_core::reading::Reading;
use vicinity_core::time::Timestamp;
use vicinity_store::hub::{Peer, ProjectionRow, Random, Role};
use vicinity_store::policy::{self, Brought, Judgement, LogRow};
use vicinity_store::row::IncidentRow;

use super::{FeedRow, MemoryHub, Projection, Sent, What};

impl MemoryHub {
    pub(super) fn accept_document(
        &mut self,
        peer: &Peer,
        incident: IncidentId,
        changes: &[Brought<'_>],
        now: Timestamp,
        random: &mut dyn Random,
    ) -> Vec<Verdict> {
        let refused_as_erased = || vec![Verdict::Rejected(Refusal::Erased); changes.len()];
        if self.is_erased(incident) {
            self.order_again(incident, peer);
            return refused_as_erased();
        }
        if self.documents.contains_key(&incident) && changes.iter().all(|brought| self.is_known(peer, incident, brought)) {
            return vec![Verdict::Duplicate; changes.len()];
        }
        let is_new = !self.documents.contains_key(&incident);
        let log: Vec<LogRow> = self.all_changes(incident).map(log_row).collect();
        if let Some(verdicts) = policy::other_incident(&log, changes) {
            return verdicts;
        }
        if !is_new && !self.sees(peer, incident) {
            let is_back = self.departed.remove(&(incident, peer.number));
            self.note_lasting(peer.number, u64::from(is_back));
            if !is_back && (!self.lost_scope(peer, incident) || !policy::proves_possession(&log, changes)) {
                return policy::out_of_scope(&log, changes);
            }
            self.enters(incident, peer.number);
        }
        let waiting: Vec<Vec<u8>> = self.waiting_of(incident).map(|sent| sent.chunk.clone()).collect();
        let judged = policy::judge(&log, &waiting, changes, peer.number);
        self.loaded += policy::in_one_piece(judged.loaded);
        if !judged.consented {
            return judged.verdicts;
        }
        self.keep_aside(peer, incident, changes, &judged, now);
        for (hash, refusal) in judged.dropped {
            self.waiting.remove(&(incident, hash));
            self.quarantine.insert((incident, hash, refusal));
        }
        if judged.view.is_some() {
            self.bring_back(incident);
        }
        for hash in judged.stored {
            if let Some(sent) = self.waiting.remove(&(incident, hash)) {
                self.append(incident, hash, What::Change(Sent { received_at: now, ..sent }));
            }
        }
        if let Some(view) = judged.view {
            if is_new && peer.role == Role::Educator {
                self.scope.insert((incident, peer.number));
            }
            let recalled = policy::recalled(&view.incident);
            let received_at = self.documents.get(&incident).map_or(Some(now), |row| row.incident.reading().received_at);
            let log: Vec<LogRow> = self.all_changes(incident).map(log_row).collect();
            let reading = Reading { zone: self.zone(), received_at, times: policy::times(&view.written, log.iter()) };
            self.documents.insert(incident, IncidentRow { incident: view.incident.read_by(reading), heads: view.heads });
            if recalled {
                self.recall(incident, peer, is_new && waiting.is_empty() && changes.iter().all(|brought| !brought.relayed), now);
                return refused_as_erased();
            }
            self.project(incident, now, random);
        }
        judged.verdicts
    }

    /// Keeps what comes until its ancestors are there, and what is refused.
    fn keep_aside(&mut self, peer: &Peer, incident: IncidentId, changes: &[Brought<'_>], judged: &Judgement, now: Timestamp) {
        for (brought, verdict) in changes.iter().zip(&judged.verdicts) {
            let place = (incident, brought.hash());
            if matches!(verdict, Verdict::Pending | Verdict::Stored) {
                let sent = Sent {
                    device: peer.number,
                    incarnation: peer.incarnation,
                    relayed: brought.relayed,
                    chunk: brought.change.chunk.clone(),
                    skew_seconds: self.skew_of(peer, brought, now),
                    received_at: now,
                };
                self.waiting.entry(place).or_insert(sent);
            }
            if let Verdict::Rejected(refusal) = verdict {
                if !judged.stored.contains(&place.1) {
                    self.waiting.remove(&place);
                }
                self.quarantine.insert((place.0, place.1, *refusal));
            }
        }
    }

    /// Whether a change is in the log, and its sender may have that said: it passes it on, or brought it itself.
    pub(super) fn is_known(&self, peer: &Peer, incident: IncidentId, brought: &Brought<'_>) -> bool {
        let may_know = |sent: &Sent| brought.relayed || (!sent.relayed && sent.device == peer.number);
        self.sees(peer, incident) && self.all_changes(incident).any(|sent| sent.chunk == brought.change.chunk && may_know(sent))
    }

    fn skew_of(&self, peer: &Peer, brought: &Brought<'_>, now: Timestamp) -> Option<i64> {
        let own = (peer.number == 0).then_some(policy::ClockKnown::OWN);
        let clock = own.or_else(|| Some(self.devices.iter().find(|known| known.row.number == peer.number)?.clock))?;
        let written = Chunk::parse(&brought.change.chunk).ok().filter(|_| !brought.relayed)?.time;
        clock.skew_of(written, now)
    }

    pub(super) fn waiting_of(&self, incident: IncidentId) -> impl Iterator<Item = &Sent> {
        self.waiting.iter().filter(move |((of, _), _)| *of == incident).map(|(_, sent)| sent)
    }

    pub(super) fn append(&mut self, incident: IncidentId, hash: ChangeHash, what: What) {
        let mut hasher = Sha256::new();
        hasher.update(self.feed.last().map_or([0; 16], |row| row.chain));
        hasher.update((self.feed.len() as u64 + 1).to_be_bytes());
        hasher.update(incident.as_bytes());
        hasher.update(hash.0);
        let full: [u8; 32] = hasher.finalize().into();
        let mut chain = [0; 16];
        chain.copy_from_slice(&full[..16]);
        self.feed.push(FeedRow { chain, incident, what });
    }

    /// The areas that its rows may name.
    pub(super) fn areas(&self) -> Areas {
        let kept = |key: &str| self.settings.get(key).cloned();
        policy::kept_areas(kept(policy::AREAS_LISTED), kept(policy::AREAS_MET))
    }

    /// Makes the projection of an incident anew, and notes answers to questions.
    pub(super) fn project(&mut self, incident: IncidentId, now: Timestamp, random: &mut dyn Random) {
        let mut areas = self.areas();
        let Some(row) = self.documents.get(&incident) else { return };
        let (json, is_new_area) = policy::projected(&row.incident, &mut areas, now);
        if is_new_area {
            self.settings.insert(policy::AREAS_MET.to_owned(), Areas::to_text(&areas.met).into_bytes());
        }
        for (id, answer) in policy::answers(&row.incident) {
            let asked = self.questions.get_mut(&id).filter(|question| question.incident == incident);
            if let Some(question) = asked.filter(|question| question.answer.as_ref() != Some(&answer)) {
                question.answer = Some(answer);
                question.reported = false;
            }
        }
        match self.projections.iter_mut().find(|projection| projection.incident == incident) {
            Some(known) if known.row.json == json => {}
            Some(known) => {
                known.row.json = json;
                known.row.version += 1;
            }
            None if json.is_none() && !policy::may_be_projected(&row.incident) => {}
            None => {
                let key = self.settings.entry(policy::PROJECTION_KEY.to_owned()).or_insert_with(|| random.bytes16().to_vec());
                let projection = policy::projection_id(key, incident);
                self.projections.push(Projection { incident, row: ProjectionRow { projection, version: 1, json }, sent: 0 });
            }
        }
    }
}

pub(super) fn log_row(sent: &Sent) -> LogRow {
    LogRow { chunk: sent.chunk.clone(), device: sent.device, relayed: sent.relayed, skew_seconds: sent.skew_seconds, received_at: sent.received_at }
}
