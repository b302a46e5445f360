//! Once is once: what is logged again, attached again, or known to the hub as something else.

use std::path::Path;

use serde_json::json;
use vicinity_core::batch::Erasure;
use vicinity_core::document::Document;
use vicinity_core::edit::Edit;
use vicinity_core::guard::Refusal;
use vicinity_core::ids::IncidentId;
use vicinity_store::StoreError;
use vicinity_store::device::{
    Delivered, DeviceStore, LoggedLine, LoggedLines, Logging, Mark, Once, UNFINISHED_RUNS_MAX,
};

use super::stage::Phone;
use crate::person::{Person, consented, hash, incident_id};

/// A line that somebody logs as this incident; of one with an id the mark is what it says, of others all lines up to it.
fn line(incident: u8, actor: u8, mark: Mark) -> LoggedLine {
    LoggedLine {
        written: Person::logs(incident_id(incident), actor, &consented()).written(1),
        mark,
    }
}

fn input(says: u8) -> Mark {
    Mark::Input([says; 32])
}

fn up_to(line: u8) -> Mark {
    Mark::Line([line; 32])
}

/// Lines without ids: of each its mark, and the incident that it would become.
fn run_of(lines: &[(u8, u8)]) -> Vec<LoggedLine> {
    lines
        .iter()
        .map(|(mark, incident)| line(*incident, *incident, up_to(*mark)))
        .collect()
}

fn logs<S: DeviceStore>(
    phone: &mut Phone<S>,
    lines: &[LoggedLine],
    run: Option<i64>,
    end: Option<u8>,
) -> Logging {
    phone
        .store
        .log(&LoggedLines {
            lines,
            run,
            end: end.map(|end| [end; 32]),
        })
        .expect("an answer")
}

fn held<S: DeviceStore>(phone: &mut Phone<S>) -> Vec<IncidentId> {
    let mut held = Vec::new();
    phone
        .store
        .each_incident(&mut |incident, _| {
            held.push(incident);
            Ok(())
        })
        .expect("a walk");
    held
}

fn erases<S: DeviceStore>(phone: &mut Phone<S>, incident: u8) {
    phone.delivers(&Delivered {
        erase: &[Erasure {
            incident: incident_id(incident),
            proof: [1; 64],
        }],
        ..Delivered::default()
    });
}

/// Anyone who logs it, and in whatever command.
pub fn an_incident_with_an_id_is_logged_once_and_other_content_is_refused<S: DeviceStore>(
    make: impl Fn(&Path) -> S,
) {
    let mut phone = Phone::new(make);
    let twice = [
        line(1, 1, input(1)),
        line(2, 2, input(2)),
        line(1, 3, input(1)),
    ];
    assert_eq!(
        logs(&mut phone, &twice, None, Some(9)).lines,
        [Once::Kept, Once::Kept, Once::AlreadyHere(incident_id(1))]
    );
    let chunks = phone.store.chunks(incident_id(1)).expect("chunks");
    assert_eq!(
        logs(
            &mut phone,
            &[line(1, 4, input(1)), line(1, 5, input(7))],
            None,
            None
        )
        .lines,
        [Once::AlreadyHere(incident_id(1)), Once::OtherContent]
    );
    assert_eq!(
        phone.store.chunks(incident_id(1)).expect("chunks"),
        chunks,
        "nothing was merged into it"
    );
    let from_the_hub = Person::logs(incident_id(3), 3, &consented());
    phone.pulls(incident_id(3), from_the_hub.chunks());
    assert_eq!(
        logs(&mut phone, &[line(3, 6, input(3))], None, None).lines,
        [Once::OtherContent],
        "what came from elsewhere says nothing of its input"
    );
}

/// Its hash is gone, and its id is known.
pub fn an_id_that_was_erased_or_left_is_not_logged_again<S: DeviceStore>(
    make: impl Fn(&Path) -> S,
) {
    let mut phone = Phone::new(make);
    let lines = [1, 2].map(|number| line(number, number, input(number)));
    logs(&mut phone, &lines, None, None);
    erases(&mut phone, 1);
    phone.acks(incident_id(2), &lines[1].written.chunks);
    phone.delivers(&Delivered {
        removed: &[incident_id(2)],
        ..Delivered::default()
    });
    assert_eq!(held(&mut phone), []);
    assert_eq!(
        logs(&mut phone, &lines, None, None).lines,
        [Once::Erased, Once::Left]
    );
    assert_eq!(held(&mut phone), []);
}

