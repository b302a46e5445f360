use serde_json::{Value, json};
use vicinity_core::batch::{Group, GroupChange};
use vicinity_core::document::{Authoring, Document};
use vicinity_core::draft::Draft;
use vicinity_core::edit::Edit;
use vicinity_core::ids::DeviceId;

use super::*;
use vicinity_store::hub::{HubStore, Peer, Random, Role};
use vicinity_store::key::DatabaseKey;

struct Fixed;

impl Random for Fixed {
    fn bytes16(&mut self) -> [u8; 16] {
        [3; 16]
    }
}

fn now() -> Timestamp {
    "2026-11-23T09:00:00Z".parse().unwrap()
}

fn id(number: u8) -> IncidentId {
    IncidentId::from_random([number; 16])
}

struct Hub {
    store: SqliteHub,
    peer: Peer,
    _folder: tempfile::TempDir,
}

impl Hub {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut store =
            SqliteHub::open(folder.path(), &DatabaseKey::new([7; 32]), [1; 16]).unwrap();
        store
            .invite([1; 32], Role::Responder, Timestamp::MAX)
            .unwrap();
        let peer = store
            .enrol([1; 32], DeviceId::from_random([1; 16]), [1; 32], now())
            .unwrap()
            .unwrap();
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
        let edits = Edit::parse_list(&edits, now()).unwrap();
        let (_, authored) =
            Document::create_and_edit(&Draft::parse(&incident, now()).unwrap(), &edits, authoring)
                .unwrap();
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
            .unwrap();
    }

    fn shown(&mut self, filter: BoardFilter, at: Timestamp) -> Vec<IncidentId> {
        let page = self.store.board(&filter, 0, at).unwrap();
        assert_eq!(page.total, page.rows.len() as u64);
        page.rows.into_iter().map(|(id, _)| id).collect()
    }
}

