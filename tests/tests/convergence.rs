//! Everything that is logged on one device reaches the hub and the other device, and then nothing moves any more.

use serde_json::Value;
use vicinity_tests::incidents;
use vicinity_tests::proxy::Proxy;
use vicinity_tests::site::{Site, timeless, timeless_one};

const INCIDENTS: usize = 1000;
/// Of a sync that has nothing to say, HTTP's headers and all.
const IDLE_BYTES_MAX: usize = 600;

fn figures(report: &Value) -> [u64; 5] {
    ["sent", "acked", "received", "rejected", "pending"].map(|name| report[name].as_u64().unwrap())
}

#[test]
fn a_thousand_incidents_reach_the_hub_and_a_second_device_and_then_nothing_moves() {
    let mut dice = incidents::dice(11);
    let (site, hub) = Site::with_hub();
    let proxy = Proxy::start(&hub.address);
    let educator = site.enrolled_through("educator", "educator", &proxy.address);
    let responder = site.enrolled_through("responder", "responder", &proxy.address);

    let ids = educator.log(&incidents::invented(&mut dice, INCIDENTS));
    let report = educator.sync();
    let [sent, acked, received, rejected, pending] = figures(&report);
    assert!(sent >= INCIDENTS as u64);
    assert_eq!(
        (acked, received, rejected, pending),
        (sent, 0, 0, 0),
        "{report}"
    );
    assert_eq!(figures(&responder.sync()), [0, 0, sent, 0, 0]);

    let exported = site.hub_export();
    let mut sorted = ids;
    sorted.sort();
    assert_eq!(
        exported
            .iter()
            .map(|incident| incident["id"].as_str().unwrap())
            .collect::<Vec<_>>(),
        sorted
    );
    assert_eq!(timeless(educator.list()), timeless(responder.list()));
    for line in exported.iter().step_by(INCIDENTS / 30) {
        let id = line["id"].as_str().unwrap();
        let line = timeless_one(line.clone());
        assert_eq!(timeless_one(educator.show(id)), line);
        assert_eq!(timeless_one(responder.show(id)), line);
    }

    for device in [&educator, &responder] {
        proxy.forget();
        let report = device.sync();
        assert_eq!(
            (figures(&report), &report["requests"]),
            ([0; 5], &Value::from(1))
        );
        assert!(
            proxy.bytes() <= IDLE_BYTES_MAX,
            "{} bytes for nothing",
            proxy.bytes()
        );
        println!("an idle sync took {} bytes", proxy.bytes());
    }
}

#[test]
fn a_link_that_is_cut_anywhere_loses_nothing() {
    use rand::RngExt;
    let mut dice = incidents::dice(12);
    let (site, hub) = Site::with_hub();
    let proxy = Proxy::start(&hub.address);
    let educator = site.enrolled_through("educator", "educator", &proxy.address);
    let responder = site.enrolled_through("responder", "responder", &proxy.address);
    for device in [&educator, &responder] {
        device.log(&incidents::invented(&mut dice, 60));
    }
    for _ in 0..3 {
        for device in [&educator, &responder] {
            proxy.cut_after(dice.random_range(0..30_000));
            // It tries again some times, and is cut at once each time.
            device.run(&["sync"]);
        }
    }
    proxy.mend();
    for device in [&educator, &responder, &educator] {
        device.sync();
    }
    assert_eq!(site.hub_export().len(), 120);
    assert_eq!(timeless(responder.show_all()), timeless(site.hub_export()));
    assert_eq!(educator.ids().len(), 60);
}
