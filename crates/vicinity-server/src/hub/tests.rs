use vicinity_core::time::Timestamp;
use vicinity_store::DatabaseKey;

use super::*;
use crate::pages::counter_use::on_the_counter;

#[tokio::test]
async fn pages_of_a_hub_that_work_much_out_hold_up_each_other_and_not_the_board() {
    let folder = tempfile::tempdir().unwrap();
    let now = Timestamp::from_second(1_800_000_000).unwrap();
    let machine = Machine {
        now: Arc::new(move || now),
        running: Arc::new(|| None),
        random: Arc::new(|bytes| bytes.fill(9)),
    };
    let key = DatabaseKey::new([7; 32]);
    let store = || open_with(folder.path(), &key, &machine).unwrap();
    let clock = Clock::open::<dyn BoardStore>(&mut store(), &machine).unwrap();
    let (writer, _) = Writer::start(store());
    let [(reader, _), (counter, _)] =
        [(), ()].map(|()| Writer::start(HubReader(store().only_reading().unwrap())));
    let (site, _) = Site::open(Tier::Hub, folder.path(), &key, &machine, &clock, false).unwrap();
    let gate = Gate::new(writer, reader, counter.clone());
    let hub = Arc::new(Hub {
        gate,
        machine: machine.clone(),
        site,
        metrics: Metrics::new("x"),
        changed: Arc::default(),
    });
    let waiting = on_the_counter(&hub, all_routes(), &counter).await;
    assert_eq!(
        waiting,
        ["/advocacy", "/exports/rows", "/report"],
        "all others answer meanwhile, the board among them"
    );
}
