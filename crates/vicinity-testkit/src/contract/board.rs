//! The board of a hub: its order, its filters, its counts, and what it tells of devices.

#![allow(missing_docs, reason = "each name is the sentence that the case shows")]

use std::path::Path;

use serde_json::{Value, json};
use vicinity_core::batch::{Group, GroupChange};
use vicinity_core::document::{Authoring, Document};
use vicinity_core::draft::Draft;
use vicinity_core::edit::Edit;
use vicinity_core::ids::{DeviceId, IncidentId};
use vicinity_core::published::Cell;
use vicinity_core::time::Timestamp;
use vicinity_store::board::{BoardFilter, BoardStore};
use vicinity_store::hub::{Peer, Random, Role};

use crate::person::hash;

struct Fixed;

impl Random for Fixed {
    fn bytes16(&mut self) -> [u8; 16] {
        [3; 16]
    }
}

fn now() -> Timestamp {
    "2026-11-23T09:00:00Z".parse().expect("an answer")
}

fn id(number: u8) -> IncidentId {
    IncidentId::from_random([number; 16])
}

struct Hub<S> {
    store: S,
    peer: Peer,
    _folder: tempfile::TempDir,
}

impl<S: BoardStore> Hub<S> {
    fn new(make: impl Fn(&Path) -> S) -> Self {
        let folder = tempfile::tempdir().expect("an answer");
        let mut store = make(folder.path());
        store
            .invite([1; 32], Role::Responder, Timestamp::MAX)
            .expect("an answer");
        let peer = store
            .enrol([1; 32], DeviceId::from_random([1; 16]), [1; 32], now())
            .expect("an answer")
            .expect("an answer");
        Self {
            store,
            peer,
            _folder: folder,
        }
    }

    fn log(&mut self, number: u8, incident: Value, edits: Value) {
        self.log_as(id(number), incident, edits);
    }

    fn log_as(&mut self, id: IncidentId, incident: Value, edits: Value) {
        let mut incident = incident;
        if incident["consents"].is_null() {
            incident["consents"] = json!(["hub_response"]);
        }
        let authoring = Authoring {
            actor: [id.as_bytes()[4]; 8],
            now: now(),
        };
        let edits = Edit::parse_list(&edits, now()).expect("an answer");
        let (_, authored) = Document::create_and_edit(
            &Draft::parse(&incident, now()).expect("an answer"),
            &edits,
            authoring,
        )
        .expect("an answer");
        let changes = authored
            .chunks
            .into_iter()
            .map(|chunk| GroupChange { chunk, by: 0 })
            .collect();
        let groups = [Group {
            incident: id,
            relayed: false,
            changes,
        }];
        self.store
            .accept(&self.peer, None, &groups, now(), &mut Fixed)
            .expect("an answer");
    }

    fn shown(&mut self, filter: BoardFilter, at: Timestamp) -> Vec<IncidentId> {
        let page = self.store.board(&filter, 0, at).expect("an answer");
        assert_eq!(page.total, page.rows.len() as u64);
        page.rows.into_iter().map(|(id, _)| id).collect()
    }
}

/// One that is red and due soon, one that is amber and overdue, one that is green and closed.
fn hub_of_three<S: BoardStore>(make: impl Fn(&Path) -> S) -> Hub<S> {
    let mut hub = Hub::new(make);
    let red = json!({"reported_at": "2026-11-23T08:30:00Z", "occurred": {"at": "2026-11-23T07:00", "precision": "exact"}, "violations": ["rape"],
        "place": {"setting": "street", "area": "SN-DK-01"}, "perpetrators": [{"kind": "police"}]});
    let amber = json!({"reported_at": "2026-11-20T08:30:00Z", "violations": ["extortion_bribe"], "place": {"setting": "hotel", "area": "SN-TH-02"},
        "perpetrators": [{"kind": "police"}, {"kind": "client"}]});
    let green = json!({"reported_at": "2026-11-19T08:30:00Z", "violations": ["eviction"], "perpetrators": [{"kind": "landlord"}]});
    hub.log(
        1,
        amber,
        json!([{"link": {"kind": "same_event", "to": id(2).to_string()}}]),
    );
    hub.log(2, red, json!([]));
    hub.log(3, green, json!([{"transition": {"to": "closed_resolved"}}]));
    hub
}

