//! Count tables: what a hub counts and when it differs, and what national adds up.

#![allow(missing_docs, reason = "each name is the sentence that the case shows")]

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::json;
use vicinity_core::admit::Verdict;
use vicinity_core::counts::due::Difference;
use vicinity_core::counts::{Contribution, Count, MonthTable, mark_of_all};
use vicinity_core::edit::Edit;
use vicinity_core::ids::ProjectionId;
use vicinity_core::published::Cell;
use vicinity_core::time::Timestamp;
use vicinity_store::board::BoardStore;
use vicinity_store::hub::{Peer, Role};
use vicinity_store::review::ReviewStore;
use vicinity_store::tables::{HubTablesRow, TableChanges, TablePart};

use super::stage::{Hub, device_id};
use crate::person::{Person, countable, group, incident_id, now, now_plus, with_consents};

/// A hub where Ada, an educator, and Ben, a responder, write.
struct Scene<S> {
    hub: Hub<S>,
    ada: Peer,
    ben: Peer,
    /// The actor that wrote last.
    actors: u8,
}

impl<S: BoardStore> Scene<S> {
    fn new(make: impl Fn(&Path) -> S) -> Self {
        let mut hub = Hub::new(make);
        let (ada, ben) = (hub.enrols(Role::Educator), hub.enrols(Role::Responder));
        Self {
            hub,
            ada,
            ben,
            actors: 100,
        }
    }

    fn logs(&mut self, number: u8, incident: &serde_json::Value) {
        let person = Person::logs(incident_id(number), number, incident);
        self.hub.takes(&self.ada, &[person.group()]);
    }

    /// Each device writes as an actor of its own.
    fn edits(&mut self, number: u8, by: &Peer, edit: &serde_json::Value) {
        let id = incident_id(number);
        let chunks = self.hub.store.chunks(id).expect("an answer");
        self.actors += 1;
        let chunk = Person::copies(id, self.actors, &chunks).edits(edit);
        let verdicts = self.hub.takes(by, &[group(id, &[chunk])]);
        assert_eq!(verdicts, [Verdict::Stored]);
    }

    fn changes(&mut self) -> TableChanges {
        self.hub.store.table_changes().expect("an answer")
    }

    /// What differs; national has it afterwards.
    fn sends(&mut self) -> Difference {
        let changes = self.changes();
        self.hub.store.tables_sent(&changes).expect("an answer");
        assert_eq!(self.changes().difference, Difference::default());
        changes.difference
    }

    /// All incidents of the tables, and those that a responder has seen.
    fn counted(&mut self) -> (u64, u64) {
        self.hub.store.tables_lost().expect("an answer");
        let tables = self.changes().tables;
        let sum = tables.iter().map(MonthTable::incidents);
        sum.fold((0, 0), |sum, count| (sum.0 + count.all, sum.1 + count.seen))
    }
}

fn differs(survivors: usize, is_withdrawn: bool) -> Difference {
    Difference {
        survivors,
        is_withdrawn,
        any: true,
    }
}

/// Consent to rows decides nothing here.
pub fn who_agreed_to_be_counted_is_in_the_tables_and_nobody_else<S: BoardStore>(
    make: impl Fn(&Path) -> S,
) {
    let mut scene = Scene::new(make);
    scene.logs(1, &with_consents(&["hub_response"]));
    scene.logs(2, &with_consents(&["hub_response", "aggregate_count"]));
    scene.logs(3, &with_consents(&["hub_response", "national_deid"]));
    scene.logs(4, &countable());
    let changes = scene.changes();
    assert_eq!(changes.difference, differs(2, false));
    assert_eq!(changes.tables.len(), 1);
    let table = &changes.tables[0];
    assert_eq!(table.month, "2026-11");
    assert_eq!((table.survivors, table.incidents().all), (2, 2));
    assert!(table.is_well_formed(now()));
    let cell = ("SN-DK".to_owned(), String::new(), String::new());
    assert_eq!(table.cells.get(&cell), Some(&Count { all: 2, seen: 0 }));
}

