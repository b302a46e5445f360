//! What a hub owes national.

use std::path::Path;

use serde_json::{Value, json};
use vicinity_core::edit::Edit;
use vicinity_store::hub::{HubStore, Peer, ProjectionRow, Role, SentProjection};

use super::stage::Hub;
use crate::person::{
    Person, consented, countable, group, incident_id, now, now_plus, with_consents,
};

/// Ada logs incident 1.
struct Desk<S> {
    hub: Hub<S>,
    ada: Peer,
    person: Person,
}

impl<S: HubStore> Desk<S> {
    fn new(make: impl Fn(&Path) -> S, incident: &Value) -> Self {
        let mut hub = Hub::new(make);
        let ada = hub.enrols(Role::Educator);
        let person = Person::logs(incident_id(1), 1, incident);
        hub.takes(&ada, &[person.group()]);
        Self { hub, ada, person }
    }

    fn edits(&mut self, edit: &Value) {
        let chunk = self.person.edits(edit);
        self.hub
            .takes(&self.ada, &[group(incident_id(1), &[chunk])]);
    }

    fn unsent(&mut self) -> Vec<ProjectionRow> {
        self.hub.store.unsent_projections(100).expect("projections")
    }

    fn only(&mut self) -> ProjectionRow {
        let rows = self.unsent();
        assert_eq!(rows.len(), 1);
        rows.into_iter().next().expect("one")
    }

    fn says(&mut self) -> Option<Value> {
        self.only()
            .json
            .map(|json| serde_json::from_str(&json).expect("JSON"))
    }
}

/// And a projection's id is not the incident's.
pub fn nothing_is_projected_without_consent<S: HubStore>(make: impl Fn(&Path) -> S) {
    let mut desk = Desk::new(make, &consented());
    assert_eq!(desk.unsent(), []);
    desk.edits(&json!({"consent": {"scope": "aggregate_count", "state": "granted"}}));
    assert_eq!(
        (
            desk.unsent(),
            desk.hub.store.counts().expect("counts").projections_unsent
        ),
        (vec![], 0)
    );
    desk.edits(&json!({"consent": {"scope": "national_deid", "state": "granted"}}));
    let row = desk.only();
    assert_eq!(
        (
            row.version,
            desk.hub.store.counts().expect("counts").projections_unsent
        ),
        (1, 1)
    );
    assert_ne!(row.projection.as_bytes(), incident_id(1).as_bytes());
    assert_eq!(
        desk.hub.store.projected(row.projection).expect("an answer"),
        Some(incident_id(1))
    );
    assert_eq!(
        desk.says().map(|json| json["countable"].clone()),
        Some(json!(true))
    );
}

/// Most edits change nothing of what national may know.
pub fn a_version_rises_when_the_projection_changes_and_only_then<S: HubStore>(
    make: impl Fn(&Path) -> S,
) {
    let mut desk = Desk::new(make, &countable());
    let first = desk.only();
    desk.edits(&json!({"set": {"field": "some_unknown_field", "value": "yes"}}));
    assert_eq!(desk.only(), first);
    desk.edits(&json!({"add": {"set": "violations", "code": "rape"}}));
    let second = desk.only();
    assert_eq!(
        (second.version, second.projection),
        (first.version + 1, first.projection)
    );
    assert_ne!(second.json, first.json);
}

/// Leaving nothing but an id and a version.
pub fn a_withdrawal_retracts_and_a_grant_that_saw_it_brings_back<S: HubStore>(
    make: impl Fn(&Path) -> S,
) {
    let mut desk = Desk::new(make, &countable());
    let first = desk.only();
    desk.edits(&json!({"consent": {"scope": "national_deid", "state": "withdrawn"}}));
    let retract = ProjectionRow {
        version: first.version + 1,
        json: None,
        ..first.clone()
    };
    assert_eq!(desk.unsent(), [retract]);
    desk.edits(&json!({"add": {"set": "violations", "code": "rape"}}));
    assert_eq!(desk.only().version, first.version + 1);
    desk.edits(&json!({"consent": {"scope": "national_deid", "state": "granted"}}));
    let back = desk.only();
    assert_eq!(
        (back.version, back.projection, back.json.is_some()),
        (first.version + 2, first.projection, true)
    );
}

/// Nobody edits anything then.
pub fn a_consent_that_ends_by_its_date_retracts<S: HubStore>(make: impl Fn(&Path) -> S) {
    let mut incident = with_consents(&[]);
    let ends = now_plus(3600).to_string();
    incident["consents"] = json!(["hub_response", {"scope": "national_deid", "expires_at": ends}]);
    let mut desk = Desk::new(make, &incident);
    let first = desk.only();
    let recheck = |desk: &mut Desk<S>, seconds: i64| {
        desk.hub
            .store
            .recheck_consents(now_plus(seconds), &mut desk.hub.random)
            .expect("a check");
        desk.only()
    };
    assert_eq!(recheck(&mut desk, 3599), first);
    let ended = ProjectionRow {
        version: first.version + 1,
        json: None,
        ..first.clone()
    };
    assert_eq!(recheck(&mut desk, 3600), ended);
    assert_eq!(recheck(&mut desk, 7200), ended);
}

