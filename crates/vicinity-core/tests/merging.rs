//! Merging: what two people did apart is what both see together, whatever the order in which it came.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test")]

use jiff::Timestamp;
use proptest::prelude::*;
use serde_json::{Value, json};
use vicinity_core::admit::{self, Verdict};
use vicinity_core::document::{Authoring, Document};
use vicinity_core::draft::Draft;
use vicinity_core::edit::Edit;
use vicinity_core::ids::IncidentId;
use vicinity_core::{consent, show};

fn now() -> Timestamp {
    "2026-11-23T09:00:00Z".parse().unwrap()
}

fn id() -> IncidentId {
    IncidentId::from_random([3; 16])
}

/// One person with a copy of the document, and the changes they made to it.
struct Person {
    document: Document,
    actor: u8,
    chunks: Vec<Vec<u8>>,
}

impl Person {
    fn with_copy(chunks: &[Vec<u8>], actor: u8) -> Self {
        Self {
            document: load(chunks),
            actor,
            chunks: Vec::new(),
        }
    }

    fn apply(&mut self, edit: &Edit) {
        let authored = self.document.apply(
            edit,
            Authoring {
                actor: [self.actor; 8],
                now: now(),
            },
        );
        self.chunks.extend(authored.expect("the edit fits").chunk);
    }

    fn edit(&mut self, edit: Value) {
        self.apply(&Edit::parse(&edit, now()).expect("the edit is well formed"));
    }
}

fn load(chunks: &[Vec<u8>]) -> Document {
    Document::from_changes(chunks.iter().map(Vec::as_slice)).unwrap()
}

/// Everybody's changes: the base, then the first person's, then the second's.
fn together(base: &[Vec<u8>], people: &[&Person]) -> Vec<Vec<u8>> {
    base.iter()
        .chain(people.iter().flat_map(|person| &person.chunks))
        .cloned()
        .collect()
}

fn base(incident: Value) -> Vec<Vec<u8>> {
    let draft = Draft::parse(&incident, now()).unwrap();
    let (_, authored) = Document::create(
        &draft,
        Authoring {
            actor: [1; 8],
            now: now(),
        },
    )
    .unwrap();
    vec![authored.chunk.unwrap()]
}

fn full_base() -> Vec<Vec<u8>> {
    base(json!({
        "reported_at": "2026-11-23T09:00:00Z", "violations": ["rape", "hit_push"], "needs": ["shelter"], "danger_now": "no", "motives": ["hiv"],
        "perpetrators": [{"kind": "police"}, {"kind": "client"}], "consents": ["hub_response", "national_deid"], "place": {"area": "SN-DK-01"}
    }))
}

fn shown(document: &Document) -> Value {
    show::show(id(), &document.incident(), now())
}

fn two_people(base: &[Vec<u8>]) -> (Person, Person) {
    (Person::with_copy(base, 2), Person::with_copy(base, 3))
}

fn any_edit() -> impl Strategy<Value = Value> {
    let violation = prop::sample::select(vec!["rape", "hit_push", "stalking", "a_newer_code"]);
    let scope = prop::sample::select(vec!["hub_response", "national_deid", "contact_me"]);
    let field = prop::sample::select(vec!["danger_now", "held_now", "weapon", "newer_field"]);
    let answer = prop::sample::select(vec!["yes", "no", "unknown"]);
    let status = prop::sample::select(vec!["open", "responding", "closed_lost", "closed_resolved"]);
    let hour = 0..24u8;
    prop_oneof![
        (field, answer).prop_map(|(field, value)| json!({"set": {"field": field, "value": value}})),
        (0..3u8).prop_map(|week| json!({"set": {"field": "occurred", "value": {"at": format!("2026-11-{:02}", 7 * week + 1), "precision": "week"}}})),
        (10..60u8).prop_map(|age| json!({"set": {"field": "survivor.age", "value": age}})),
        violation.clone().prop_map(|code| json!({"add": {"set": "violations", "code": code}})),
        violation.prop_map(|code| json!({"remove": {"set": "violations", "code": code}})),
        Just(json!({"perpetrator": {"kind": "gang_extortion", "count_band": "4+"}})),
        hour.clone().prop_map(|hour| json!({"action": {"code": "pep_start", "done_at": format!("2026-11-23T{hour:02}:00:00Z")}})),
        hour.prop_map(|hour| json!({"referral": {"service": "legal_advice", "state": "sent", "at": format!("2026-11-23T{hour:02}:00:00Z")}})),
        Just(json!({"referral": {"service": "legal_advice", "state": "completed"}})),
        Just(json!({"followup": {"due_at": "2026-12-07T09:00:00Z"}})),
        status.prop_map(|to| json!({"transition": {"to": to}})),
        (scope, any::<bool>()).prop_map(|(scope, yes)| json!({"consent": {"scope": scope, "state": if yes { "granted" } else { "withdrawn" }}})),
        Just(json!({"statement": {"class": "narrative", "text": "…"}})),
        Just(json!({"link": {"kind": "same_event", "to": "0b8e6c1e-5d0a-4a53-9a0e-7d7a0c1f2b11"}})),
        Just(json!({"unlink": {"kind": "same_event", "to": "0b8e6c1e-5d0a-4a53-9a0e-7d7a0c1f2b11"}})),
        Just(json!({"triage": {"level": "amber", "reason": "seen by the nurse"}})),
    ]
}