pub fn an_incident_is_seen_once_a_responder_wrote_in_it<S: BoardStore>(make: impl Fn(&Path) -> S) {
    let mut scene = Scene::new(make);
    for number in 1..=4 {
        scene.logs(number, &countable());
    }
    assert_eq!(scene.counted(), (4, 0));
    let (ada, ben) = (scene.ada, scene.ben);
    let edit = json!({"add": {"set": "needs", "code": "shelter"}});
    scene.edits(1, &ben, &edit);
    scene.edits(2, &ada, &edit);
    assert_eq!(scene.counted(), (4, 1), "an educator's change is none");
    // What the hub writes itself is none, unless a person at the board did.
    let hub = Peer {
        number: 0,
        incarnation: 0,
        role: Role::Responder,
    };
    scene.edits(3, &hub, &edit);
    assert_eq!(scene.counted(), (4, 1));
    scene
        .hub
        .store
        .note_desk_change(
            incident_id(3),
            vicinity_core::ids::ChangeHash([7; 32]),
            "amina",
        )
        .expect("an answer");
    assert_eq!(scene.counted(), (4, 2));
}

/// A survivor with three incidents is one, and an incident without a code is a survivor of its own.
pub fn what_differs_is_told_by_survivors<S: BoardStore>(make: impl Fn(&Path) -> S) {
    let mut scene = Scene::new(make);
    for number in 1..=5 {
        let mut incident = countable();
        if number <= 3 {
            incident["survivor"] = json!({"gender": "woman"});
        }
        let mut person = Person::logs(incident_id(number), number, &incident);
        if number <= 3 {
            person.edits(&json!({"set": {"field": "survivor.code", "value": "a".repeat(64)}}));
        }
        scene.hub.takes(&scene.ada, &[person.group()]);
    }
    let changes = scene.changes();
    assert_eq!(changes.difference, differs(3, false));
    assert_eq!(changes.tables[0].survivors, 3);
    scene.sends();
    let ada = scene.ada;
    for number in [1, 2] {
        scene.edits(
            number,
            &ada,
            &json!({"set": {"field": "place.setting", "value": "street"}}),
        );
    }
    assert_eq!(scene.changes().difference, differs(1, false));
    // What is in no table differs in nothing.
    scene.sends();
    scene.edits(
        1,
        &ada,
        &json!({"set": {"field": "danger_now", "value": "yes"}}),
    );
    assert_eq!(scene.changes().difference, Difference::default());
}

pub fn a_withdrawal_and_an_erasure_take_an_incident_out_of_the_tables<S: BoardStore>(
    make: impl Fn(&Path) -> S,
) {
    let mut scene = Scene::new(make);
    for number in 1..=3 {
        scene.logs(number, &countable());
    }
    assert_eq!(scene.sends(), differs(3, false));
    let ada = scene.ada;
    scene.edits(
        1,
        &ada,
        &json!({"consent": {"scope": "aggregate_count", "state": "withdrawn"}}),
    );
    assert_eq!(scene.sends(), differs(1, true));
    scene
        .hub
        .store
        .erase(incident_id(2), now())
        .expect("an answer");
    let changes = scene.changes();
    assert_eq!(
        changes.difference,
        differs(0, true),
        "nothing of it is kept, not even whose it was"
    );
    assert_eq!(changes.tables[0].incidents().all, 1);
    // Erased while the tables were on their way: national counts it.
    scene
        .hub
        .store
        .erase(incident_id(3), now())
        .expect("an answer");
    scene.hub.store.tables_sent(&changes).expect("an answer");
    let last = scene.changes();
    assert_eq!(last.difference, differs(0, true));
    assert_eq!(last.tables, [MonthTable::empty("2026-11")]);
    scene.sends();
    let none = mark_of_all(&BTreeMap::new());
    assert_eq!(scene.hub.store.tables_mark().expect("an answer"), none);
}

/// Until the other goes. Of two that name each other one counts.
pub fn a_duplicate_is_not_counted_while_the_other_is_here<S: BoardStore>(
    make: impl Fn(&Path) -> S,
) {
    let mut scene = Scene::new(make);
    for number in 1..=2 {
        scene.logs(number, &countable());
    }
    let ada = scene.ada;
    let names =
        |other: u8| json!({"link": {"kind": "duplicate_of", "to": incident_id(other).to_string()}});
    scene.edits(2, &ada, &names(1));
    assert_eq!(scene.counted().0, 1);
    scene.edits(1, &ada, &names(2));
    assert_eq!(scene.counted().0, 1);
    scene
        .hub
        .store
        .erase(incident_id(1), now())
        .expect("an answer");
    assert_eq!(scene.counted().0, 1);
}

