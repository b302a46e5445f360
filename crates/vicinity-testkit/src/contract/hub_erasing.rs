//! Erasing at a hub.

use std::path::Path;

use serde_json::json;
use vicinity_core::admit::Verdict;
use vicinity_core::batch::{DocumentHeads, Group, HeadsPage};
use vicinity_core::guard::Refusal;
use vicinity_core::ids::IncidentId;
use vicinity_store::hub::{HubStore, LASTING_ROW_BYTES, Peer, RECEIPTS_MAX, Role, SentProjection};

use super::stage::{ALL_BYTES, Hub, count};
use crate::person::{Person, consented, countable, group, incident_id, now, now_plus};

const ERASED: Verdict = Verdict::Rejected(Refusal::Erased);

/// Ada logs incident 1 and edits it, Ben logs incident 2; Rose responds.
struct Centre<S> {
    hub: Hub<S>,
    ada: Peer,
    ben: Peer,
    rose: Peer,
    adas: Person,
}

impl<S: HubStore> Centre<S> {
    fn new(make: impl Fn(&Path) -> S) -> Self {
        let mut hub = Hub::new(make);
        let (ada, ben, rose) = (
            hub.enrols(Role::Educator),
            hub.enrols(Role::Educator),
            hub.enrols(Role::Responder),
        );
        let mut adas = Person::logs(incident_id(1), 1, &countable());
        adas.edits_times(2);
        hub.takes(&ada, &[adas.group()]);
        hub.takes(
            &ben,
            &[Person::logs(incident_id(2), 2, &consented()).group()],
        );
        Self {
            hub,
            ada,
            ben,
            rose,
            adas,
        }
    }

    fn erases(&mut self, number: u8) -> bool {
        self.hub
            .store
            .erase(incident_id(number), now_plus(60))
            .expect("an erasure")
    }

    fn orders(&mut self, peer: &Peer) -> Vec<IncidentId> {
        self.hub.store.erase_orders(peer, 100).expect("orders")
    }

    fn confirms(&mut self, peer: &Peer, number: u8) {
        self.hub
            .store
            .confirm_erased(peer, &[incident_id(number)], now_plus(90))
            .expect("a receipt");
    }
}

/// Cursors from before still fit, and what others wrote is given as ever.
pub fn what_was_erased_is_nowhere_at_the_hub_and_the_feed_keeps_its_places<S: HubStore>(
    make: impl Fn(&Path) -> S,
) {
    let mut centre = Centre::new(make);
    let (rose, start) = (centre.rose, centre.hub.start);
    let before = centre.hub.gives(&rose, start).cursor;
    let feed = centre.hub.store.counts().expect("counts").feed_seq;
    // Something waits, and something was refused.
    let mut ahead = Person::copies(incident_id(1), 3, centre.adas.chunks());
    let orphan = ahead.edits_times(2).remove(1);
    centre
        .hub
        .takes(&rose, &[group(incident_id(1), &[orphan, vec![7; 30]])]);
    let counts = centre.hub.store.counts().expect("counts");
    assert_eq!((counts.waiting, counts.quarantined), (1, 1));

    assert!(centre.erases(1));
    assert_eq!(
        centre
            .hub
            .store
            .incident(incident_id(1))
            .expect("a reading"),
        None
    );
    assert!(
        centre
            .hub
            .store
            .chunks(incident_id(1))
            .expect("changes")
            .is_empty()
    );
    let counts = centre.hub.store.counts().expect("counts");
    assert_eq!(
        (
            counts.incidents,
            counts.waiting,
            counts.quarantined,
            counts.feed_seq
        ),
        (1, 0, 0, feed)
    );
    assert!(
        !centre
            .hub
            .store
            .assign(incident_id(1), 2, true, now())
            .expect("an answer")
    );
    assert!(
        !centre
            .hub
            .store
            .ask(5, incident_id(1), None)
            .expect("an answer")
    );
    let pull = centre.hub.gives(&rose, start);
    assert_eq!(
        (
            pull.groups.len(),
            pull.groups[0].incident,
            count(&pull.groups)
        ),
        (1, incident_id(2), 1)
    );
    assert_eq!(pull.cursor, before);
    // The feed continues where it was.
    let other = Person::logs(incident_id(3), 4, &consented());
    centre.hub.takes(&centre.ben.clone(), &[other.group()]);
    let pull = centre.hub.gives(&rose, before);
    assert_eq!((count(&pull.groups), pull.cursor.seq), (1, before.seq + 1));
}

