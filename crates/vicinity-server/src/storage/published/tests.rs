use vicinity_core::counts::{Contribution, MonthTable};
use vicinity_core::ids::DeviceId;
use vicinity_sqlite::SqliteNational;
use vicinity_store::DatabaseKey;
use vicinity_store::hub::Role;
use vicinity_store::national::NationalStore;
use vicinity_store::tables::{NationalTables, TablePart};

use super::*;

/// The middle of December: October is closed, November is not.
fn now() -> Timestamp {
    "2026-12-15T10:00:00Z".parse().unwrap()
}

fn table(month: &str, incidents: u8) -> MonthTable {
    let one = |number| Contribution {
        month: month.to_owned(),
        area: "SN-DK".to_owned(),
        facets: vec![("gender".to_owned(), "woman".to_owned())],
        is_seen: number % 2 == 0,
        survivor: vec![number],
    };
    let all: Vec<Contribution> = (0..incidents).map(one).collect();
    MonthTable::of(&all).remove(month).unwrap()
}

/// National whose hubs 1 and 2 have sent counts of October and November.
fn national(folder: &std::path::Path) -> SqliteNational {
    let mut store = SqliteNational::open(folder, &DatabaseKey::new([7; 32])).unwrap();
    for (number, incidents) in [(1, 12), (2, 14)] {
        let code = [number; 32];
        store.invite(code, Role::Hub, Timestamp::MAX).unwrap();
        let device = DeviceId::from_random([number; 16]);
        let hub = store
            .enrol(code, device, [number; 32], now())
            .unwrap()
            .unwrap();
        let part = TablePart {
            is_first: true,
            is_last: true,
            tables: vec![table("2026-10", incidents), table("2026-11", incidents)],
        };
        store.take_tables(hub, &part, now()).unwrap();
    }
    store
}

#[test]
fn a_closed_month_is_published_once_by_a_person() {
    let folder = tempfile::tempdir().unwrap();
    let mut store = national(folder.path());
    let all = Choice::default();
    let draft = draft(&mut store, "2026-10", &all, now(), false).unwrap();
    assert_eq!(draft.cells.incidents(COUNTRY), Some(26));
    assert_eq!(draft.survivors, 26);
    assert!(
        super::all(&mut store).unwrap().is_empty(),
        "a draft shows nothing"
    );
    publish(&mut store, draft, all.clone(), "dara", now()).unwrap();
    let shown = super::all(&mut store).unwrap();
    assert_eq!(
        shown
            .get("2026-10")
            .and_then(|month| month.incidents("SN-DK")),
        Some(26)
    );
    assert_eq!(table_of(&shown), 1);

    // What comes later changes what is internal alone.
    let part = TablePart {
        is_first: true,
        is_last: true,
        tables: vec![table("2026-10", 40)],
    };
    store.take_tables(1, &part, now()).unwrap();
    assert_eq!(super::all(&mut store).unwrap(), shown);
    let again = super::draft(&mut store, "2026-10", &all, now(), false);
    assert!(matches!(again, Err(PublishError::Twice(month)) if month == "2026-10"));
}

fn table_of(shown: &BTreeMap<String, Month>) -> usize {
    super::table(shown, "gender").rows.len()
}

#[test]
fn a_hub_or_what_nobody_has_seen_is_left_out() {
    let folder = tempfile::tempdir().unwrap();
    let mut store = national(folder.path());
    let mut incidents = |without: &[u32], seen_only| {
        let choice = Choice {
            without: without.iter().copied().collect(),
            seen_only,
        };
        let draft = draft(&mut store, "2026-10", &choice, now(), false).unwrap();
        draft.cells.incidents(COUNTRY)
    };
    assert_eq!(incidents(&[2], false), Some(12));
    assert_eq!(incidents(&[], true), Some(13));
    assert_eq!(incidents(&[2], true), None, "six");
}

#[test]
fn a_month_that_is_open_unknown_or_judged_by_a_clock_in_doubt_is_not_published() {
    let folder = tempfile::tempdir().unwrap();
    let mut store = national(folder.path());
    let mut refused = |month: &str, without: &[u32], is_doubted| {
        let choice = Choice {
            without: without.iter().copied().collect(),
            seen_only: false,
        };
        draft(&mut store, month, &choice, now(), is_doubted).unwrap_err()
    };
    assert!(
        matches!(refused("2026-11", &[], false), PublishError::Open { last, .. } if last == "2026-10")
    );
    assert!(matches!(refused("2026-10", &[], true), PublishError::Doubt));
    assert!(matches!(
        refused("2026-10", &[3], false),
        PublishError::NoHub(3)
    ));
    assert!(matches!(
        refused("2026-09", &[], false),
        PublishError::Nothing(_)
    ));
    for month in ["1999-12", "October", "2026-13", ""] {
        assert!(matches!(refused(month, &[], false), PublishError::Month));
    }
}