/// The other row may be of another hub: a person says so, and national says when that row is gone.
pub fn what_is_counted_elsewhere_is_counted_again_when_the_other_goes<S: BoardStore>(
    make: impl Fn(&Path) -> S,
) {
    let mut scene = Scene::new(make);
    for number in 1..=2 {
        scene.logs(number, &countable());
    }
    let (ben, other) = (scene.ben, ProjectionId::from_random([9; 16]));
    let store = &mut scene.hub.store;
    assert!(
        store
            .ask(7, incident_id(1), Some(other))
            .expect("an answer")
    );
    assert!(store.ask(8, incident_id(2), None).expect("an answer"));
    let asked = store.asked().expect("an answer");
    let others: Vec<Option<ProjectionId>> = asked.iter().map(|asked| asked.other).collect();
    assert_eq!(others, [None, Some(other)]);
    for number in [1, 2] {
        let question = format!("{}", number + 6);
        let chunks = scene
            .hub
            .store
            .chunks(incident_id(number))
            .expect("an answer");
        scene.actors += 1;
        let mut person = Person::copies(incident_id(number), scene.actors, &chunks);
        let asks = person.applies(&Edit::question(&question, "possible_duplicate", now()));
        let answer =
            json!({"answer": {"id": format!("q-{question}"), "answer": "counted_elsewhere"}});
        let answers = person.edits(&answer);
        scene
            .hub
            .takes(&ben, &[group(incident_id(number), &[asks, answers])]);
    }
    assert_eq!(scene.counted().0, 1, "one names no other row");
    scene.hub.store.end_question(7).expect("an answer");
    assert_eq!(scene.counted().0, 2);
}

pub fn what_national_lost_goes_again_though_nothing_changed<S: BoardStore>(
    make: impl Fn(&Path) -> S,
) {
    let mut scene = Scene::new(make);
    scene.logs(1, &countable());
    let tables = scene.changes().tables;
    scene.sends();
    let marks = tables
        .iter()
        .map(|table| (table.month.clone(), table.mark()));
    assert_eq!(
        scene.hub.store.tables_mark().expect("an answer"),
        mark_of_all(&marks.collect())
    );
    scene.hub.store.tables_lost().expect("an answer");
    let changes = scene.changes();
    assert_eq!(changes.difference, differs(0, false));
    assert_eq!(changes.tables, tables);
}

fn at(text: &str) -> Timestamp {
    text.parse().expect("a time")
}

/// A month of a hub with that many incidents of women in one area; those of even number are seen.
pub(super) fn table(month: &str, area: &str, incidents: u8) -> MonthTable {
    let facets = [
        ("setting", "street"),
        ("gender", "woman"),
        ("age_band", "25+"),
        ("response", "within_24h"),
        ("pep", "not_exposed"),
        ("ec", "not_exposed"),
        ("referral", "not_referred"),
        ("state_perpetrator", "no"),
        ("extortion", "no"),
        ("healthcare_refusal", "no"),
        ("violation_group", "physical"),
    ];
    let one = |number: u8| Contribution {
        month: month.to_owned(),
        area: area.to_owned(),
        facets: facets
            .iter()
            .map(|(dimension, code)| ((*dimension).to_owned(), (*code).to_owned()))
            .collect(),
        is_seen: number.is_multiple_of(2),
        survivor: vec![number],
    };
    let all: Vec<Contribution> = (0..incidents).map(one).collect();
    MonthTable::of(&all)
        .remove(month)
        .unwrap_or_else(|| MonthTable::empty(month))
}

fn national<S: ReviewStore>(make: impl Fn(&Path) -> S) -> (S, tempfile::TempDir) {
    let folder = tempfile::tempdir().expect("a folder");
    let mut store = make(folder.path());
    for number in [1, 2] {
        store
            .invite([number; 32], Role::Hub, now_plus(600))
            .expect("an invitation");
        let hub = store.enrol([number; 32], device_id(number), [number; 32], now());
        assert_eq!(hub.expect("an answer"), Some(u32::from(number)));
    }
    (store, folder)
}

fn whole(tables: &[MonthTable]) -> TablePart {
    TablePart {
        is_first: true,
        is_last: true,
        tables: tables.to_vec(),
    }
}

fn count<S: ReviewStore>(national: &mut S, month: &str, name: (&str, &str, &str)) -> u64 {
    let cell: Cell = (name.0.to_owned(), name.1.to_owned(), name.2.to_owned());
    let window = national.window(month, month).expect("an answer");
    window
        .into_iter()
        .find(|(_, of, _)| *of == cell)
        .map_or(0, |(.., count)| count)
}

