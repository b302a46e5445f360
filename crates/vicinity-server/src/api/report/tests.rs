//! Hubs that are not to be trusted, and those that have much to tell.

use serde_json::{Value, json};
use vicinity_core::advocacy::{Advocacy, log_hash};
use vicinity_core::counts::{Contribution, MonthTable, mark_of_all};
use vicinity_core::doubt::{Doubt, Witness};
use vicinity_core::ids::{AdvocacyId, DeviceId, ProjectionId};
use vicinity_core::incident::Incident;
use vicinity_core::projection;
use vicinity_core::published::Window;
use vicinity_sqlite::SqliteNational;
use vicinity_store::DatabaseKey;
use vicinity_store::advocacy::HubLogs;
use vicinity_store::country::Countries;
use vicinity_store::hub::Role;
use vicinity_store::tables::NationalTables;
use vicinity_sync::advocacy::LogReport;
use vicinity_sync::envelope::{Envelope, public_key};
use vicinity_sync::windows::{WINDOWS_PATH, Windows};

use super::*;
use crate::access::gate;
use crate::api::windows::{self, WindowsRequest};

pub(crate) fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + second).unwrap()
}

/// National with one hub.
struct Scene {
    _folder: tempfile::TempDir,
    store: SqliteNational,
    shares: Mutex<HubShares>,
    counter: u64,
}

const SECRET: [u8; 32] = [7; 32];
const DAY: i64 = 86_400;

/// A clock that is trusted.
fn sure(now: Timestamp) -> ClockReading {
    ClockReading { now, doubt: None }
}

/// A clock that is that many days ahead of what the machine's running time says.
fn in_doubt(days_ahead: i64) -> ClockReading {
    ClockReading {
        now: at(days_ahead * DAY),
        doubt: Some(Doubt {
            witness: Witness::Running,
            ahead_seconds: days_ahead * DAY,
        }),
    }
}

fn hub() -> DeviceId {
    DeviceId::from_random([7; 16])
}

impl Scene {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut store = SqliteNational::open(folder.path(), &DatabaseKey::new([7; 32])).unwrap();
        store.invite([1; 32], Role::Hub, Timestamp::MAX).unwrap();
        store
            .enrol([1; 32], hub(), public_key(&SECRET), at(0))
            .unwrap()
            .unwrap();
        Self {
            _folder: folder,
            store,
            shares: Mutex::default(),
            counter: 0,
        }
    }

    fn reports(&mut self, rows: Vec<Row>, now: Timestamp) -> Result<Vec<Option<u64>>, ApiError> {
        self.reports_all(
            &Report {
                rows,
                ..Report::default()
            },
            sure(now),
        )
        .map(|reply| reply.held)
    }

    fn reports_all(&mut self, report: &Report, reading: ClockReading) -> Result<Reply, ApiError> {
        self.counter += 1;
        let sealed = Envelope::seal(
            &SECRET,
            UPLINK_PATH,
            hub(),
            1,
            self.counter,
            uplink::encode(report),
        )
        .encode();
        let proven =
            gate::prove::<ReportRequest, dyn ReviewStore>(&mut self.store, &sealed, reading.now)?;
        take_all(&mut self.store, proven, &self.shares, reading).map(|(.., reply)| reply)
    }

    fn rows(&mut self) -> u64 {
        self.store.hubs().unwrap()[0].projections
    }
}

pub(crate) fn projection(area: &str) -> Projection {
    let consents: Vec<Value> = ["hub_response", "national_deid", "aggregate_count"]
        .iter()
        .map(|scope| json!({"id": scope, "scope": scope, "state": "granted"}))
        .collect();
    let facts = json!({"occurred": {"at": "2026-11-22", "precision": "day"}, "reported_at": "2026-11-23T09:00:00Z", "place": {"area": area}, "violations": ["rape"], "consents": consents});
    projection::project(&Incident::from_row(facts, Vec::new()), at(0)).unwrap()
}

pub(crate) fn row(number: u128, projection: &impl serde::Serialize) -> Row {
    Row::new(
        ProjectionId::from_random(number.to_be_bytes()),
        1,
        Some(serde_json::to_string(projection).unwrap()),
    )
}

#[test]
fn a_report_beyond_the_share_is_refused_whole_and_taken_later() {
    let mut scene = Scene::new();
    let some = |first: u128| {
        (first..first + 2000)
            .map(|number| row(number << 80, &projection("SN-DK")))
            .collect::<Vec<_>>()
    };
    for report in 0..5 {
        assert_eq!(
            scene.reports(some(1 + report * 2000), at(0)).unwrap().len(),
            2000
        );
    }
    let refused = scene.reports(some(10_001), at(1)).unwrap_err();
    assert!(matches!(refused, ApiError::SlowDown(1439)), "{refused:?}");
    assert_eq!(scene.rows(), 10_000, "nothing of it is kept");
    assert_eq!(
        scene
            .shares
            .lock()
            .unwrap()
            .refused()
            .into_values()
            .collect::<Vec<_>>(),
        [at(1)]
    );
    assert!(
        scene
            .reports(some(10_001), at(1440))
            .unwrap()
            .iter()
            .all(|held| *held == Some(1)),
        "and it is not lost"
    );
    assert_eq!(scene.rows(), 12_000);
}

