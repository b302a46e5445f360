//! Alerts at a hub and at national.

use std::path::Path;

use tempfile::TempDir;
use vicinity_core::alert::Alert;
use vicinity_core::ids::ProjectionId;
use vicinity_store::alert::{ENDED_KEPT_SECONDS, Published};
use vicinity_store::hub::{HubStore, Role};
use vicinity_store::national::{NationalStore, NewProjection, ProjectionBody};

use super::stage::{Hub, device_id};
use crate::person::{now, now_plus};

fn alert(id: u8, area: &str, seconds: i64) -> Alert {
    Alert {
        id: [id; 16],
        area: area.to_owned(),
        text: format!("van {id}"),
        ends: now_plus(seconds).as_second(),
    }
}

/// Own and others' apart, each by id.
pub fn alerts_stand_until_they_end_or_are_withdrawn<S: HubStore>(make: impl Fn(&Path) -> S) {
    let mut hub = Hub::new(make);
    let (short, long, near) = (
        alert(2, "SN-DK", 60),
        alert(1, "SN-DK", 600),
        alert(3, "KH-12", 60),
    );
    for alert in [&short, &long, &long] {
        assert_eq!(
            hub.store.publish_alert(alert, 9, now()).expect("an answer"),
            Published::Stands
        );
    }
    let changed = Alert {
        text: "another text".to_owned(),
        ..long.clone()
    };
    assert_eq!(
        hub.store
            .publish_alert(&changed, 9, now())
            .expect("an answer"),
        Published::Stands,
        "and it stays as it was"
    );
    hub.store
        .set_near_alerts(core::slice::from_ref(&near))
        .expect("kept");
    assert_eq!(
        hub.store.alerts(now()).expect("lists"),
        (vec![long.clone(), short.clone()], vec![near])
    );
    assert_eq!(
        hub.store.alerts(now_plus(60)).expect("lists"),
        (vec![long.clone()], vec![])
    );
    assert_eq!(
        hub.store.alerts(now()).expect("lists").0,
        [long.clone(), short.clone()],
        "the clock was ahead: nothing is gone"
    );
    assert!(hub.store.withdraw_alert(short.id).expect("an answer"));
    hub.store.set_near_alerts(&[]).expect("kept");
    assert!(hub.store.withdraw_alert(long.id).expect("an answer"));
    assert!(!hub.store.withdraw_alert(long.id).expect("an answer"));
    assert_eq!(hub.store.alerts(now()).expect("lists"), (vec![], vec![]));
}

/// By a clock that nobody doubts. A clock that is off by a week may not be noticed over a restart.
pub fn an_alert_that_ended_is_deleted_days_later_and_only_when_that_is_asked<S: HubStore>(
    make: impl Fn(&Path) -> S,
) {
    let mut hub = Hub::new(make);
    let (own, near) = (alert(1, "SN-DK", 60), alert(2, "KH-12", 90));
    hub.store.publish_alert(&own, 9, now()).expect("an answer");
    hub.store
        .set_near_alerts(core::slice::from_ref(&near))
        .expect("kept");
    let mut forget = |seconds: i64| {
        hub.store
            .forget_ended_alerts(now_plus(seconds))
            .expect("an answer")
    };
    assert_eq!(
        (
            forget(7 * 86_400),
            forget(59 + ENDED_KEPT_SECONDS),
            forget(60 + ENDED_KEPT_SECONDS)
        ),
        (0, 0, 1)
    );
    assert_eq!(
        hub.store.alerts(now()).expect("lists"),
        (vec![], vec![near])
    );
}

