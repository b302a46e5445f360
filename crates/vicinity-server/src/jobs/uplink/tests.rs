use std::sync::atomic::{AtomicI64, Ordering};

use vicinity_core::ids::DeviceId;
use vicinity_sqlite::SqliteHub;
use vicinity_store::DatabaseKey;

use super::*;

/// Nobody listens there.
const NOWHERE: &str = "127.0.0.1:1";

#[tokio::test]
async fn while_the_clock_is_in_doubt_nothing_goes_up_and_national_is_not_even_called() {
    let folder = tempfile::tempdir().unwrap();
    let clock = Arc::new(AtomicI64::new(1_800_000_000));
    let shown = Arc::clone(&clock);
    let machine = Machine {
        now: Arc::new(move || Timestamp::from_second(shown.load(Ordering::Relaxed)).unwrap()),
        running: Arc::new(|| Some(Duration::from_secs(60))),
        random: Arc::new(|bytes| bytes.fill(7)),
    };
    let mut store = SqliteHub::open(folder.path(), &DatabaseKey::new([7; 32]), [1; 16]).unwrap();
    let bytes = [1u8; 32];
    let enrolled = serde_json::json!({"addresses": [NOWHERE], "pin": null, "code": bytes[..16], "device": DeviceId::from_random([1; 16]).to_string(),
        "secret": bytes, "enrolled": true});
    store
        .set_setting(upstream::SETTING, enrolled.to_string().as_bytes())
        .unwrap();
    let watched = Clock::open::<dyn BoardStore>(&mut store, &machine).unwrap();
    let (writer, thread) = Writer::start(store);
    let uplink = Uplink {
        writer,
        machine: machine.clone(),
        clock: watched,
        changed: Arc::default(),
        live: Live::default(),
    };
    let mut life = Life::new(&machine);
    assert!(
        matches!(
            contact(&uplink, None, &mut life, &mut false).await,
            Err(UpstreamError::Cut(_))
        ),
        "it would go up"
    );
    clock.fetch_add(100 * 86_400, Ordering::Relaxed);
    assert!(
        matches!(contact(&uplink, None, &mut life, &mut false).await, Ok(Some(moved)) if moved == Contact::default())
    );
    clock.fetch_sub(100 * 86_400, Ordering::Relaxed);
    assert!(
        matches!(
            contact(&uplink, None, &mut life, &mut false).await,
            Err(UpstreamError::Cut(_))
        ),
        "and does when the clock is right"
    );
    drop(uplink);
    thread.join().unwrap();
}
