use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use vicinity_core::ids::DeviceId;
use vicinity_core::time::Timestamp;
use vicinity_sqlite::SqliteNational;
use vicinity_store::DatabaseKey;
use vicinity_store::hub::Role;
use vicinity_store::national::NationalStore;
use vicinity_sync::uplink::Report;

use super::*;
use crate::api::report::take_report;
use crate::api::report::tests::{at, projection, row};

/// Nobody listens there.
const NOWHERE: &str = "127.0.0.1:1";
const DAY: i64 = 86_400;

/// National with twelve incidents of November, and the link to a server above.
fn national(folder: &std::path::Path) -> SqliteNational {
    let mut store = SqliteNational::open(folder, &DatabaseKey::new([7; 32])).unwrap();
    let enrolled = serde_json::json!({"addresses": [NOWHERE], "pin": null, "code": vec![1; 16], "device": DeviceId::from_random([1; 16]).to_string(),
        "secret": vec![1; 32], "enrolled": true});
    store
        .set_setting(upstream::SETTING, enrolled.to_string().as_bytes())
        .unwrap();
    store.invite([1; 32], Role::Hub, Timestamp::MAX).unwrap();
    let hub = store
        .enrol([1; 32], DeviceId::from_random([7; 16]), [1; 32], at(0))
        .unwrap()
        .unwrap();
    let rows = (1..=12)
        .map(|number| row(number << 80, &projection("SN-DK")))
        .collect();
    assert!(
        take_report(
            &mut store,
            hub,
            Report {
                rows,
                ..Report::default()
            },
            at(0)
        )
        .unwrap()
        .held
        .iter()
        .all(Option::is_some)
    );
    store
}

#[tokio::test]
async fn while_the_clock_is_in_doubt_no_month_is_made_and_the_server_above_is_not_even_called() {
    let folder = tempfile::tempdir().unwrap();
    // The middle of December: November is not closed before January.
    let (wall, running) = (
        Arc::new(AtomicI64::new(at(-31 * DAY).as_second())),
        Arc::new(AtomicI64::new(1000)),
    );
    let (shown, ran) = (Arc::clone(&wall), Arc::clone(&running));
    let machine = Machine {
        now: Arc::new(move || Timestamp::from_second(shown.load(Ordering::Relaxed)).unwrap()),
        running: Arc::new(move || {
            Some(Duration::from_secs(
                ran.load(Ordering::Relaxed).unsigned_abs(),
            ))
        }),
        random: Arc::new(|bytes| bytes.fill(7)),
    };
    let mut store = national(folder.path());
    let clock = Clock::open::<dyn ReviewStore>(&mut store, &machine).unwrap();
    let (writer, thread) = Writer::start(store);
    let mut life = Life::new(&machine);
    // What is made already, without making more.
    let made = async || {
        writer
            .step(|store: &mut (dyn ReviewStore + 'static)| {
                store.publish_to("", WINDOWS_MAX, at(0))
            })
            .await
            .unwrap()
            .unwrap()
    };
    let mut goes_up = async || contact(&writer, &machine, &clock, None, &mut life).await;
    assert!(
        matches!(goes_up().await, Err(UpstreamError::Cut(_))),
        "it would go up"
    );
    wall.fetch_add(100 * DAY, Ordering::Relaxed);
    assert!(matches!(goes_up().await, Ok(Some(0))));
    assert_eq!(
        made().await,
        [],
        "a month is made once: this one would lack what is told of it until January"
    );
    wall.fetch_sub(100 * DAY, Ordering::Relaxed);
    assert!(matches!(goes_up().await, Err(UpstreamError::Cut(_))));
    assert_eq!(made().await, [], "right again, and November is still open");
    for passing in [&wall, &running] {
        passing.fetch_add(31 * DAY, Ordering::Relaxed);
    }
    assert!(matches!(goes_up().await, Err(UpstreamError::Cut(_))));
    assert_eq!(
        made()
            .await
            .into_iter()
            .map(|window| window.month)
            .collect::<Vec<_>>(),
        ["2026-11"]
    );
    drop(writer);
    thread.join().unwrap();
}