/// A turned device fills no disk, and others' alerts are not this hub's to withdraw.
pub fn alerts_of_a_hub_are_counted_and_others_cannot_be_withdrawn<S: HubStore>(
    make: impl Fn(&Path) -> S,
) {
    let mut hub = Hub::new(make);
    let near = alert(8, "KH-12", 600);
    hub.store
        .set_near_alerts(core::slice::from_ref(&near))
        .expect("kept");
    assert_eq!(
        hub.store
            .publish_alert(&alert(1, "SN-DK", 60), 1, now())
            .expect("an answer"),
        Published::Stands
    );
    assert_eq!(
        hub.store
            .publish_alert(&alert(2, "SN-DK", 60), 1, now())
            .expect("an answer"),
        Published::Full
    );
    assert_eq!(
        hub.store
            .publish_alert(&alert(1, "SN-DK", 60), 1, now())
            .expect("an answer"),
        Published::Stands
    );
    assert!(!hub.store.withdraw_alert(near.id).expect("an answer"));
    // One that ended makes room, though it is still kept.
    assert_eq!(
        hub.store
            .publish_alert(&alert(2, "SN-DK", 90), 1, now_plus(60))
            .expect("an answer"),
        Published::Stands
    );
    let other = alert(9, "KH-12", 600);
    hub.store
        .set_near_alerts(core::slice::from_ref(&other))
        .expect("kept");
    assert_eq!(
        hub.store.alerts(now_plus(60)).expect("lists"),
        (vec![alert(2, "SN-DK", 90)], vec![other])
    );
}

/// By what it projected, and by what it published itself.
pub fn national_gives_a_hub_others_alerts_for_its_areas<S: NationalStore>(
    make: impl Fn(&Path) -> S,
) {
    let folder: TempDir = tempfile::tempdir().expect("a folder");
    let mut store = make(folder.path());
    for number in 1..=3 {
        store
            .invite([number; 32], Role::Hub, now_plus(600))
            .expect("an invitation");
        store
            .enrol([number; 32], device_id(number), [number; 32], now())
            .expect("an answer")
            .expect("a number");
    }
    let (dakar, far, cambodia) = (
        alert(1, "SN-DK", 60),
        alert(2, "MX-JAL", 60),
        alert(3, "KH-12", 90),
    );
    store
        .set_alerts(1, &[dakar.clone(), far.clone(), cambodia.clone()])
        .expect("kept");
    assert_eq!(
        store.alerts_of(1, now()).expect("a list"),
        [dakar.clone(), far, cambodia.clone()]
    );
    let near = |store: &mut S, hub: u32, seconds: i64| {
        store
            .alerts_near(hub, now_plus(seconds), 9)
            .expect("a list")
    };
    assert!(
        (1..=3).all(|hub| near(&mut store, hub, 0).is_empty()),
        "nobody has an area yet"
    );

    let facets = vec![("admin1", "SN-DK".to_owned())];
    let body = ProjectionBody {
        json: "{}".to_owned(),
        month: "2026-11".to_owned(),
        facets,
    };
    store
        .upsert(
            2,
            &[NewProjection {
                projection: ProjectionId::from_random([5; 16]),
                version: 1,
                body: Some(body),
            }],
            now(),
        )
        .expect("an answer");
    store.set_alerts(3, &[alert(7, "KH-12", 60)]).expect("kept");
    assert_eq!(near(&mut store, 1, 0), [alert(7, "KH-12", 60)]);
    assert_eq!(near(&mut store, 2, 0), core::slice::from_ref(&dakar));
    assert_eq!(near(&mut store, 3, 0), core::slice::from_ref(&cambodia));
    // What the projection said is withdrawn, and the area with it.
    store
        .upsert(
            2,
            &[NewProjection {
                projection: ProjectionId::from_random([5; 16]),
                version: 2,
                body: None,
            }],
            now(),
        )
        .expect("an answer");
    assert!(near(&mut store, 2, 0).is_empty());
    store
        .set_alerts(2, &[alert(4, "SN-DK", 60), alert(5, "KH-12", 90)])
        .expect("kept");
    assert_eq!(
        store.alerts_near(2, now(), 1).expect("a list"),
        core::slice::from_ref(&cambodia),
        "those that end last"
    );
    assert_eq!(near(&mut store, 2, 60), core::slice::from_ref(&cambodia));
    assert_eq!(
        store.alerts_of(1, now_plus(60)).expect("a list"),
        core::slice::from_ref(&cambodia)
    );
    assert_eq!(
        store.alerts_of(1, now()).expect("a list").len(),
        3,
        "the clock was ahead: nothing is gone"
    );
    assert_eq!(
        store
            .forget_ended_alerts(now_plus(60 + ENDED_KEPT_SECONDS))
            .expect("an answer"),
        4
    );
    assert_eq!(store.alerts_of(1, now()).expect("a list"), [cambodia]);
    store.set_alerts(1, &[]).expect("kept");
    assert!(store.alerts_of(1, now()).expect("a list").is_empty());
}
