//! People reached and months without a report.

use std::path::Path;

use vicinity_core::reached::Reached;
use vicinity_store::reached::{HubReached, NationalReached};

fn of(month: &str, people: Option<u32>, is_nil: bool) -> Reached {
    Reached {
        month: month.to_owned(),
        people,
        is_nil,
    }
}

/// A number that is corrected while the old one travels goes up again.
pub fn months_are_sent_until_national_has_them_as_they_are<S: HubReached>(
    make: impl Fn(&Path) -> S,
) {
    let folder = tempfile::tempdir().expect("a folder");
    let mut hub = make(folder.path());
    assert_eq!(hub.unsent_reached().expect("an answer"), []);
    let (september, october) = (of("2026-09", Some(40), false), of("2026-10", None, true));
    hub.set_reached(&september).expect("an answer");
    hub.set_reached(&october).expect("an answer");
    let both = [october.clone(), september.clone()];
    assert_eq!(hub.reached().expect("an answer"), both);
    assert_eq!(hub.unsent_reached().expect("an answer"), both);
    let corrected = of("2026-09", Some(41), false);
    hub.set_reached(&corrected).expect("an answer");
    hub.reached_sent(&both).expect("an answer");
    let now = [october, corrected];
    assert_eq!(hub.unsent_reached().expect("an answer"), now);
    hub.reached_sent(&now).expect("an answer");
    assert_eq!(hub.unsent_reached().expect("an answer"), []);
}

/// The last word of a hub on a month counts, and no other hub's.
pub fn national_keeps_what_each_hub_said_last<S: NationalReached>(make: impl Fn(&Path) -> S) {
    let folder = tempfile::tempdir().expect("a folder");
    let mut national = make(folder.path());
    let (first, last) = (
        of("2026-10", Some(40), false),
        of("2026-10", Some(41), true),
    );
    let september = of("2026-09", None, true);
    national
        .take_reached(1, &[first, september])
        .expect("an answer");
    national
        .take_reached(1, std::slice::from_ref(&last))
        .expect("an answer");
    let other = of("2026-10", Some(7), false);
    national
        .take_reached(2, std::slice::from_ref(&other))
        .expect("an answer");
    assert_eq!(
        national
            .reached_by_hub("2026-10", "2026-12")
            .expect("an answer"),
        [(1, last), (2, other)]
    );
}
