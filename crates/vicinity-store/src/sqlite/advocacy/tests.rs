use super::*;
use crate::key::DatabaseKey;

fn now() -> Timestamp {
    "2026-11-23T09:00:00Z".parse().unwrap()
}

fn id_of(id: u8) -> AdvocacyId {
    AdvocacyId::from_random([id; 16])
}

fn logged(id: u8, day: &str) -> LoggedAdvocacy {
    let text = str::to_owned;
    let entry = Advocacy { id: id_of(id), day: text(day), action: text("media"), kind: text("police"), area: text("SN-DK"), outcome: text("awaited") };
    LoggedAdvocacy { entry, hub: None, note: text("a radio hour"), person: text("amina") }
}

/// What holds for the log of every server.
fn keeps_a_log(store: &mut dyn AdvocacyLog) {
    for (id, day) in [(1, "2026-10-05"), (2, "2026-11-20"), (3, "2026-11-07")] {
        assert!(store.log_advocacy(&logged(id, day), 3, now()).unwrap());
    }
    assert!(!store.log_advocacy(&logged(4, "2026-11-08"), 3, now()).unwrap(), "the log is full, and nothing was kept");
    let days =
        |store: &mut dyn AdvocacyLog, from: &str, to: &str| store.advocacy(from, to).unwrap().into_iter().map(|logged| logged.entry.day).collect::<Vec<_>>();
    assert_eq!(days(store, "2026-10-05", "2026-11-07"), ["2026-11-07", "2026-10-05"]);
    assert_eq!(store.advocacy("2026-11-20", "2026-11-20").unwrap(), [logged(2, "2026-11-20")]);
    assert!(store.note_outcome(id_of(2), "promised").unwrap() && !store.note_outcome(id_of(9), "promised").unwrap());
    assert_eq!(store.advocacy("2026-11-20", "2026-11-20").unwrap()[0].entry.outcome, "promised");
    assert!(store.drop_advocacy(id_of(2)).unwrap() && !store.drop_advocacy(id_of(2)).unwrap());
    assert_eq!(days(store, "", "9999"), ["2026-11-07", "2026-10-05"]);

    let asks = |text: &str| Asks { text: text.to_owned(), person: "amina".to_owned() };
    assert_eq!(store.asks("2026-Q4").unwrap(), None);
    store.set_asks("2026-Q4", &asks("first"), now()).unwrap();
    store.set_asks("2026-Q4", &asks("second"), now()).unwrap();
    assert_eq!((store.asks("2026-Q4").unwrap(), store.asks("2026-Q3").unwrap()), (Some(asks("second")), None));
    store.set_asks("2026-Q4", &asks(""), now()).unwrap();
    assert_eq!(store.asks("2026-Q4").unwrap(), None);
}

#[test]
fn a_hub_keeps_a_log() {
    let folder = tempfile::tempdir().unwrap();
    keeps_a_log(&mut SqliteHub::open(folder.path(), &DatabaseKey::new([7; 32]), [1; 16]).unwrap());
}

#[test]
fn national_keeps_a_log_of_its_own_and_those_of_hubs_apart() {
    let folder = tempfile::tempdir().unwrap();
    let mut national = SqliteNational::open(folder.path(), &DatabaseKey::new([7; 32])).unwrap();
    keeps_a_log(&mut national);
    let sent: Vec<Advocacy> = [(1, "2026-09-01"), (5, "2026-11-30")].map(|(id, day)| logged(id, day).entry).into();
    national.set_hub_log(1, &sent, 7).unwrap();
    national.set_hub_log(2, &sent[..1], 8).unwrap();
    assert_eq!((national.hub_log_hash(1).unwrap(), national.hub_log_hash(2).unwrap(), national.hub_log_hash(3).unwrap()), (7, 8, 0));
    assert_eq!((national.hub_log(1).unwrap(), national.hub_log(2).unwrap(), national.hub_log(3).unwrap()), (sent.clone(), sent[..1].to_vec(), Vec::new()));
    let all = national.advocacy("", "9999").unwrap();
    let of: Vec<(Option<u32>, &str)> = all.iter().map(|logged| (logged.hub, logged.entry.day.as_str())).collect();
    assert_eq!(of[..3], [(Some(1), "2026-11-30"), (None, "2026-11-07"), (None, "2026-10-05")]);
    assert_eq!(of.len(), 5);
    assert!(all.iter().filter(|logged| logged.hub.is_some()).all(|logged| logged.note.is_empty() && logged.person.is_empty()));
    // A hub's log is the hub's: nothing here changes it.
    assert!(!national.note_outcome(id_of(5), "refused").unwrap() && !national.drop_advocacy(id_of(5)).unwrap());
    national.set_hub_log(1, &[], 0).unwrap();
    assert_eq!(national.hub_log(1).unwrap(), []);
    assert_eq!(national.hub_log(2).unwrap().len(), 1);
}