pub fn national_adds_up_what_its_hubs_counted_and_keeps_no_older_version<S: ReviewStore>(
    make: impl Fn(&Path) -> S,
) {
    let (mut national, _folder) = national(make);
    let day = at("2026-11-30T02:10:20Z");
    let all = ("SN-DK", "", "");
    national
        .take_tables(1, &whole(&[table("2026-10", "SN-DK", 7)]), day)
        .expect("an answer");
    let second = [table("2026-10", "SN-DK", 5), table("2026-11", "SN-TH", 3)];
    national
        .take_tables(2, &whole(&second), day)
        .expect("an answer");
    assert_eq!(count(&mut national, "2026-10", all), 12);
    let pair = ("SN-DK", "gender/violation_group", "woman/physical");
    assert_eq!(count(&mut national, "2026-10", pair), 0, "pairs are apart");
    let pairs = national.pairs("2026-10", "2026-11").expect("an answer");
    let name = (pair.0.to_owned(), pair.1.to_owned(), pair.2.to_owned());
    assert_eq!(pairs.get(&name), Some(&12));
    let by_month = |counts: BTreeMap<String, u64>| counts.into_iter().collect::<Vec<_>>();
    let months = |a, b| vec![("2026-10".to_owned(), a), ("2026-11".to_owned(), b)];
    assert_eq!(
        by_month(national.survivors("2026-10", "2026-11").expect("an answer")),
        months(12, 3)
    );
    assert_eq!(
        by_month(national.seen("2026-10", "2026-11").expect("an answer")),
        months(7, 2)
    );
    assert_eq!(
        national.tables_of("2026-10").expect("an answer"),
        [
            (1, table("2026-10", "SN-DK", 7)),
            (2, table("2026-10", "SN-DK", 5))
        ]
    );
    let taken_at = at("2026-11-30T00:00:00Z");
    assert_eq!(
        national.tables_by_hub().expect("an answer"),
        [1, 2].map(|hub| HubTablesRow { hub, taken_at }),
        "the day alone is kept"
    );
    let marks: BTreeMap<String, [u8; 16]> = second
        .iter()
        .map(|table| (table.month.clone(), table.mark()))
        .collect();
    assert_eq!(
        national.tables_mark_of(2).expect("an answer"),
        mark_of_all(&marks)
    );

    // The last word of a hub on a month counts, and a month that is empty is gone.
    let later = [table("2026-10", "SN-DK", 2), MonthTable::empty("2026-11")];
    national
        .take_tables(2, &whole(&later), day)
        .expect("an answer");
    assert_eq!(count(&mut national, "2026-10", all), 9);
    assert_eq!(
        national.window("2026-11", "2026-11").expect("an answer"),
        []
    );
    assert_eq!(national.tables_of("2026-11").expect("an answer"), []);
}

pub fn parts_count_together_once_the_last_has_come<S: ReviewStore>(make: impl Fn(&Path) -> S) {
    let (mut national, _folder) = national(make);
    let part = |is_first, is_last, month: &str, incidents| TablePart {
        is_first,
        is_last,
        tables: vec![table(month, "SN-DK", incidents)],
    };
    let all = ("SN-DK", "", "");
    let mut take = |part: &TablePart| {
        national.take_tables(1, part, now()).expect("an answer");
        ["2026-09", "2026-10", "2026-11"].map(|month| count(&mut national, month, all))
    };
    assert_eq!(take(&part(true, false, "2026-09", 9)), [0, 0, 0]);
    // Cut off there, and begun again.
    assert_eq!(take(&part(true, false, "2026-10", 4)), [0, 0, 0]);
    assert_eq!(take(&part(false, true, "2026-11", 5)), [0, 4, 5]);
}

/// No row of an incident is counted anywhere.
pub fn counts_do_not_come_from_rows<S: ReviewStore>(make: impl Fn(&Path) -> S) {
    let (mut national, _folder) = national(make);
    let row = vicinity_store::national::NewProjection {
        projection: ProjectionId::from_random([1; 16]),
        version: 1,
        body: Some(vicinity_store::national::ProjectionBody {
            json: "{}".to_owned(),
            month: "2026-11".to_owned(),
            facets: vec![("admin1", "SN-DK".to_owned())],
        }),
    };
    national.upsert(1, &[row], now()).expect("an answer");
    assert_eq!(national.window("", "9999").expect("an answer"), []);
    assert_eq!(
        national.hub_months("", "9999").expect("an answer"),
        [(1, "2026-11".to_owned(), 1)]
    );
}