/// One that is red and due soon, one that is amber and overdue, one that is green and closed.
fn hub_of_three() -> Hub {
    let mut hub = Hub::new();
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

#[test]
fn the_board_shows_open_ones_first_and_the_most_urgent_of_them() {
    let mut hub = hub_of_three();
    assert_eq!(
        hub.shown(BoardFilter::default(), now()),
        [id(2), id(1), id(3)]
    );
    let page = hub.store.board(&BoardFilter::default(), 0, now()).unwrap();
    assert_eq!((page.open, page.overdue), ([1, 1, 0], 1));
    assert_eq!(
        hub.store
            .board(&BoardFilter::default(), 1, now())
            .unwrap()
            .rows,
        []
    );
}

#[test]
fn whoever_is_held_since_minutes_stands_before_what_was_missed_long_ago_and_that_is_not_counted_as_overdue()
 {
    let mut hub = Hub::new();
    let old = json!({"reported_at": "2026-01-04T08:30:00Z", "occurred": {"at": "2026-01-04", "precision": "day"}, "violations": ["rape"], "severe_injury": "yes"});
    let care = json!([{"action": {"code": "pep_start", "done_at": "2026-01-04T12:00:00Z"}}, {"transition": {"to": "monitoring"}}]);
    hub.log(1, old, care);
    let held = json!({"reported_at": "2026-11-23T08:40:00Z", "occurred": {"at": "2026-11-23T07:00", "precision": "exact"}, "violations": ["rape"],
        "danger_now": "yes", "held_now": "yes"});
    hub.log(2, held, json!([]));
    assert_eq!(hub.shown(BoardFilter::default(), now()), [id(2), id(1)]);
    let page = hub.store.board(&BoardFilter::default(), 0, now()).unwrap();
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

#[test]
fn a_page_is_a_walk_along_an_index_whatever_the_filter() {
    let hub = Hub::new();
    let open = BoardFilter {
        status: "open".into(),
        ..BoardFilter::default()
    };
    let filters = [
        BoardFilter::default(),
        open.clone(),
        BoardFilter {
            level: "red".into(),
            ..open.clone()
        },
        BoardFilter {
            only: "overdue".into(),
            ..open.clone()
        },
        BoardFilter {
            kind: "police".into(),
            ..open
        },
    ];
    for filter in filters {
        let conditions = conditions(&filter, now());
        let explained = format!("EXPLAIN QUERY PLAN {}", page_of(&conditions.text, 3));
        let plan: Vec<String> = hub
            .store
            .db
            .all("explaining", &explained, &conditions.values(), |row| {
                row.get(3)
            })
            .unwrap();
        assert!(
            plan.iter()
                .all(|step| step.contains("board_order") && !step.contains("TEMP")),
            "{filter:?}: {plan:?}"
        );
    }
}

#[test]
fn a_board_of_a_version_before_is_put_in_order() {
    let mut hub = hub_of_three();
    hub.store
        .db
        .conn
        .execute_batch("UPDATE board SET rank = 0, sort = 0, turns_at = 0")
        .unwrap();
    assert_eq!(hub.store.refresh_board(now()).unwrap(), 3);
    assert_eq!(
        hub.shown(BoardFilter::default(), now()),
        [id(2), id(1), id(3)]
    );
}

#[test]
fn incidents_are_found_by_the_beginning_of_their_ids() {
    let mut hub = hub_of_three();
    let between = |hub: &mut Hub, first: IncidentId, last: IncidentId, max: usize| {
        hub.store
            .between(first, last, max)
            .unwrap()
            .into_iter()
            .map(|(id, _)| id)
            .collect::<Vec<_>>()
    };
    assert_eq!(between(&mut hub, id(2), id(3), 10), [id(2), id(3)]);
    assert_eq!(between(&mut hub, id(2), id(3), 1), [id(2)]);
    assert_eq!(between(&mut hub, id(9), id(9), 10), []);
}

#[test]
fn each_filter_leaves_what_it_names() {
    let mut hub = hub_of_three();
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

#[test]
fn time_alone_moves_an_incident_once_the_board_is_worked_out_anew() {
    let mut hub = hub_of_three();
    let later: Timestamp = "2026-12-23T09:00:00Z".parse().unwrap();
    let red = BoardFilter {
        level: "red".into(),
        ..BoardFilter::default()
    };
    assert_eq!(hub.store.refresh_board(now()).unwrap(), 0);
    assert_eq!(hub.shown(red.clone(), later), [id(2)], "nothing moved yet");
    assert!(hub.store.refresh_board(later).unwrap() > 0);
    assert_eq!(hub.shown(red, later), []);
}

#[test]
fn what_a_clock_ahead_moved_moves_back_when_the_clock_is_right() {
    let mut hub = hub_of_three();
    let ahead: Timestamp = "2027-12-23T09:00:00Z".parse().unwrap();
    let red = BoardFilter {
        level: "red".into(),
        ..BoardFilter::default()
    };
    let before = hub.shown(BoardFilter::default(), now());
    while hub.store.refresh_board(ahead).unwrap() > 0 {}
    assert_eq!(hub.shown(red.clone(), ahead), []);
    assert_eq!(hub.store.refresh_board(now()).unwrap(), 3);
    assert_eq!(
        (
            hub.shown(red, now()),
            hub.shown(BoardFilter::default(), now())
        ),
        (vec![id(2)], before)
    );
    assert_eq!(hub.store.refresh_board(now()).unwrap(), 0);
}

#[test]
fn a_damaged_row_keeps_no_other_from_the_board() {
    let mut hub = hub_of_three();
    hub.store
        .db
        .conn
        .execute_batch("UPDATE documents SET facts = 'no JSON' WHERE doc = 2")
        .unwrap();
    hub.store
        .db
        .conn
        .execute_batch("UPDATE board SET turns_at = 0")
        .unwrap();
    assert_eq!(hub.store.refresh_board(now()).unwrap(), 3);
    assert_eq!(
        hub.store.refresh_board(now()).unwrap(),
        0,
        "it is not tried for ever"
    );
    let page = hub.store.board(&BoardFilter::default(), 0, now()).unwrap();
    assert_eq!((page.rows.len(), page.total), (2, 3));
    hub.store
        .db
        .conn
        .execute_batch("UPDATE board SET conflicts = 1")
        .unwrap();
    assert_eq!(hub.store.conflicted(10).unwrap().len(), 2);
}

#[test]
fn a_damaged_row_is_taken_back_and_keeps_no_ended_consent_from_being_so() {
    let mut hub = Hub::new();
    let ends = "2026-11-24T09:00:00Z";
    for number in 1..=2 {
        let consents = json!(["hub_response", {"scope": "national_deid", "expires_at": ends}]);
        hub.log(number, json!({"reported_at": "2026-11-23T08:00:00Z", "violations": ["robbery_theft"], "consents": consents}), json!([]));
    }
    assert!(
        hub.store
            .unsent_projections(10)
            .unwrap()
            .iter()
            .all(|row| row.json.is_some())
    );
    hub.store
        .db
        .conn
        .execute_batch("UPDATE documents SET facts = 'no JSON' WHERE doc = 1")
        .unwrap();
    let later = ends.parse().unwrap();
    assert_eq!(hub.store.recheck_consents(later, &mut Fixed).unwrap(), [1]);
    let rows = hub.store.unsent_projections(10).unwrap();
    assert_eq!(
        rows.iter()
            .map(|row| (row.version, row.json.is_none()))
            .collect::<Vec<_>>(),
        [(2, true), (2, true)]
    );
    assert_eq!(
        hub.store.recheck_consents(later, &mut Fixed).unwrap(),
        [0_u64; 0],
        "it is told once"
    );
}

#[test]
fn an_incident_knows_who_names_it_and_an_erasure_forgets() {
    let mut hub = hub_of_three();
    assert_eq!(
        hub.store.case(id(2)).unwrap().unwrap().linked_from,
        [(id(1), "same_event".to_owned())]
    );
    assert_eq!(hub.store.case(id(1)).unwrap().unwrap().linked_from, []);
    hub.store.erase(id(1), now()).unwrap();
    assert_eq!(hub.store.case(id(2)).unwrap().unwrap().linked_from, []);
    for table in ["board", "links", "desk_changes"] {
        let left: i64 = hub
            .store
            .db
            .conn
            .query_row(
                &format!("SELECT count(*) FROM {table} WHERE doc = 1"),
                [],
                |row| row.get(0),
            )
            .unwrap();
        assert_eq!(left, 0, "{table}");
    }
}

#[test]
fn every_incident_is_counted_by_month_area_and_code_whatever_was_agreed_to() {
    let mut hub = Hub::new();
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
    let window = hub.store.window("2026-11", "2026-11").unwrap();
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
        hub.store.response_minutes("2026-10", "2026-11").unwrap(),
        [180]
    );
    hub.store.erase(id(2), now()).unwrap();
    assert!(
        hub.store
            .response_minutes("2026-10", "2026-11")
            .unwrap()
            .is_empty(),
        "what is erased is not counted"
    );
}

#[test]
fn a_zone_that_is_set_later_works_every_place_out_anew() {
    let mut hub = Hub::new();
    hub.log(
        1,
        json!({"reported_at": "2026-10-31T18:30:00Z", "violations": ["eviction"]}),
        json!([]),
    );
    let months = |hub: &mut Hub| {
        hub.store
            .window("2026-10", "2026-11")
            .unwrap()
            .into_iter()
            .map(|(month, ..)| month)
            .collect::<Vec<_>>()
    };
    assert!(months(&mut hub).iter().all(|month| month == "2026-10"));
    hub.store.set_zone("Asia/Phnom_Penh").unwrap();
    assert_eq!(hub.store.refresh_board(now()).unwrap(), 1);
    assert!(
        months(&mut hub).iter().all(|month| month == "2026-11"),
        "01:30 there, on the first"
    );
}
