//! The advocacy log of a hub and of national, and the copies of hubs' logs at national.

#![allow(missing_docs, reason = "each name is the sentence that the case shows")]

use std::path::Path;

use vicinity_core::advocacy::Advocacy;
use vicinity_core::ids::AdvocacyId;
use vicinity_core::time::Timestamp;
use vicinity_store::advocacy::{AdvocacyLog, Asks, LOG_ROWS, LogFilter, LogPage, LoggedAdvocacy};
use vicinity_store::review::{COUNTED_MAX, ReviewStore};

fn now() -> Timestamp {
    "2026-11-23T09:00:00Z".parse().expect("an answer")
}

fn id_of(id: u8) -> AdvocacyId {
    AdvocacyId::from_random([id; 16])
}

fn logged(id: u8, day: &str) -> LoggedAdvocacy {
    let text = str::to_owned;
    let entry = Advocacy {
        id: id_of(id),
        day: text(day),
        action: text("media"),
        kind: text("police"),
        area: text("SN-DK"),
        outcome: text("awaited"),
    };
    LoggedAdvocacy {
        entry,
        hub: None,
        note: text("a radio hour"),
        person: text("amina"),
    }
}

/// The first page of some days.
fn log_of(store: &mut dyn AdvocacyLog, from: &str, to: &str) -> Vec<LoggedAdvocacy> {
    store
        .advocacy(
            &LogFilter {
                from: from.to_owned(),
                to: to.to_owned(),
                ..LogFilter::default()
            },
            0,
        )
        .expect("an answer")
        .lines
}

/// What holds for the log of every server.
fn keeps_a_log(store: &mut dyn AdvocacyLog) {
    for (id, day) in [(1, "2026-10-05"), (2, "2026-11-20"), (3, "2026-11-07")] {
        assert!(
            store
                .log_advocacy(&logged(id, day), 3, now())
                .expect("an answer")
        );
    }
    assert!(
        !store
            .log_advocacy(&logged(4, "2026-11-08"), 3, now())
            .expect("an answer"),
        "the log is full, and nothing was kept"
    );
    let days = |store: &mut dyn AdvocacyLog, from: &str, to: &str| {
        log_of(store, from, to)
            .into_iter()
            .map(|logged| logged.entry.day)
            .collect::<Vec<_>>()
    };
    assert_eq!(
        days(store, "2026-10-05", "2026-11-07"),
        ["2026-11-07", "2026-10-05"]
    );
    assert_eq!(
        log_of(store, "2026-11-20", "2026-11-20"),
        [logged(2, "2026-11-20")]
    );
    assert!(
        store.note_outcome(id_of(2), "promised").expect("an answer")
            && !store.note_outcome(id_of(9), "promised").expect("an answer")
    );
    assert_eq!(
        log_of(store, "2026-11-20", "2026-11-20")[0].entry.outcome,
        "promised"
    );
    assert!(
        store.drop_advocacy(id_of(2)).expect("an answer")
            && !store.drop_advocacy(id_of(2)).expect("an answer")
    );
    assert_eq!(days(store, "", "9999"), ["2026-11-07", "2026-10-05"]);

    let asks = |text: &str| Asks {
        text: text.to_owned(),
        person: "amina".to_owned(),
    };
    assert_eq!(store.asks("2026-Q4").expect("an answer"), None);
    store
        .set_asks("2026-Q4", &asks("first"), now())
        .expect("an answer");
    store
        .set_asks("2026-Q4", &asks("second"), now())
        .expect("an answer");
    assert_eq!(
        (
            store.asks("2026-Q4").expect("an answer"),
            store.asks("2026-Q3").expect("an answer")
        ),
        (Some(asks("second")), None)
    );
    store
        .set_asks("2026-Q4", &asks(""), now())
        .expect("an answer");
    assert_eq!(store.asks("2026-Q4").expect("an answer"), None);
}

pub fn a_log_is_read_by_days_and_takes_no_more_than_its_bound<S: AdvocacyLog>(
    make: impl Fn(&Path) -> S,
) {
    let folder = tempfile::tempdir().expect("a folder");
    keeps_a_log(&mut make(folder.path()));
}

