//! Who sees what at a hub.

use std::path::Path;

use vicinity_core::admit::Verdict;
use vicinity_core::batch::{DocumentHeads, HeadsPage};
use vicinity_core::guard::Refusal;
use vicinity_core::ids::{IncidentId, ScopeDigest};
use vicinity_store::hub::{HubStore, Peer, Role};

use super::stage::{ALL_BYTES, Hub, changes_of, count, names};
use crate::person::{Person, consented, group, incident_id, now};

const OUT_OF_SCOPE: Verdict = Verdict::Rejected(Refusal::OutOfScope);

/// Ada has logged incident 1, Ben incident 2; Rose responds.
struct Centre<S> {
    hub: Hub<S>,
    ada: Peer,
    ben: Peer,
    rose: Peer,
    adas: Person,
    bens: Person,
}

impl<S: HubStore> Centre<S> {
    fn new(make: impl Fn(&Path) -> S) -> Self {
        let mut hub = Hub::new(make);
        let (ada, ben, rose) = (
            hub.enrols(Role::Educator),
            hub.enrols(Role::Educator),
            hub.enrols(Role::Responder),
        );
        let mut adas = Person::logs(incident_id(1), 1, &consented());
        adas.edits_times(2);
        let bens = Person::logs(incident_id(2), 2, &consented());
        hub.takes(&ada, &[adas.group()]);
        hub.takes(&ben, &[bens.group()]);
        Self {
            hub,
            ada,
            ben,
            rose,
            adas,
            bens,
        }
    }

    fn assigns(&mut self, incident: IncidentId, peer: &Peer, assigned: bool) -> bool {
        self.hub
            .store
            .assign(incident, peer.number, assigned, now())
            .expect("an answer")
    }

    /// Rose adds to an incident.
    fn answers(&mut self, incident: IncidentId, person: &Person, actor: u8) -> Vec<Vec<u8>> {
        let mut rose = Person::copies(incident, actor, person.chunks());
        rose.edits_times(1);
        assert_eq!(
            self.hub.takes(&self.rose, &[rose.group()]),
            [Verdict::Stored]
        );
        rose.chunks().to_vec()
    }
}

/// The feed is one, what each sees of it is not.
pub fn an_educator_sees_her_own_and_not_what_others_logged<S: HubStore>(make: impl Fn(&Path) -> S) {
    let mut centre = Centre::new(make);
    let to_ada = centre.answers(incident_id(1), &centre.adas.clone(), 11);
    centre.answers(incident_id(2), &centre.bens.clone(), 12);
    let start = centre.hub.start;
    let pull = centre.hub.gives(&centre.ada, start);
    assert_eq!(
        (
            count(&pull.groups),
            changes_of(&pull.groups, incident_id(1))
        ),
        (1, names(&to_ada))
    );
    let rebase = centre
        .hub
        .rebases(&centre.ada, &HeadsPage::default(), ALL_BYTES);
    assert_eq!(
        rebase
            .groups
            .iter()
            .map(|group| group.incident)
            .collect::<Vec<_>>(),
        [incident_id(1)]
    );
    assert_eq!(count(&centre.hub.gives(&centre.rose, start).groups), 4);
}

/// Not even where she knows its id; and none of it is kept.
pub fn an_educator_cannot_write_to_what_is_not_hers<S: HubStore>(make: impl Fn(&Path) -> S) {
    let mut centre = Centre::new(make);
    let before = centre.hub.footprint();
    let mut meddler = Person::copies(incident_id(2), 11, centre.bens.chunks());
    meddler.edits_times(2);
    assert_eq!(
        centre.hub.takes(&centre.ada, &[meddler.group()]),
        [OUT_OF_SCOPE; 2]
    );
    // What is there already is there, anyone who passes it on.
    assert_eq!(
        centre.hub.takes(&centre.ada, &[centre.bens.group()]),
        [Verdict::Duplicate]
    );
    assert_eq!(centre.hub.footprint(), before);
    assert!(centre.assigns(incident_id(2), &centre.ada.clone(), true));
    assert_eq!(
        centre.hub.takes(&centre.ada, &[meddler.group()]),
        [Verdict::Stored; 2]
    );
}