/// With the incidents that it made before.
pub fn a_run_that_was_cut_off_is_gone_on_with<S: DeviceStore>(make: impl Fn(&Path) -> S) {
    let mut phone = Phone::new(make);
    let first = logs(&mut phone, &run_of(&[(1, 1), (2, 2), (3, 3)]), None, None);
    assert_eq!(first.lines, [Once::Kept; 3]);
    // The same lines, read again: they would become others.
    let again = logs(
        &mut phone,
        &run_of(&[(1, 11), (2, 12), (3, 13), (4, 14)]),
        None,
        Some(4),
    );
    let here = [1, 2, 3].map(|number| Once::AlreadyHere(incident_id(number)));
    assert_eq!(
        (again.lines, again.run, again.again),
        ([here.as_slice(), &[Once::Kept]].concat(), first.run, false)
    );
    assert_eq!(held(&mut phone), [1, 2, 3, 14].map(incident_id));
}

/// Nobody can tell whether somebody meant it: it is done, and said.
pub fn a_finished_run_is_over_and_the_very_same_again_is_told<S: DeviceStore>(
    make: impl Fn(&Path) -> S,
) {
    let mut phone = Phone::new(make);
    let part = logs(&mut phone, &run_of(&[(1, 1), (2, 2)]), None, None);
    assert!(!logs(&mut phone, &run_of(&[(3, 3)]), part.run, Some(3)).again);
    let again = logs(
        &mut phone,
        &run_of(&[(1, 11), (2, 12), (3, 13)]),
        None,
        Some(3),
    );
    assert_eq!((again.lines, again.again), (vec![Once::Kept; 3], true));
    assert!(
        !logs(&mut phone, &run_of(&[(1, 21), (2, 22)]), None, Some(2)).again,
        "a part of it is something else"
    );
    assert_eq!(held(&mut phone).len(), 8);
}

/// A line is known by all before it: they were logged if it was.
pub fn what_a_run_logged_and_was_erased_since_is_not_logged_again<S: DeviceStore>(
    make: impl Fn(&Path) -> S,
) {
    let mut phone = Phone::new(make);
    logs(&mut phone, &run_of(&[(1, 1), (2, 2), (3, 3)]), None, None);
    erases(&mut phone, 1);
    let again = logs(
        &mut phone,
        &run_of(&[(1, 11), (2, 12), (3, 13), (4, 14)]),
        None,
        None,
    );
    assert_eq!(
        again.lines,
        [
            Once::Gone,
            Once::AlreadyHere(incident_id(2)),
            Once::AlreadyHere(incident_id(3)),
            Once::Kept
        ]
    );
}

/// Nothing is left by which anybody could try what an erased incident said.
pub fn hashes_go_with_their_incident<S: DeviceStore>(make: impl Fn(&Path) -> S) {
    let mut phone = Phone::new(make);
    logs(&mut phone, &run_of(&[(1, 1), (2, 2)]), None, Some(2));
    erases(&mut phone, 1);
    assert!(!logs(&mut phone, &run_of(&[(1, 11), (2, 12)]), None, Some(2)).again);
    logs(&mut phone, &run_of(&[(5, 5)]), None, None);
    erases(&mut phone, 5);
    assert_eq!(
        logs(&mut phone, &run_of(&[(5, 15)]), None, None).lines,
        [Once::Kept]
    );
}

/// The oldest is forgotten first.
pub fn only_so_many_runs_are_kept_open<S: DeviceStore>(make: impl Fn(&Path) -> S) {
    let mut phone = Phone::new(make);
    let runs = UNFINISHED_RUNS_MAX as u8 + 1;
    for run in 1..=runs {
        logs(&mut phone, &run_of(&[(run, run)]), None, None);
    }
    assert_eq!(
        logs(&mut phone, &run_of(&[(2, 102)]), None, None).lines,
        [Once::AlreadyHere(incident_id(2))]
    );
    assert_eq!(
        logs(&mut phone, &run_of(&[(1, 101)]), None, None).lines,
        [Once::Kept]
    );
}

