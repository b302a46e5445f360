//! What the sentences play on: an engine in a folder, and short words for what is done with it.

use std::path::Path;

use tempfile::TempDir;
use vicinity_core::admit::Verdict;
use vicinity_core::batch::{Cursor, Group, GroupChange, HeadsPage, Pull};
use vicinity_core::ids::{ChangeHash, DeviceId, IncidentId};
use vicinity_store::device::{Delivered, DeviceStanding, DeviceStore};
use vicinity_store::hub::{HubStore, Peer, Role};
use vicinity_store::policy;

use crate::person::{Counting, hash, now, now_plus};

/// A page of bytes that holds everything.
pub(super) const ALL_BYTES: usize = 1 << 30;

/// The key of cursors' MACs.
pub(super) const CURSOR_KEY: [u8; 16] = [5; 16];

/// A hub's engine.
pub(super) struct Hub<S> {
    pub(super) store: S,
    pub(super) random: Counting,
    /// The feed's first place.
    pub(super) start: Cursor,
    enrolled: u8,
    _folder: TempDir,
}

impl<S: HubStore> Hub<S> {
    pub(super) fn new(make: impl Fn(&Path) -> S) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let mut store = make(folder.path());
        // As a hub is set up: every backup has the key.
        store
            .set_setting(policy::CURSOR_KEY, &CURSOR_KEY)
            .expect("a setting");
        let nobody = Peer {
            number: 0,
            incarnation: 0,
            role: Role::Responder,
        };
        let pull = store
            .pull(&nobody, None, Some(&HeadsPage::default()), &[], ALL_BYTES)
            .expect("a pull")
            .expect("a rebase needs no cursor");
        Self {
            store,
            random: Counting::default(),
            start: pull.cursor,
            enrolled: 0,
            _folder: folder,
        }
    }

    /// Enrols one more device.
    pub(super) fn enrols(&mut self, role: Role) -> Peer {
        self.enrolled += 1;
        let number = self.enrolled;
        self.store
            .invite([number; 32], role, now_plus(600))
            .expect("an invitation");
        let peer = self
            .store
            .enrol([number; 32], device_id(number), [number; 32], now())
            .expect("an enrolment")
            .expect("an open code");
        Peer {
            incarnation: 7,
            ..peer
        }
    }

    pub(super) fn takes(&mut self, peer: &Peer, groups: &[Group]) -> Vec<Verdict> {
        self.store
            .accept(peer, None, groups, now(), &mut self.random)
            .expect("an answer")
    }

    /// Everything behind a cursor.
    pub(super) fn gives(&mut self, peer: &Peer, cursor: Cursor) -> Pull {
        let pull = self
            .store
            .pull(peer, Some(cursor), None, &[], ALL_BYTES)
            .expect("a pull")
            .expect("a cursor of this feed");
        assert!(!pull.more, "a page without end holds everything");
        pull
    }

    pub(super) fn rebases(&mut self, peer: &Peer, page: &HeadsPage, raw_bytes: usize) -> Pull {
        self.store
            .pull(peer, None, Some(page), &[], raw_bytes)
            .expect("a pull")
            .expect("a rebase needs no cursor")
    }

    pub(super) fn view(&mut self, incident: IncidentId) -> vicinity_core::incident::Incident {
        self.store
            .incident(incident)
            .expect("a reading")
            .expect("an incident")
            .incident
    }

    /// Everything that can be seen of the hub's state at once.
    pub(super) fn footprint(
        &mut self,
    ) -> (
        vicinity_store::hub::HubCounts,
        Vec<(IncidentId, Vec<ChangeHash>)>,
    ) {
        let mut incidents = Vec::new();
        self.store
            .each_incident(&mut |incident, row| {
                incidents.push((incident, row.heads));
                Ok(())
            })
            .expect("a walk");
        (self.store.counts().expect("counts"), incidents)
    }
}

/// A device's engine.
pub(super) struct Phone<S> {
    pub(super) store: S,
    _folder: TempDir,
}

impl<S: DeviceStore> Phone<S> {
    pub(super) fn new(make: impl Fn(&Path) -> S) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        Self {
            store: make(folder.path()),
            _folder: folder,
        }
    }

    /// Everything that waits and may go.
    pub(super) fn outbox(&mut self) -> Vec<Group> {
        let page = self.store.outbox(0, ALL_BYTES).expect("an outbox");
        assert!(!page.more, "a page without end holds everything");
        page.groups
    }

    pub(super) fn delivers(&mut self, delivered: &Delivered<'_>) -> DeviceStanding {
        self.store.deliver(delivered).expect("a delivery")
    }

    /// The hub acknowledges these.
    pub(super) fn acks(&mut self, incident: IncidentId, chunks: &[Vec<u8>]) -> DeviceStanding {
        let acked: Vec<(IncidentId, ChangeHash)> =
            chunks.iter().map(|chunk| (incident, hash(chunk))).collect();
        self.delivers(&Delivered {
            acked: &acked,
            ..Delivered::default()
        })
    }

    /// The hub gives these, written by its device 3.
    pub(super) fn pulls(&mut self, incident: IncidentId, chunks: &[Vec<u8>]) -> DeviceStanding {
        let changes = chunks
            .iter()
            .map(|chunk| GroupChange {
                chunk: chunk.clone(),
                by: 3,
            })
            .collect();
        self.delivers(&Delivered {
            groups: &[Group {
                incident,
                relayed: false,
                changes,
            }],
            ..Delivered::default()
        })
    }
}

pub(super) fn device_id(number: u8) -> DeviceId {
    DeviceId::from_random([number; 16])
}

/// The changes of an incident in some groups, sorted by their names, so that they compare whatever the order.
pub(super) fn changes_of(groups: &[Group], incident: IncidentId) -> Vec<ChangeHash> {
    let of = groups.iter().filter(|group| group.incident == incident);
    sorted(
        of.flat_map(|group| &group.changes)
            .map(|change| hash(&change.chunk))
            .collect(),
    )
}

/// The names of changes, sorted.
pub(super) fn names(chunks: &[Vec<u8>]) -> Vec<ChangeHash> {
    sorted(chunks.iter().map(|chunk| hash(chunk)).collect())
}

fn sorted(mut names: Vec<ChangeHash>) -> Vec<ChangeHash> {
    names.sort_unstable();
    names
}

/// How many changes there are in some groups.
pub(super) fn count(groups: &[Group]) -> usize {
    groups.iter().map(|group| group.changes.len()).sum()
}