/// Two phones logged under one id: both would start from the same skeleton and become one.
pub fn another_incident_under_the_same_id_is_refused_whoever_sends_it<S: HubStore>(
    make: impl Fn(&Path) -> S,
) {
    let mut centre = Centre::new(make);
    let (before, was) = (centre.hub.footprint(), centre.hub.view(incident_id(2)));
    let mut other = Person::logs(incident_id(2), 13, &consented());
    other.edits_times(1);
    let (ada, ben, rose) = (centre.ada, centre.ben, centre.rose);
    for peer in [&ada, &ben, &rose] {
        assert_eq!(
            centre.hub.takes(peer, &[other.group()]),
            [Verdict::Rejected(Refusal::OtherIncident); 2]
        );
        let mixed: Vec<Vec<u8>> = [centre.bens.chunks(), other.chunks()].concat();
        let verdicts = centre.hub.takes(peer, &[group(incident_id(2), &mixed)]);
        assert_eq!(
            (verdicts[0], &verdicts[1..]),
            (
                Verdict::Duplicate,
                [Verdict::Rejected(Refusal::OtherIncident); 2].as_slice()
            )
        );
    }
    assert_eq!(
        (centre.hub.footprint(), centre.hub.view(incident_id(2))),
        (before, was),
        "nothing of it was kept"
    );
    // Both at once, to a hub that knows neither: the first that comes is the incident.
    let both: Vec<Vec<u8>> = [
        Person::logs(incident_id(3), 14, &consented()).chunks(),
        Person::logs(incident_id(3), 15, &consented()).chunks(),
    ]
    .concat();
    assert_eq!(
        centre.hub.takes(&rose, &[group(incident_id(3), &both)]),
        [Verdict::Stored, Verdict::Rejected(Refusal::OtherIncident)]
    );
}

/// Heads tell that something happened.
pub fn an_educator_is_not_asked_about_what_is_not_hers<S: HubStore>(make: impl Fn(&Path) -> S) {
    let mut centre = Centre::new(make);
    let mut rose = Person::copies(incident_id(2), 11, centre.bens.chunks());
    rose.edits_times(2);
    assert_eq!(
        centre
            .hub
            .takes(&centre.rose, &[group(incident_id(2), &rose.chunks()[1..])]),
        [Verdict::Pending]
    );
    let start = centre.hub.start;
    let mut need = |peer: &Peer| {
        centre
            .hub
            .store
            .pull(peer, Some(start), None, &[incident_id(2)], ALL_BYTES)
            .expect("a pull")
            .map(|pull| pull.need)
    };
    assert_eq!(need(&centre.ada), Some(vec![]));
    assert_eq!(
        need(&centre.rose),
        Some(vec![DocumentHeads {
            incident: incident_id(2),
            heads: centre.bens.heads()
        }])
    );
}

/// The device is after all its changes already.
pub fn an_assigned_incident_arrives_whole_whatever_the_cursor<S: HubStore>(
    make: impl Fn(&Path) -> S,
) {
    let mut centre = Centre::new(make);
    let (start, ben) = (centre.hub.start, centre.ben);
    let up_to_date = centre.hub.gives(&ben, start).cursor;
    assert!(centre.assigns(incident_id(1), &ben, true));
    let pull = centre.hub.gives(&ben, up_to_date);
    assert_eq!(
        (
            count(&pull.groups),
            changes_of(&pull.groups, incident_id(1))
        ),
        (3, names(centre.adas.chunks()))
    );
    let later = centre.answers(incident_id(1), &centre.adas.clone(), 11);
    let next = centre.hub.gives(&ben, pull.cursor);
    assert_eq!(
        (
            count(&next.groups),
            changes_of(&next.groups, incident_id(1))
        ),
        (1, names(&later))
    );
    assert!(
        centre.assigns(incident_id(1), &ben, true),
        "assigning twice"
    );
    assert_eq!(centre.hub.gives(&ben, next.cursor).groups, []);
}

/// With what was written before and after it was assigned, in one pull.
pub fn an_incident_assigned_while_a_device_was_away_arrives_once<S: HubStore>(
    make: impl Fn(&Path) -> S,
) {
    let mut centre = Centre::new(make);
    let (start, ben) = (centre.hub.start, centre.ben);
    let mut all = centre.adas.chunks().to_vec();
    assert!(centre.assigns(incident_id(1), &ben, true));
    all.extend(centre.answers(incident_id(1), &centre.adas.clone(), 11));
    let pull = centre.hub.gives(&ben, start);
    assert_eq!(changes_of(&pull.groups, incident_id(1)), names(&all));
}

/// Until it is assigned again.
pub fn an_incident_taken_back_is_removed<S: HubStore>(make: impl Fn(&Path) -> S) {
    let mut centre = Centre::new(make);
    let (start, ben) = (centre.hub.start, centre.ben);
    centre.assigns(incident_id(1), &ben, true);
    let cursor = centre.hub.gives(&ben, start).cursor;
    assert!(centre.assigns(incident_id(1), &ben, false));
    let later = centre.answers(incident_id(1), &centre.adas.clone(), 11);
    let pull = centre.hub.gives(&ben, cursor);
    assert_eq!((pull.groups, pull.removed), (vec![], vec![incident_id(1)]));
    assert_eq!(centre.hub.gives(&ben, pull.cursor).removed, []);
    centre.assigns(incident_id(1), &ben, true);
    let back = centre.hub.gives(&ben, cursor);
    assert_eq!(
        (back.removed, count(&back.groups)),
        (vec![], 3 + later.len())
    );
}

