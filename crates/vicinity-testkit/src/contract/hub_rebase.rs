//! What a hub and a device tell each other when there is no feed to go by: heads.

use std::path::Path;

use vicinity_core::batch::{DocumentHeads, HeadsPage};
use vicinity_core::ids::ChangeHash;
use vicinity_store::hub::{HubStore, Peer, Role};

use super::stage::{ALL_BYTES, Hub, changes_of, count, names};
use crate::person::{Person, consented, hash, incident_id};

fn have(number: u8, heads: Vec<ChangeHash>) -> DocumentHeads {
    DocumentHeads {
        incident: incident_id(number),
        heads,
    }
}

/// Incidents 1 to 3 are at the hub, three changes each.
fn three<S: HubStore>(make: impl Fn(&Path) -> S) -> (Hub<S>, Peer, Vec<Person>) {
    let mut hub = Hub::new(make);
    let (ada, ben) = (hub.enrols(Role::Educator), hub.enrols(Role::Responder));
    let people: Vec<Person> = (1..=3)
        .map(|number| {
            let mut person = Person::logs(incident_id(number), number, &consented());
            person.edits_times(2);
            hub.takes(&ada, &[person.group()]);
            person
        })
        .collect();
    (hub, ben, people)
}

/// Whole documents, and the ends of those it has a part of.
pub fn a_rebase_gives_what_the_sender_lacks<S: HubStore>(make: impl Fn(&Path) -> S) {
    let (mut hub, ben, people) = three(make);
    let page = HeadsPage {
        after: None,
        until: None,
        have: vec![
            have(1, people[0].heads()),
            have(2, vec![hash(&people[1].chunks()[0])]),
        ],
    };
    let pull = hub.rebases(&ben, &page, ALL_BYTES);
    assert_eq!(changes_of(&pull.groups, incident_id(1)), []);
    assert_eq!(
        changes_of(&pull.groups, incident_id(2)),
        names(&people[1].chunks()[1..])
    );
    assert_eq!(
        changes_of(&pull.groups, incident_id(3)),
        names(people[2].chunks())
    );
    assert_eq!(
        (pull.need, pull.more, pull.rebased_until),
        (vec![], false, None)
    );
    assert_eq!(pull.cursor, hub.gives(&ben, hub.start).cursor);
}

/// Naming the heads it has: none of a document it never saw.
pub fn a_rebase_asks_for_what_the_hub_lacks<S: HubStore>(make: impl Fn(&Path) -> S) {
    let (mut hub, ben, mut people) = three(make);
    let known = people[1].heads();
    people[1].edits_times(1);
    let unknown = Person::logs(incident_id(4), 4, &consented());
    let stale = vec![hash(&people[2].chunks()[0]), ChangeHash([7; 32])];
    let page = HeadsPage {
        after: None,
        until: None,
        have: vec![
            have(1, people[0].heads()),
            have(2, people[1].heads()),
            have(3, stale),
            have(4, unknown.heads()),
        ],
    };
    let mut pull = hub.rebases(&ben, &page, ALL_BYTES);
    pull.need.sort_unstable_by_key(|need| need.incident);
    assert_eq!(
        pull.need,
        [have(2, known), have(3, people[2].heads()), have(4, vec![])]
    );
    // The hub cannot tell what is before heads that it does not know. Where it knows one, it gives what follows.
    assert_eq!(
        changes_of(&pull.groups, incident_id(3)),
        names(&people[2].chunks()[1..])
    );
}

/// Most of them are, most of the time.
pub fn a_rebase_gives_nothing_for_equal_heads<S: HubStore>(make: impl Fn(&Path) -> S) {
    let (mut hub, ben, people) = three(make);
    let all = people
        .iter()
        .zip(1..)
        .map(|(person, number)| have(number, person.heads()))
        .collect();
    let pull = hub.rebases(
        &ben,
        &HeadsPage {
            after: None,
            until: None,
            have: all,
        },
        ALL_BYTES,
    );
    assert_eq!(
        (pull.groups, pull.need, pull.removed, pull.more),
        (vec![], vec![], vec![], false)
    );
}

/// A first pull over a slow link; what only the sender has is asked for once too.
pub fn a_rebase_by_small_pages_gives_everything_once_and_ends<S: HubStore>(
    make: impl Fn(&Path) -> S,
) {
    let (mut hub, ben, people) = three(make);
    let only_here = Person::logs(incident_id(9), 9, &consented());
    let (mut after, mut groups, mut need, mut pages) = (None, Vec::new(), Vec::new(), 0);
    loop {
        let pull = hub.rebases(
            &ben,
            &HeadsPage {
                after,
                until: None,
                have: vec![have(9, only_here.heads())],
            },
            1,
        );
        groups.extend(pull.groups);
        need.extend(pull.need);
        pages += 1;
        assert_eq!(pull.more, pull.rebased_until.is_some());
        if !pull.more {
            break;
        }
        assert!(pull.rebased_until > after, "every page goes on");
        after = pull.rebased_until;
    }
    assert_eq!((count(&groups), need), (9, vec![have(9, vec![])]));
    for (number, person) in (1..).zip(&people) {
        assert_eq!(
            changes_of(&groups, incident_id(number)),
            names(person.chunks())
        );
    }
    assert!((3..=4).contains(&pages), "{pages}");
}

/// From above its lower end up to and with its upper one.
pub fn a_rebase_keeps_to_its_stretch_of_ids<S: HubStore>(make: impl Fn(&Path) -> S) {
    let (mut hub, ben, people) = three(make);
    let page = HeadsPage {
        after: Some(incident_id(1)),
        until: Some(incident_id(2)),
        have: vec![],
    };
    let pull = hub.rebases(&ben, &page, ALL_BYTES);
    assert_eq!(
        (
            count(&pull.groups),
            changes_of(&pull.groups, incident_id(2))
        ),
        (3, names(people[1].chunks()))
    );
    assert_eq!(
        (pull.rebased_until, pull.more),
        (Some(incident_id(2)), true)
    );
    let rest = hub.rebases(
        &ben,
        &HeadsPage {
            after: pull.rebased_until,
            until: None,
            have: vec![],
        },
        ALL_BYTES,
    );
    assert_eq!(
        (
            count(&rest.groups),
            changes_of(&rest.groups, incident_id(3))
        ),
        (3, names(people[2].chunks()))
    );
    assert_eq!((rest.rebased_until, rest.more), (None, false));
}