/// Neither its own author nor somebody who relays it, from the first change or a later one; and erasing twice does no harm.
pub fn nothing_brings_back_what_was_erased<S: HubStore>(make: impl Fn(&Path) -> S) {
    let mut centre = Centre::new(make);
    let (ada, rose) = (centre.ada, centre.rose);
    assert!(centre.erases(1));
    let before = centre.hub.footprint();
    let late = centre.adas.edits_times(1);
    assert_eq!(
        centre.hub.takes(&ada, &[group(incident_id(1), &late)]),
        [ERASED]
    );
    assert_eq!(centre.hub.takes(&ada, &[centre.adas.group()]), [ERASED; 4]);
    let mut relayed = centre.adas.group();
    relayed.relayed = true;
    assert_eq!(centre.hub.takes(&rose, &[relayed]), [ERASED; 4]);
    assert_eq!(centre.hub.footprint(), before);
    assert!(centre.erases(1));
    assert_eq!(centre.hub.store.erasures().expect("erasures").len(), 1);
    // What never was here stays out too.
    assert!(!centre.erases(9));
    assert_eq!(
        centre.hub.takes(
            &ada,
            &[Person::logs(incident_id(9), 9, &consented()).group()]
        ),
        [ERASED]
    );
}

/// Also who has it no more in scope, for a phone may hold on to it; another life is another copy.
pub fn everybody_who_may_hold_it_is_ordered_until_that_life_of_the_device_confirms<S: HubStore>(
    make: impl Fn(&Path) -> S,
) {
    let mut centre = Centre::new(make);
    let (ada, ben, rose) = (centre.ada, centre.ben, centre.rose);
    let cleo = centre.hub.enrols(Role::Educator);
    for assigned in [true, false] {
        assert!(
            centre
                .hub
                .store
                .assign(incident_id(1), ben.number, assigned, now())
                .expect("an answer")
        );
    }
    centre.erases(1);
    for peer in [&ada, &ben, &rose] {
        assert_eq!(centre.orders(peer), [incident_id(1)]);
    }
    assert_eq!(centre.orders(&cleo), []);
    centre.confirms(&ada, 1);
    centre.confirms(&ada, 1);
    assert_eq!(
        (centre.orders(&ada), centre.orders(&ben)),
        (vec![], vec![incident_id(1)])
    );
    assert_eq!(
        centre.orders(&Peer {
            incarnation: 8,
            ..ada
        }),
        [incident_id(1)]
    );
    let rows = centre.hub.store.erasures().expect("erasures");
    assert_eq!(
        (rows.len(), rows[0].incident, rows[0].erased_at),
        (1, incident_id(1), now_plus(60))
    );
    let places: Vec<_> = rows[0]
        .places
        .iter()
        .map(|place| (place.device, place.role, place.confirmed_at, place.revoked))
        .collect();
    let told = [
        (1, Role::Educator, Some(now_plus(90)), false),
        (2, Role::Educator, None, false),
        (3, Role::Responder, None, false),
    ];
    assert_eq!(places, told);
}

/// It gets the order to wipe itself, and until then holds it.
pub fn a_revoked_device_that_may_hold_it_is_listed<S: HubStore>(make: impl Fn(&Path) -> S) {
    let mut centre = Centre::new(make);
    let ada = centre.ada;
    assert!(
        centre
            .hub
            .store
            .revoke(ada.number, now())
            .expect("an answer")
    );
    centre.erases(1);
    let rows = centre.hub.store.erasures().expect("erasures");
    assert_eq!(
        rows[0]
            .places
            .iter()
            .map(|place| (place.device, place.revoked))
            .collect::<Vec<_>>(),
        [(1, true), (3, false)]
    );
}

