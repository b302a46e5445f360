//! Months that are published once, to a server above; and the countries that publish to this one.

#![allow(missing_docs, reason = "each name is the sentence that the case shows")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use vicinity_core::counts::review::{self, Choice};
use vicinity_core::ids::DeviceId;
use vicinity_core::published::Window;
use vicinity_core::time::Timestamp;
use vicinity_store::country::PublishedMonth;
use vicinity_store::hub::PeerRefused;
use vicinity_store::review::ReviewStore;

use super::tables::table;

fn at(text: &str) -> Timestamp {
    text.parse().expect("an answer")
}

fn month(month: &str, incidents: u8) -> PublishedMonth {
    PublishedMonth {
        month: month.to_owned(),
        cells: review::month(&[(1, table(month, "SN-DK", incidents))], &Choice::default()),
        person: "dara".to_owned(),
        at: at("2026-11-02T00:00:00Z"),
        choice: Choice {
            without: BTreeSet::from([2, 7]),
            seen_only: true,
        },
    }
}

fn shown(windows: &[Window]) -> Vec<(&str, Option<u64>)> {
    let all = (String::new(), String::new());
    windows
        .iter()
        .map(|window| (window.month.as_str(), window.cells.get(&all).copied()))
        .collect()
}

pub fn a_month_is_published_once_and_what_comes_late_changes_nothing<S: ReviewStore>(
    make: impl Fn(&Path) -> S,
) {
    let folder = tempfile::tempdir().expect("a folder");
    let mut national = make(folder.path());
    assert_eq!(national.published("", "9999").expect("an answer"), []);
    let (july, september) = (month("2026-07", 12), month("2026-09", 9));
    assert!(national.publish(&september).expect("an answer"));
    assert!(national.publish(&july).expect("an answer"));
    assert!(!national.publish(&month("2026-07", 40)).expect("an answer"));
    assert_eq!(
        national.published("", "9999").expect("an answer"),
        [july.clone(), september]
    );
    assert_eq!(
        national.published("2026-01", "2026-08").expect("an answer"),
        [july]
    );
    let unsent = national.unsent_windows(24).expect("an answer");
    assert_eq!(shown(&unsent), [("2026-07", Some(12)), ("2026-09", None)]);
    assert_eq!(national.unsent_windows(1).expect("an answer"), unsent[..1]);
    national
        .windows_sent(&["2026-07".to_owned()])
        .expect("an answer");
    assert_eq!(
        national.unsent_windows(24).expect("an answer"),
        unsent[1..],
        "only what was not confirmed"
    );
    national.publish_again().expect("an answer");
    assert_eq!(
        national.unsent_windows(24).expect("an answer"),
        unsent,
        "to another server all of them"
    );
}

pub fn a_country_enrols_by_its_code_and_its_first_word_on_a_month_stands<S: ReviewStore>(
    make: impl Fn(&Path) -> S,
) {
    let folder = tempfile::tempdir().expect("a folder");
    let mut upper = make(folder.path());
    let (now, device) = (at("2026-11-02T00:00:00Z"), DeviceId::from_random([3; 16]));
    upper
        .invite_country([1; 32], "Senegal", at("2026-11-02T00:10:00Z"))
        .expect("an answer");
    assert_eq!(
        upper
            .enrol([1; 32], device, [5; 32], now)
            .expect("an answer"),
        None,
        "an open code for a country enrols no hub, and stays open"
    );
    assert_eq!(
        upper
            .enrol_country([9; 32], device, [5; 32], now)
            .expect("an answer"),
        None
    );
    assert_eq!(
        upper
            .enrol_country([1; 32], device, [5; 32], at("2026-11-02T01:00:00Z"))
            .expect("an answer"),
        None,
        "too late"
    );
    assert_eq!(
        upper
            .enrol_country([1; 32], device, [5; 32], now)
            .expect("an answer"),
        Some(1)
    );
    assert_eq!(
        upper
            .enrol_country([1; 32], device, [5; 32], now)
            .expect("an answer"),
        Some(1),
        "an answer that was lost is asked for again"
    );
    assert_eq!(
        upper
            .enrol_country([1; 32], DeviceId::from_random([4; 16]), [5; 32], now)
            .expect("an answer"),
        None,
        "used by another"
    );
    assert_eq!(
        upper
            .enrol([1; 32], DeviceId::from_random([4; 16]), [5; 32], now)
            .expect("an answer"),
        None,
        "and no hub comes in by it"
    );
    assert_eq!(
        upper
            .country_credentials(device)
            .expect("an answer")
            .expect("an answer")
            .public_key,
        [5; 32]
    );
    assert!(
        upper.credentials(device).expect("an answer").is_none(),
        "a country is no hub"
    );

    assert_eq!(
        upper.let_country_in(device, 7, 1, now).expect("an answer"),
        Ok(1)
    );
    assert_eq!(
        upper.let_country_in(device, 7, 1, now).expect("an answer"),
        Err(PeerRefused::Replayed)
    );
    let window = |count: u64| Window {
        month: "2026-09".into(),
        cells: BTreeMap::from([((String::new(), String::new()), count)]),
    };
    upper
        .take_windows(1, &[window(40)], now)
        .expect("an answer");
    upper
        .take_windows(1, &[window(41)], now)
        .expect("an answer");
    let countries = upper.countries("2026-01", "2026-12").expect("an answer");
    assert_eq!(
        (
            countries.len(),
            countries[0].country.as_str(),
            countries[0].last_seen
        ),
        (1, "Senegal", Some(now))
    );
    assert_eq!(countries[0].windows, [window(40)]);
    assert!(
        upper.countries("2026-10", "2026-12").expect("an answer")[0]
            .windows
            .is_empty()
    );
    assert_eq!(
        upper.hubs().expect("an answer"),
        [],
        "nothing of a country is a hub's"
    );
}

pub fn a_revoked_country_has_no_more_to_say_and_what_it_said_stays<S: ReviewStore>(
    make: impl Fn(&Path) -> S,
) {
    let folder = tempfile::tempdir().expect("a folder");
    let mut upper = make(folder.path());
    let (now, device) = (at("2026-11-02T00:00:00Z"), DeviceId::from_random([3; 16]));
    upper
        .invite_country([1; 32], "Senegal", at("2026-11-02T00:10:00Z"))
        .expect("an invitation");
    upper
        .enrol_country([1; 32], device, [5; 32], now)
        .expect("an answer");
    let window = Window {
        month: "2026-09".into(),
        cells: BTreeMap::from([((String::new(), String::new()), 40)]),
    };
    upper.take_windows(1, &[window], now).expect("an answer");
    assert!(!upper.revoke_country(9, now).expect("an answer"));
    assert!(upper.revoke_country(1, now).expect("an answer"));
    assert!(
        upper
            .country_credentials(device)
            .expect("an answer")
            .is_some_and(|known| known.revoked)
    );
    let countries = upper.countries("2026-01", "2026-12").expect("countries");
    assert_eq!(countries[0].windows.len(), 1);
}
