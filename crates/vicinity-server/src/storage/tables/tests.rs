use vicinity_core::time::SignedDuration;
use vicinity_sqlite::SqliteHub;
use vicinity_store::DatabaseKey;
use vicinity_store::hub::{HubStore, Role};
use vicinity_testkit::person::{Counting, Person, countable, group, incident_id, with_consents};

use super::*;

/// A Wednesday.
fn now() -> Timestamp {
    "2026-12-02T10:00:00Z".parse().unwrap()
}

fn later(days: i64) -> Timestamp {
    now() + SignedDuration::from_hours(24 * days)
}

struct Scene {
    store: SqliteHub,
    logged: u8,
    _folder: tempfile::TempDir,
}

impl Scene {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let key = DatabaseKey::new([7; 32]);
        let store = SqliteHub::open(folder.path(), &key, [1; 16]).unwrap();
        let mut scene = Self {
            store,
            logged: 0,
            _folder: folder,
        };
        scene
            .store
            .invite([1; 32], Role::Educator, Timestamp::MAX)
            .unwrap();
        scene
            .store
            .enrol(
                [1; 32],
                vicinity_core::ids::DeviceId::from_random([1; 16]),
                [1; 32],
                now(),
            )
            .unwrap()
            .unwrap();
        assert!(scene.due(now()).is_none(), "the first week is waited for");
        scene
    }

    fn takes(&mut self, number: u8, chunk: Vec<u8>) {
        let peer = vicinity_store::hub::Peer {
            number: 1,
            incarnation: 1,
            role: Role::Educator,
        };
        let groups = [group(incident_id(number), &[chunk])];
        self.store
            .accept(&peer, None, &groups, now(), &mut Counting::default())
            .unwrap();
    }

    fn logs(&mut self, count: u8) -> Vec<Person> {
        let first = self.logged + 1;
        self.logged += count;
        let mut log = |number: u8| {
            let person = Person::logs(incident_id(number), number, &countable());
            self.takes(number, person.chunks()[0].clone());
            person
        };
        (first..first + count).map(&mut log).collect()
    }

    fn due(&mut self, at: Timestamp) -> Option<Upload> {
        due(&mut self.store, at).unwrap()
    }

    /// Sends what is due; how many months that was.
    fn sends(&mut self, at: Timestamp) -> usize {
        let Some(upload) = self.due(at) else { return 0 };
        let changes = upload.into_changes();
        sent(&mut self.store, &changes, at).unwrap();
        changes.tables.len()
    }
}

#[test]
fn tables_go_once_a_week_for_five_survivors() {
    let mut scene = Scene::new();
    scene.logs(4);
    assert_eq!(scene.sends(later(1)), 0, "Thursday");
    assert_eq!(scene.sends(later(5)), 0, "Monday, and four survivors");
    scene.logs(1);
    assert_eq!(scene.sends(later(6)), 0, "the week was looked at");
    assert_eq!(scene.sends(later(12)), 1);
    assert_eq!(scene.sends(later(19)), 0, "nothing changed");
}

#[test]
fn few_changes_go_after_four_weeks_and_a_withdrawal_with_the_next() {
    let mut scene = Scene::new();
    let mut people = scene.logs(2);
    for week in 0..4 {
        assert_eq!(scene.sends(later(5 + 7 * week)), 0, "{week}");
    }
    assert_eq!(scene.sends(later(5 + 7 * 4)), 1);
    let withdrawal =
        serde_json::json!({"consent": {"scope": "aggregate_count", "state": "withdrawn"}});
    let chunk = people[0].edits(&withdrawal);
    scene.takes(1, chunk);
    assert_eq!(scene.sends(later(40)), 1);
    // What never was in a table withdraws nothing.
    let person = Person::logs(incident_id(9), 9, &with_consents(&["hub_response"]));
    scene.takes(9, person.chunks()[0].clone());
    scene.store.erase(incident_id(9), now()).unwrap();
    assert_eq!(scene.sends(later(47)), 0);
}

#[test]
fn what_a_person_wants_at_once_goes_at_once_and_only_once() {
    let mut scene = Scene::new();
    scene.logs(1);
    want_now(&mut scene.store).unwrap();
    assert!(is_wanted(&mut scene.store).unwrap());
    assert_eq!(scene.sends(now()), 1);
    assert!(!is_wanted(&mut scene.store).unwrap());
    scene.logs(1);
    assert_eq!(scene.sends(later(1)), 0);
}

#[test]
fn what_national_refused_goes_again_a_week_later() {
    let mut scene = Scene::new();
    scene.logs(6);
    assert!(scene.due(later(5)).is_some_and(|upload| upload.is_left()));
    looked(&mut scene.store, later(5)).unwrap();
    assert!(scene.due(later(6)).is_none());
    assert_eq!(scene.sends(later(12)), 1);
}

#[test]
fn a_clock_that_is_set_back_sends_nothing_twice() {
    let mut scene = Scene::new();
    scene.logs(5);
    assert_eq!(scene.sends(later(33)), 1);
    scene.logs(5);
    assert_eq!(scene.sends(later(5)), 0);
    assert_eq!(scene.sends(later(40)), 1);
}