/// By pushing it, or among its heads: it confirmed, and then somebody put an old copy back.
pub fn a_device_that_shows_what_was_erased_is_told_again<S: HubStore>(make: impl Fn(&Path) -> S) {
    let mut centre = Centre::new(make);
    let (ada, ben) = (centre.ada, centre.ben);
    centre.erases(1);
    centre.confirms(&ada, 1);
    centre.hub.takes(&ada, &[centre.adas.group()]);
    assert_eq!(centre.orders(&ada), [incident_id(1)]);
    centre.confirms(&ada, 1);
    let page = HeadsPage {
        have: vec![DocumentHeads {
            incident: incident_id(1),
            heads: centre.adas.heads(),
        }],
        ..HeadsPage::default()
    };
    for peer in [&ada, &ben] {
        let pull = centre.hub.rebases(peer, &page, ALL_BYTES);
        assert_eq!(
            (&pull.need[..], &pull.removed[..]),
            (&[][..], &[][..]),
            "nothing is asked for"
        );
        assert_eq!(centre.orders(peer), [incident_id(1)]);
    }
}

/// Until then the row says nothing but that it was withdrawn.
pub fn an_erasure_takes_the_projection_back_and_forgets_it_once_national_confirmed<S: HubStore>(
    make: impl Fn(&Path) -> S,
) {
    let mut centre = Centre::new(make);
    let row = centre
        .hub
        .store
        .unsent_projections(9)
        .expect("projections")
        .remove(0);
    let said = |version| SentProjection {
        projection: row.projection,
        version,
        held: Some(version),
    };
    centre
        .hub
        .store
        .projections_sent(&[said(row.version)])
        .expect("noted");
    centre.erases(1);
    let unsent = centre.hub.store.unsent_projections(9).expect("projections");
    assert_eq!(
        (
            unsent.len(),
            unsent[0].projection,
            unsent[0].version,
            &unsent[0].json
        ),
        (1, row.projection, row.version + 1, &None)
    );
    assert_eq!(
        centre
            .hub
            .store
            .projected(row.projection)
            .expect("an answer"),
        None,
        "nobody is told which incident it was"
    );
    assert!(centre.hub.store.erasures().expect("erasures")[0].national_owes);
    centre
        .hub
        .store
        .projections_sent(&[said(row.version + 1)])
        .expect("noted");
    assert!(
        centre
            .hub
            .store
            .unsent_projections(9)
            .expect("projections")
            .is_empty()
    );
    assert!(!centre.hub.store.erasures().expect("erasures")[0].national_owes);
    // National learns nothing about an incident that it never had.
    centre.erases(2);
    assert!(
        centre
            .hub
            .store
            .unsent_projections(9)
            .expect("projections")
            .is_empty()
    );
}

/// It was restored from a backup: whether it holds the incident again, or never heard of it.
pub fn a_hub_that_does_not_know_of_an_erasure_learns_of_it<S: HubStore>(make: impl Fn(&Path) -> S) {
    let mut centre = Centre::new(make);
    let (ada, ben, rose) = (centre.ada, centre.ben, centre.rose);
    centre
        .hub
        .store
        .confirm_erased(&ben, &[incident_id(1), incident_id(7)], now())
        .expect("receipts");
    assert_eq!(
        centre
            .hub
            .store
            .incident(incident_id(1))
            .expect("a reading"),
        None
    );
    assert_eq!(centre.orders(&ben), []);
    assert_eq!(centre.orders(&ada), [incident_id(1)]);
    assert_eq!(centre.orders(&rose), [incident_id(1), incident_id(7)]);
    assert_eq!(
        centre.hub.takes(
            &rose,
            &[Person::logs(incident_id(7), 7, &consented()).group()]
        ),
        [ERASED]
    );
    // National may hold rows of both: they are withdrawn to be sure.
    let unsent = centre.hub.store.unsent_projections(9).expect("projections");
    assert!(unsent.len() == 2 && unsent.iter().all(|row| row.json.is_none()));
}

/// Anyone who changes her mind is logged again.
pub fn a_withdrawal_of_hub_response_recalls_the_incident_and_a_later_grant_does_not_bring_it_back<
    S: HubStore,
