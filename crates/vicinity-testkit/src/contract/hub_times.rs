//! How a hub reads times: by its zone, by what it knows of clocks, and by when it first heard of an incident.

use std::path::Path;

use serde_json::{Value, json};
use vicinity_core::document::{Authoring, Document};
use vicinity_core::edit::Edit;
use vicinity_core::time::Timestamp;
use vicinity_store::hub::{HubStore, Peer, Role};

use super::stage::Hub;
use crate::person::{Person, countable, group, incident_id, now_plus};

const HOUR: i64 = 3600;
const DAY: i64 = 24 * HOUR;

/// Ada reports incident 1; a responder's laptop writes of it.
struct Desk<S> {
    hub: Hub<S>,
    laptop: Peer,
    ada: Person,
}

impl<S: HubStore> Desk<S> {
    fn new(make: impl Fn(&Path) -> S, incident: &Value) -> Self {
        let mut hub = Hub::new(make);
        let (phone, laptop) = (hub.enrols(Role::Educator), hub.enrols(Role::Responder));
        let ada = Person::logs(incident_id(1), 1, incident);
        hub.store
            .note_skew(&phone, Some(0), now_plus(0))
            .expect("a note");
        hub.takes(&phone, &[ada.group()]);
        Self { hub, laptop, ada }
    }

    /// The laptop writes an edit at a moment of its own clock.
    fn writes(&self, edit: &Value, clock: Timestamp) -> Vec<u8> {
        let mut document = Document::from_changes(self.ada.chunks().iter().map(Vec::as_slice))
            .expect("changes that fit together");
        let edit = Edit::parse(edit, clock).expect("a well-formed edit");
        document
            .apply(
                &edit,
                Authoring {
                    actor: [9; 8],
                    now: clock,
                },
            )
            .expect("an edit that fits")
            .chunk
            .expect("a change")
    }

    /// It comes at a moment of the hub's, in a request whose clock is that many seconds behind.
    fn comes(&mut self, chunk: Vec<u8>, relayed: bool, skew_seconds: Option<i64>, now: Timestamp) {
        self.hub
            .store
            .note_skew(&self.laptop, skew_seconds, now)
            .expect("a note");
        let mut brought = group(incident_id(1), &[chunk]);
        brought.relayed = relayed;
        self.hub
            .store
            .accept(&self.laptop, None, &[brought], now, &mut self.hub.random)
            .expect("an answer");
    }

    fn row(&mut self) -> Value {
        let rows = self.hub.store.unsent_projections(10).expect("projections");
        serde_json::from_str(rows[0].json.as_deref().expect("a row")).expect("JSON")
    }
}

/// Three days slow, it writes 30 hours after the report, which was half an hour before the hub heard of it.
pub fn an_action_of_a_slow_clock_is_read_with_that_clock_s_skew<S: HubStore>(
    make: impl Fn(&Path) -> S,
) {
    let mut desk = Desk::new(make, &countable());
    let clock = now_plus(30 * HOUR - 1800 - 3 * DAY);
    let action = desk.writes(
        &json!({"action": {"code": "shelter", "done_at": clock.to_string()}}),
        clock,
    );
    desk.comes(action, false, Some(3 * DAY), now_plus(31 * HOUR));
    assert_eq!(desk.row()["response"], "within_72h");
}

/// Never 0.
pub fn what_comes_by_a_file_or_through_others_has_no_known_interval<S: HubStore>(
    make: impl Fn(&Path) -> S,
) {
    for (relayed, skew) in [(false, None), (true, Some(0))] {
        let mut desk = Desk::new(&make, &countable());
        let clock = now_plus(30 * HOUR - 1800);
        let action = desk.writes(
            &json!({"action": {"code": "shelter", "done_at": clock.to_string()}}),
            clock,
        );
        desk.comes(action, relayed, skew, now_plus(31 * HOUR));
        assert_eq!(
            (&desk.row()["response"], &desk.row()["actions"]),
            (&json!("no_response"), &json!(["shelter"]))
        );
    }
}

/// From a person's watch, however wrong the clock of the laptop is.
pub fn a_time_that_was_typed_is_not_corrected<S: HubStore>(make: impl Fn(&Path) -> S) {
    let mut desk = Desk::new(make, &countable());
    let action =
        json!({"action": {"code": "shelter", "done_at": now_plus(HOUR + 1800).to_string()}});
    let action = desk.writes(&action, now_plus(30 * HOUR - 3 * DAY));
    desk.comes(action, false, Some(3 * DAY), now_plus(31 * HOUR));
    assert_eq!(desk.row()["response"], "within_24h");
}

/// The year of another calendar.
pub fn a_month_that_cannot_be_is_unknown_until_somebody_corrects_it<S: HubStore>(
    make: impl Fn(&Path) -> S,
) {
    let mut incident = countable();
    incident["reported_at"] = "2569-11-23T08:30:00Z".into();
    incident["occurred"] = json!({"at": "2569-11-22", "precision": "day"});
    let mut desk = Desk::new(make, &incident);
    assert_eq!(
        (&desk.row()["month"], &desk.row()["month_basis"]),
        (&json!("unknown"), &json!("report"))
    );
    assert_eq!(
        desk.hub.view(incident_id(1)).impossible_times(),
        ["occurred", "reported_at"]
    );
    let edit = json!({"set": {"field": "reported_at_corrected", "value": "2026-11-23T08:30:00Z"}});
    let edit = desk.writes(&edit, now_plus(HOUR));
    desk.comes(edit, false, Some(0), now_plus(HOUR));
    assert_eq!(
        (&desk.row()["month"], &desk.row()["month_basis"]),
        (&json!("2026-11"), &json!("report"))
    );
    assert_eq!(
        desk.hub.view(incident_id(1)).impossible_times(),
        ["occurred"]
    );
}

/// At 01:30 there, on the first of the month.
pub fn a_zone_that_is_set_later_changes_what_national_is_told<S: HubStore>(
    make: impl Fn(&Path) -> S,
) {
    let mut incident = countable();
    incident["reported_at"] = "2026-10-31T18:30:00Z".into();
    let mut desk = Desk::new(make, &incident);
    assert_eq!(desk.row()["month"], "2026-10");
    desk.hub.store.set_zone("Asia/Phnom_Penh").expect("a zone");
    desk.hub
        .store
        .recheck_consents(now_plus(0), &mut desk.hub.random)
        .expect("a check");
    assert_eq!(desk.row()["month"], "2026-11");
}
