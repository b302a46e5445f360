//! Times as the people of a hub say them: by the clocks on their walls. Documents keep instants in UTC; this is for what is shown.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::{Map, Value};

use crate::fields::{ENTRY_MAPS, EntryKind, EntryMap, FIELDS, Kind, entry_map};

/// The key under which what is shown names its zone.
pub const TIME_ZONE: &str = "time_zone";

/// The name of a zone.
#[must_use]
pub fn name(zone: &TimeZone) -> &str {
    zone.iana_name().unwrap_or("UTC")
}

/// A time by a zone's clocks, with their distance from UTC, as scripts read it: `2026-11-23T15:00:00+06:00`.
#[must_use]
pub fn instant(at: Timestamp, zone: &TimeZone) -> String {
    if name(zone) == "UTC" {
        at.to_string()
    } else {
        at.display_with_offset(zone.to_offset(at)).to_string()
    }
}

/// A time to the minute by a zone's clocks, as people read it: `2026-11-23 15:00`. Show the zone next to it.
#[must_use]
pub fn minute(at: Timestamp, zone: &TimeZone) -> String {
    zone.to_datetime(at).strftime("%Y-%m-%d %H:%M").to_string()
}

/// What [`crate::show`] says, with its instants by a zone's clocks and the zone's name under [`TIME_ZONE`]. What was reported as
/// a local time stays as it was reported, and what this version does not know stays as it is.
#[must_use]
pub fn shown(mut shown: Value, zone: &TimeZone) -> Value {
    let Some(incident) = shown.as_object_mut() else {
        return shown;
    };
    for field in FIELDS
        .iter()
        .filter(|field| matches!(field.kind, Kind::Instant))
    {
        turn(incident.get_mut(field.name), zone);
    }
    for map in ENTRY_MAPS {
        // The log of consents has another name than in the document.
        let key = if map.name == "consents" {
            "consent_log"
        } else {
            map.name
        };
        objects(incident.get_mut(key))
            .for_each(|entry| instants_of(map).for_each(|field| turn(entry.get_mut(field), zone)));
    }
    let clocks = objects(incident.get_mut("clocks"));
    clocks.for_each(|clock| turn(clock.get_mut("due_at"), zone));
    turn(
        incident
            .get_mut("next_clock")
            .and_then(|clock| clock.get_mut("due_at")),
        zone,
    );
    for conflict in objects(incident.get_mut("conflicts")) {
        let is_instant = conflict
            .get("field")
            .and_then(Value::as_str)
            .is_some_and(holds_instant);
        for side in objects(conflict.get_mut("values")) {
            turn(side.get_mut("at"), zone);
            turn(side.get_mut("value").filter(|_| is_instant), zone);
        }
    }
    incident.insert(TIME_ZONE.into(), name(zone).into());
    shown
}

/// Whether a register holds an instant, by its path: `reported_at`, or `actions.k3J9xQ2m-2.done_at`.
fn holds_instant(path: &str) -> bool {
    let is_register = || {
        FIELDS
            .iter()
            .any(|field| field.name == path && matches!(field.kind, Kind::Instant))
    };
    let mut parts = path.split('.');
    let of_entry = parts.next().and_then(entry_map).zip(parts.nth(1));
    of_entry.map_or_else(is_register, |(map, field)| {
        instants_of(map).any(|known| known == field)
    })
}

fn instants_of(map: &'static EntryMap) -> impl Iterator<Item = &'static str> {
    map.fields
        .iter()
        .filter(|(_, kind)| matches!(kind, EntryKind::Instant))
        .map(|(name, _)| *name)
}

fn objects(list: Option<&mut Value>) -> impl Iterator<Item = &mut Map<String, Value>> {
    list.and_then(Value::as_array_mut)
        .into_iter()
        .flatten()
        .filter_map(Value::as_object_mut)
}

fn turn(value: Option<&mut Value>, zone: &TimeZone) {
    if let Some(Value::String(text)) = value
        && let Ok(at) = text.parse::<Timestamp>()
    {
        *text = instant(at, zone);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::zone;

    #[test]
    fn instants_are_said_by_the_zone_s_clocks_and_the_zone_is_named_once() {
        let written = json!({
            "occurred": {"at": "2026-11-22T23:30:00Z", "precision": "hour"}, "reported_at": "2026-11-23T20:00:00Z",
            "actions": [{"code": "shelter", "done_at": "2026-11-23T20:30:00.250Z", "newer": "2026-11-23T20:30:00Z"}],
            "consents": ["hub_response"], "consent_log": [{"scope": "hub_response", "at": "2026-11-23T20:00:00Z", "expires_at": null}],
            "clocks": [{"name": "response_24h", "due_at": "2026-11-24T20:00:00Z"}, {"name": "pep_72h", "due_at": null}],
            "conflicts": [
                {"field": "actions.a-1.done_at", "values": [{"value": "2026-11-23T20:30:00Z", "at": "2026-11-23T21:00:00Z"}]},
                {"field": "a_field_to_come", "values": [{"value": "2026-11-23T20:30:00Z", "at": null}]},
            ],
            "a_field_to_come": "2026-11-23T20:00:00Z",
        });
        let said = shown(written, &zone::named("Asia/Phnom_Penh").unwrap());
        let expected = json!({
            "occurred": {"at": "2026-11-22T23:30:00Z", "precision": "hour"}, "reported_at": "2026-11-24T03:00:00+07:00",
            "actions": [{"code": "shelter", "done_at": "2026-11-24T03:30:00.25+07:00", "newer": "2026-11-23T20:30:00Z"}],
            "consents": ["hub_response"], "consent_log": [{"scope": "hub_response", "at": "2026-11-24T03:00:00+07:00", "expires_at": null}],
            "clocks": [{"name": "response_24h", "due_at": "2026-11-25T03:00:00+07:00"}, {"name": "pep_72h", "due_at": null}],
            "conflicts": [
                {"field": "actions.a-1.done_at", "values": [{"value": "2026-11-24T03:30:00+07:00", "at": "2026-11-24T04:00:00+07:00"}]},
                {"field": "a_field_to_come", "values": [{"value": "2026-11-23T20:30:00Z", "at": null}]},
            ],
            "a_field_to_come": "2026-11-23T20:00:00Z", "time_zone": "Asia/Phnom_Penh",
        });
        assert_eq!(said, expected);
    }

    #[test]
    fn while_no_zone_is_known_times_are_utc_and_say_so() {
        let line = shown(
            json!({"reported_at": "2026-11-23T20:00:00Z", "next_clock": {"due_at": "2026-11-24T20:00:00Z"}}),
            &TimeZone::UTC,
        );
        assert_eq!(
            line,
            json!({"reported_at": "2026-11-23T20:00:00Z", "next_clock": {"due_at": "2026-11-24T20:00:00Z"}, "time_zone": "UTC"})
        );
        assert_eq!(
            minute("2026-11-23T20:00:59Z".parse().unwrap(), &TimeZone::UTC),
            "2026-11-23 20:00"
        );
    }

    #[test]
    fn summer_time_counts() {
        let kyiv = zone::named("Europe/Kyiv").unwrap();
        let said = ["2026-10-24T12:00:00Z", "2026-10-25T12:00:00Z"]
            .map(|at| instant(at.parse().unwrap(), &kyiv));
        assert_eq!(
            said,
            ["2026-10-24T15:00:00+03:00", "2026-10-25T14:00:00+02:00"]
        );
    }
}
