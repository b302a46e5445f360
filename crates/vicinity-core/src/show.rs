//! How an incident is shown: its facts in the JSON form, and what is derived from them. Equal on every device that holds
//! the same changes; nothing in it depends on who prints it.

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use crate::codes::REFERRAL_STATES;
use crate::ids::IncidentId;
use crate::incident::{Dispute, Incident};
use crate::{classify, clocks, consent, status, triage};

/// An incident in full. Derived keys replace registers of the same name that a newer peer may have written.
#[must_use]
pub fn show(id: IncidentId, incident: &Incident, now: Timestamp) -> Value {
    let mut shown = incident.facts().clone();
    if let Some(decision) = shown
        .remove("triage")
        .filter(|decision| !decision.is_null())
    {
        shown.insert("triage_override".into(), decision);
    }
    if let Some(log) = shown.remove("consents") {
        shown.insert("consent_log".into(), log);
    }
    if let Some(Value::Array(referrals)) = shown.get_mut("referrals") {
        referrals
            .iter_mut()
            .filter_map(Value::as_object_mut)
            .for_each(add_referral_state);
    }
    shown.insert("id".into(), id.to_string().into());
    shown.insert("status".into(), status::status(incident).into());
    shown.insert("triage".into(), triage::level(incident, now).code().into());
    shown.insert(
        "clocks".into(),
        clocks::to_json(&clocks::clocks(incident, now)),
    );
    shown.insert(
        "conflicts".into(),
        incident.disputes().iter().map(conflict).collect(),
    );
    shown.insert("consents".into(), consent::effective(incident, now).into());
    shown.insert("links".into(), incident.codes("links").map(link).collect());
    shown.insert("gbvims".into(), classify::gbvims(incident).into());
    shown.insert("iccs".into(), classify::iccs(incident).into());
    Value::Object(shown)
}

/// An incident in one line of a list. A closed one has no next clock: a person who declined must not be pursued.
#[must_use]
pub fn list_line(id: IncidentId, incident: &Incident, now: Timestamp) -> Value {
    let clocks = clocks::clocks(incident, now);
    let next = if status::is_closed(incident) {
        None
    } else {
        clocks::next_due(&clocks, now)
    };
    json!({
        "id": id.to_string(),
        "status": status::status(incident),
        "triage": triage::level(incident, now).code(),
        "reported_at": incident.register("reported_at"),
        "setting": incident.text("place.setting"),
        "area": incident.text("place.area"),
        "violations": incident.codes("violations").collect::<Vec<_>>(),
        "perpetrators": perpetrator_kinds(incident),
        "conflicts": incident.disputes().len(),
        "next_clock": next.map(clocks::clock_json),
    })
}

/// The kinds of perpetrators, each once, sorted.
fn perpetrator_kinds(incident: &Incident) -> Vec<&str> {
    let mut kinds: Vec<&str> = incident
        .entries("perpetrators")
        .filter_map(|entry| entry.text("kind"))
        .collect();
    kinds.sort_unstable();
    kinds.dedup();
    kinds
}

/// The state of a referral: the last of its states that has a time; none if no state has one.
fn add_referral_state(referral: &mut Map<String, Value>) {
    let reached = |state: &&&str| referral.get(**state).is_some_and(|at| !at.is_null());
    if let Some(state) = REFERRAL_STATES.codes.iter().rev().find(reached) {
        referral.insert("state".into(), (*state).into());
    }
}

/// A conflict with its sides, the one that shows first. Whose device said what is left out: only some know.
fn conflict(dispute: &Dispute) -> Value {
    let values: Vec<Value> = dispute
        .claims
        .iter()
        .map(|claim| json!({"value": claim.value, "at": claim.at.map(|at| at.to_string())}))
        .collect();
    json!({"field": dispute.field, "values": values})
}

