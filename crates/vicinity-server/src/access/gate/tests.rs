//! Which connection does what.

use vicinity_sqlite::SqliteNational;
use vicinity_store::DatabaseKey;

use super::*;
use crate::storage::stores::NationalReader;

#[tokio::test]
async fn what_is_being_worked_out_holds_up_no_quick_page_and_no_report() {
    let folder = tempfile::tempdir().unwrap();
    let store = || SqliteNational::open(folder.path(), &DatabaseKey::new([7; 32])).unwrap();
    let (writer, writing) = Writer::start(store());
    let [(reader, reading), (counter, counting)] =
        [(), ()].map(|()| Writer::start(NationalReader(store().only_reading().unwrap())));
    let gate = Gate::new(writer, reader, counter);
    let (end, ended) = std::sync::mpsc::channel::<()>();
    let heavy = gate.counter.clone();
    let heavy = tokio::spawn(async move { heavy.step(move |_| ended.recv().is_err()).await });
    assert!(
        gate.reader
            .step(|store| store.hubs().is_ok())
            .await
            .unwrap()
    );
    assert!(
        gate.writer
            .step(|store| store.set_setting("x", b"y").is_ok())
            .await
            .unwrap()
    );
    assert!(!heavy.is_finished());
    drop(end);
    assert!(heavy.await.unwrap().unwrap());
    drop(gate);
    for thread in [counting, reading, writing] {
        thread.join().unwrap();
    }
}