/// A scope, whether it is granted, and whether it is Ada who says so.
fn consent_steps() -> impl Strategy<Value = Vec<(u8, bool, bool)>> {
    prop::collection::vec((0..2u8, any::<bool>(), any::<bool>()), 1..12)
}

fn withdrew(person: &Person, scope: &str) -> bool {
    let withdraws = |entry: vicinity_core::incident::Entry<'_>| {
        entry.text("scope") == Some(scope) && entry.text("state") == Some("withdrawn")
    };
    person
        .document
        .incident()
        .entries("consents")
        .any(withdraws)
}

fn edits() -> impl Strategy<Value = Vec<Value>> {
    prop::collection::vec(any_edit(), 0..8)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(96) })]

    #[test]
    fn two_people_editing_apart_converge_whatever_the_order(left in edits(), right in edits(), order in Just((0..17).collect::<Vec<usize>>()).prop_shuffle()) {
        let base = full_base();
        let (mut ada, mut ben) = two_people(&base);
        left.into_iter().for_each(|edit| ada.edit(edit));
        right.into_iter().for_each(|edit| ben.edit(edit));
        let one = together(&base, &[&ada, &ben]);
        let other = together(&base, &[&ben, &ada]);
        let shuffled: Vec<Vec<u8>> = order.iter().filter_map(|at| one.get(*at)).cloned().collect();
        prop_assert_eq!(shuffled.len(), one.len());
        let (one, other, shuffled) = (load(&one), load(&other), load(&shuffled));
        prop_assert_eq!(one.heads(), other.heads());
        prop_assert_eq!(one.heads(), shuffled.heads());
        prop_assert_eq!(shown(&one).to_string(), shown(&other).to_string());
        prop_assert_eq!(shown(&one).to_string(), shown(&shuffled).to_string());
    }

    #[test]
    fn the_same_changes_twice_are_the_same_changes_once(left in edits()) {
        let base = full_base();
        let mut ada = Person::with_copy(&base, 2);
        left.into_iter().for_each(|edit| ada.edit(edit));
        let once = together(&base, &[&ada]);
        let twice: Vec<Vec<u8>> = once.iter().chain(&once).cloned().collect();
        prop_assert_eq!(load(&once).heads(), load(&twice).heads());
        prop_assert_eq!(shown(&load(&once)), shown(&load(&twice)));
        prop_assert_eq!(shown(&load(&once)), shown(&ada.document));
    }

    #[test]
    fn every_conflict_can_be_resolved(left in edits(), right in edits()) {
        let base = full_base();
        let (mut ada, mut ben) = two_people(&base);
        left.into_iter().for_each(|edit| ada.edit(edit));
        right.into_iter().for_each(|edit| ben.edit(edit));
        let mut hub = Person::with_copy(&together(&base, &[&ada, &ben]), 4);
        for dispute in hub.document.incident().disputes().to_vec() {
            hub.apply(&Edit::resolve(&dispute.field, &dispute.claims[0].value, now()).unwrap());
        }
        let incident = hub.document.incident();
        prop_assert!(incident.disputes().is_empty());
    }

    #[test]
    fn the_gate_admits_whatever_people_write(left in edits(), right in edits()) {
        let base = full_base();
        let (mut ada, mut ben) = two_people(&base);
        left.into_iter().for_each(|edit| ada.edit(edit));
        right.into_iter().for_each(|edit| ben.edit(edit));
        let mut chunks = together(&base, &[&ada, &ben]);
        let mut hub = Person::with_copy(&chunks, 4);
        for dispute in hub.document.incident().disputes().to_vec() {
            hub.apply(&Edit::resolve(&dispute.field, &dispute.claims[0].value, now()).unwrap());
        }
        chunks.extend(hub.chunks);
        let admission = admit::admit(&[], &[], &chunks);
        prop_assert!(admission.verdicts.iter().all(|verdict| *verdict == Verdict::Stored), "{:?}", admission.verdicts);
        prop_assert_eq!(admission.view.map(|view| view.heads), Some(hub.document.heads()));
    }

    #[test]
    fn consent_does_not_depend_on_the_order_of_delivery(steps in consent_steps(), order in Just((0..13).collect::<Vec<usize>>()).prop_shuffle()) {
        let base = full_base();
        let (mut ada, mut ben) = two_people(&base);
        for (scope, yes, is_ada) in steps {
            let scope = ["national_deid", "contact_me"][usize::from(scope)];
            let person = if is_ada { &mut ada } else { &mut ben };
            person.edit(json!({"consent": {"scope": scope, "state": if yes { "granted" } else { "withdrawn" }}}));
        }
        let chunks = together(&base, &[&ada, &ben]);
        let shuffled: Vec<Vec<u8>> = order.iter().filter_map(|at| chunks.get(*at)).cloned().collect();
        let (incident, other) = (load(&chunks).incident(), load(&shuffled).incident());
        prop_assert_eq!(consent::effective(&incident, now()), consent::effective(&other, now()));
        // Neither saw the other's withdrawal, so no grant of either can name both.
        for scope in ["national_deid", "contact_me"] {
            if withdrew(&ada, scope) && withdrew(&ben, scope) {
                prop_assert!(!consent::granted(&incident, scope, now()));
            }
        }
    }
}