/// A link's code is `kind:id`.
fn link(code: &str) -> Value {
    match code.split_once(':') {
        Some((kind, to)) => json!({"kind": kind, "to": to}),
        None => json!({"kind": code, "to": null}),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::{Authoring, Document};
    use crate::draft::Draft;
    use crate::edit::Edit;

    fn now() -> Timestamp {
        "2026-11-23T09:00:00Z".parse().unwrap()
    }

    fn id() -> IncidentId {
        IncidentId::from_random([7; 16])
    }

    fn logged(incident: &Value, edits: &Value) -> Incident {
        let authoring = Authoring {
            actor: [9; 8],
            now: now(),
        };
        let (mut document, _) =
            Document::create(&Draft::parse(incident, now()).unwrap(), authoring).unwrap();
        for edit in Edit::parse_list(edits, now()).unwrap() {
            document.apply(&edit, authoring).unwrap();
        }
        document.incident()
    }

    fn example() -> Incident {
        let incident = json!({
            "occurred": {"at": "2026-11-22T23:30", "precision": "hour"}, "reported_at": "2026-11-23T09:00:00Z",
            "place": {"setting": "street", "area": "SN-DK-01"}, "survivor": {"age": 24, "populations": ["tsw"]},
            "violations": ["beaten_choked", "extortion_bribe"], "perpetrators": [{"kind": "police"}, {"kind": "client"}, {"kind": "police"}],
            "consents": ["national_deid", "hub_response"], "statements": [{"class": "narrative", "text": "what she said"}], "newer": {"a": [1]}
        });
        let edits = json!([
            {"referral": {"service": "legal_advice", "partner": "p", "state": "sent", "at": "2026-11-23T09:05:00Z"}},
            {"referral": {"service": "legal_advice", "partner": "p", "state": "accepted", "at": "2026-11-23T10:05:00Z"}},
            {"link": {"kind": "same_event", "to": id().to_string()}},
            {"triage": {"level": "red"}},
            {"transition": {"to": "responding", "at": "2026-11-23T09:30:00Z"}},
        ]);
        logged(&incident, &edits)
    }

    #[test]
    fn the_facts_stand_beside_what_is_derived() {
        let shown = show(id(), &example(), now());
        assert_eq!(shown["id"], id().to_string());
        assert_eq!(
            (&shown["status"], &shown["triage"]),
            (&json!("responding"), &json!("red"))
        );
        assert_eq!(shown["triage_override"], json!({"level": "red"}));
        assert_eq!(shown["consents"], json!(["hub_response", "national_deid"]));
        assert_eq!(shown["consent_log"].as_array().unwrap().len(), 2);
        assert_eq!(
            shown["links"],
            json!([{"kind": "same_event", "to": id().to_string()}])
        );
        assert_eq!(shown["gbvims"], "physical_assault");
        assert_eq!(shown["iccs"], json!(["0201", "0205"]));
        assert_eq!(
            (&shown["conflicts"], &shown["motives"], &shown["followups"]),
            (&json!([]), &json!([]), &json!([]))
        );
        assert_eq!(shown["newer"], json!({"a": [1]}));
        assert!(!shown.to_string().contains("what she said"));
    }

    #[test]
    fn a_referral_shows_the_last_state_it_reached() {
        let shown = show(id(), &example(), now());
        assert_eq!(shown["referrals"].as_array().unwrap().len(), 1);
        assert_eq!(shown["referrals"][0]["state"], "accepted");
        assert_eq!(shown["referrals"][0]["sent"], "2026-11-23T09:05:00Z");
    }

    #[test]
    fn a_line_says_what_a_list_needs() {
        let line = list_line(id(), &example(), now());
        assert_eq!(line["perpetrators"], json!(["client", "police"]));
        assert_eq!(
            (&line["setting"], &line["area"], &line["conflicts"]),
            (&json!("street"), &json!("SN-DK-01"), &json!(0))
        );
        assert_eq!(line["next_clock"], json!(null));
        let waiting = logged(&json!({"reported_at": "2026-11-23T09:00:00Z"}), &json!([]));
        assert_eq!(
            list_line(id(), &waiting, now())["next_clock"]["name"],
            "response_24h"
        );
        let closed = logged(
            &json!({"reported_at": "2026-11-23T09:00:00Z"}),
            &json!([{"transition": {"to": "closed_declined"}}]),
        );
        assert_eq!(list_line(id(), &closed, now())["next_clock"], json!(null));
    }
}