/// The hub's clock was a hundred days ahead for a while: consent was checked by it, and an edit was taken by it.
pub fn a_row_that_a_clock_ahead_took_back_comes_again_when_the_clock_is_right<S: HubStore>(
    make: impl Fn(&Path) -> S,
) {
    let ahead = 100 * 86_400;
    let mut incident = with_consents(&[]);
    incident["consents"] = json!(["hub_response", {"scope": "national_deid", "expires_at": now_plus(3600).to_string()}]);
    let mut desk = Desk::new(make, &incident);
    let first = desk.only();
    assert!(first.json.is_some());
    let says = |desk: &mut Desk<S>, seconds: i64| {
        desk.hub
            .store
            .recheck_consents(now_plus(seconds), &mut desk.hub.random)
            .expect("a look");
        desk.unsent()
            .into_iter()
            .map(|row| row.json)
            .collect::<Vec<_>>()
    };
    assert_eq!(says(&mut desk, ahead), [None], "it is withheld at once");
    assert_eq!(
        says(&mut desk, 0),
        core::slice::from_ref(&first.json),
        "and comes again"
    );
    assert_eq!(says(&mut desk, 3600), [None], "until it ends");
    let (ada, group) = (desk.ada, Person::logs(incident_id(2), 2, &incident).group());
    desk.hub
        .store
        .accept(&ada, None, &[group], now_plus(ahead), &mut desk.hub.random)
        .expect("verdicts");
    let back = says(&mut desk, 60);
    assert_eq!(
        (back.len(), back.iter().flatten().count()),
        (2, 2),
        "and so does what came in while the clock was ahead"
    );
}

/// In this version; refused ones neither.
pub fn what_national_has_is_not_sent_again<S: HubStore>(make: impl Fn(&Path) -> S) {
    let mut desk = Desk::new(make, &countable());
    desk.hub.takes(
        &desk.ada,
        &[Person::logs(incident_id(2), 2, &countable()).group()],
    );
    let rows = desk.unsent();
    assert_eq!(rows.len(), 2);
    assert_eq!(
        desk.hub
            .store
            .unsent_projections(1)
            .expect("projections")
            .len(),
        1
    );
    let sent: Vec<_> = rows
        .iter()
        .zip([true, false])
        .map(|(row, kept)| said(row, kept.then_some(row.version)))
        .collect();
    desk.edits(&json!({"add": {"set": "violations", "code": "rape"}}));
    desk.hub.store.projections_sent(&sent).expect("noted");
    let first = rows
        .iter()
        .find(|row| {
            desk.hub.store.projected(row.projection).expect("an answer") == Some(incident_id(1))
        })
        .expect("the first");
    let left = desk.only();
    assert_eq!(
        (left.projection, left.version),
        (first.projection, first.version + 1)
    );
    desk.hub
        .store
        .projections_sent(&[said(&left, Some(left.version))])
        .expect("noted");
    desk.hub
        .store
        .projections_sent(&[said(first, Some(first.version))])
        .expect("an answer that came late");
    assert_eq!(desk.unsent(), []);
}

/// A hub that was restored from a backup numbers again what it had numbered before.
pub fn where_national_is_ahead_the_row_goes_above_it<S: HubStore>(make: impl Fn(&Path) -> S) {
    let mut desk = Desk::new(make, &countable());
    let first = desk.only();
    desk.hub
        .store
        .projections_sent(&[said(&first, Some(7))])
        .expect("noted");
    let again = desk.only();
    assert_eq!(
        again,
        ProjectionRow {
            version: 8,
            ..first
        }
    );
    desk.hub
        .store
        .projections_sent(&[said(&again, Some(8)), said(&again, Some(8))])
        .expect("noted");
    assert_eq!(desk.unsent(), []);
}

/// It would be the last version that the row ever gets, and a withdrawal could never be reported.
pub fn a_version_that_no_hub_can_have_written_is_taken_for_a_refusal<S: HubStore>(
    make: impl Fn(&Path) -> S,
) {
    for held in [
        u64::MAX,
        u64::MAX - 1,
        i64::MAX.cast_unsigned(),
        i64::MAX.cast_unsigned() + 1,
        1 << 33,
    ] {
        let mut desk = Desk::new(&make, &countable());
        let first = desk.only();
        desk.hub
            .store
            .projections_sent(&[said(&first, Some(held))])
            .expect("noted");
        assert_eq!(desk.unsent(), [], "{held}");
        desk.edits(&json!({"consent": {"scope": "national_deid", "state": "withdrawn"}}));
        assert_eq!(
            desk.only(),
            ProjectionRow {
                version: first.version + 1,
                json: None,
                ..first
            },
            "{held}"
        );
    }
}

fn said(row: &ProjectionRow, held: Option<u64>) -> SentProjection {
    SentProjection {
        projection: row.projection,
        version: row.version,
        held,
    }
}