pub fn national_keeps_a_log_of_its_own_and_those_of_hubs_apart<S: ReviewStore>(
    make: impl Fn(&Path) -> S,
) {
    let folder = tempfile::tempdir().expect("an answer");
    let mut national = make(folder.path());
    keeps_a_log(&mut national);
    let sent: Vec<Advocacy> = [(1, "2026-09-01"), (5, "2026-11-30")]
        .map(|(id, day)| logged(id, day).entry)
        .into();
    national.set_hub_log(1, &sent, 7).expect("an answer");
    national.set_hub_log(2, &sent[..1], 8).expect("an answer");
    assert_eq!(
        (
            national.hub_log_hash(1).expect("an answer"),
            national.hub_log_hash(2).expect("an answer"),
            national.hub_log_hash(3).expect("an answer")
        ),
        (7, 8, 0)
    );
    assert_eq!(
        (
            national.hub_log(1).expect("an answer"),
            national.hub_log(2).expect("an answer"),
            national.hub_log(3).expect("an answer")
        ),
        (sent.clone(), sent[..1].to_vec(), Vec::new())
    );
    let all = log_of(&mut national, "", "9999");
    assert_eq!(national.own_advocacy().expect("an answer").len(), 2);
    let of: Vec<(Option<u32>, &str)> = all
        .iter()
        .map(|logged| (logged.hub, logged.entry.day.as_str()))
        .collect();
    assert_eq!(
        of[..3],
        [
            (Some(1), "2026-11-30"),
            (None, "2026-11-07"),
            (None, "2026-10-05")
        ]
    );
    assert_eq!(of.len(), 5);
    assert!(
        all.iter()
            .filter(|logged| logged.hub.is_some())
            .all(|logged| logged.note.is_empty() && logged.person.is_empty())
    );
    // A hub's log is the hub's: nothing here changes it.
    assert!(
        !national
            .note_outcome(id_of(5), "refused")
            .expect("an answer")
            && !national.drop_advocacy(id_of(5)).expect("an answer")
    );
    national.set_hub_log(1, &[], 0).expect("an answer");
    assert_eq!(national.hub_log(1).expect("an answer"), []);
    assert_eq!(national.hub_log(2).expect("an answer").len(), 1);
}

pub fn a_log_of_a_hundred_hubs_comes_page_by_page_each_action_once<S: ReviewStore>(
    make: impl Fn(&Path) -> S,
) {
    let folder = tempfile::tempdir().expect("an answer");
    let mut national = make(folder.path());
    let of = |hub: u8, kind: &str, area: &str| {
        let at = |id: u8| Advocacy {
            kind: kind.to_owned(),
            area: area.to_owned(),
            ..logged(id, &format!("2026-{:02}-{:02}", 1 + id % 12, 1 + hub % 28)).entry
        };
        (0..120).map(at).collect::<Vec<_>>()
    };
    for hub in 1..=100u8 {
        let (kind, area) = if hub == 7 {
            ("client", "")
        } else {
            ("police", "SN-DK")
        };
        national
            .set_hub_log(u32::from(hub), &of(hub, kind, area), 1)
            .expect("an answer");
    }
    let filter = LogFilter {
        from: "2026-01-01".to_owned(),
        to: "2026-12-31".to_owned(),
        ..LogFilter::default()
    };
    let first = national.advocacy(&filter, 0).expect("an answer");
    assert_eq!(
        (first.lines.len(), first.total, first.page),
        (LOG_ROWS, COUNTED_MAX + 1, 0),
        "12,000 actions"
    );
    let behind = national.advocacy(&filter, u32::MAX).expect("an answer");
    assert_eq!(
        (behind.page, behind.lines.len()),
        (first.pages - 1, LOG_ROWS)
    );

    let client = LogFilter {
        kind: "client".to_owned(),
        area: "SN-TH".to_owned(),
        ..filter.clone()
    };
    let pages: Vec<LogPage> = (0..3)
        .map(|page| national.advocacy(&client, page).expect("an answer"))
        .collect();
    assert!(
        pages
            .iter()
            .all(|page| (page.total, page.pages) == (120, 3))
    );
    let days: Vec<&str> = pages
        .iter()
        .flat_map(|page| &page.lines)
        .map(|logged| logged.entry.day.as_str())
        .collect();
    assert!(days.is_sorted_by(|earlier, later| earlier >= later));
    let ids: std::collections::BTreeSet<_> = pages
        .iter()
        .flat_map(|page| &page.lines)
        .map(|logged| (logged.hub, logged.entry.id))
        .collect();
    assert_eq!(ids.len(), 120);
    let nothing = national
        .advocacy(
            &LogFilter {
                area: "SN-TH".to_owned(),
                kind: "police".to_owned(),
                ..filter
            },
            3,
        )
        .expect("an answer");
    assert_eq!(
        (
            nothing.lines.len(),
            nothing.total,
            nothing.page,
            nothing.pages
        ),
        (0, 0, 0, 0)
    );
}