pub fn the_board_shows_open_ones_first_and_the_most_urgent_of_them<S: BoardStore>(
    make: impl Fn(&Path) -> S,
) {
    let mut hub = hub_of_three(make);
    assert_eq!(
        hub.shown(BoardFilter::default(), now()),
        [id(2), id(1), id(3)]
    );
    let page = hub
        .store
        .board(&BoardFilter::default(), 0, now())
        .expect("an answer");
    assert_eq!((page.open, page.overdue), ([1, 1, 0], 1));
    assert_eq!(
        hub.store
            .board(&BoardFilter::default(), 1, now())
            .expect("an answer")
            .rows,
        []
    );
}

pub fn whoever_is_held_since_minutes_stands_before_what_was_missed_long_ago_and_that_is_not_counted_as_overdue<
    S: BoardStore,
>(
    make: impl Fn(&Path) -> S,
) {
    let mut hub = Hub::new(make);
    let old = json!({"reported_at": "2026-01-04T08:30:00Z", "occurred": {"at": "2026-01-04", "precision": "day"}, "violations": ["rape"], "severe_injury": "yes"});
    let care = json!([{"action": {"code": "pep_start", "done_at": "2026-01-04T12:00:00Z"}}, {"transition": {"to": "monitoring"}}]);
    hub.log(1, old, care);
    let held = json!({"reported_at": "2026-11-23T08:40:00Z", "occurred": {"at": "2026-11-23T07:00", "precision": "exact"}, "violations": ["rape"],
        "danger_now": "yes", "held_now": "yes"});
    hub.log(2, held, json!([]));
    assert_eq!(hub.shown(BoardFilter::default(), now()), [id(2), id(1)]);
    let page = hub
        .store
        .board(&BoardFilter::default(), 0, now())
        .expect("an answer");
    assert_eq!((page.open, page.overdue), ([2, 0, 0], 0));
    assert_eq!(
        hub.shown(
            BoardFilter {
                only: "overdue".into(),
                ..BoardFilter::default()
            },
            now()
        ),
        []
    );
}

pub fn incidents_are_found_by_the_beginning_of_their_ids<S: BoardStore>(make: impl Fn(&Path) -> S) {
    let mut hub = hub_of_three(make);
    let between = |hub: &mut Hub<S>, first: IncidentId, last: IncidentId, max: usize| {
        hub.store
            .between(first, last, max)
            .expect("an answer")
            .into_iter()
            .map(|(id, _)| id)
            .collect::<Vec<_>>()
    };
    assert_eq!(between(&mut hub, id(2), id(3), 10), [id(2), id(3)]);
    assert_eq!(between(&mut hub, id(2), id(3), 1), [id(2)]);
    assert_eq!(between(&mut hub, id(9), id(9), 10), []);
}

pub fn each_filter_leaves_what_it_names<S: BoardStore>(make: impl Fn(&Path) -> S) {
    let mut hub = hub_of_three(make);
    let of = |set: fn(&mut BoardFilter, String), value: &str| {
        let mut filter = BoardFilter::default();
        set(&mut filter, value.to_owned());
        filter
    };
    let cases: [(BoardFilter, &[IncidentId]); 12] = [
        (
            of(|filter, value| filter.status = value, "open"),
            &[id(2), id(1)],
        ),
        (
            of(|filter, value| filter.status = value, "closed"),
            &[id(3)],
        ),
        (
            of(|filter, value| filter.status = value, "closed_resolved"),
            &[id(3)],
        ),
        (of(|filter, value| filter.level = value, "amber"), &[id(1)]),
        (
            of(|filter, value| filter.kind = value, "police"),
            &[id(2), id(1)],
        ),
        (of(|filter, value| filter.kind = value, "lord"), &[]),
        (
            of(|filter, value| filter.group = value, "economic"),
            &[id(1), id(3)],
        ),
        (of(|filter, value| filter.area = value, "SN-TH"), &[id(1)]),
        (
            of(|filter, value| filter.setting = value, "street"),
            &[id(2)],
        ),
        (
            of(|filter, value| filter.clock = value, "first_contact_1h"),
            &[id(2)],
        ),
        (of(|filter, value| filter.only = value, "overdue"), &[id(1)]),
        (of(|filter, value| filter.only = value, "conflicts"), &[]),
    ];
    for (filter, expected) in cases {
        assert_eq!(hub.shown(filter.clone(), now()), expected, "{filter:?}");
    }
    let both = BoardFilter {
        kind: "police".into(),
        setting: "hotel".into(),
        ..BoardFilter::default()
    };
    assert_eq!(hub.shown(both, now()), [id(1)]);
}