/// The answer is the incident's, anyone who wrote it.
pub fn a_question_is_kept_once_and_its_answer_reported_until_confirmed<S: HubStore>(
    make: impl Fn(&Path) -> S,
) {
    let mut desk = Desk::new(make, &countable());
    assert!(
        desk.hub
            .store
            .ask(7, incident_id(1), None)
            .expect("an answer")
    );
    assert!(
        !desk
            .hub
            .store
            .ask(7, incident_id(1), None)
            .expect("an answer")
    );
    let hub = Peer {
        number: 0,
        incarnation: 0,
        role: Role::Responder,
    };
    let mut clerk = Person::copies(incident_id(1), 50, desk.person.chunks());
    clerk.applies(&Edit::question(
        "7",
        vicinity_core::codes::QUESTIONS.codes[0],
        now(),
    ));
    desk.hub.takes(&hub, &[clerk.group()]);
    assert_eq!(desk.hub.store.unreported_answers().expect("answers"), []);
    let mut answer = |code: &str| {
        let chunk = clerk.edits(&json!({"answer": {"id": "q-7", "answer": code}}));
        desk.hub.takes(&hub, &[group(incident_id(1), &[chunk])]);
        let answers = desk.hub.store.unreported_answers().expect("answers");
        desk.hub.store.answers_reported(&[7]).expect("noted");
        assert_eq!(desk.hub.store.unreported_answers().expect("answers"), []);
        answers
    };
    for code in &vicinity_core::codes::ANSWERS.codes[..2] {
        assert_eq!(answer(code), [(7, (*code).to_owned())]);
    }
}

/// An incident of an area that may go to national.
fn in_area(area: &str) -> Value {
    let mut incident = countable();
    incident["place"] = json!({"area": area});
    incident
}

/// The areas of what waits for national, sorted.
fn told<S: HubStore>(hub: &mut Hub<S>) -> Vec<String> {
    let rows = hub.store.unsent_projections(100).expect("projections");
    let area = |row: ProjectionRow| {
        Some(
            serde_json::from_str::<Value>(&row.json?).expect("JSON")["admin1"]
                .as_str()?
                .to_owned(),
        )
    };
    let mut areas: Vec<String> = rows.into_iter().filter_map(area).collect();
    areas.sort();
    areas
}

/// While nobody has listed any: anyone who may write at the hub may invent areas.
pub fn an_area_beyond_the_first_thirty_leaves_as_unknown<S: HubStore>(make: impl Fn(&Path) -> S) {
    let mut hub = Hub::new(make);
    let ada = hub.enrols(Role::Educator);
    for number in 1..=33u8 {
        let person = Person::logs(
            incident_id(number),
            number,
            &in_area(&format!("SN-{number:02}-01")),
        );
        hub.takes(&ada, &[person.group()]);
    }
    let told = told(&mut hub);
    assert_eq!(
        (
            told.len(),
            told.iter().filter(|area| *area == "unknown").count(),
            &told[0]
        ),
        (33, 3, &"SN-01".to_owned())
    );
    let areas = hub.store.told_areas().expect("areas");
    assert_eq!((areas.listed.len(), areas.met.len()), (0, 30));
    assert_eq!(
        hub.store
            .incident(incident_id(33))
            .expect("an answer")
            .expect("it is here")
            .incident
            .text("place.area"),
        Some("SN-33-01"),
        "kept at the hub"
    );
}

/// Also those that national has already; what does not change is not sent again.
pub fn a_list_of_areas_counts_alone_and_makes_rows_anew<S: HubStore>(make: impl Fn(&Path) -> S) {
    let mut hub = Hub::new(make);
    let ada = hub.enrols(Role::Educator);
    for (number, area) in [(1, "SN-DK-01"), (2, "SN-TH-02"), (3, "SN-ZG-03")] {
        hub.takes(
            &ada,
            &[Person::logs(incident_id(number), number, &in_area(area)).group()],
        );
    }
    let rows = hub.store.unsent_projections(100).expect("projections");
    let sent: Vec<SentProjection> = rows
        .iter()
        .map(|row| SentProjection {
            projection: row.projection,
            version: row.version,
            held: Some(row.version),
        })
        .collect();
    hub.store.projections_sent(&sent).expect("confirmed");
    let listed = |areas: &[&str]| areas.iter().map(|area| (*area).to_owned()).collect();
    assert_eq!(
        hub.store
            .list_areas(&listed(&["SN-DK", "SN-KL"]), now(), &mut hub.random)
            .expect("a list"),
        Vec::<u64>::new()
    );
    assert_eq!(
        told(&mut hub),
        ["unknown", "unknown"],
        "SN-DK was told before"
    );
    assert_eq!(
        hub.store.told_areas().expect("areas").told(),
        &listed(&["SN-DK", "SN-KL"])
    );
    hub.takes(
        &ada,
        &[Person::logs(incident_id(4), 4, &in_area("SN-KL-01")).group()],
    );
    assert_eq!(told(&mut hub), ["SN-KL", "unknown", "unknown"]);
    hub.store
        .list_areas(&listed(&["SN-TH"]), now(), &mut hub.random)
        .expect("a list");
    assert_eq!(
        told(&mut hub),
        ["SN-TH", "unknown", "unknown", "unknown"],
        "a list may give back what another took"
    );
}
