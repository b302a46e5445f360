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
        let (ada, ben, rose) = (hub.enrols(Role::Educator), hub.enrols(Role::Educator), hub.enrols(Role::Responder));
        let mut adas = Person::logs(incident_id(1), 1, &consented());
        adas.edits_times(2);
        let bens = Person::logs(incident_id(2), 2, &consented());
        hub.takes(&ada, &[adas.group()]);
        hub.takes(&ben, &[bens.group()]);
        Self { hub, ada, ben, rose, adas, bens }
    }

    fn assigns(&mut self, incident: IncidentId, peer: &Peer, assigned: bool) -> bool {
        self.hub.store.assign(incident, peer.number, assigned, now()).expect("an answer")
    }

    /// Rose adds to an incident.
    fn answers(&mut self, incident: IncidentId, person: &Person, actor: u8) -> Vec<Vec<u8>> {
        let mut rose = Person::copies(incident, actor, person.chunks());
        rose.edits_times(1);
        assert_eq!(self.hub.takes(&self.rose, &[rose.group()]), [Verdict::Stored]);
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
    assert_eq!((count(&pull.groups), changes_of(&pull.groups, incident_id(1))), (1, names(&to_ada)));
    let rebase = centre.hub.rebases(&centre.ada, &HeadsPage::default(), ALL_BYTES);
    assert_eq!(rebase.groups.iter().map(|group| group.incident).collect::<Vec<_>>(), [incident_id(1)]);
    assert_eq!(count(&centre.hub.gives(&centre.rose, start).groups), 4);
}

/// Not even where she knows its id; and nothing of it is kept.
pub fn an_educator_cannot_write_to_what_is_not_hers<S: HubStore>(make: impl Fn(&Path) -> S) {
    let mut centre = Centre::new(make);
    let before = centre.hub.footprint();
    let mut meddler = Person::copies(incident_id(2), 11, centre.bens.chunks());
    meddler.edits_times(2);
    assert_eq!(centre.hub.takes(&centre.ada, &[meddler.group()]), [OUT_OF_SCOPE; 2]);
    // What is there already is there, whoever passes it on.
    assert_eq!(centre.hub.takes(&centre.ada, &[centre.bens.group()]), [Verdict::Duplicate]);
    assert_eq!(centre.hub.footprint(), before);
    assert!(centre.assigns(incident_id(2), &centre.ada.clone(), true));
    assert_eq!(centre.hub.takes(&centre.ada, &[meddler.group()]), [Verdict::Stored; 2]);
}

/// Heads tell that something happened.
pub fn an_educator_is_not_asked_about_what_is_not_hers<S: HubStore>(make: impl Fn(&Path) -> S) {
    let mut centre = Centre::new(make);
    let mut rose = Person::copies(incident_id(2), 11, centre.bens.chunks());
    rose.edits_times(2);
    assert_eq!(centre.hub.takes(&centre.rose, &[group(incident_id(2), &rose.chunks()[1..])]), [Verdict::Pending]);
    let start = centre.hub.start;
    let mut need = |peer: &Peer| centre.hub.store.pull(peer, Some(start), None, &[incident_id(2)], ALL_BYTES).expect("a pull").map(|pull| pull.need);
    assert_eq!(need(&centre.ada), Some(vec![]));
    assert_eq!(need(&centre.rose), Some(vec![DocumentHeads { incident: incident_id(2), heads: centre.bens.heads() }]));
}

/// The device stands behind all its changes already.
pub fn an_assigned_incident_arrives_whole_whatever_the_cursor<S: HubStore>(make: impl Fn(&Path) -> S) {
    let mut centre = Centre::new(make);
    let (start, ben) = (centre.hub.start, centre.ben);
    let up_to_date = centre.hub.gives(&ben, start).cursor;
    assert!(centre.assigns(incident_id(1), &ben, true));
    let pull = centre.hub.gives(&ben, up_to_date);
    assert_eq!((count(&pull.groups), changes_of(&pull.groups, incident_id(1))), (3, names(centre.adas.chunks())));
    let later = centre.answers(incident_id(1), &centre.adas.clone(), 11);
    let next = centre.hub.gives(&ben, pull.cursor);
    assert_eq!((count(&next.groups), changes_of(&next.groups, incident_id(1))), (1, names(&later)));
    assert!(centre.assigns(incident_id(1), &ben, true), "assigning twice");
    assert_eq!(centre.hub.gives(&ben, next.cursor).groups, []);
}

/// With what was written before and after it was assigned, in one pull.
pub fn an_incident_assigned_while_a_device_was_away_arrives_once<S: HubStore>(make: impl Fn(&Path) -> S) {
    let mut centre = Centre::new(make);
    let (start, ben) = (centre.hub.start, centre.ben);
    let mut all = centre.adas.chunks().to_vec();
    assert!(centre.assigns(incident_id(1), &ben, true));
    all.extend(centre.answers(incident_id(1), &centre.adas.clone(), 11));
    let pull = centre.hub.gives(&ben, start);
    assert_eq!(changes_of(&pull.groups, incident_id(1)), names(&all));
}

/// Until it is assigned anew.
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
    assert_eq!((back.removed, count(&back.groups)), (vec![], 3 + later.len()));
}

/// The feed that would have said so is gone.
pub fn a_rebase_removes_what_left_the_scope<S: HubStore>(make: impl Fn(&Path) -> S) {
    let mut centre = Centre::new(make);
    let have =
        vec![DocumentHeads { incident: incident_id(1), heads: centre.adas.heads() }, DocumentHeads { incident: incident_id(2), heads: centre.bens.heads() }];
    let pull = centre.hub.rebases(&centre.ben, &HeadsPage { after: None, until: None, have }, ALL_BYTES);
    assert_eq!((pull.removed, pull.groups, pull.need), (vec![incident_id(1)], vec![], vec![]));
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
    let term = |incident: u8, person: &Person| ScopeDigest::term(incident_id(incident), &person.heads()).0;
    let (first, second) = (term(1, &centre.adas), term(2, &centre.bens));
    let digests = |centre: &mut Centre<S>| {
        let start = centre.hub.start;
        [ada, ben, rose].map(|peer| centre.hub.gives(&peer, start).digest.0)
    };
    assert_eq!(digests(&mut centre), [first, second, first.wrapping_add(second)]);
    centre.assigns(incident_id(1), &ben, true);
    assert_eq!(digests(&mut centre), [first, first.wrapping_add(second), first.wrapping_add(second)]);
    let mut person = centre.bens.clone();
    person.edits_times(1);
    centre.hub.takes(&ben, &[person.group()]);
    let second = term(2, &person);
    assert_eq!(digests(&mut centre), [first, first.wrapping_add(second), first.wrapping_add(second)]);
    centre.assigns(incident_id(2), &ben, false);
    assert_eq!(digests(&mut centre), [first, first, first.wrapping_add(second)]);
}