#[test]
fn of_a_hub_that_names_more_areas_than_may_be_the_others_count_as_unknown() {
    let mut scene = Scene::new();
    let rows = (0..150u128)
        .map(|number| row((number + 1) << 80, &projection(&format!("XX-{number}"))))
        .collect();
    assert!(
        scene
            .reports(rows, at(0))
            .unwrap()
            .iter()
            .all(Option::is_some)
    );
    let areas = scene.store.areas_of(1, 1000).unwrap();
    assert_eq!(
        (areas.len(), areas.contains(UNKNOWN)),
        (HUB_AREAS_MAX + 1, true)
    );
    let mut told = BTreeSet::new();
    scene
        .store
        .each_projection(None, None, &mut |listed| {
            told.insert(
                serde_json::from_str::<Projection>(&listed.json)
                    .unwrap()
                    .admin1,
            );
            Ok(())
        })
        .unwrap();
    assert_eq!(told, areas, "also in what the rows say");
    assert_eq!(
        scene
            .reports(
                vec![
                    row(1 << 80, &projection("XX-0")),
                    row(999 << 80, &projection("XX-900"))
                ],
                at(0)
            )
            .unwrap(),
        [Some(1), Some(1)]
    );
    assert_eq!(scene.store.areas_of(1, 1000).unwrap(), areas);
}

#[test]
fn a_row_with_a_field_of_no_form_is_refused_and_the_others_are_taken() {
    let mut scene = Scene::new();
    let good = serde_json::to_value(projection("SN-DK")).unwrap();
    let with = |pointer: &str, value: Value| {
        let mut row = good.clone();
        *row.pointer_mut(pointer).unwrap() = value;
        row
    };
    let codes: Vec<String> = (0..10_000).map(|code| format!("{code:04}")).collect();
    let rows = [
        good.clone(),
        with("/iccs", json!(["2217", "71234", "567890"])),
        with("/iccs", json!(codes)),
        with("/response", json!("within_2h")),
        with("/month", json!("9999-12")),
        with("/violation_groups", json!(["physical"])),
        good.clone(),
    ];
    let rows = rows
        .iter()
        .zip(1u128..)
        .map(|(row, number)| self::row(number << 80, row))
        .collect();
    assert_eq!(
        scene.reports(rows, at(0)).unwrap(),
        [Some(1), None, None, None, None, None, Some(1)]
    );
}

#[test]
fn what_a_clock_in_doubt_would_refuse_for_good_waits_as_a_whole_report() {
    let mut scene = Scene::new();
    let report = Report {
        rows: vec![row(1 << 80, &projection("SN-DK"))],
        ..Report::default()
    };
    let refused = scene.reports_all(&report, in_doubt(-200)).unwrap_err();
    assert!(
        matches!(refused, ApiError::Refused(Refused::Busy)),
        "a month that is yet to come by a clock that is behind: {refused:?}"
    );
    assert_eq!(scene.rows(), 0);
    let entry = Advocacy {
        id: AdvocacyId::from_random([1; 16]),
        day: "2027-01-10".to_owned(),
        action: "media".to_owned(),
        kind: String::new(),
        area: String::new(),
        outcome: "awaited".to_owned(),
    };
    entry.check(at(0)).unwrap();
    let log = [entry];
    let logged = Report {
        advocacy: Some(LogReport::new(log_hash(&log), Some(log.to_vec()))),
        ..Report::default()
    };
    assert!(matches!(
        scene.reports_all(&logged, in_doubt(-200)),
        Err(ApiError::Refused(Refused::Busy))
    ));
    assert_eq!(
        scene.store.hub_log_hash(1).unwrap(),
        0,
        "so the hub is asked for it again"
    );

    // What can be withdrawn is taken: a withdrawal waits for no clock.
    let taken = scene.reports_all(&report, in_doubt(100)).unwrap();
    assert_eq!((taken.held, scene.rows()), (vec![Some(1)], 1));
    let withdrawn = Report {
        rows: vec![Row::new(
            ProjectionId::from_random((1u128 << 80).to_be_bytes()),
            2,
            None,
        )],
        ..Report::default()
    };
    assert_eq!(
        (
            scene.reports_all(&withdrawn, in_doubt(-200)).unwrap().held,
            scene.rows()
        ),
        (vec![Some(2)], 0)
    );

    // By a clock that is trusted a wrong row is refused permanently.
    let again = Report {
        rows: vec![row(2 << 80, &projection("SN-DK"))],
        ..Report::default()
    };
    assert_eq!(
        scene
            .reports_all(&again, sure(at(-200 * DAY)))
            .unwrap()
            .held,
        [None]
    );
}

/// A table of a month with one incident, and its report.
fn counted(month: &str, area: &str) -> (MonthTable, Report) {
    let facets: Vec<(String, String)> = projection(area)
        .facets()
        .into_iter()
        .map(|(dimension, code)| (dimension.to_owned(), code))
        .collect();
    let one = Contribution {
        month: month.to_owned(),
        area: area.to_owned(),
        facets,
        is_seen: false,
        survivor: vec![1],
    };
    let table = MonthTable::of([&one]).remove(month).unwrap();
    let report = Report {
        tables: TablesPart::of(std::slice::from_ref(&table)).pop(),
        ..Report::default()
    };
    (table, report)
}