/// The feed that would have said so is gone.
pub fn a_rebase_removes_what_left_the_scope<S: HubStore>(make: impl Fn(&Path) -> S) {
    let mut centre = Centre::new(make);
    let have = vec![
        DocumentHeads {
            incident: incident_id(1),
            heads: centre.adas.heads(),
        },
        DocumentHeads {
            incident: incident_id(2),
            heads: centre.bens.heads(),
        },
    ];
    let pull = centre.hub.rebases(
        &centre.ben,
        &HeadsPage {
            after: None,
            until: None,
            have,
        },
        ALL_BYTES,
    );
    assert_eq!(
        (pull.removed, pull.groups, pull.need),
        (vec![incident_id(1)], vec![], vec![])
    );
}

/// And responders, who see everything, are given nothing twice.
pub fn assigning_needs_a_device_and_an_incident<S: HubStore>(make: impl Fn(&Path) -> S) {
    let mut centre = Centre::new(make);
    let (start, ada, rose) = (centre.hub.start, centre.ada, centre.rose);
    assert!(!centre.assigns(incident_id(9), &ada, true));
    assert!(!centre.assigns(incident_id(1), &Peer { number: 77, ..ada }, true));
    let cursor = centre.hub.gives(&rose, start).cursor;
    assert!(centre.assigns(incident_id(1), &rose, true));
    assert_eq!(centre.hub.gives(&rose, cursor).groups, []);
}

/// A responder's is over everything.
pub fn the_digest_of_an_educator_is_over_her_scope<S: HubStore>(make: impl Fn(&Path) -> S) {
    let mut centre = Centre::new(make);
    let (ada, ben, rose) = (centre.ada, centre.ben, centre.rose);
    let term =
        |incident: u8, person: &Person| ScopeDigest::term(incident_id(incident), &person.heads()).0;
    let (first, second) = (term(1, &centre.adas), term(2, &centre.bens));
    let digests = |centre: &mut Centre<S>| {
        let start = centre.hub.start;
        [ada, ben, rose].map(|peer| centre.hub.gives(&peer, start).digest.0)
    };
    assert_eq!(
        digests(&mut centre),
        [first, second, first.wrapping_add(second)]
    );
    centre.assigns(incident_id(1), &ben, true);
    assert_eq!(
        digests(&mut centre),
        [
            first,
            first.wrapping_add(second),
            first.wrapping_add(second)
        ]
    );
    let mut person = centre.bens.clone();
    person.edits_times(1);
    centre.hub.takes(&ben, &[person.group()]);
    let second = term(2, &person);
    assert_eq!(
        digests(&mut centre),
        [
            first,
            first.wrapping_add(second),
            first.wrapping_add(second)
        ]
    );
    centre.assigns(incident_id(2), &ben, false);
    assert_eq!(
        digests(&mut centre),
        [first, first, first.wrapping_add(second)]
    );
}

impl<S: HubStore> Centre<S> {
    /// Ada's phone drops its incident, with these heads.
    fn lets_go(&mut self, peer: &Peer, incident: u8, heads: &[vicinity_core::ids::ChangeHash]) {
        let document = DocumentHeads {
            incident: incident_id(incident),
            heads: heads.to_vec(),
        };
        self.hub
            .store
            .let_go(peer, &[document], now())
            .expect("an answer");
    }
}

/// It goes from the scope, by feed and by rebase, and the hub keeps it.
pub fn what_a_phone_lets_go_of_leaves_its_scope_and_stays_at_the_hub<S: HubStore>(
    make: impl Fn(&Path) -> S,
) {
    let mut centre = Centre::new(make);
    let (start, ada) = (centre.hub.start, centre.ada);
    let cursor = centre.hub.gives(&ada, start).cursor;
    centre.lets_go(&ada, 1, &centre.adas.heads());
    let pull = centre.hub.gives(&ada, cursor);
    assert_eq!(
        (pull.removed, pull.groups, pull.digest),
        (vec![incident_id(1)], vec![], ScopeDigest::default())
    );
    assert_eq!(centre.hub.gives(&ada, pull.cursor).removed, []);
    assert_eq!(
        centre
            .hub
            .rebases(&ada, &HeadsPage::default(), ALL_BYTES)
            .groups,
        []
    );
    let have = vec![DocumentHeads {
        incident: incident_id(1),
        heads: centre.adas.heads(),
    }];
    assert_eq!(
        centre
            .hub
            .rebases(
                &ada,
                &HeadsPage {
                    after: None,
                    until: None,
                    have
                },
                ALL_BYTES
            )
            .removed,
        [incident_id(1)]
    );
    assert_eq!(
        centre
            .hub
            .store
            .chunks(incident_id(1))
            .expect("changes")
            .len(),
        3
    );
    centre.lets_go(&ada, 1, &centre.adas.heads());
    assert_eq!(
        centre.hub.gives(&ada, pull.cursor).removed,
        [],
        "twice does no harm"
    );
    // A phone that sends what it holds of it was restored, and holds it again.
    assert_eq!(
        centre.hub.takes(&ada, &[centre.adas.group()]),
        [Verdict::Duplicate; 3]
    );
    assert_eq!(
        centre.hub.gives(&ada, pull.cursor).digest,
        ScopeDigest::term(incident_id(1), &centre.adas.heads())
    );
}

