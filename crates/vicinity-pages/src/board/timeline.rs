//! The timeline of an incident: its changes in plain words, without values that only programs need.

use maud::{Markup, html};
use serde_json::{Map, Value};
use vicinity_core::time::Timestamp;
use vicinity_core::timeline::Deed;

use super::case::{TimelineStep, Who};
use super::list::short;
use super::values::{fact, field_name, name_of, said};
use crate::frame::Frame;

/// If an entry's own time differs from the hub's time of receipt by at most this many seconds, it is not shown.
const SAME_TIME_SECONDS: i64 = 3600;

/// The steps, newest first.
pub(super) fn log(frame: &Frame, steps: &[TimelineStep]) -> Markup {
    html! {
        section.sheet {
            h2 { (frame.t("incident-timeline")) }
            ol.timeline {
                @for step in steps.iter().rev() {
                    @let deeds = told_of(step);
                    @if !deeds.is_empty() {
                        li class=[matches!(step.who, Who::Person(_)).then_some("by-hub")] {
                            p.quiet { (frame.moment(step.at)) " · " (name_of(frame, &step.who)) }
                            ul.plain { @for deed in deeds { li { (told(frame, step, deed)) } } }
                        }
                    }
                }
            }
        }
    }
}

/// The deeds of a step to show. Left out: the schema version, and the status register where a transition entry shows the same move.
fn told_of(step: &TimelineStep) -> Vec<&Deed> {
    let moves = step
        .deeds
        .iter()
        .any(|deed| matches!(deed, Deed::Entry { map, .. } if map == "transitions"));
    let is_told = |deed: &&Deed| match deed {
        Deed::Set { field, .. } => field != "schema" && !(moves && field == "status"),
        _ => true,
    };
    step.deeds.iter().filter(is_told).collect()
}

fn told(frame: &Frame, step: &TimelineStep, deed: &Deed) -> Markup {
    match deed {
        Deed::Set { field, value } if field == "survivor.code" => {
            html! { (field_name(frame, field)) ": " (fact(frame, field, value)) }
        }
        Deed::Set { field, value } => {
            html! { (field_name(frame, field)) ": " b { (said(frame, value)) } }
        }
        Deed::Added { set, code } => {
            html! { (field_name(frame, set)) ": " (frame.t("deed-added")) " " b { (linked(frame, code)) } }
        }
        Deed::Removed { set, code } => {
            html! { (field_name(frame, set)) ": " (frame.t("deed-removed")) " " b { (linked(frame, code)) } }
        }
        Deed::Entry { map, new, fields } => entry(frame, step, map, *new, fields),
    }
}

/// An entry of a log: its main values first, without field names, then the other fields with names.
fn entry(
    frame: &Frame,
    step: &TimelineStep,
    map: &str,
    new: bool,
    fields: &Map<String, Value>,
) -> Markup {
    let (name, about): (&str, &[&str]) = match map {
        "transitions" => ("status", &["to"]),
        "consents" => (map, &["scope", "state"]),
        "statements" => (map, &["class"]),
        "actions" => (map, &["code"]),
        "referrals" => (map, &["service"]),
        _ => (map, &[]),
    };
    let first: Vec<String> = about
        .iter()
        .filter_map(|key| fields.get(*key))
        .map(|value| said(frame, value))
        .collect();
    let rest = fields
        .iter()
        .filter(|(key, value)| !about.contains(&key.as_str()) && is_for_people(step, key, value));
    let rest: Vec<Markup> = rest
        .map(|(key, value)| html! { (frame.words.label("f-", key)) " " b { (said(frame, value)) } })
        .collect();
    html! {
        (frame.words.label("f-", name)) @if !new { " (" (frame.t("deed-more")) ")" } ": "
        b { (first.join(": ")) }
        @for (at, part) in rest.iter().enumerate() { @if at > 0 || !first.is_empty() { ", " } (part) }
    }
}

/// Whether a field is for people and adds something to what the step shows.
fn is_for_people(step: &TimelineStep, key: &str, value: &Value) -> bool {
    let text = value.as_str().unwrap_or_default();
    match key {
        "bytes" | "supersedes" => false,
        "by" => !matches!(&step.who, Who::Person(handle) if handle == text),
        "at" => text
            .parse::<Timestamp>()
            .is_ok_and(|at| (at.as_second() - step.at.as_second()).abs() > SAME_TIME_SECONDS),
        _ => true,
    }
}

/// Name of a code. For a link (`kind:id`): the kind, and the start of the other incident's id.
fn linked(frame: &Frame, code: &str) -> String {
    match code.split_once(':') {
        Some((kind, to)) => format!("{} {}", frame.words.code(kind), short(to)),
        None => frame.words.code(code),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frame::{Theme, Tier};
    use crate::words::{Language, Words};
    use serde_json::json;

    fn read(map: &str, fields: Value, more: Vec<Deed>) -> String {
        let at: Timestamp = "2026-11-23T09:00:00Z".parse().unwrap();
        let frame = Frame {
            words: Words::of(Language::English),
            place: Tier::Hub,
            reader: None,
            theme: Theme::System,
            now: at,
            clock_ahead: None,
            zone: vicinity_core::time::TimeZone::UTC,
            notice: None,
            back: "/".to_owned(),
            once: String::new(),
        };
        let entry = Deed::Entry {
            map: map.into(),
            new: true,
            fields: fields.as_object().unwrap().clone(),
        };
        let step = TimelineStep {
            at,
            who: Who::Person("amina".into()),
            deeds: more.into_iter().chain([entry]).collect(),
        };
        let page = log(&frame, &[step]).0;
        let lines = page
            .split("<ul class=\"plain\">")
            .nth(1)
            .unwrap()
            .split("</ul>")
            .next()
            .unwrap();
        let parts = lines.replace("</li>", "|");
        let text = parts
            .split('<')
            .map(|part| part.split_once('>').map_or(part, |(_, text)| text))
            .collect::<String>();
        text.trim_end_matches('|').to_owned()
    }

    #[test]
    fn a_timeline_speaks_to_people() {
        let set = |field: &str, value: Value| Deed::Set {
            field: field.into(),
            value,
        };
        let moved = json!({"to": "closed_resolved", "at": "2026-11-23T09:00:00Z", "by": "amina", "reason": "safe"});
        let status = vec![
            set("schema", json!(1)),
            set("status", json!("closed_resolved")),
        ];
        assert_eq!(
            read("transitions", moved, status),
            "Status: closed: resolved, Reason safe"
        );
        let consent = json!({"scope": "hub_response", "state": "granted", "at": "2026-11-20T09:00:00Z", "by": "dara"});
        assert_eq!(
            read("consents", consent, Vec::new()),
            "Consent: response by this hub: agreed, on 20 Nov 2026, 09:00 UTC, by dara"
        );
        assert_eq!(
            read(
                "statements",
                json!({"class": "narrative", "bytes": 22025}),
                Vec::new()
            ),
            "Statements: what happened"
        );
    }
}