#[test]
fn a_concurrent_add_wins_over_a_remove() {
    let base = full_base();
    for code in ["rape", "stalking"] {
        let (mut ada, mut ben) = two_people(&base);
        ada.edit(json!({"remove": {"set": "violations", "code": code}}));
        ben.edit(json!({"add": {"set": "violations", "code": code}}));
        assert!(
            load(&together(&base, &[&ada, &ben]))
                .incident()
                .has("violations", code),
            "{code}"
        );
        assert!(
            load(&together(&base, &[&ben, &ada]))
                .incident()
                .has("violations", code),
            "{code}"
        );
    }
}

#[test]
fn a_remove_that_saw_the_add_removes() {
    let base = full_base();
    let mut ada = Person::with_copy(&base, 2);
    ada.edit(json!({"add": {"set": "violations", "code": "rape"}}));
    let mut ben = Person::with_copy(&together(&base, &[&ada]), 3);
    ben.edit(json!({"remove": {"set": "violations", "code": "rape"}}));
    assert!(
        !load(&together(&base, &[&ada, &ben]))
            .incident()
            .has("violations", "rape")
    );
}

#[test]
fn a_link_that_is_taken_back_is_gone_for_whoever_hears_of_it() {
    let base = full_base();
    let (mut ada, ben) = two_people(&base);
    let body = json!({"kind": "duplicate_of", "to": "0b8e6c1e-5d0a-4a53-9a0e-7d7a0c1f2b11"});
    ada.edit(json!({"link": body}));
    assert!(
        ada.document
            .incident()
            .has("links", "duplicate_of:0b8e6c1e-5d0a-4a53-9a0e-7d7a0c1f2b11")
    );
    ada.edit(json!({"unlink": body}));
    let both = load(&together(&base, &[&ada, &ben]));
    assert_eq!(both.incident().codes("links").count(), 0);
}

#[test]
fn concurrent_writes_of_a_register_are_both_listed_until_a_person_decides() {
    let base = full_base();
    let (mut ada, mut ben) = two_people(&base);
    ada.edit(json!({"set": {"field": "danger_now", "value": "yes"}}));
    ben.edit(json!({"set": {"field": "danger_now", "value": "unknown"}}));
    let chunks = together(&base, &[&ada, &ben]);
    let merged = shown(&load(&chunks));
    assert_eq!(merged["conflicts"][0]["field"], "danger_now");
    let mut values: Vec<&str> = merged["conflicts"][0]["values"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|side| side["value"].as_str())
        .collect();
    values.sort_unstable();
    assert_eq!(values, ["unknown", "yes"]);
    assert_eq!(merged["triage"], "red");
    for value in ["yes", "unknown"] {
        let mut hub = Person::with_copy(&chunks, 4);
        hub.apply(&Edit::resolve("danger_now", &value.into(), now()).unwrap());
        let resolved = shown(&load(&together(&chunks, &[&hub])));
        assert_eq!(
            (&resolved["conflicts"], &resolved["danger_now"]),
            (&json!([]), &json!(value))
        );
    }
}

#[test]
fn what_a_person_confirms_stands_against_what_another_one_writes_at_the_same_time() {
    let base = full_base();
    let confirmed = [
        (
            "danger_now",
            json!({"set": {"field": "danger_now", "value": "yes"}}),
            json!({"set": {"field": "danger_now", "value": "no"}}),
        ),
        (
            "status",
            json!({"transition": {"to": "responding"}}),
            json!({"transition": {"to": "monitoring"}}),
        ),
        (
            "triage",
            json!({"triage": {"level": "red"}}),
            json!({"triage": {"level": "green", "reason": "safe"}}),
        ),
    ];
    for (field, same, other) in confirmed {
        let mut first = Person::with_copy(&base, 4);
        first.edit(same.clone());
        let base = together(&base, &[&first]);
        let (mut ada, mut ben) = two_people(&base);
        ada.edit(same);
        ben.edit(other);
        assert_eq!((ada.chunks.len(), ben.chunks.len()), (1, 1), "{field}");
        let merged = load(&together(&base, &[&ada, &ben])).incident();
        assert_eq!(
            merged
                .disputes()
                .iter()
                .map(|dispute| dispute.field.as_str())
                .collect::<Vec<_>>(),
            [field]
        );
    }
}

