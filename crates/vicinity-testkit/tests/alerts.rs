//! A hub and national compare their lists of alerts.
#![allow(clippy::unwrap_used, reason = "tests")]

use vicinity_core::alert::Alert;
use vicinity_core::time::Timestamp;
use vicinity_server::alerts;
use vicinity_sqlite::{SqliteHub, SqliteNational};
use vicinity_store::alert::{HubAlerts, NationalAlerts};
use vicinity_testkit::engine::{HubEngine, NationalEngine};

const HUB: u32 = 1;
const OTHER: u32 = 2;

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

fn alert(id: u8, ends: i64) -> Alert {
    Alert {
        id: [id; 16],
        area: "SN-DK".into(),
        text: "grey van".into(),
        ends,
    }
}

/// One contact as the hub makes it: told once at most. How many reports it took.
fn contact(
    hub: &mut SqliteHub,
    national: &mut SqliteNational,
    number: u32,
    now: Timestamp,
    at_national: Timestamp,
) -> usize {
    let (mut told, mut reports) = (false, 0);
    loop {
        let report = alerts::report(hub, told, now).unwrap();
        let reply = alerts::take(national, number, report, at_national).unwrap();
        reports += 1;
        if !alerts::settle(hub, reply, now).unwrap() || told {
            return reports;
        }
        told = true;
    }
}

#[test]
fn national_asks_for_a_list_once_and_then_says_nothing() {
    let (mut hub, mut other, mut national) = (
        HubEngine::new([1; 16]),
        HubEngine::new([2; 16]),
        NationalEngine::new(),
    );
    assert_eq!(contact(&mut hub, &mut national, HUB, at(0), at(0)), 1);
    assert!(
        alerts::report(&mut *hub, true, at(0)).unwrap().is_none(),
        "without alerts nothing is said"
    );
    hub.publish_alert(&alert(1, 600), 9, at(0)).unwrap();
    other.publish_alert(&alert(2, 60), 9, at(0)).unwrap();
    contact(&mut hub, &mut national, HUB, at(0), at(0));
    contact(&mut other, &mut national, OTHER, at(0), at(0));
    contact(&mut hub, &mut national, HUB, at(0), at(0));
    assert_eq!(
        alerts::list(&mut *hub, at(0)).unwrap(),
        [alert(1, 600), alert(2, 60)]
    );
    assert_eq!(
        alerts::list(&mut *other, at(0)).unwrap(),
        [alert(2, 60), alert(1, 600)]
    );
    let report = alerts::report(&mut *hub, false, at(0)).unwrap();
    assert_eq!(
        alerts::take(&mut *national, HUB, report, at(0)).unwrap(),
        None
    );

    // What ends, ends without a word; what is withdrawn, with the next report.
    assert_eq!(contact(&mut hub, &mut national, HUB, at(60), at(60)), 1);
    assert_eq!(alerts::list(&mut *hub, at(60)).unwrap(), [alert(1, 600)]);
    hub.withdraw_alert([1; 16]).unwrap();
    assert_eq!(contact(&mut hub, &mut national, HUB, at(60), at(60)), 1);
    assert!(national.alerts_of(HUB, at(60)).unwrap().is_empty());
    contact(&mut other, &mut national, OTHER, at(60), at(60));
    assert!(alerts::list(&mut *other, at(60)).unwrap().is_empty());
}

#[test]
fn clocks_that_differ_keep_nobody_asking() {
    let (mut hub, mut national) = (HubEngine::new([1; 16]), NationalEngine::new());
    hub.publish_alert(&alert(1, 60), 9, at(0)).unwrap();
    for _ in 0..2 {
        assert_eq!(
            contact(&mut hub, &mut national, HUB, at(0), at(60)),
            2,
            "it has ended there"
        );
    }
    assert!(national.alerts_of(HUB, at(60)).unwrap().is_empty());
    assert_eq!(alerts::list(&mut *hub, at(0)).unwrap(), [alert(1, 60)]);
}

#[test]
fn a_national_that_forgot_is_told_again_and_a_list_of_strangers_is_cut() {
    let (mut hub, mut national) = (HubEngine::new([1; 16]), NationalEngine::new());
    hub.publish_alert(&alert(1, 600), 9, at(0)).unwrap();
    contact(&mut hub, &mut national, HUB, at(0), at(0));
    let mut restored = NationalEngine::new();
    contact(&mut hub, &mut restored, HUB, at(0), at(0));
    assert_eq!(restored.alerts_of(HUB, at(0)).unwrap(), [alert(1, 600)]);
    // A hub that turned.
    let many: Vec<Alert> = (0..100).map(|id| alert(id, 600)).collect();
    let report = vicinity_sync::alert::AlertReport {
        own_hash: 1,
        near_hash: 0,
        own: Some(vicinity_sync::alert::rows(&many)),
    };
    alerts::take(&mut *restored, HUB, Some(report), at(0)).unwrap();
    assert_eq!(restored.alerts_of(HUB, at(0)).unwrap().len(), 64);
    let more: Vec<Alert> = (0..200).map(|id| alert(id, 600)).collect();
    let report = vicinity_sync::alert::AlertReport {
        own_hash: 1,
        near_hash: 0,
        own: Some(vicinity_sync::alert::rows(&more)),
    };
    assert!(alerts::take(&mut *restored, HUB, Some(report), at(0)).is_err());
}
