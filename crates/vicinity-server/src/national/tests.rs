use vicinity_core::time::Timestamp;
use vicinity_store::DatabaseKey;

use super::*;
use crate::pages::counter_use::on_the_counter;

#[tokio::test]
async fn pages_of_national_that_work_much_out_hold_up_each_other_and_not_the_queue() {
    let folder = tempfile::tempdir().unwrap();
    let now = Timestamp::from_second(1_800_000_000).unwrap();
    let (machine, key) = (
        Machine {
            now: Arc::new(move || now),
            running: Arc::new(|| None),
            random: Arc::new(|bytes| bytes.fill(9)),
        },
        DatabaseKey::new([7; 32]),
    );
    let store = || SqliteNational::open(folder.path(), &key).unwrap();
    let clock = Clock::open::<dyn ReviewStore>(&mut store(), &machine).unwrap();
    let (writer, _) = Writer::start(store());
    let [(reader, _), (counter, _)] =
        [(), ()].map(|()| Writer::start(NationalReader(store().only_reading().unwrap())));
    let (site, _) =
        Site::open(Tier::National, folder.path(), &key, &machine, &clock, false).unwrap();
    let gate = Gate::new(writer, reader, counter.clone());
    let national = Arc::new(National {
        gate,
        machine,
        site,
        metrics: Metrics::new("x"),
        shares: Arc::default(),
    });
    let waiting = on_the_counter(&national, all_routes(), &counter).await;
    assert_eq!(
        waiting,
        [
            "/advocacy",
            "/exports/counts",
            "/exports/rows",
            "/picture",
            "/publish",
            "/report"
        ],
        "all others answer meanwhile, `/queue` among them"
    );
}