#[test]
fn two_resolutions_made_apart_are_a_conflict_again() {
    let base = full_base();
    let (mut ada, mut ben) = two_people(&base);
    ada.edit(json!({"set": {"field": "danger_now", "value": "yes"}}));
    ben.edit(json!({"set": {"field": "danger_now", "value": "unknown"}}));
    let chunks = together(&base, &[&ada, &ben]);
    let (mut first, mut second) = (Person::with_copy(&chunks, 4), Person::with_copy(&chunks, 5));
    first.apply(&Edit::resolve("danger_now", &json!("yes"), now()).unwrap());
    second.apply(&Edit::resolve("danger_now", &json!("unknown"), now()).unwrap());
    assert_eq!(
        load(&together(&chunks, &[&first, &second]))
            .incident()
            .disputes()
            .len(),
        1
    );
}

#[test]
fn a_conflict_within_a_second_perpetrator_is_resolved_in_place() {
    let base = full_base();
    let (mut ada, mut ben) = two_people(&base);
    let perpetrators: Vec<String> = ada
        .document
        .incident()
        .entries("perpetrators")
        .map(|entry| entry.id().to_owned())
        .collect();
    for id in &perpetrators {
        ada.edit(json!({"perpetrator": {"id": id, "kind": "military"}}));
        ben.edit(json!({"perpetrator": {"id": id, "kind": "landlord"}}));
    }
    let mut hub = Person::with_copy(&together(&base, &[&ada, &ben]), 4);
    let disputes = hub.document.incident().disputes().to_vec();
    assert_eq!(disputes.len(), 2);
    for dispute in disputes {
        hub.apply(&Edit::resolve(&dispute.field, &json!("landlord"), now()).unwrap());
    }
    let incident = hub.document.incident();
    assert_eq!(incident.disputes(), &[]);
    assert!(
        incident
            .entries("perpetrators")
            .all(|entry| entry.text("kind") == Some("landlord"))
    );
}

#[test]
fn concurrent_transitions_leave_the_incident_least_closed() {
    let base = full_base();
    let (mut ada, mut ben) = two_people(&base);
    ada.edit(json!({"transition": {"to": "closed_resolved"}}));
    ben.edit(json!({"transition": {"to": "monitoring"}}));
    let merged = shown(&load(&together(&base, &[&ada, &ben])));
    assert_eq!(merged["status"], "monitoring");
    assert_eq!(merged["conflicts"][0]["field"], "status");
    assert_eq!(merged["transitions"].as_array().unwrap().len(), 2);
}

#[test]
fn what_two_people_filled_in_at_once_can_still_be_settled() {
    let base = full_base();
    let (mut ada, mut ben) = two_people(&base);
    ada.edit(json!({"set": {"field": "reporter_role", "value": "nurse"}}));
    ben.edit(json!({"set": {"field": "reporter_role", "value": "lawyer"}}));
    let mut hub = Person::with_copy(&together(&base, &[&ada, &ben]), 4);
    hub.apply(&Edit::resolve("reporter_role", &json!("nurse"), now()).unwrap());
    assert_eq!(hub.document.incident().disputes(), &[]);
    let again = Edit::parse(
        &json!({"set": {"field": "reporter_role", "value": "self"}}),
        now(),
    )
    .unwrap();
    assert!(
        hub.document
            .apply(
                &again,
                Authoring {
                    actor: [4; 8],
                    now: now()
                }
            )
            .is_err()
    );
}

#[test]
fn a_withdrawal_on_one_phone_beats_a_grant_on_another_and_gives_way_to_one_that_saw_it() {
    let base = full_base();
    let (mut ada, mut ben) = two_people(&base);
    ada.edit(json!({"consent": {"scope": "national_deid", "state": "withdrawn", "at": "2020-01-01T00:00:00Z"}}));
    ben.edit(json!({"consent": {"scope": "national_deid", "state": "granted", "at": "2030-01-01T00:00:00Z"}}));
    let chunks = together(&base, &[&ada, &ben]);
    assert!(!consent::granted(
        &load(&chunks).incident(),
        "national_deid",
        now()
    ));
    let mut later = Person::with_copy(&chunks, 4);
    later.edit(json!({"consent": {"scope": "national_deid", "state": "granted"}}));
    assert!(consent::granted(
        &later.document.incident(),
        "national_deid",
        now()
    ));
}