pub fn time_alone_moves_an_incident_once_the_board_is_worked_out_anew<S: BoardStore>(
    make: impl Fn(&Path) -> S,
) {
    let mut hub = hub_of_three(make);
    let later: Timestamp = "2026-12-23T09:00:00Z".parse().expect("an answer");
    let red = BoardFilter {
        level: "red".into(),
        ..BoardFilter::default()
    };
    assert_eq!(hub.store.refresh_board(now()).expect("an answer"), 0);
    assert_eq!(hub.shown(red.clone(), later), [id(2)], "nothing moved yet");
    assert!(hub.store.refresh_board(later).expect("an answer") > 0);
    assert_eq!(hub.shown(red, later), []);
}

pub fn what_a_clock_ahead_moved_moves_back_when_the_clock_is_right<S: BoardStore>(
    make: impl Fn(&Path) -> S,
) {
    let mut hub = hub_of_three(make);
    let ahead: Timestamp = "2027-12-23T09:00:00Z".parse().expect("an answer");
    let red = BoardFilter {
        level: "red".into(),
        ..BoardFilter::default()
    };
    let before = hub.shown(BoardFilter::default(), now());
    while hub.store.refresh_board(ahead).expect("an answer") > 0 {}
    assert_eq!(hub.shown(red.clone(), ahead), []);
    assert_eq!(hub.store.refresh_board(now()).expect("an answer"), 3);
    assert_eq!(
        (
            hub.shown(red, now()),
            hub.shown(BoardFilter::default(), now())
        ),
        (vec![id(2)], before)
    );
    assert_eq!(hub.store.refresh_board(now()).expect("an answer"), 0);
}

pub fn every_incident_is_counted_by_month_area_and_code_whatever_was_agreed_to<S: BoardStore>(
    make: impl Fn(&Path) -> S,
) {
    let mut hub = Hub::new(make);
    let incident = |month: &str, kind: &str| {
        json!({"occurred": {"at": format!("2026-{month}-20"), "precision": "day"}, "reported_at": format!("2026-{month}-20T10:00:00Z"),
            "place": {"area": "SN-DK-01"}, "violations": ["extortion_bribe"], "perpetrators": [{"kind": kind}]})
    };
    hub.log(1, incident("10", "police"), json!([]));
    hub.log(
        2,
        incident("11", "police"),
        json!([{"action": {"code": "legal_advice", "done_at": "2026-11-20T12:30:00Z"}}]),
    );
    hub.log(3, incident("11", "client"), json!([]));
    let window = hub.store.window("2026-11", "2026-11").expect("an answer");
    let of = |dimension: &str, code: &str| {
        let name = ("SN-DK".to_owned(), dimension.to_owned(), code.to_owned());
        window
            .iter()
            .find(|(month, cell, _)| month == "2026-11" && *cell == name)
            .map_or(0, |(.., count)| *count)
    };
    assert_eq!(
        (
            of("", ""),
            of("perpetrator", "police"),
            of("perpetrator", "client"),
            of("response", "within_24h")
        ),
        (2, 1, 1, 1)
    );
    assert!(window.iter().all(|(month, ..)| month == "2026-11"));
    assert_eq!(
        hub.store
            .response_minutes("2026-10", "2026-11")
            .expect("an answer"),
        [180]
    );
    hub.store.erase(id(2), now()).expect("an answer");
    assert!(
        hub.store
            .response_minutes("2026-10", "2026-11")
            .expect("an answer")
            .is_empty(),
        "what is erased is not counted"
    );
}

pub fn a_zone_that_is_set_later_works_every_place_out_anew<S: BoardStore>(
    make: impl Fn(&Path) -> S,
) {
    let mut hub = Hub::new(make);
    hub.log(
        1,
        json!({"reported_at": "2026-10-31T18:30:00Z", "violations": ["eviction"]}),
        json!([]),
    );
    let months = |hub: &mut Hub<S>| {
        hub.store
            .window("2026-10", "2026-11")
            .expect("an answer")
            .into_iter()
            .map(|(month, ..)| month)
            .collect::<Vec<_>>()
    };
    assert!(months(&mut hub).iter().all(|month| month == "2026-10"));
    hub.store.set_zone("Asia/Phnom_Penh").expect("an answer");
    assert_eq!(hub.store.refresh_board(now()).expect("an answer"), 1);
    assert!(
        months(&mut hub).iter().all(|month| month == "2026-11"),
        "01:30 there, on the first"
    );
}

