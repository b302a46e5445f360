//! Giving a device what it lacks.

use std::collections::BTreeMap;

use vicinity_core::batch::{self, Cursor, DocumentHeads, Group, GroupChange, HeadsPage, Pull};
use vicinity_core::chunk::Chunk;
use vicinity_core::ids::{ChangeHash, IncidentId};
use vicinity_store::hub::{Peer, Role};
use vicinity_store::policy;

use super::{MemoryHub, Sent, What};

impl MemoryHub {
    pub(super) fn pull_or_rebase(
        &mut self,
        peer: &Peer,
        cursor: Option<Cursor>,
        page: Option<&HeadsPage>,
        pushed: &[IncidentId],
        raw_bytes: usize,
    ) -> Option<Pull> {
        let cursor = if page.is_some() { self.cursor_at(self.feed.len()) } else { self.fitting(cursor?)? };
        let digest = self.digest(peer);
        let mut pull = Pull { groups: Vec::new(), removed: Vec::new(), need: Vec::new(), cursor, more: false, rebased_until: None, digest };
        match page {
            Some(page) => {
                for document in
                    page.have.iter().filter(|document| self.tombstones.contains_key(&document.incident)).map(|document| document.incident).collect::<Vec<_>>()
                {
                    self.order_again(document, peer);
                }
                self.compare(peer, page, raw_bytes.max(1), &mut pull);
            }
            None => self.follow(peer, raw_bytes.max(1), &mut pull),
        }
        for incident in pushed.iter().copied() {
            let waits = self.waiting_of(incident).next().is_some();
            let visible = !self.documents.contains_key(&incident) || self.sees(peer, incident);
            if waits && visible && pull.need.iter().all(|need| need.incident != incident) {
                pull.need.push(DocumentHeads { incident, heads: self.heads(incident) });
            }
        }
        Some(pull)
    }

    fn heads(&self, incident: IncidentId) -> Vec<ChangeHash> {
        self.documents.get(&incident).map(|row| row.heads.clone()).unwrap_or_default()
    }

    fn cursor_at(&self, rows: usize) -> Cursor {
        let chain = rows.checked_sub(1).map_or([0; 16], |last| self.feed[last].chain);
        policy::cursor(self.settings.get(policy::CURSOR_KEY).map(Vec::as_slice), self.epoch, rows as u64, chain)
    }

    /// A cursor that this hub gave out and that does not fit shows that the whole folder was put back, epoch and all.
    pub(super) fn fitting(&mut self, cursor: Cursor) -> Option<Cursor> {
        if !policy::is_own_cursor(self.settings.get(policy::CURSOR_KEY).map(Vec::as_slice), &cursor) {
            return None;
        }
        if self.fits(&cursor) {
            return Some(cursor);
        }
        self.settings.insert(policy::RESTORED.to_owned(), vec![1]);
        None
    }

    fn fits(&self, cursor: &Cursor) -> bool {
        cursor.seq <= self.feed.len() as u64 && *cursor == self.cursor_at(cursor.seq as usize)
    }

    /// Goes along the feed from the pull's cursor. What is in scope now counts, not what was when the row came.
    fn follow(&self, peer: &Peer, raw_bytes: usize, pull: &mut Pull) {
        let start = pull.cursor.seq as usize;
        for (at, row) in self.feed.iter().enumerate().skip(start) {
            if bytes(&pull.groups) >= raw_bytes {
                pull.more = true;
                return;
            }
            let visible = self.sees(peer, row.incident);
            match &row.what {
                What::Change(sent) if visible && (sent.device, sent.incarnation) != (peer.number, peer.incarnation) => {
                    place(&mut pull.groups, row.incident).push(told(peer, sent));
                }
                What::Entered(device) if *device == peer.number && visible => {
                    *place(&mut pull.groups, row.incident) = self.changes(row.incident, at).map(|sent| told(peer, sent)).collect();
                }
                What::Left(device) if *device == peer.number && !visible => pull.removed.push(row.incident),
                What::Change(_) | What::Entered(_) | What::Left(_) | What::Erased => {}
            }
            pull.cursor = self.cursor_at(at + 1);
        }
    }

    /// Compares heads in a stretch of ids: what the sender lacks is given, what the hub lacks is asked for.
    fn compare(&self, peer: &Peer, page: &HeadsPage, raw_bytes: usize, pull: &mut Pull) {
        let known = page.have.iter().filter(|document| !self.is_erased(document.incident));
        let theirs: BTreeMap<IncidentId, &[ChangeHash]> = known.map(|document| (document.incident, document.heads.as_slice())).collect();
        let within = |incident: &IncidentId| page.after.is_none_or(|after| *incident > after) && page.until.is_none_or(|until| *incident <= until);
        let mut ours: Vec<IncidentId> = self.documents.keys().copied().filter(within).collect();
        ours.extend(theirs.keys().filter(|incident| !self.documents.contains_key(incident)));
        ours.sort_unstable();
        let mut last = None;
        for incident in ours {
            if bytes(&pull.groups) >= raw_bytes {
                pull.rebased_until = last;
                pull.more = true;
                return;
            }
            last = Some(incident);
            self.compare_one(peer, incident, theirs.get(&incident).copied(), pull);
        }
        pull.rebased_until = page.until;
        pull.more = page.until.is_some();
    }

    fn compare_one(&self, peer: &Peer, incident: IncidentId, theirs: Option<&[ChangeHash]>, pull: &mut Pull) {
        if self.documents.contains_key(&incident) && !self.sees(peer, incident) {
            match theirs {
                Some(_) if self.lost_scope(peer, incident) => pull.need.push(DocumentHeads { incident, heads: Vec::new() }),
                Some(_) => pull.removed.push(incident),
                None => {}
            }
            return;
        }
        let heads = self.heads(incident);
        if theirs == Some(&heads) {
            return;
        }
        let theirs = theirs.unwrap_or_default();
        let log: Vec<&Sent> = self.all_changes(incident).collect();
        let chunks: Vec<Chunk<'_>> = log.iter().filter_map(|sent| Chunk::parse(&sent.chunk).ok()).collect();
        let lacks = batch::missing(&chunks, theirs);
        if !lacks.is_empty() {
            place(&mut pull.groups, incident).extend(lacks.into_iter().map(|at| told(peer, log[at])));
        }
        if theirs.iter().any(|head| chunks.iter().all(|chunk| chunk.hash != *head)) {
            pull.need.push(DocumentHeads { incident, heads });
        }
    }
}

/// Responders are told who wrote what; an educator's phone that is searched has nothing to tell.
/// Of what was only passed on, nobody knows who wrote it.
fn told(peer: &Peer, sent: &Sent) -> GroupChange {
    GroupChange { chunk: sent.chunk.clone(), by: if peer.role == Role::Responder && !sent.relayed { sent.device } else { 0 } }
}

/// The changes of an incident's group, made when it first shows.
fn place(groups: &mut Vec<Group>, incident: IncidentId) -> &mut Vec<GroupChange> {
    let at = groups.iter().position(|group| group.incident == incident).unwrap_or_else(|| {
        groups.push(Group { incident, relayed: false, changes: Vec::new() });
        groups.len() - 1
    });
    &mut groups[at].changes
}

fn bytes(groups: &[Group]) -> usize {
    groups.iter().flat_map(|group| &group.changes).map(|change| change.chunk.len()).sum()
}