>(
    make: impl Fn(&Path) -> S,
) {
    let mut centre = Centre::new(make);
    let (ada, rose) = (centre.ada, centre.rose);
    let withdrawal = centre
        .adas
        .edits(&json!({"consent": {"scope": "hub_response", "state": "withdrawn"}}));
    assert_eq!(
        centre
            .hub
            .takes(&ada, &[group(incident_id(1), &[withdrawal])]),
        [ERASED]
    );
    assert_eq!(
        centre
            .hub
            .store
            .incident(incident_id(1))
            .expect("a reading"),
        None
    );
    assert_eq!(
        (centre.orders(&ada), centre.orders(&rose)),
        (vec![incident_id(1)], vec![incident_id(1)])
    );
    assert!(
        centre
            .hub
            .store
            .unsent_projections(9)
            .expect("projections")
            .iter()
            .all(|row| row.json.is_none())
    );
    let grant = centre
        .adas
        .edits(&json!({"consent": {"scope": "hub_response", "state": "granted"}}));
    assert_eq!(
        centre.hub.takes(&ada, &[group(incident_id(1), &[grant])]),
        [ERASED]
    );
}

/// A stolen phone would else have every responder keep tombstones of what never was.
pub fn what_comes_withdrawn_is_ordered_of_nobody_but_its_sender<S: HubStore>(
    make: impl Fn(&Path) -> S,
) {
    let mut centre = Centre::new(make);
    let (ada, ben, rose) = (centre.ada, centre.ben, centre.rose);
    let mut person = Person::logs(incident_id(7), 7, &consented());
    person.edits(&json!({"consent": {"scope": "hub_response", "state": "withdrawn"}}));
    let before = centre.hub.store.stored_bytes(ada.number).expect("a number");
    assert!(
        centre
            .hub
            .takes(&ada, &[person.group()])
            .iter()
            .all(|verdict| *verdict == ERASED)
    );
    assert_eq!(
        (
            centre.orders(&ada),
            centre.orders(&ben),
            centre.orders(&rose)
        ),
        (vec![incident_id(7)], vec![], vec![])
    );
    // Its tombstone and its order stay, in the share of who brought it.
    assert_eq!(
        centre.hub.store.stored_bytes(ada.number).expect("a number"),
        before + 2 * LASTING_ROW_BYTES
    );
    // Passed on by another, it is a person's who holds it.
    let mut relayed = Person::logs(incident_id(8), 8, &consented());
    relayed.edits(&json!({"consent": {"scope": "hub_response", "state": "withdrawn"}}));
    centre.hub.takes(
        &rose,
        &[Group {
            relayed: true,
            ..relayed.group()
        }],
    );
    assert_eq!(centre.orders(&rose), [incident_id(8)]);
}

/// Each time the feed grows permanently.
pub fn what_a_phone_lets_go_of_and_brings_back_counts_in_its_share<S: HubStore>(
    make: impl Fn(&Path) -> S,
) {
    let mut centre = Centre::new(make);
    let ada = centre.ada;
    let held = DocumentHeads {
        incident: incident_id(1),
        heads: centre.adas.heads(),
    };
    let before = centre.hub.store.stored_bytes(ada.number).expect("a number");
    for times in 1..4 {
        centre
            .hub
            .store
            .let_go(&ada, core::slice::from_ref(&held), now())
            .expect("let go");
        centre.hub.takes(&ada, &[centre.adas.group()]);
        assert_eq!(
            centre.hub.store.stored_bytes(ada.number).expect("a number"),
            before + 2 * times * LASTING_ROW_BYTES
        );
    }
}