/// Also when it was delivered, and again in another incident.
pub fn a_photo_is_attached_once_to_an_incident<S: DeviceStore>(make: impl Fn(&Path) -> S) {
    let mut phone = Phone::new(make);
    let mut photos = Vec::new();
    for incident in [1, 2] {
        let mut person = Person::logs(incident_id(incident), incident, &consented());
        phone.store.write(&[person.written(1)]).expect("written");
        let attach = |person: &mut Person, hash| {
            person.applies(&Edit::attachment("photo", vec![7; 9]).expect("a photo"));
            let mut written = person.written(1);
            written.attached = Some(hash);
            written
        };
        let written = attach(&mut person, [7; 32]);
        let entry = written.statements[0].0.clone();
        phone.store.write(&[written]).expect("written");
        assert_eq!(
            phone
                .store
                .attached(incident_id(incident), [7; 32])
                .expect("a reading"),
            Some(entry.clone())
        );
        assert_eq!(
            phone
                .store
                .attached(incident_id(incident), [8; 32])
                .expect("a reading"),
            None
        );
        let chunks = phone.store.chunks(incident_id(incident)).expect("chunks");
        let twice = attach(&mut person.clone(), [7; 32]);
        assert!(matches!(
            phone.store.write(&[twice]),
            Err(StoreError::AlreadyAttached)
        ));
        assert_eq!(
            phone.store.chunks(incident_id(incident)).expect("chunks"),
            chunks
        );
        phone
            .store
            .write(&[attach(&mut person.clone(), [9; 32])])
            .expect("another photo");
        photos.push(entry);
    }
    erases(&mut phone, 1);
    assert_eq!(
        phone
            .store
            .attached(incident_id(1), [7; 32])
            .expect("a reading"),
        None
    );
    assert_eq!(
        phone
            .store
            .attached(incident_id(2), [7; 32])
            .expect("a reading"),
        photos.pop()
    );
}

/// Whether the hub says so or gives it: two incidents of one id are never one.
pub fn an_incident_of_which_the_hub_has_another_stays_here_unmerged_and_unsent<S: DeviceStore>(
    make: impl Fn(&Path) -> S,
) {
    for by_refusal in [true, false] {
        let mut phone = Phone::new(&make);
        let id = incident_id(1);
        let (mut own, mut other) = (
            Person::logs(id, 1, &consented()),
            Person::logs(id, 2, &consented()),
        );
        own.edits_times(1);
        other.edits_times(1);
        phone.store.write(&[own.written(2)]).expect("written");
        assert_eq!(phone.store.apart().expect("a list"), []);
        if by_refusal {
            let rejected = [(id, hash(&own.chunks()[0]), Refusal::OtherIncident)];
            phone.delivers(&Delivered {
                rejected: &rejected,
                ..Delivered::default()
            });
        }
        let standing = phone.pulls(id, other.chunks());
        assert_eq!(
            (standing.received, standing.unsent, standing.rejected),
            (0, 0, 2)
        );
        own.edits(&json!({"set": {"field": "danger_now", "value": "yes"}}));
        phone.store.write(&[own.written(1)]).expect("written");
        assert_eq!(
            phone
                .store
                .incident(id)
                .expect("a reading")
                .expect("an incident")
                .heads,
            own.heads()
        );
        assert_eq!(phone.store.chunks(id).expect("chunks"), own.chunks());
        assert!(Document::from_changes(own.chunks().iter().map(Vec::as_slice)).is_ok());
        assert_eq!(
            (phone.outbox(), phone.store.apart().expect("a list")),
            (vec![], vec![id])
        );
        assert_eq!(phone.store.heads(None, 9).expect("heads").have, []);
        assert_eq!(phone.store.standing().expect("a standing").rejected, 3);
        erases(&mut phone, 1);
        assert_eq!(phone.store.apart().expect("a list"), []);
    }
}
