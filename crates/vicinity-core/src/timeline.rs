//! What a change did: the difference between an incident before and after it, field by field. Whatever the change was,
//! also of a newer version, it shows.

use serde_json::{Map, Value};

use crate::incident::Incident;

/// Characters of the longest value that is shown.
const SHOWN_MAX_CHARS: usize = 200;

/// One thing that a change did.
#[derive(Debug, Clone, PartialEq)]
pub enum Deed {
    /// Wrote a field.
    Set {
        /// Its name, with a dot where the JSON form nests.
        field: String,
        /// What it says now.
        value: Value,
    },
    /// Put a code into a set.
    Added {
        /// The set.
        set: String,
        /// The code.
        code: String,
    },
    /// Took a code out of a set.
    Removed {
        /// The set.
        set: String,
        /// The code.
        code: String,
    },
    /// Added an entry to a log, or wrote more into one: its fields that are new or other.
    Entry {
        /// The log.
        map: String,
        /// Whether it was not there before.
        new: bool,
        /// What it says now, its id left out.
        fields: Map<String, Value>,
    },
}

/// What lies between two views of an incident, in the order of their names.
#[must_use]
pub fn deeds(before: Option<&Incident>, after: &Incident) -> Vec<Deed> {
    let nothing = Map::new();
    let mut deeds = Vec::new();
    compare(
        "",
        before.map_or(&nothing, Incident::facts),
        after.facts(),
        &mut deeds,
    );
    deeds
}

fn compare(
    prefix: &str,
    before: &Map<String, Value>,
    after: &Map<String, Value>,
    deeds: &mut Vec<Deed>,
) {
    for (name, value) in after {
        let old = before.get(name);
        if old == Some(value) {
            continue;
        }
        let field = format!("{prefix}{name}");
        match value {
            Value::Object(inner) if ["place", "survivor"].contains(&field.as_str()) => {
                let nothing = Map::new();
                compare(
                    &format!("{field}."),
                    old.and_then(Value::as_object).unwrap_or(&nothing),
                    inner,
                    deeds,
                );
            }
            Value::Array(items) if items.iter().any(Value::is_object) => {
                entries(&field, old, items, deeds)
            }
            Value::Array(items) => codes(&field, old, items, deeds),
            value => deeds.push(Deed::Set {
                field,
                value: shown(value),
            }),
        }
    }
}

fn codes(set: &str, old: Option<&Value>, items: &[Value], deeds: &mut Vec<Deed>) {
    let old: Vec<&str> = old
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    let new: Vec<&str> = items.iter().filter_map(Value::as_str).collect();
    let added = new
        .iter()
        .filter(|code| !old.contains(code))
        .map(|code| Deed::Added {
            set: set.to_owned(),
            code: (*code).to_owned(),
        });
    let removed = old
        .iter()
        .filter(|code| !new.contains(code))
        .map(|code| Deed::Removed {
            set: set.to_owned(),
            code: (*code).to_owned(),
        });
    deeds.extend(added.chain(removed));
}

fn entries(map: &str, old: Option<&Value>, items: &[Value], deeds: &mut Vec<Deed>) {
    let old: Vec<&Map<String, Value>> = old
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(Value::as_object)
        .collect();
    for entry in items.iter().filter_map(Value::as_object) {
        let known = old.iter().find(|known| known.get("id") == entry.get("id"));
        let is_other = |(name, value): &(&String, &Value)| {
            *name != "id"
                && !value.is_null()
                && known.and_then(|known| known.get(*name)) != Some(value)
        };
        let fields: Map<String, Value> = entry
            .iter()
            .filter(is_other)
            .map(|(name, value)| (name.clone(), shown(value)))
            .collect();
        if !fields.is_empty() || known.is_none() {
            deeds.push(Deed::Entry {
                map: map.to_owned(),
                new: known.is_none(),
                fields,
            });
        }
    }
}

/// A value that a page can hold: a broken peer's may be of any length.
fn shown(value: &Value) -> Value {
    match value {
        Value::String(text) if text.chars().count() > SHOWN_MAX_CHARS => {
            Value::String(text.chars().take(SHOWN_MAX_CHARS).chain(['…']).collect())
        }
        value => value.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn incident(facts: Value) -> Incident {
        Incident::from_row(facts, Vec::new())
    }

    #[test]
    fn what_was_written_added_and_removed_is_told_field_by_field() {
        let before = incident(json!({
            "danger_now": "no", "survivor": {"gender": "man", "populations": ["msw"]}, "violations": ["rape"],
            "referrals": [{"id": "a-1", "service": "shelter", "sent": "2026-11-23T09:00:00Z"}], "actions": []
        }));
        let after = incident(json!({
            "danger_now": "yes", "survivor": {"gender": "man", "populations": ["msw", "migrant"]}, "violations": ["stalking"], "newer": 3,
            "referrals": [{"id": "a-1", "service": "shelter", "sent": "2026-11-23T09:00:00Z", "accepted": "2026-11-23T10:00:00Z"}],
            "actions": [{"id": "b-1", "code": "pep_start", "by": null}]
        }));
        let fields = |value: Value| value.as_object().unwrap().clone();
        assert_eq!(
            deeds(Some(&before), &after),
            [
                Deed::Entry {
                    map: "actions".into(),
                    new: true,
                    fields: fields(json!({"code": "pep_start"}))
                },
                Deed::Set {
                    field: "danger_now".into(),
                    value: json!("yes")
                },
                Deed::Set {
                    field: "newer".into(),
                    value: json!(3)
                },
                Deed::Entry {
                    map: "referrals".into(),
                    new: false,
                    fields: fields(json!({"accepted": "2026-11-23T10:00:00Z"}))
                },
                Deed::Added {
                    set: "survivor.populations".into(),
                    code: "migrant".into()
                },
                Deed::Added {
                    set: "violations".into(),
                    code: "stalking".into()
                },
                Deed::Removed {
                    set: "violations".into(),
                    code: "rape".into()
                },
            ]
        );
    }

    #[test]
    fn what_did_not_change_is_not_told_and_long_texts_are_cut() {
        let same = incident(json!({"danger_now": "no"}));
        assert_eq!(deeds(Some(&same), &same), []);
        let long = incident(json!({"note": "x".repeat(1000)}));
        let Some(Deed::Set { value, .. }) = deeds(None, &long).pop() else {
            panic!("a field was written")
        };
        assert_eq!(value.as_str().unwrap().chars().count(), SHOWN_MAX_CHARS + 1);
    }
}