pub fn a_change_at_the_board_keeps_who_made_it_and_a_refused_one_its_reason<S: BoardStore>(
    make: impl Fn(&Path) -> S,
) {
    let mut hub = hub_of_three(make);
    let logged = hub.store.logged(id(2)).expect("an answer");
    let hash = hash(&logged.first().expect("a change").chunk);
    hub.store
        .note_desk_change(id(2), hash, "amina")
        .expect("an answer");
    let by: Vec<Option<String>> = hub
        .store
        .logged(id(2))
        .expect("an answer")
        .into_iter()
        .map(|change| change.person)
        .collect();
    assert_eq!(by[0].as_deref(), Some("amina"));
    assert!(by[1..].iter().all(Option::is_none));

    assert_eq!(hub.store.refused(10).expect("an answer"), []);
    let unreadable = Group {
        incident: id(8),
        relayed: false,
        changes: vec![GroupChange {
            chunk: vec![7; 40],
            by: 0,
        }],
    };
    hub.store
        .accept(&hub.peer, None, &[unreadable], now(), &mut Fixed)
        .expect("an answer");
    let refused = hub.store.refused(10).expect("an answer");
    assert_eq!(
        refused
            .iter()
            .map(|row| (row.incident, row.device, row.changes))
            .collect::<Vec<_>>(),
        [(id(8), 1, 1)]
    );
}

pub fn changes_that_wait_are_counted_by_the_device_that_brought_them<S: BoardStore>(
    make: impl Fn(&Path) -> S,
) {
    let mut hub = Hub::new(make);
    assert_eq!(hub.store.waiting_by_device().expect("an answer"), []);
    let incident = json!({"reported_at": "2026-11-23T08:00:00Z", "violations": ["eviction"], "consents": ["hub_response"]});
    let authoring = Authoring {
        actor: [9; 8],
        now: now(),
    };
    let edits = Edit::parse_list(
        &json!([{"set": {"field": "danger_now", "value": "yes"}}]),
        now(),
    )
    .expect("an edit");
    let draft = Draft::parse(&incident, now()).expect("an incident");
    let (_, authored) = Document::create_and_edit(&draft, &edits, authoring).expect("a document");
    let last = authored
        .chunks
        .into_iter()
        .next_back()
        .expect("an edit's change");
    let group = Group {
        incident: id(9),
        relayed: false,
        changes: vec![GroupChange { chunk: last, by: 0 }],
    };
    hub.store
        .accept(&hub.peer, None, &[group], now(), &mut Fixed)
        .expect("an answer");
    assert_eq!(hub.store.waiting_by_device().expect("an answer"), [(1, 1)]);
}

pub fn the_areas_of_the_board_are_those_that_incidents_name<S: BoardStore>(
    make: impl Fn(&Path) -> S,
) {
    let mut hub = hub_of_three(make);
    assert_eq!(
        hub.store.areas(10).expect("an answer"),
        ["SN-DK-01", "SN-TH-02"]
    );
    assert_eq!(hub.store.areas(1).expect("an answer").len(), 1);
}

pub fn only_those_who_agreed_are_in_counts_that_leave_and_in_rows<S: BoardStore>(
    make: impl Fn(&Path) -> S,
) {
    let mut hub = Hub::new(make);
    let incident = |scopes: &[&str]| {
        json!({"occurred": {"at": "2026-11-20", "precision": "day"}, "reported_at": "2026-11-20T10:00:00Z", "place": {"area": "SN-DK-01"},
            "violations": ["eviction"], "referred_from": "school", "consents": scopes})
    };
    hub.log(1, incident(&["hub_response"]), json!([]));
    hub.log(2, incident(&["hub_response", "aggregate_count"]), json!([]));
    hub.log(3, incident(&["hub_response", "national_deid"]), json!([]));
    hub.log(
        4,
        incident(&["hub_response", "national_deid", "aggregate_count"]),
        json!([]),
    );
    let all = |window: Vec<(String, Cell, u64)>| {
        window
            .into_iter()
            .find(|(_, (area, dimension, _), _)| area == "SN-DK" && dimension.is_empty())
            .map(|(.., count)| count)
    };
    let month = "2026-11";
    assert_eq!(
        all(hub.store.window(month, month).expect("an answer")),
        Some(4)
    );
    assert_eq!(
        all(hub.store.countable_window(month, month).expect("an answer")),
        Some(2)
    );
    let mut rows = Vec::new();
    hub.store
        .each_own_projection(&mut |row, incident| {
            rows.push((row.hub, incident.text("referred_from").map(str::to_owned)));
            Ok(())
        })
        .expect("a walk");
    assert_eq!(rows, vec![(0, Some("school".to_owned())); 2]);
}

