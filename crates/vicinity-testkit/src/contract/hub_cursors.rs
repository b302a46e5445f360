//! Cursors: those that a hub gave out, and those that somebody made up.

use std::path::Path;

use vicinity_core::batch::{Cursor, DocumentHeads, HeadsPage};
use vicinity_core::ids::IncidentId;
use vicinity_store::hub::{HubStore, Peer, Role};
use vicinity_store::policy;

use super::stage::{ALL_BYTES, CURSOR_KEY, Hub};
use crate::person::{Person, consented, incident_id, now};

/// Ada logged incidents 1 and 4, Ben 2 and 3; Cleo nothing; Rose responds. Incidents 1 and 2 are erased, and who held them knows.
struct Centre<S> {
    hub: Hub<S>,
    ada: Peer,
    ben: Peer,
    cleo: Peer,
    rose: Peer,
    bens: Person,
}

impl<S: HubStore> Centre<S> {
    fn new(make: impl Fn(&Path) -> S) -> Self {
        let mut hub = Hub::new(make);
        let (ada, ben, cleo) = (
            hub.enrols(Role::Educator),
            hub.enrols(Role::Educator),
            hub.enrols(Role::Educator),
        );
        let rose = hub.enrols(Role::Responder);
        let logged = |number: u8| Person::logs(incident_id(number), number, &consented());
        let bens = logged(3);
        hub.takes(&ada, &[logged(1).group(), logged(4).group()]);
        hub.takes(&ben, &[logged(2).group(), bens.group()]);
        for (number, holders) in [(1, [ada, rose]), (2, [ben, rose])] {
            hub.store
                .erase(incident_id(number), now())
                .expect("an erasure");
            holders.iter().for_each(|peer| {
                hub.store
                    .confirm_erased(peer, &[incident_id(number)], now())
                    .expect("a receipt")
            });
        }
        Self {
            hub,
            ada,
            ben,
            cleo,
            rose,
            bens,
        }
    }

    fn head(&mut self) -> Cursor {
        let (rose, start) = (self.rose, self.hub.start);
        self.hub.gives(&rose, start).cursor
    }

    fn is_marked(&mut self) -> bool {
        self.hub
            .store
            .setting(policy::RESTORED)
            .expect("a setting")
            .is_some()
    }

    fn orders(&mut self, peer: &Peer) -> Vec<IncidentId> {
        self.hub.store.erase_orders(peer, 100).expect("orders")
    }

    /// What the hub answers an educator who names an incident that is not hers: to remove it, and whether it wants it.
    fn says_of_bens(&mut self, peer: &Peer) -> (usize, usize) {
        let have = vec![DocumentHeads {
            incident: incident_id(3),
            heads: self.bens.heads(),
        }];
        let pull = self.hub.rebases(
            peer,
            &HeadsPage {
                have,
                ..HeadsPage::default()
            },
            ALL_BYTES,
        );
        (pull.removed.len(), pull.need.len())
    }
}

/// Everything that somebody who has seen a good cursor can make of it without the hub's key.
fn made_up(good: Cursor, start: Cursor) -> Vec<Cursor> {
    let other = |bytes: [u8; 16]| bytes.map(|byte| byte ^ 1);
    let mut made = vec![
        Cursor {
            chain: other(good.chain),
            ..good
        },
        Cursor {
            epoch: other(good.epoch),
            ..good
        },
        Cursor {
            seq: good.seq + 1,
            ..good
        },
        Cursor {
            seq: good.seq - 1,
            ..good
        },
        Cursor { seq: 0, ..good },
        Cursor {
            seq: u64::MAX,
            ..good
        },
        Cursor {
            mac: start.mac,
            ..good
        },
        Cursor {
            mac: good.mac,
            ..start
        },
        Cursor {
            chain: good.chain,
            ..start
        },
        // From a hub without a key, and from one with another key.
        policy::cursor(None, good.epoch, good.seq + 7, good.chain),
        policy::cursor(Some(&[]), good.epoch, good.seq + 7, good.chain),
        policy::cursor(Some(&[0; 16]), good.epoch, good.seq + 7, good.chain),
        policy::cursor(Some(&good.epoch), good.epoch, good.seq + 7, good.chain),
    ];
    for bit in 0..64 {
        let mut mac = good.mac;
        mac[bit / 8] ^= 1 << (bit % 8);
        made.push(Cursor { mac, ..good });
    }
    made
}

