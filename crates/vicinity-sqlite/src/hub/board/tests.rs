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