pub fn a_question_of_national_is_asked_here_until_it_was_answered<S: BoardStore>(
    make: impl Fn(&Path) -> S,
) {
    let mut hub = hub_of_three(make);
    assert_eq!(hub.store.asked().expect("an answer"), []);
    assert!(hub.store.ask(7, id(2), None).expect("an answer"));
    let asked = hub.store.asked().expect("an answer");
    assert_eq!(
        asked
            .iter()
            .map(|question| (question.id, question.incident, question.answer.clone()))
            .collect::<Vec<_>>(),
        [(7, id(2), None)]
    );
}

pub fn steps_under_one_commit_are_undone_one_by_one<S: BoardStore>(make: impl Fn(&Path) -> S) {
    let mut hub = Hub::new(make);
    let mut steps = [("kept", true), ("undone", false), ("kept too", true)].into_iter();
    hub.store
        .board_commit(&mut |store| {
            let (name, is_fine) = steps.next()?;
            store.set_setting(name, b"1").expect("a setting");
            Some(is_fine)
        })
        .expect("a commit");
    let is_set =
        |hub: &mut Hub<S>, name: &str| hub.store.setting(name).expect("an answer").is_some();
    assert!(is_set(&mut hub, "kept") && is_set(&mut hub, "kept too"));
    assert!(!is_set(&mut hub, "undone"));
}

pub fn an_incident_knows_who_names_it_until_the_other_is_erased<S: BoardStore>(
    make: impl Fn(&Path) -> S,
) {
    let mut hub = hub_of_three(make);
    let linked = |hub: &mut Hub<S>, number: u8| {
        let case = hub.store.case(id(number)).expect("an answer");
        case.expect("a case").linked_from
    };
    assert_eq!(linked(&mut hub, 2), [(id(1), "same_event".to_owned())]);
    assert_eq!(linked(&mut hub, 1), []);
    hub.store.erase(id(1), now()).expect("an erasure");
    assert_eq!(linked(&mut hub, 2), []);
    assert!(hub.store.case(id(1)).expect("an answer").is_none());
}

pub fn incidents_with_conflicts_are_listed_up_to_a_number<S: BoardStore>(
    make: impl Fn(&Path) -> S,
) {
    let mut hub = hub_of_three(make);
    assert!(hub.store.conflicted(10).expect("an answer").is_empty());
    // Two people write one register without knowing of each other.
    let chunks: Vec<Vec<u8>> = hub
        .store
        .logged(id(2))
        .expect("an answer")
        .into_iter()
        .map(|change| change.chunk)
        .collect();
    for (actor, setting) in [([7; 8], "hotel"), ([8; 8], "brothel")] {
        let mut document =
            Document::from_changes(chunks.iter().map(Vec::as_slice)).expect("a document");
        let edits = Edit::parse_list(
            &json!([{"set": {"field": "place.setting", "value": setting}}]),
            now(),
        )
        .expect("an edit");
        let authoring = Authoring { actor, now: now() };
        let authored = document
            .apply_all(&edits, authoring)
            .expect("an edit that fits");
        let changes = authored
            .chunks
            .into_iter()
            .map(|chunk| GroupChange { chunk, by: 0 })
            .collect();
        let group = Group {
            incident: id(2),
            relayed: false,
            changes,
        };
        hub.store
            .accept(&hub.peer, None, &[group], now(), &mut Fixed)
            .expect("an answer");
    }
    let conflicted = hub.store.conflicted(10).expect("an answer");
    assert_eq!(
        conflicted.iter().map(|(id, _)| *id).collect::<Vec<_>>(),
        [id(2)]
    );
    assert!(hub.store.conflicted(0).expect("an answer").is_empty());
}