/// It would else tell every phone what was ever erased, and open what is not in its scope, permanently.
pub fn a_cursor_that_somebody_made_up_is_refused_and_nothing_changes<S: HubStore>(
    make: impl Fn(&Path) -> S,
) {
    let mut centre = Centre::new(make);
    let (good, start, before) = (centre.head(), centre.hub.start, centre.hub.footprint());
    for peer in [centre.ada, centre.ben, centre.cleo, centre.rose] {
        for cursor in made_up(good, start) {
            assert!(
                !centre.hub.store.stands(&cursor).expect("an answer"),
                "{cursor:?}"
            );
            assert_eq!(
                centre
                    .hub
                    .store
                    .pull(&peer, Some(cursor), None, &[incident_id(3)], ALL_BYTES)
                    .expect("an answer"),
                None,
                "{cursor:?}"
            );
            assert!(!centre.is_marked(), "{cursor:?}");
        }
    }
    assert_eq!(centre.hub.footprint(), before);
    for peer in [centre.ada, centre.ben, centre.cleo, centre.rose] {
        assert_eq!(centre.orders(&peer), []);
        assert!(
            centre.hub.store.stands(&good).expect("an answer")
                && centre.hub.store.stands(&start).expect("an answer")
        );
    }
    for peer in [centre.ada, centre.cleo] {
        assert_eq!(centre.says_of_bens(&peer), (1, 0), "it is not hers");
    }
}

/// The whole folder was put back, or the database under another epoch: nothing else makes such a cursor.
pub fn a_cursor_of_the_hubs_own_that_does_not_fit_marks_it_as_restored<S: HubStore>(
    make: impl Fn(&Path) -> S,
) {
    let lost = |good: Cursor| {
        [
            policy::cursor(Some(&CURSOR_KEY), good.epoch, good.seq + 3, [9; 16]),
            policy::cursor(Some(&CURSOR_KEY), good.epoch, good.seq, [9; 16]),
            policy::cursor(Some(&CURSOR_KEY), [9; 16], good.seq, good.chain),
        ]
    };
    for which in 0..3 {
        let mut centre = Centre::new(&make);
        let good = centre.head();
        let cursor = lost(good)[which];
        if which == 0 {
            assert!(!centre.hub.store.stands(&cursor).expect("an answer"));
        } else {
            let ada = centre.ada;
            assert_eq!(
                centre
                    .hub
                    .store
                    .pull(&ada, Some(cursor), None, &[], ALL_BYTES)
                    .expect("an answer"),
                None
            );
        }
        assert!(centre.is_marked(), "{cursor:?}");
        let cleo = centre.cleo;
        assert_eq!(
            centre.orders(&cleo),
            [incident_id(1), incident_id(2)],
            "who held what is lost"
        );
        assert_eq!(centre.says_of_bens(&cleo), (0, 1), "it may have been hers");
        assert!(
            centre.hub.store.stands(&good).expect("an answer"),
            "cursors of before still stand"
        );
    }
}

/// A phone restored from a backup begins a new life, and a new life compares all it has.
pub fn a_device_that_lost_its_state_is_told_of_what_it_had_and_of_nothing_else<S: HubStore>(
    make: impl Fn(&Path) -> S,
) {
    let mut centre = Centre::new(make);
    let (ada, ben, cleo) = (centre.ada, centre.ben, centre.cleo);
    for (peer, had) in [
        (ada, vec![incident_id(1)]),
        (ben, vec![incident_id(2)]),
        (cleo, vec![]),
    ] {
        let reborn = Peer {
            incarnation: peer.incarnation + 1,
            ..peer
        };
        assert_eq!(centre.orders(&reborn), had);
        centre
            .hub
            .rebases(&reborn, &HeadsPage::default(), ALL_BYTES);
        assert_eq!(centre.orders(&reborn), had);
    }
    // Anyone who shows that it holds one learns of that one.
    let cleo = Peer {
        incarnation: cleo.incarnation + 1,
        ..cleo
    };
    let have = vec![DocumentHeads {
        incident: incident_id(2),
        heads: centre.bens.heads(),
    }];
    centre.hub.rebases(
        &cleo,
        &HeadsPage {
            have,
            ..HeadsPage::default()
        },
        ALL_BYTES,
    );
    assert_eq!(centre.orders(&cleo), [incident_id(2)]);
    assert!(!centre.is_marked());
}