/// Each life of a device has its own copy, but a stolen phone may begin many.
pub fn of_a_device_that_begins_many_lives_the_newest_receipts_are_kept<S: HubStore>(
    make: impl Fn(&Path) -> S,
) {
    let mut centre = Centre::new(make);
    let ada = centre.ada;
    centre.erases(1);
    for life in 1..=RECEIPTS_MAX as u64 + 2 {
        let peer = Peer {
            incarnation: life,
            ..ada
        };
        assert_eq!(centre.orders(&peer), [incident_id(1)]);
        centre
            .hub
            .store
            .confirm_erased(&peer, &[incident_id(1)], now_plus(90 + life as i64))
            .expect("a receipt");
        assert_eq!(centre.orders(&peer), []);
    }
    let asked: Vec<u64> = (1..=RECEIPTS_MAX as u64 + 2)
        .filter(|life| {
            !centre
                .orders(&Peer {
                    incarnation: *life,
                    ..ada
                })
                .is_empty()
        })
        .collect();
    assert_eq!(asked, [1, 2], "whose receipts are gone are asked again");
}

/// The last word counts, if the hub has it.
pub fn a_grant_that_names_the_withdrawal_in_the_same_batch_keeps_the_incident<S: HubStore>(
    make: impl Fn(&Path) -> S,
) {
    let mut centre = Centre::new(make);
    let ada = centre.ada;
    let changes = ["withdrawn", "granted"].map(|state| {
        centre
            .adas
            .edits(&json!({"consent": {"scope": "hub_response", "state": state}}))
    });
    assert_eq!(
        centre.hub.takes(&ada, &[group(incident_id(1), &changes)]),
        [Verdict::Stored; 2]
    );
    assert!(
        centre
            .hub
            .store
            .incident(incident_id(1))
            .expect("a reading")
            .is_some()
    );
    assert!(centre.hub.store.erasures().expect("erasures").is_empty());
}

/// For devices that had it in scope, and for those that see all.
pub fn digests_agree_after_an_erasure<S: HubStore>(make: impl Fn(&Path) -> S) {
    let mut centre = Centre::new(make);
    let (ada, ben, rose, start) = (centre.ada, centre.ben, centre.rose, centre.hub.start);
    let before = centre.hub.gives(&ben, start).digest;
    centre.erases(1);
    assert_eq!(
        centre.hub.gives(&ada, start).digest,
        vicinity_core::ids::ScopeDigest::default()
    );
    assert_eq!(centre.hub.gives(&ben, start).digest, before);
    assert_eq!(centre.hub.gives(&rose, start).digest, before);
}

/// Taken, waiting, waited for and come again: each byte counts once, for the device that brought it.
pub fn what_a_device_has_at_the_hub_is_counted_and_given_back_by_an_erasure<S: HubStore>(
    make: impl Fn(&Path) -> S,
) {
    let mut centre = Centre::new(make);
    let (ada, rose) = (centre.ada, centre.rose);
    let bytes = |chunks: &[Vec<u8>]| chunks.iter().map(|chunk| chunk.len() as u64).sum::<u64>();
    let stored = |centre: &mut Centre<S>, peer: &Peer| {
        centre
            .hub
            .store
            .stored_bytes(peer.number)
            .expect("a number")
    };
    let logged = bytes(centre.adas.chunks());
    assert_eq!(stored(&mut centre, &ada), logged);
    // Again: nothing more is there.
    let adas = centre.adas.clone();
    centre.hub.takes(&ada, &[adas.group()]);
    assert_eq!(stored(&mut centre, &ada), logged);
    let mut ahead = Person::copies(incident_id(1), 3, adas.chunks());
    let mut written = ahead.edits_times(2);
    let (first, second) = (written.remove(0), written.remove(0));
    centre.hub.takes(
        &rose,
        &[group(incident_id(1), core::slice::from_ref(&second))],
    );
    assert_eq!(stored(&mut centre, &rose), second.len() as u64, "it waits");
    centre.hub.takes(
        &rose,
        &[group(incident_id(1), &[first.clone(), second.clone()])],
    );
    assert_eq!(
        stored(&mut centre, &rose),
        (first.len() + second.len()) as u64
    );
    // What is refused is not counted here.
    centre
        .hub
        .takes(&rose, &[group(incident_id(1), &[vec![7; 30]])]);
    assert_eq!(
        stored(&mut centre, &rose),
        (first.len() + second.len()) as u64
    );
    assert!(centre.erases(1));
    assert_eq!(
        (stored(&mut centre, &ada), stored(&mut centre, &rose)),
        (0, 0)
    );
}