/// Neither what is not in its scope, nor what the two hold differently, nor for a responder.
pub fn a_phone_lets_go_of_nothing_but_what_both_hold_alike<S: HubStore>(make: impl Fn(&Path) -> S) {
    let mut centre = Centre::new(make);
    let (start, ada, rose) = (centre.hub.start, centre.ada, centre.rose);
    let before = centre.hub.footprint();
    let (adas, bens) = (centre.adas.heads(), centre.bens.heads());
    centre.lets_go(&ada, 1, &bens);
    centre.lets_go(&ada, 1, &[]);
    centre.lets_go(&ada, 2, &bens);
    centre.lets_go(&ada, 9, &adas);
    centre.lets_go(&rose, 1, &adas);
    assert_eq!(centre.hub.footprint(), before);
    assert_eq!(centre.hub.gives(&ada, start).removed, []);
    assert_eq!(count(&centre.hub.gives(&rose, start).groups), 4);
}

/// Whole, by whomever it was changed, with a digest that counts it again.
pub fn what_a_phone_let_go_of_comes_back_when_something_new_is_stored<S: HubStore>(
    make: impl Fn(&Path) -> S,
) {
    let mut centre = Centre::new(make);
    let (start, ada) = (centre.hub.start, centre.ada);
    centre.lets_go(&ada, 1, &centre.adas.heads());
    let cursor = centre.hub.gives(&ada, start).cursor;
    let mut rose = Person::copies(incident_id(1), 11, centre.adas.chunks());
    rose.edits_times(1);
    assert_eq!(
        centre.hub.takes(&centre.rose.clone(), &[rose.group()]),
        [Verdict::Stored]
    );
    let pull = centre.hub.gives(&ada, cursor);
    assert_eq!((count(&pull.groups), pull.removed), (4, vec![]));
    assert_eq!(
        pull.digest,
        ScopeDigest::term(incident_id(1), &rose.heads())
    );
    // Drop again, and this time the phone itself has something to say after all.
    centre.lets_go(&ada, 1, &rose.heads());
    let cursor = centre.hub.gives(&ada, pull.cursor).cursor;
    let chunks: Vec<Vec<u8>> = centre
        .adas
        .chunks()
        .iter()
        .chain(rose.chunks())
        .cloned()
        .collect();
    let mut more = Person::copies(incident_id(1), 12, &chunks);
    more.edits_times(1);
    assert_eq!(centre.hub.takes(&ada, &[more.group()]), [Verdict::Stored]);
    let back = centre.hub.gives(&ada, cursor);
    assert_eq!(
        (changes_of(&back.groups, incident_id(1)), back.digest),
        (
            names(&chunks),
            ScopeDigest::term(incident_id(1), &more.heads())
        )
    );
}

/// A responder's decision is final: what was withdrawn does not come back by itself.
pub fn what_a_phone_let_go_of_and_was_taken_back_stays_away<S: HubStore>(
    make: impl Fn(&Path) -> S,
) {
    let mut centre = Centre::new(make);
    let (start, ada) = (centre.hub.start, centre.ada);
    centre.lets_go(&ada, 1, &centre.adas.heads());
    let cursor = centre.hub.gives(&ada, start).cursor;
    assert!(centre.assigns(incident_id(1), &ada, false));
    centre.answers(incident_id(1), &centre.adas.clone(), 11);
    assert_eq!(centre.hub.gives(&ada, cursor).groups, []);
    let mut person = centre.adas.clone();
    let change = person.edits_times(1);
    assert_eq!(
        centre.hub.takes(&ada, &[group(incident_id(1), &change)]),
        [OUT_OF_SCOPE]
    );
    assert!(centre.assigns(incident_id(1), &ada, true));
    assert_eq!(count(&centre.hub.gives(&ada, cursor).groups), 4);
}