#[test]
fn a_hubs_tables_count_and_one_that_cannot_be_is_refused_alone() {
    let mut scene = Scene::new();
    let (table, report) = counted("2026-11", "SN-DK");
    let reply = scene.reports_all(&report, sure(at(0))).unwrap();
    assert_eq!((reply.tables_refused, reply.tables_lost), (None, None));
    assert_eq!(
        scene.store.tables_of("2026-11").unwrap(),
        [(1, table.clone())]
    );
    for (month, area) in [("2026-11", "Dakar"), ("2027-11", "SN-DK"), ("Awa", "SN-DK")] {
        let wrong = Report {
            rows: vec![row(1 << 80, &projection("SN-DK"))],
            ..counted(month, area).1
        };
        let reply = scene.reports_all(&wrong, sure(at(0))).unwrap();
        assert_eq!(reply.tables_refused, Some(true), "{month} {area}");
        assert_eq!(reply.held, [Some(1)], "its rows are taken");
    }
    assert_eq!(scene.store.tables_of("2026-11").unwrap(), [(1, table)]);
    let waits = scene.reports_all(&counted("2027-11", "SN-DK").1, in_doubt(-200));
    assert!(matches!(waits, Err(ApiError::Refused(Refused::Busy))));
}

#[test]
fn national_says_when_it_has_other_tables_than_the_hub_believes() {
    let mut scene = Scene::new();
    let (table, report) = counted("2026-11", "SN-DK");
    scene.reports_all(&report, sure(at(0))).unwrap();
    let mut lost = |mark| {
        let report = Report {
            tables_mark: Some(mark),
            ..Report::default()
        };
        scene.reports_all(&report, sure(at(0))).unwrap().tables_lost
    };
    let marks = [("2026-11".to_owned(), table.mark())].into();
    assert_eq!(lost(mark_of_all(&marks)), None);
    assert_eq!(lost([7; 16]), Some(true));
}

#[test]
fn no_month_of_a_country_is_taken_while_the_clock_is_in_doubt() {
    let mut scene = Scene::new();
    let (country, secret) = (DeviceId::from_random([8; 16]), [8; 32]);
    scene
        .store
        .invite_country([2; 32], "Senegal", Timestamp::MAX)
        .unwrap();
    scene
        .store
        .enrol_country([2; 32], country, public_key(&secret), at(0))
        .unwrap()
        .unwrap();
    let window = Window {
        month: "2026-10".to_owned(),
        cells: [((String::new(), String::new()), 12)].into(),
    };
    let mut publishes = |counter, reading: ClockReading| {
        let body = uplink::encode(&Windows::new(std::slice::from_ref(&window), 0));
        let sealed = Envelope::seal(&secret, WINDOWS_PATH, country, 1, counter, body).encode();
        let proven =
            gate::prove::<WindowsRequest, dyn ReviewStore>(&mut scene.store, &sealed, reading.now)
                .unwrap();
        let taken = windows::take(&mut scene.store, proven, reading).map(|(_, months, _)| months);
        (
            taken,
            scene.store.countries("", "9999-99").unwrap()[0]
                .windows
                .len(),
        )
    };
    for (counter, days) in [(1, -100), (2, 100)] {
        let (refused, held) = publishes(counter, in_doubt(days));
        assert!(
            matches!((&refused, held), (Err(ApiError::Refused(Refused::Busy)), 0)),
            "{refused:?}"
        );
    }
    assert!(
        matches!(publishes(3, sure(at(0))), (Ok(1), 1)),
        "and it is not lost"
    );
}

#[test]
fn a_report_weighs_by_all_that_national_would_write() {
    let log = |count: u8| {
        let action = |id: u8| Advocacy {
            id: AdvocacyId::from_random([id; 16]),
            day: "2026-11-03".to_owned(),
            action: "media".to_owned(),
            kind: String::new(),
            area: String::new(),
            outcome: "awaited".to_owned(),
        };
        Some(LogReport::new(1, Some((0..count).map(action).collect())))
    };
    let nothing = ReportRequest::ops(&Report::default());
    let weight = |report: Report| ReportRequest::ops(&report) - nothing;
    assert_eq!(nothing, STEP_OPS);
    assert_eq!(
        weight(Report {
            rows: vec![Row::new(ProjectionId::from_random([1; 16]), 1, None); 3],
            ..Report::default()
        }),
        3 * ROW_OPS
    );
    assert_eq!(
        weight(Report {
            questions_received: vec![7; 200],
            ..Report::default()
        }),
        200 * ROW_OPS
    );
    assert_eq!(
        weight(Report {
            advocacy: log(200),
            ..Report::default()
        }),
        200 * ROW_OPS
    );
    assert_eq!(
        weight(Report {
            advocacy: Some(LogReport::new(1, None)),
            ..Report::default()
        }),
        0,
        "a hash alone"
    );
}
